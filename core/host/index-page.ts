/**
 * Owns reading the answer of a Python package index: the simple API as HTML (PEP 503) or JSON (PEP 691),
 * and a flat page of links. Fetching it belongs to `toolchain/`.
 */

export interface IndexedFile {
  readonly filename: string;
  /** Absolute, without the digest fragment. */
  readonly url: string;
  /** As the index claims it; what is pinned is checked against the pin instead. */
  readonly sha256?: string;
}

/** The spelling under which every index lists a project (PEP 503): `Ruamel.Yaml_C` is `ruamel-yaml-c`. */
export function normalizePackageName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

/** What to ask an index for: JSON where it can, else HTML. */
export const INDEX_ACCEPT = 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1';

/**
 * @param pageUrl where the page came from at last, after redirects: links are relative to it
 * @returns the files that the page links to; a page that is neither HTML nor JSON has none
 */
export function parseIndexPage(body: string, contentType: string, pageUrl: string): readonly IndexedFile[] {
  const isJson = /json/i.test(contentType) || body.trimStart().startsWith('{');
  return isJson ? parseJsonPage(body, pageUrl) : parseHtmlPage(body, pageUrl);
}

function parseJsonPage(body: string, pageUrl: string): readonly IndexedFile[] {
  let page: unknown;
  try {
    page = JSON.parse(body);
  } catch {
    return []; // Not an index: the caller says that the file is not there and names the page.
  }
  const files = typeof page === 'object' && page !== null && 'files' in page && Array.isArray(page.files) ? page.files : [];
  return files.flatMap((file: unknown) => {
    if (typeof file !== 'object' || file === null || !('url' in file) || typeof file.url !== 'string') return [];
    const hashes = 'hashes' in file && typeof file.hashes === 'object' && file.hashes !== null ? file.hashes : {};
    const sha256 = 'sha256' in hashes && typeof hashes.sha256 === 'string' ? hashes.sha256 : undefined;
    const link = resolveLink(file.url, pageUrl);
    if (link === undefined) return [];
    const digest = sha256 ?? link.sha256;
    const filename = 'filename' in file && typeof file.filename === 'string' ? file.filename : link.filename;
    return [{ filename, url: link.url, ...(digest === undefined ? {} : { sha256: digest }) }];
  });
}

const ANCHOR = /<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/gi;
const BASE = /<base\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')/i;

function parseHtmlPage(body: string, pageUrl: string): readonly IndexedFile[] {
  const base = BASE.exec(body);
  const baseUrl = base === null ? pageUrl : new URL(decodeEntities(base[1] ?? base[2] ?? ''), pageUrl).href;
  return [...body.matchAll(ANCHOR)].flatMap((match) => {
    const link = resolveLink(decodeEntities(match[1] ?? match[2] ?? match[3] ?? ''), baseUrl);
    return link === undefined ? [] : [link];
  });
}

function decodeEntities(text: string): string {
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_, decimal: string) => String.fromCodePoint(Number(decimal)))
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function resolveLink(href: string, baseUrl: string): IndexedFile | undefined {
  if (!URL.canParse(href, baseUrl)) return undefined;
  const url = new URL(href, baseUrl);
  const sha256 = /^#sha256=([0-9a-f]{64})/.exec(url.hash)?.[1];
  url.hash = '';
  const filename = fileNameOf(url.pathname);
  if (filename === '') return undefined;
  return { filename, url: url.href, ...(sha256 === undefined ? {} : { sha256 }) };
}

function fileNameOf(pathname: string): string {
  const last = pathname.slice(pathname.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last; // A stray percent sign is part of the name.
  }
}
