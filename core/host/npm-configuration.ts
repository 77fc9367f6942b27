/**
 * Owns what npm's configuration says about registries: which one a package comes from, and the credentials for it.
 * Formats: https://docs.npmjs.com/cli/v11/configuring-npm/npmrc and https://docs.npmjs.com/cli/v11/using-npm/config
 */

type Environment = Readonly<Record<string, string>>;

/** What npm asks when nothing is configured. */
export const PUBLIC_NPM_REGISTRY = 'https://registry.npmjs.org';

export interface NpmConfiguration {
  /** Of a package by its name, without a slash at its end. May hold credentials. */
  registryOf(packageName: string): string;
  /** The value of an Authorization header; undefined where no credentials are configured for the address. */
  authorizationFor(url: string): string | undefined;
}

/**
 * @param texts of `.npmrc` files, the strongest first; variables of the environment are stronger than all of them
 */
export function readNpmConfiguration(texts: readonly string[], environment: Environment): NpmConfiguration {
  const layers = [environmentLayer(environment), ...texts.map((text) => fileLayer(text, environment))];
  const value = (key: string) => layers.map((layer) => layer.get(key) ?? '').find((found) => found !== '');
  return {
    registryOf(packageName) {
      const scope = /^(@[^/]+)\//.exec(packageName)?.[1];
      const own = scope === undefined ? undefined : value(`${scope}:registry`);
      return (own ?? value('registry') ?? PUBLIC_NPM_REGISTRY).replace(/\/+$/, '');
    },
    authorizationFor(url) {
      for (const place of placesOf(url)) {
        const token = value(`${place}:_authToken`);
        if (token !== undefined) return `Bearer ${token}`;
        const basic = value(`${place}:_auth`) ?? basicOf(value(`${place}:username`), value(`${place}:_password`));
        if (basic !== undefined) return `Basic ${basic}`;
      }
      return undefined;
    },
  };
}

function fileLayer(text: string, environment: Environment): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return new Map(
    lines.flatMap((line) => {
      const at = line.indexOf('=');
      if (at <= 0 || /^[;#[]/.test(line)) return [];
      const [key, value] = [line.slice(0, at).trim(), line.slice(at + 1).trim()].map((part) => filledIn(unquoted(part), environment));
      return [[key ?? '', value ?? ''] as const];
    }),
  );
}

function unquoted(text: string): string {
  return /^(["'])(.*)\1$/.exec(text)?.[2] ?? text;
}

/** `${NAME}` is a variable, `${NAME?}` may be absent; npm leaves one that is not set as it stands. */
function filledIn(text: string, environment: Environment): string {
  return text.replace(
    /\$\{([^}?]+)(\?)?\}/g,
    (whole, name: string, optional?: string) => environment[name] ?? (optional === undefined ? whole : ''),
  );
}

/** `npm_config_registry` in any case; of an address the part behind the prefix is the key as it stands. */
function environmentLayer(environment: Environment): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(environment).flatMap(([name, value]) => {
      const key = /^npm_config_(.+)$/i.exec(name)?.[1];
      if (key === undefined) return [];
      return [[/^(?:\/\/|@)/.test(key) ? key : key.toLowerCase().replace(/(?!^)_/g, '-'), value] as const];
    }),
  );
}

/** `//host/a/b`, with and without a slash at its end, then `//host/a`, then `//host`: the longest that is configured counts. */
function placesOf(url: string): readonly string[] {
  if (!URL.canParse(url)) return [];
  const { host, pathname } = new URL(url);
  const parts = pathname.split('/').filter((part) => part !== '');
  return Array.from({ length: parts.length + 1 }, (_, left) => {
    const place = ['', '', host, ...parts.slice(0, parts.length - left)].join('/');
    return [`${place}/`, place];
  }).flat();
}

/** `_password` is base64 by itself. */
function basicOf(user: string | undefined, password: string | undefined): string | undefined {
  if (user === undefined || password === undefined) return undefined;
  return Buffer.from(`${user}:${Buffer.from(password, 'base64').toString('utf8')}`).toString('base64');
}
