/** Owns the credentials that variables hold for an index by its name: uv's way, and Poetry's for the indexes of a poetry.lock. */
import type { Credentials } from '../core/host/netrc';

type Environment = Readonly<Record<string, string>>;

/** `UV_INDEX_CORP_PASSWORD` or `POETRY_HTTP_BASIC_CORP_PASSWORD` for an index named `corp`. */
export function indexCredentials(environment: Environment, indexName: string): Credentials | undefined {
  const name = variablePart(indexName);
  for (const prefix of [`UV_INDEX_${name}`, `POETRY_HTTP_BASIC_${name}`]) {
    const password = environment[`${prefix}_PASSWORD`] ?? '';
    if (password !== '') return { user: environment[`${prefix}_USERNAME`] ?? '', password };
  }
  return undefined;
}

/** Poetry's variables under uv's names: whoever moved from Poetry has those. */
export function poetryCredentialsForUv(environment: Environment): Environment {
  const translated = Object.entries(environment).flatMap(([name, value]) => {
    const match = /^POETRY_HTTP_BASIC_(\w+)_(USERNAME|PASSWORD)$/.exec(name);
    return match === null ? [] : [[`UV_INDEX_${match[1] ?? ''}_${match[2] ?? ''}`, value] as const];
  });
  return Object.fromEntries(translated.filter(([name]) => environment[name] === undefined));
}

/** The index's URL with the credentials in it. Only ever put into an environment. */
export function urlWithCredentials(url: string, credentials: Credentials | undefined): string {
  if (credentials === undefined || !URL.canParse(url)) return url;
  const full = new URL(url);
  if (full.username !== '' || !full.protocol.startsWith('http')) return url;
  full.username = encodeURIComponent(credentials.user);
  full.password = encodeURIComponent(credentials.password);
  return full.href;
}

function variablePart(indexName: string): string {
  return indexName.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}
