/** Owns writing package URLs (ECMA-427, https://github.com/package-url/purl-spec): what scanners look a component up by. */

export interface PackageName {
  readonly type: 'pypi' | 'npm' | 'deb' | 'rpm' | 'generic';
  /** The scope of an npm package with its `@`, the distribution of a system package. */
  readonly namespace?: string;
  readonly name: string;
  readonly version?: string;
  /** Empty values are left out. */
  readonly qualifiers?: Readonly<Record<string, string>>;
}

export function packageUrl({ type, namespace, name, version, qualifiers = {} }: PackageName): string {
  const parts = [...(namespace === undefined ? [] : namespace.split('/')), type === 'pypi' ? normalizedPypiName(name) : name];
  const known = Object.entries(qualifiers)
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${encoded(value)}`);
  return [
    `pkg:${type}/${parts
      .filter((part) => part !== '')
      .map(encoded)
      .join('/')}`,
    version === undefined || version === '' ? '' : `@${encoded(version)}`,
    known.length === 0 ? '' : `?${known.join('&')}`,
  ].join('');
}

/** PEP 503, and what the `pypi` type asks for: lower case, runs of separators as one dash. */
export function normalizedPypiName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** A colon stays as it is; everything else outside of RFC 3986's unreserved characters is escaped, the plus sign of versions too. */
function encoded(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':');
}
