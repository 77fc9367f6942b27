/**
 * Owns which files of a source tree travel to a build, as pure rules over paths. Reading the tree is `local/source/source-walk.ts`.
 *
 * In the order in which they decide, the first that speaks wins:
 * 1. `.git` never travels.
 * 2. `source.include` names the path itself: it comes in.
 * 3. `.slipwayignore`, the deepest file first, the last matching line of it: out, or with `!` back in.
 *    A `!` with a slash in it brings back even from below a folder that is left out.
 * 4. The built-in list of caches, environments and packages that are fetched again. Only a line or an `include` that names
 *    such a folder brings it back; a `!` with a wildcard is meant for folders of one's own.
 * 5. The path lies below one that `source.include` names: it comes in.
 * 6. It lies below a folder that is left out: out.
 * 7. `.gitignore` from the git top level down, then `.git/info/exclude`, exactly as git reads them.
 *
 * What git tracks although a rule ignores it stays out: the rules alone decide, never git's index, so that a clone, an export
 * without `.git` and a tree under another system give the same bytes. (A warning names such files where an index is there.)
 * git's global excludes file and `core.ignorecase` are not honoured for the same reason: they belong to a machine, not to the tree.
 */
import { COMPARISON_FOLDER, DECISION_FILE } from '../comparison/compiler-decision';
import { bytesOf, findRule, reachesBelow, type IgnoreFile, type IgnoreRule } from './ignore-rules';

/** Why something stays out. `file` and `line` are those of the ignore file; absent for a built-in rule. */
export interface Exclusion {
  readonly rule: string;
  readonly file?: string;
  readonly line?: number;
}

/** The ignore files that hold in one folder, outermost first. */
export interface RulesInForce {
  readonly git: readonly IgnoreFile[];
  readonly slipway: readonly IgnoreFile[];
}

export interface Candidate {
  /** Relative to the root of the source, forward slashes. */
  readonly path: string;
  /** Last part of `path`. */
  readonly name: string;
  readonly isDirectory: boolean;
  /** A folder with a `pyvenv.cfg`. */
  readonly isVirtualEnvironment: boolean;
  /** The rule that keeps out the folder it lies in. */
  readonly inherited: Exclusion | undefined;
}

export interface SelectionOptions {
  /** Paths of `source.include` relative to the root of the source. */
  readonly include: readonly string[];
  /** The root of the source below the git top level, with a slash at the end; empty where they are one. */
  readonly gitPrefix: string;
}

export type Decision =
  | { readonly isIncluded: true }
  /** `mayHoldIncluded`: something below is brought back, so the folder has to be read. */
  | { readonly isIncluded: false; readonly exclusion: Exclusion; readonly mayHoldIncluded: boolean };

const INCLUDED: Decision = { isIncluded: true };

const BUILT_IN_FOLDERS: ReadonlySet<string> = new Set([
  '.hg',
  '.svn',
  '.bzr',
  '.venv',
  'node_modules',
  '__pycache__',
  '.tox',
  '.nox',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  '.hypothesis',
  '.ipynb_checkpoints',
  '.slipway',
  COMPARISON_FOLDER,
]);
const BUILT_IN_FILES = /^(\.DS_Store|Thumbs\.db|desktop\.ini)$|\.py[co]$/;

/** The built-in rule that leaves a file or folder out, or undefined. */
function builtInRule({ name, isDirectory, isVirtualEnvironment }: Candidate): string | undefined {
  if (isVirtualEnvironment) return 'a folder with pyvenv.cfg is a virtual environment';
  if (isDirectory ? BUILT_IN_FOLDERS.has(name) : BUILT_IN_FILES.test(name))
    return `'${name}' is on the built-in list of what is made again`;
  // What it decides is in the job; as source it would make another one of a tree that is the same.
  if (!isDirectory && name === DECISION_FILE) return `'${name}' is read before a build is asked for`;
  return undefined;
}

/** Decides on one file, link or folder. Folders are asked first, what is in them only where they come in or may hold something. */
export function decide(candidate: Candidate, rules: RulesInForce, options: SelectionOptions): Decision {
  const { path, name, isDirectory, inherited } = candidate;
  if (name === '.git') return { isIncluded: false, exclusion: { rule: "'.git' never travels" }, mayHoldIncluded: false };
  if (options.include.includes(path)) return INCLUDED;
  const out = (exclusion: Exclusion): Decision => ({
    isIncluded: false,
    exclusion,
    mayHoldIncluded: isDirectory && mayHoldIncluded(path, rules, options),
  });

  const nameBytes = bytesOf(name);
  const slipwayRule = rules.slipway.length === 0 ? undefined : lastRule(rules.slipway, bytesOf(path), nameBytes, isDirectory);
  if (slipwayRule?.isNegated === false) return out(exclusionBy(slipwayRule));
  const builtIn = builtInRule(candidate);
  if (slipwayRule !== undefined && bringsBack(slipwayRule, builtIn !== undefined, inherited !== undefined, nameBytes)) return INCLUDED;
  if (builtIn !== undefined) return out({ rule: builtIn });
  if (options.include.some((included) => included === '' || path.startsWith(`${included}/`))) return INCLUDED;
  if (inherited !== undefined) return out(inherited);
  const gitRule = rules.git.length === 0 ? undefined : lastRule(rules.git, bytesOf(options.gitPrefix + path), nameBytes, isDirectory);
  return gitRule?.isNegated === false ? out(exclusionBy(gitRule)) : INCLUDED;
}

function lastRule(files: readonly IgnoreFile[], path: string, name: string, isDirectory: boolean): IgnoreRule | undefined {
  for (let i = files.length - 1; i >= 0; i--) {
    const file = files[i];
    const rule = file === undefined ? undefined : findRule(file, path, name, isDirectory);
    if (rule !== undefined) return rule;
  }
  return undefined;
}

/** A negated line of `.slipwayignore` as strong as it was meant: caches must be named, what a folder keeps out needs a path. */
function bringsBack(rule: IgnoreRule, isBuiltIn: boolean, isInherited: boolean, name: string): boolean {
  if (isBuiltIn) return rule.pattern.slice(rule.pattern.lastIndexOf('/') + 1) === name;
  return !isInherited || rule.matches === 'path';
}

function exclusionBy(rule: IgnoreRule): Exclusion {
  return { rule: rule.text, file: rule.file, line: rule.line };
}

function mayHoldIncluded(directory: string, rules: RulesInForce, { include }: SelectionOptions): boolean {
  if (include.some((path) => path.startsWith(`${directory}/`))) return true;
  const bytes = bytesOf(directory);
  return rules.slipway.some(({ base, rules: lines }) => lines.some((rule) => reachesBelow(rule, base, bytes)));
}

/** For a message: `'dist/' in web/.gitignore:3`. */
export function describeExclusion({ rule, file, line }: Exclusion): string {
  return file === undefined || line === undefined ? rule : `'${rule}' in ${file}:${line}`;
}
