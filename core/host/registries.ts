/**
 * Owns which package indexes this machine's configuration names, and how uv is told.
 * pip's configuration is the one that closed networks and mirrors set; uv reads its own only.
 */
import { parse } from 'smol-toml';
import type { IndexAccess } from './index-access';
import type { PipConfiguration } from './pip-configuration';

/** What both pip and uv ask when nothing is configured. */
export const PUBLIC_INDEX = 'https://pypi.org/simple';

export interface Registries extends IndexAccess {
  /** Asked last. May hold credentials. */
  readonly defaultIndex: string;
  /** Asked before the default one. May hold credentials. */
  readonly extraIndexes: readonly string[];
  /** Folders (absolute), file: URLs or pages of links. */
  readonly findLinks: readonly string[];
  /** Only `findLinks` may be used. */
  readonly isIndexOff: boolean;
}

/** The indexes that uv's own configuration files name. */
export interface UvIndexes {
  readonly defaultIndex?: string;
  readonly extraIndexes: readonly string[];
  readonly findLinks: readonly string[];
}

/** @returns undefined where the file names no index or cannot be read: uv itself will complain about the latter */
export function readUvIndexes(text: string): UvIndexes | undefined {
  let table: Record<string, unknown>;
  try {
    table = parse(text);
  } catch {
    return undefined;
  }
  const strings = (value: unknown) => (Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []);
  const named = (Array.isArray(table.index) ? (table.index as readonly unknown[]) : []).filter(
    (entry): entry is { url: string; default?: boolean; explicit?: boolean } =>
      typeof entry === 'object' && entry !== null && 'url' in entry && typeof entry.url === 'string',
  );
  const defaultIndex =
    named.find((entry) => entry.default === true)?.url ?? (typeof table['index-url'] === 'string' ? table['index-url'] : undefined);
  const extraIndexes = [
    ...named.filter((entry) => entry.default !== true && entry.explicit !== true).map((entry) => entry.url),
    ...strings(table['extra-index-url']),
  ];
  const findLinks = strings(table['find-links']);
  if (defaultIndex === undefined && extraIndexes.length === 0 && findLinks.length === 0) return undefined;
  return { ...(defaultIndex === undefined ? {} : { defaultIndex }), extraIndexes, findLinks };
}

/**
 * What a variable of uv says wins over uv's files, and those win over pip's: whoever configured uv meant uv.
 * @param uv what uv's own files name, where they name anything
 */
export function registriesOf(pip: PipConfiguration, uv: UvIndexes | undefined, environment: Readonly<Record<string, string>>): Registries {
  const { UV_DEFAULT_INDEX, UV_INDEX_URL, UV_INDEX, UV_EXTRA_INDEX_URL, UV_FIND_LINKS } = environment;
  const { indexUrl, extraIndexUrls, findLinks, ...access } = pip;
  const named = uv ?? { ...(indexUrl === undefined ? {} : { defaultIndex: indexUrl }), extraIndexes: extraIndexUrls, findLinks };
  const certificatePath = access.certificatePath ?? first(environment.REQUESTS_CA_BUNDLE, environment.CURL_CA_BUNDLE);
  return {
    ...access,
    defaultIndex: bareUrl(first(UV_DEFAULT_INDEX, UV_INDEX_URL, named.defaultIndex) ?? PUBLIC_INDEX),
    extraIndexes:
      isSet(UV_INDEX) || isSet(UV_EXTRA_INDEX_URL)
        ? words(`${UV_INDEX ?? ''} ${UV_EXTRA_INDEX_URL ?? ''}`).map(bareUrl)
        : named.extraIndexes,
    findLinks: isSet(UV_FIND_LINKS) ? (UV_FIND_LINKS ?? '').split(',').filter((entry) => entry !== '') : named.findLinks,
    isIndexOff: access.isIndexOff && uv === undefined && !isSet(UV_DEFAULT_INDEX) && !isSet(UV_INDEX_URL),
    ...(certificatePath === undefined ? {} : { certificatePath }),
    trustedHosts: isSet(environment.UV_INSECURE_HOST) ? words(environment.UV_INSECURE_HOST ?? '') : access.trustedHosts,
  };
}

/**
 * The variables that tell uv. Those that the caller set for uv itself are left out, so that they hold.
 *
 * UV_INDEX_STRATEGY is left at uv's `first-index`, though pip merges all indexes: with a merge, anyone who puts a higher
 * version of a private package's name on the public index gets it installed. With `first-index` the extra indexes are asked
 * first and a name that one of them knows comes from there alone. What is pinned by hash is fetched with a merge, where this
 * cannot happen.
 *
 * @param emptyIndexUrl an index that holds nothing: uv has no variable for pip's `no-index`
 */
export function uvRegistryVariables(
  registries: Registries,
  isUvConfigured: boolean,
  environment: Readonly<Record<string, string>>,
  emptyIndexUrl: string,
): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  const tell = (name: string, value: string | undefined, ...others: readonly string[]) => {
    if (value !== undefined && value !== '' && ![name, ...others].some((key) => isSet(environment[key]))) variables[name] = value;
  };
  if (registries.isIndexOff) {
    tell('UV_DEFAULT_INDEX', emptyIndexUrl);
  } else if (!isUvConfigured) {
    if (registries.defaultIndex !== PUBLIC_INDEX) tell('UV_DEFAULT_INDEX', registries.defaultIndex, 'UV_INDEX_URL');
    tell('UV_INDEX', registries.extraIndexes.join(' '), 'UV_EXTRA_INDEX_URL');
  }
  if (!isUvConfigured) tell('UV_FIND_LINKS', registries.findLinks.join(','));
  tell('UV_INSECURE_HOST', registries.trustedHosts.join(' '));
  tell('UV_HTTP_TIMEOUT', registries.timeoutSeconds === undefined ? undefined : String(Math.ceil(registries.timeoutSeconds)));
  if (registries.keyringProvider === 'subprocess') tell('UV_KEYRING_PROVIDER', 'subprocess');
  // Not uv's own variables, so pip's word for the same thing is the stronger one.
  if (registries.certificatePath !== undefined) variables.SSL_CERT_FILE = registries.certificatePath;
  if (registries.clientCertificatePath !== undefined) variables.SSL_CLIENT_CERT = registries.clientCertificatePath;
  if (registries.proxy !== undefined) {
    const proxy = /^[a-z][a-z0-9+.-]*:\/\//i.test(registries.proxy) ? registries.proxy : `http://${registries.proxy}`;
    Object.assign(variables, { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, ALL_PROXY: proxy });
  }
  return variables;
}

/** Whether two spellings name one index: credentials and a slash at the end do not count. */
export function isSameIndex(a: string, b: string): boolean {
  return comparable(a) === comparable(b);
}

function comparable(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  parsed.hash = '';
  return parsed.href.replace(/\/+$/, '');
}

/** uv allows `name=url`. */
function bareUrl(entry: string): string {
  return entry.replace(/^[\w.-]+=(?=[a-z][a-z0-9+.-]*:|\/)/i, '').replace(/\/+$/, '');
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

function first(...values: readonly (string | undefined)[]): string | undefined {
  return values.find(isSet);
}
