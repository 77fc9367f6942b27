/**
 * Owns the page that a browser shows for a link. It works without scripts, asks nobody else for anything,
 * and everything that it did not write itself is escaped.
 */
import { createHash } from 'node:crypto';
import { mainFiles, type DistributedFile, type Distribution } from './distribution';
import { PLATFORMS, type Architecture, type OperatingSystem } from '../platform';
import { formatSize } from '../quantity';
import { formatTimeLeft, formatUtc } from './time-left';

export interface PageFacts {
  readonly distribution: Distribution;
  readonly nowMs: number;
  /** What goes before a file's name in a link, relative to the page's own address. */
  readonly linkPrefix: string;
  /** Absent where downloads are not limited. */
  readonly downloadsLeft?: number;
}

const STYLE = `
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 46rem; }
h1 { font-size: 1.75rem; margin: 0 0 .25rem; }
section { border: 1px solid color-mix(in srgb, currentcolor 25%, transparent); border-radius: .5rem; padding: 1rem; margin: 1rem 0; }
h2 { font-size: 1.1rem; margin: 0 0 .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: .75rem 0 0; }
dd { margin: 0; min-width: 0; }
code { font-family: ui-monospace, monospace; font-size: .875rem; overflow-wrap: anywhere; }
a.download { display: inline-block; padding: .6rem 1rem; border: 2px solid; border-radius: .4rem; font-weight: 600; overflow-wrap: anywhere; }
a:focus-visible { outline: 3px solid; outline-offset: 2px; }
`;

/** The style is allowed by its digest; nothing else is, not even from the gate itself. */
export const PAGE_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const OS_NAMES: Readonly<Record<OperatingSystem, string>> = { linux: 'Linux', macos: 'macOS', windows: 'Windows' };
const ARCH_NAMES: Readonly<Record<OperatingSystem, Readonly<Record<Architecture, string>>>> = {
  linux: { x86_64: 'x86-64', arm64: 'ARM64' },
  macos: { x86_64: 'Intel', arm64: 'Apple silicon' },
  windows: { x86_64: 'x86-64', arm64: 'ARM64' },
};

export function downloadPage(facts: PageFacts): string {
  const { distribution, nowMs } = facts;
  const name = distribution.title ?? distribution.name;
  const heading = distribution.version === undefined ? name : `${name} ${distribution.version}`;
  const until = `This link holds until ${formatUtc(distribution.expiresAt)} (${formatTimeLeft(distribution.expiresAt, nowMs)}).`;
  const left = facts.downloadsLeft === undefined ? '' : ` Downloads left: ${facts.downloadsLeft}.`;
  const companions = distribution.files.filter((file) => file.kind === 'checksums' || file.kind === 'manifest');
  return htmlDocument(
    heading,
    [
      `<h1>${escapeHtml(heading)}</h1>`,
      `<p>${escapeHtml(until + left)}</p>`,
      ...mainFiles(distribution).map((file) => fileSection(file, facts.linkPrefix)),
      ...(companions.length === 0 ? [] : [verifySection(companions, facts.linkPrefix)]),
    ].join('\n'),
  );
}

/** @param lines what the caller may quote */
export function denialPage(text: string, lines: readonly string[]): string {
  return htmlDocument(
    text,
    [`<h1>${escapeHtml(text.slice(0, 1).toUpperCase() + text.slice(1))}</h1>`, ...lines.map((line) => `<p>${escapeHtml(line)}</p>`)].join(
      '\n',
    ),
  );
}

/** For text and for attributes in double quotes. */
export function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

function fileSection(file: DistributedFile, linkPrefix: string): string {
  const platform = file.platform === undefined ? undefined : PLATFORMS[file.platform];
  const title = platform === undefined ? file.file : `${OS_NAMES[platform.os]} (${ARCH_NAMES[platform.os][platform.arch]})`;
  return [
    '<section>',
    `<h2>${escapeHtml(title)}</h2>`,
    `<p><a class="download" href="${escapeHtml(linkPrefix + file.file)}">Download ${escapeHtml(file.file)}</a></p>`,
    '<dl>',
    `<dt>Size</dt><dd>${formatSize(file.sizeBytes)} (${file.sizeBytes} bytes)</dd>`,
    `<dt>SHA-256</dt><dd><code>${file.sha256}</code></dd>`,
    '</dl>',
    '</section>',
  ].join('\n');
}

function verifySection(companions: readonly DistributedFile[], linkPrefix: string): string {
  const links = companions.map((file) => `<a href="${escapeHtml(linkPrefix + file.file)}">${escapeHtml(file.file)}</a>`).join(' and ');
  return [
    '<section>',
    '<h2>Verify what you downloaded</h2>',
    `<p>${links} say what the files are. With SHA256SUMS beside them:</p>`,
    '<p><code>sha256sum --ignore-missing -c SHA256SUMS</code> (Linux), <code>shasum -a 256 --ignore-missing -c SHA256SUMS</code> (macOS),' +
      ' <code>Get-FileHash FILE</code> (Windows)</p>',
    '</section>',
  ].join('\n');
}

function htmlDocument(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex, nofollow">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}
