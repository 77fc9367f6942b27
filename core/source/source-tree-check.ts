/**
 * Owns what must hold of a selected source tree before it is packed: its links stay inside, a target can hold its names,
 * and what the recipe names is in it. Pure; every problem of a kind is reported at once.
 */
import { entryRefusal, findCaseCollisions, windowsRefusal } from './portable-name';
import { SlipwayError, type ErrorCode } from '../slipway-error';
import { resolveInTree } from './source-link';
import { describeExclusion, type Exclusion } from './source-selection';

/** How many problems a message spells out; `details` has them all. */
const SHOWN = 5;

export interface CheckedTree {
  /** Every file and link, sorted. */
  readonly paths: readonly string[];
  /** Target as written, by path. */
  readonly links: ReadonlyMap<string, string>;
  readonly exclusions: ReadonlyMap<string, Exclusion>;
}

interface Problem {
  readonly path: string;
  readonly reason: string;
}

function refuse<T extends Problem>(code: ErrorCode, problems: readonly T[], say: (problem: T) => string, hint: string): void {
  if (problems.length === 0) return;
  const more = problems.length > SHOWN ? `; and ${problems.length - SHOWN} more` : '';
  throw new SlipwayError(code, problems.slice(0, SHOWN).map(say).join('; ') + more, { hint, details: { problems } });
}

/**
 * @returns a warning for each link that leads nowhere
 * @throws SlipwayError `link-leaves-source`
 */
export function checkLinks({ paths, links }: CheckedTree): readonly string[] {
  if (links.size === 0) return [];
  const outside: Problem[] = [];
  const warnings: string[] = [];
  const present = withFolders(paths);
  for (const [path, target] of links) {
    const end = resolveInTree(path, links);
    if (end.kind === 'outside') outside.push({ path, reason: `${end.reason} (it points to '${target}')` });
    else if (end.kind === 'loop') warnings.push(`the link '${path}' leads to itself, by way of '${target}'`);
    else if (end.path !== '' && !present.has(end.path))
      warnings.push(`the link '${path}' points to '${target}', which is not there or stays out: it will lead nowhere`);
  }
  refuse(
    'link-leaves-source',
    outside,
    ({ path, reason }) => `the link '${path}' leaves the source: ${reason}`,
    'make it a relative link to a place inside, copy what it points to, set source.root to a parent, or leave it out with .slipwayignore',
  );
  return warnings;
}

/**
 * @param forWindows also refuse what Windows alone cannot hold
 * @throws SlipwayError `name-not-portable`
 */
export function checkNames({ paths }: CheckedTree, forWindows: boolean): void {
  const problems: Problem[] = [];
  for (const path of paths) {
    const anywhere = entryRefusal(path);
    const reason = anywhere ?? (forWindows ? windowsRefusal(path) : undefined);
    if (reason !== undefined) problems.push({ path, reason: anywhere === undefined ? `on Windows ${reason}` : reason });
  }
  if (forWindows)
    for (const [first, second] of findCaseCollisions(paths)) problems.push({ path: second, reason: `Windows takes it for '${first}'` });
  refuse(
    'name-not-portable',
    problems,
    ({ path, reason }) => `the name '${path}' does not travel: ${reason}`,
    forWindows
      ? 'rename it, leave it out with .slipwayignore, or take the Windows platforms out of platforms'
      : 'rename it, or leave it out with .slipwayignore',
  );
}

/**
 * @param required paths relative to the root, each with the key of the recipe that names it
 * @param isThere whether something lies at the path in the folder itself
 * @throws SlipwayError `source-excluded`, `source-file-missing`
 */
export function checkRequired(
  tree: CheckedTree,
  required: readonly { readonly path: string; readonly namedBy: string }[],
  isThere: (path: string) => boolean,
): void {
  if (required.length === 0) return;
  const present = withFolders(tree.paths);
  const excluded: (Problem & { readonly namedBy: string })[] = [];
  for (const { path, namedBy } of required) {
    const end = resolveInTree(path, tree.links);
    if (end.kind === 'outside') throw missing(path, namedBy, 'lies outside of source.root', 'set source.root to a folder that holds it');
    const resolved = end.kind === 'inside' ? end.path : path;
    if (resolved === '' || present.has(resolved)) continue;
    const exclusion = whatExcludes(resolved, tree.exclusions);
    if (exclusion !== undefined && isThere(resolved)) excluded.push({ path, namedBy, reason: describeExclusion(exclusion) });
    else if (isThere(resolved))
      throw missing(path, namedBy, 'holds no file that could be packed', 'put a file into it, or take it out of the recipe');
    else throw missing(path, namedBy, 'is not there', missingHint(path, tree.paths));
  }
  refuse(
    'source-excluded',
    excluded,
    ({ path, namedBy, reason }) => `${namedBy} names '${path}', which the source archive leaves out: ${reason}`,
    `add it to source.include, or add the line '!/${excluded[0]?.path ?? ''}' to .slipwayignore`,
  );
}

function missing(path: string, namedBy: string, what: string, hint: string): SlipwayError {
  return new SlipwayError('source-file-missing', `${namedBy} names '${path}', which ${what}`, { hint, details: { path, namedBy } });
}

function missingHint(path: string, paths: readonly string[]): string {
  const lower = path.toLowerCase();
  const name = path.slice(path.lastIndexOf('/') + 1);
  const near = paths.find((other) => other.toLowerCase() === lower) ?? paths.find((other) => other.endsWith(`/${name}`) || other === name);
  if (near !== undefined) return `did you mean '${near}'?`;
  return /[*?[]/.test(path)
    ? 'name a file or a folder: patterns are not read here'
    : 'correct the path, or make the file before the build is started';
}

/** The rule that keeps out a path, a folder above it, or what lies in it. */
function whatExcludes(path: string, exclusions: ReadonlyMap<string, Exclusion>): Exclusion | undefined {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    const exclusion = exclusions.get(at);
    if (exclusion !== undefined) return exclusion;
  }
  for (const [other, exclusion] of exclusions) if (other.startsWith(`${path}/`)) return exclusion;
  return undefined;
}

/** Every path and every folder above one. */
function withFolders(paths: readonly string[]): ReadonlySet<string> {
  const all = new Set<string>();
  for (const path of paths) {
    let at = path;
    while (at !== '' && !all.has(at)) {
      all.add(at);
      at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
    }
  }
  return all;
}
