/** Owns where a symbolic link of the source tree leads: to a place inside it, or out of it. */

/** Links followed before a loop is taken for one; the number that Linux uses. */
const MOST_LINKS = 40;

export type LinkEnd =
  { readonly kind: 'inside'; readonly path: string } | { readonly kind: 'outside'; readonly reason: string } | { readonly kind: 'loop' };

/**
 * Where `path` ends when every link on the way is followed.
 * @param path relative to the root of the tree, forward slashes; may hold `..`
 * @param links every link of the tree with its target as written
 */
export function resolveInTree(path: string, links: ReadonlyMap<string, string>): LinkEnd {
  const pending = path.split('/').reverse();
  const reached: string[] = [];
  let followed = 0;
  while (pending.length > 0) {
    const part = pending.pop() ?? '';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (reached.pop() === undefined) return { kind: 'outside', reason: 'it climbs above the root of the source' };
      continue;
    }
    reached.push(part);
    const target = links.get(reached.join('/'));
    if (target === undefined) continue;
    if (++followed > MOST_LINKS) return { kind: 'loop' };
    if (isAbsoluteTarget(target)) return { kind: 'outside', reason: `'${target}' is absolute and names a place on this machine` };
    reached.pop();
    pending.push(...target.split('/').reverse());
  }
  return { kind: 'inside', path: reached.join('/') };
}

/** Absolute on any system: `/x`, `C:\x`, `C:x`, `\\server\share`. */
function isAbsoluteTarget(target: string): boolean {
  return target.startsWith('/') || target.startsWith('\\') || /^[A-Za-z]:/.test(target);
}
