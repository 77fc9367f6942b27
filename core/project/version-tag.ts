/** Owns which git tags are versions, and the version of a commit that comes after one. */

export interface VersionTag {
  readonly tag: string;
  /** Without `v` and prefix. */
  readonly version: string;
}

const VERSION =
  /^v?(\d+(?:\.\d+)*(?:[-_.]?(?:a|b|c|rc|alpha|beta|pre|preview)[-_.]?\d*)?(?:[-_.]?(?:post|rev|r)[-_.]?\d*)?(?:[-_.]?dev[-_.]?\d*)?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?)$/i;

/** `v1.4.0`, `1.4.0`, and of a program called fieldkit `fieldkit-v1.4.0` or `fieldkit/1.4.0`. */
export function versionOfTag(tag: string, name: string): string | undefined {
  const own = tag.startsWith(`${name}-`) || tag.startsWith(`${name}/`) ? tag.slice(name.length + 1) : tag;
  const version = VERSION.exec(own)?.[1];
  // A year or a bare number is a tag of another kind.
  return version?.includes('.') === true ? version : undefined;
}

/** The highest version among tags of one commit; a tag with the program's own name goes before others. */
export function closestVersionTag(tags: readonly string[], name: string): VersionTag | undefined {
  const versions = tags.flatMap((tag) => {
    const version = versionOfTag(tag, name);
    return version === undefined ? [] : [{ tag, version }];
  });
  const own = versions.filter(({ tag }) => tag.startsWith(name));
  return [...(own.length > 0 ? own : versions)].sort((a, b) => compareVersions(b.version, a.version))[0];
}

/** Numbers by value, a pre-release before its release. */
function compareVersions(a: string, b: string): number {
  const parts = (version: string) => {
    const [, release = '', rest = ''] = /^(\d+(?:\.\d+)*)(.*)$/.exec(version) ?? [];
    return { numbers: release.split('.').map(Number), rest: rest.toLowerCase() };
  };
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(left.numbers.length, right.numbers.length); i++) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return rankOf(left.rest) - rankOf(right.rest) || (left.rest < right.rest ? -1 : left.rest > right.rest ? 1 : 0);
}

function rankOf(rest: string): number {
  if (rest === '' || rest.startsWith('+')) return 1;
  return /^[-_.]?(post|rev|r\d)/.test(rest) ? 2 : 0;
}

export interface CommitPosition {
  readonly distance: number;
  readonly shortCommit: string;
  readonly isDirty: boolean;
}

/**
 * The version of a commit after a tag, as setuptools-scm guesses it: `1.4.0` and three commits are `1.4.1.dev3+gabc1234`.
 * At the tag itself, unchanged, it is the tag's. Changes that are not committed show as `.dirty`: the version of a release
 * must not name what it is not. https://setuptools-scm.readthedocs.io/en/latest/usage/#default-versioning-scheme
 */
export function versionAfterTag(version: string, { distance, shortCommit, isDirty }: CommitPosition): string {
  if (distance === 0 && !isDirty) return version;
  const [publicVersion = version] = version.split('+');
  const base = publicVersion.replace(/[-_.]?dev[-_.]?\d*$/i, '');
  const next = base.replace(/(\d+)(\D*)$/, (_whole, digits: string, rest: string) => `${Number(digits) + 1}${rest}`);
  return `${base === publicVersion ? next : base}.dev${distance}+g${shortCommit}${isDirty ? '.dirty' : ''}`;
}
