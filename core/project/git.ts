/** Owns what is asked of git: which commit a folder is at, whether it was changed, and the version that its tags give. */
import { closestVersionTag, type VersionTag } from './version-tag';
import type { Processes, ProcessResult } from '../ports/processes';
import { SlipwayError } from '../slipway-error';

export interface GitPorts {
  readonly processes: Processes;
  readonly environment: Readonly<Record<string, string>>;
}

export interface GitState {
  /** Full hexadecimal name. */
  readonly commit: string;
  /** Files below the folder differ from the commit, new ones that are not ignored among them. */
  readonly isDirty: boolean;
  readonly commitEpochSeconds: number;
}

const TIMEOUT_MS = 60_000;

async function git(ports: GitPorts, directory: string, args: readonly string[]): Promise<ProcessResult> {
  return ports.processes.run({
    command: 'git',
    args: ['-c', 'core.quotePath=false', ...args],
    cwd: directory,
    // A look must not write the index while another git works, and what git says is matched below.
    env: { ...ports.environment, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
    timeoutMs: TIMEOUT_MS,
  });
}

/** @returns undefined where git is not installed, or does not keep this folder */
export async function readGitState(ports: GitPorts, directory: string): Promise<GitState | undefined> {
  if ((await ports.processes.find('git', ports.environment)) === undefined) return undefined;
  // A folder that happens to lie in somebody else's repository has no tree in its commit.
  const [tree, commit, status] = await Promise.all([
    git(ports, directory, ['rev-parse', '--verify', '--quiet', 'HEAD:./']),
    git(ports, directory, ['log', '-1', '--no-show-signature', '--format=%H %ct', 'HEAD']),
    git(ports, directory, ['status', '--porcelain=v1', '--untracked-files=normal', '--', '.']),
  ]);
  const [hash = '', seconds = ''] = commit.stdout.trim().split(' ');
  if (tree.exitCode !== 0 || commit.exitCode !== 0 || status.exitCode !== 0 || !/^[0-9a-f]{40,64}$/.test(hash)) return undefined;
  return { commit: hash, isDirty: status.stdout.trim() !== '', commitEpochSeconds: Number(seconds) };
}

export interface DescribedCommit {
  readonly tag: VersionTag;
  /** Commits since the tag. */
  readonly distance: number;
  /** Of the commit, abbreviated. */
  readonly shortCommit: string;
  /** Tracked files were changed. */
  readonly isDirty: boolean;
}

/**
 * The nearest tag that is a version: `v1.4.0`, `1.4.0`, or `NAME-v1.4.0` where several programs share a repository.
 * @throws SlipwayError `git-missing`, `git-failed`, `git-tag-missing`, `git-shallow`
 */
export async function describeCommit(ports: GitPorts, directory: string, name: string): Promise<DescribedCommit> {
  if ((await ports.processes.find('git', ports.environment)) === undefined) {
    throw new SlipwayError('git-missing', "the version comes from git's tags, and there is no git on PATH", {
      hint: 'install git, or write the version into slipway.yaml: version: "1.4.0"',
    });
  }
  await refuseUnversioned(ports, directory);
  const tags = await succeed(ports, directory, ['tag', '--list', '--merged', 'HEAD']);
  const versionTags = tags.split('\n').filter((tag) => closestVersionTag([tag], name) !== undefined);
  if (versionTags.length === 0) throw await noTag(ports, directory);
  const described = await describeTags(ports, directory, versionTags);
  const match = /^(.*)-(\d+)-g([0-9a-f]+)$/.exec(described);
  const tag = closestVersionTag(await tagsBeside(ports, directory, match?.[1] ?? '', versionTags), name);
  if (match === null || tag === undefined) throw new SlipwayError('git-failed', `git describe answered '${described}'`);
  const changes = await succeed(ports, directory, ['status', '--porcelain=v1', '--untracked-files=no']);
  return { tag, distance: Number(match[2]), shortCommit: match[3] ?? '', isDirty: changes.trim() !== '' };
}

async function refuseUnversioned(ports: GitPorts, directory: string): Promise<void> {
  const inside = await git(ports, directory, ['rev-parse', '--verify', 'HEAD']);
  if (inside.exitCode === 0) return;
  if (inside.stderr.includes('not a git repository')) {
    throw new SlipwayError('git-failed', `the version comes from git's tags, and '${directory}' is no git repository`, {
      hint: 'build in the clone, or write the version into slipway.yaml: version: "1.4.0"',
    });
  }
  if (/ambiguous argument|Needed a single revision|unknown revision/.test(inside.stderr)) {
    throw new SlipwayError('git-tag-missing', "the version comes from git's tags, and nothing is committed yet", {
      hint: 'commit, then git tag v0.1.0',
    });
  }
  throw failed('rev-parse', inside);
}

/** Many tags at one commit: the highest version names it. */
async function tagsBeside(ports: GitPorts, directory: string, tag: string, versionTags: readonly string[]): Promise<readonly string[]> {
  const beside = (await succeed(ports, directory, ['tag', '--list', '--points-at', `refs/tags/${tag}`])).split('\n');
  const known = beside.filter((other) => versionTags.includes(other));
  return known.length === 0 ? [tag] : known;
}

async function describeTags(ports: GitPorts, directory: string, versionTags: readonly string[]): Promise<string> {
  // Names of tags hold no wildcard. A long list would not fit into a command line, and near tags sort late.
  const matches = versionTags.slice(-500).map((tag) => `--match=${tag}`);
  return (await succeed(ports, directory, ['describe', '--tags', '--long', '--abbrev=7', ...matches, 'HEAD'])).trim();
}

async function noTag(ports: GitPorts, directory: string): Promise<SlipwayError> {
  const shallow = await git(ports, directory, ['rev-parse', '--is-shallow-repository']);
  if (shallow.stdout.trim() === 'true') {
    return new SlipwayError('git-shallow', "the version comes from git's tags, and this clone is shallow: it holds none", {
      hint: 'git fetch --unshallow --tags',
    });
  }
  return new SlipwayError(
    'git-tag-missing',
    "the version comes from git's tags, and no tag before this commit is a version such as v1.4.0",
    {
      hint: 'git tag v0.1.0, or git fetch --tags where others made the tags',
    },
  );
}

async function succeed(ports: GitPorts, directory: string, args: readonly string[]): Promise<string> {
  const result = await git(ports, directory, args);
  if (result.exitCode !== 0) throw failed(args[0] ?? '', result);
  return result.stdout;
}

function failed(command: string, result: ProcessResult): SlipwayError {
  const [first = ''] = result.stderr.trim().split('\n');
  const reason = result.isTimedOut ? 'it did not answer in time' : first.replace(/^(fatal|error): /, '');
  return new SlipwayError('git-failed', `git ${command} failed: ${reason}`, {
    hint: result.stderr.includes('dubious ownership')
      ? 'git config --global --add safe.directory FOLDER'
      : `run git ${command} yourself to see why`,
  });
}
