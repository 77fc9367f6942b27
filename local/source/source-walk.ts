/**
 * Owns reading a source tree: which files and links it holds once the rules of `core/source/source-selection.ts` have spoken, and what
 * kept out the rest. Synchronous on purpose: ten thousand small reads cost a fraction of what the thread pool makes of them.
 */
import { isUtf8 } from 'node:buffer';
import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { parseIgnoreFile, type IgnoreFile } from '../../core/source/ignore-rules';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import { decide, type Exclusion, type RulesInForce, type SelectionOptions } from '../../core/source/source-selection';
import { findGitTop, isGitTop, readInfoExclude } from './git-layout';

export interface TreeFile {
  /** Relative to the root, forward slashes. */
  readonly path: string;
  readonly absolute: string;
  readonly kind: 'file' | 'link';
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  readonly mode: number;
  /** Of a link, with forward slashes. */
  readonly target?: string;
}

export interface SourceTree {
  /** In no particular order. */
  readonly files: readonly TreeFile[];
  /** What stayed out, by path: files, and folders whose content was not looked at. */
  readonly exclusions: ReadonlyMap<string, Exclusion>;
  readonly warnings: readonly string[];
  /** The root below the git top level, with a slash at the end; empty where they are one or there is no repository. */
  readonly gitPrefix: string;
  readonly gitTop?: string;
}

export interface WalkOptions {
  readonly root: string;
  /** Relative to `root`. */
  readonly include: readonly string[];
  /** Absolute folders of Slipway's own, which never travel even where they lie in the tree. */
  readonly ownDirectories: readonly string[];
}

/**
 * @throws SlipwayError `source-unreadable` for what cannot be read, `source-changed` for what vanishes meanwhile,
 * `name-not-portable` for a name that is no UTF-8
 */
export function walkSource(options: WalkOptions): SourceTree {
  const gitTop = findGitTop(options.root);
  const gitPrefix = gitTop === undefined ? '' : slashed(path.relative(gitTop, options.root));
  const walk = new Walk(options, gitPrefix === '' ? '' : `${gitPrefix}/`);
  walk.directory('', rulesAbove(options.root, gitTop), undefined);
  return {
    files: walk.files,
    exclusions: walk.exclusions,
    warnings: walk.warnings,
    gitPrefix: walk.selection.gitPrefix,
    ...(gitTop === undefined ? {} : { gitTop }),
  };
}

/** `info/exclude` and the ignore files from the git top level down to the root's parent. */
function rulesAbove(root: string, gitTop: string | undefined): RulesInForce {
  if (gitTop === undefined) return { git: [], slipway: [] };
  const git = infoExclude(gitTop, '');
  const parts = path.relative(gitTop, root).split(path.sep).filter(Boolean);
  for (let depth = 0; depth < parts.length; depth++) {
    const folder = parts.slice(0, depth).join('/');
    const file = path.join(gitTop, folder, '.gitignore');
    if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const shown = slashed(path.relative(root, file));
    git.push(
      parseIgnoreFile(
        reading(file, shown, () => readFileSync(file, 'latin1')),
        folder === '' ? '' : `${folder}/`,
        shown,
      ),
    );
  }
  return { git, slipway: [] };
}

function infoExclude(top: string, base: string): IgnoreFile[] {
  const content = readInfoExclude(top);
  return content === undefined ? [] : [parseIgnoreFile(content, base, `${base}.git/info/exclude`)];
}

class Walk {
  readonly files: TreeFile[] = [];
  readonly exclusions = new Map<string, Exclusion>();
  readonly warnings: string[] = [];
  readonly selection: SelectionOptions;

  constructor(
    private readonly options: WalkOptions,
    gitPrefix: string,
  ) {
    this.selection = { include: options.include, gitPrefix };
  }

  /** @param folder relative to the root, with a slash at the end; empty for the root */
  directory(folder: string, outer: RulesInForce, inherited: Exclusion | undefined): void {
    const absolute = this.absolute(folder);
    const children = reading(absolute, folder === '' ? '.' : folder.slice(0, -1), () => readdirSync(absolute, { withFileTypes: true }));
    const rules = this.rulesOf(folder, absolute, children, outer);
    if (children.some(({ name }) => name.includes('\uFFFD'))) this.refuseOtherEncodings(absolute, folder, rules, inherited);
    for (const child of children) {
      const childPath = folder + child.name;
      const isDirectory = child.isDirectory();
      const decision = decide(
        {
          path: childPath,
          name: child.name,
          isDirectory,
          isVirtualEnvironment: isDirectory && this.isEnvironment(childPath),
          inherited,
        },
        rules,
        this.selection,
      );
      if (decision.isIncluded) this.take(child, childPath, rules);
      else if (decision.mayHoldIncluded) this.directory(`${childPath}/`, rules, decision.exclusion);
      else this.exclusions.set(childPath, decision.exclusion);
    }
  }

  /** Without path.join, which would take a tenth of the walk. Windows takes forward slashes as well. */
  private absolute(relative: string): string {
    return `${this.options.root}/${relative}`;
  }

  private take(child: Dirent, childPath: string, rules: RulesInForce): void {
    const absolute = this.absolute(childPath);
    if (child.isDirectory()) {
      // By relative: on Windows the same folder is spelled with `c:` and `C:`.
      if (this.options.ownDirectories.some((own) => path.relative(own, absolute) === ''))
        this.exclusions.set(childPath, { rule: 'it holds what Slipway keeps itself' });
      else this.directory(`${childPath}/`, rules, undefined);
    } else if (child.isFile() || child.isSymbolicLink()) {
      const kind = child.isFile() ? 'file' : 'link';
      this.files.push(reading(absolute, childPath, () => statEntry(absolute, childPath, kind)));
    } else {
      this.warnings.push(`'${childPath}' stays out: it is a socket, a pipe or a device`);
    }
  }

  private rulesOf(folder: string, absolute: string, children: readonly Dirent[], outer: RulesInForce): RulesInForce {
    let { git, slipway } = outer;
    const base = this.selection.gitPrefix + folder;
    for (const child of children) {
      // A repository inside the tree has its own rules, and those around it end here, as they do for git.
      if (child.name === '.git' && folder !== '' && isGitTop(absolute)) git = infoExclude(absolute, Buffer.from(base).toString('latin1'));
    }
    for (const child of children) {
      if (child.name !== '.gitignore' && child.name !== '.slipwayignore') continue;
      if (child.isSymbolicLink()) this.warnings.push(`'${folder}${child.name}' is a link and is not read, as git does not follow it`);
      if (!child.isFile()) continue;
      const shown = folder + child.name;
      const content = reading(path.join(absolute, child.name), shown, () => readFileSync(path.join(absolute, child.name), 'latin1'));
      if (child.name === '.gitignore') git = [...git, parseIgnoreFile(content, Buffer.from(base).toString('latin1'), shown)];
      else slipway = [...slipway, parseIgnoreFile(content, Buffer.from(folder).toString('latin1'), shown)];
    }
    return git === outer.git && slipway === outer.slipway ? outer : { git, slipway };
  }

  private isEnvironment(childPath: string): boolean {
    try {
      return lstatSync(`${this.absolute(childPath)}/pyvenv.cfg`, { throwIfNoEntry: false }) !== undefined;
    } catch {
      // A folder that may not be entered: if the rules want it, listing it says so.
      return false;
    }
  }

  /** Names that are no UTF-8 have no place in an archive that every system reads; those that the rules leave out do no harm. */
  private refuseOtherEncodings(absolute: string, folder: string, rules: RulesInForce, inherited: Exclusion | undefined): void {
    for (const child of readdirSync(absolute, { withFileTypes: true, encoding: 'buffer' })) {
      if (isUtf8(child.name)) continue;
      const name = child.name.toString('utf8');
      const decision = decide(
        { path: folder + name, name, isDirectory: child.isDirectory(), isVirtualEnvironment: false, inherited },
        rules,
        this.selection,
      );
      if (!decision.isIncluded && !decision.mayHoldIncluded) continue;
      const bytes = child.name
        .toString('latin1')
        .replace(/[^\x20-\x7e]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
      throw new SlipwayError('name-not-portable', `the name '${folder}${bytes}' is not UTF-8`, {
        hint: 'rename the file, or leave it out with .slipwayignore',
        details: { path: folder + bytes },
      });
    }
  }
}

function statEntry(absolute: string, relative: string, kind: 'file' | 'link'): TreeFile {
  const { size, mtimeMs, mode } = lstatSync(absolute);
  const entry = { path: relative, absolute, kind, sizeBytes: size, modifiedAtMs: mtimeMs, mode };
  if (kind === 'file') return entry;
  const target = slashed(readlinkSync(absolute));
  return { ...entry, target, sizeBytes: Buffer.byteLength(target) };
}

/** In the archive's spelling. */
function slashed(native: string): string {
  return path.sep === '/' ? native : native.split(path.sep).join('/');
}

/** Runs a read of `file` and says what its failure means. `shown` is what the person knows it by. */
export function reading<T>(file: string, shown: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (isSlipwayError(thrown)) throw thrown;
    const errno = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : '';
    if (errno === 'ENOENT' || errno === 'ENOTDIR') {
      throw new SlipwayError('source-changed', `'${shown}' vanished while the source was read`, {
        hint: 'stop what writes into the tree and run the command again',
        details: { path: file },
        cause: thrown,
      });
    }
    throw new SlipwayError('source-unreadable', `'${shown}' cannot be read: ${errno === '' ? 'the system gave no reason' : errno}`, {
      hint: 'give yourself the right to read it, or leave it out with .slipwayignore',
      details: { path: file, errno },
      cause: thrown,
    });
  }
}
