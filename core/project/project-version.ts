/**
 * Owns the resolution of `version:` in slipway.yaml to a version, on the machine of whoever starts the build:
 * the build itself sees neither git nor anything but this.
 */
import path from 'node:path';
import { describeCommit, type GitPorts } from './git';
import type { Files } from '../ports/files';
import type { VersionSource } from './pyproject';
import type { PythonProject } from './python-project';
import { isSlipwayError, SlipwayError } from '../slipway-error';
import { versionAfterTag } from './version-tag';

export interface VersionPorts extends GitPorts {
  readonly files: Pick<Files, 'readText' | 'stat'>;
}

export interface VersionQuestion {
  /** As written: `from-pyproject`, `from-package-json`, `from-git-tag` or a version. */
  readonly version: string;
  /** The application's name: its own tags go before others. */
  readonly name: string;
  /** Absolute. */
  readonly projectDirectory: string;
  readonly python: PythonProject | undefined;
}

export interface ResolvedVersion {
  readonly version: string;
  /** For a person: `pyproject.toml`, `the tag v1.4.0 and 3 commits`, … */
  readonly origin: string;
}

/**
 * @throws SlipwayError `version-unresolved`, `git-missing`, `git-failed`, `git-tag-missing`, `git-shallow`
 */
export async function resolveVersion(ports: VersionPorts, question: VersionQuestion): Promise<ResolvedVersion> {
  const resolved = await resolve(ports, question);
  if (/^[0-9A-Za-z][0-9A-Za-z.+!_-]{0,63}$/.test(resolved.version)) return resolved;
  throw new SlipwayError('version-unresolved', `'${resolved.version}' from ${resolved.origin} is no version`, {
    hint: 'correct it there, or write the version into slipway.yaml: version: "1.4.0"',
  });
}

async function resolve(ports: VersionPorts, question: VersionQuestion): Promise<ResolvedVersion> {
  switch (question.version) {
    case 'from-pyproject':
      return versionOfPythonProject(ports, question);
    case 'from-package-json':
      return versionOfPackageJson(ports, question);
    case 'from-git-tag':
      return versionOfGit(ports, question);
    default:
      return { version: question.version, origin: 'slipway.yaml' };
  }
}

function unresolved(message: string): SlipwayError {
  return new SlipwayError('version-unresolved', message, { hint: 'write the version into slipway.yaml: version: "1.4.0"' });
}

async function versionOfPythonProject(ports: VersionPorts, question: VersionQuestion): Promise<ResolvedVersion> {
  const { python } = question;
  if (python === undefined) throw unresolved('version: from-pyproject, and there is no pyproject.toml beside slipway.yaml');
  const { version: source, file } = python;
  if (source === undefined) throw unresolved(`${file} says nothing about the version`);
  switch (source.kind) {
    case 'static':
      return { version: source.version, origin: file };
    case 'git':
      return { ...(await versionOfGit(ports, question)) };
    case 'unreadable':
      throw unresolved(`the version cannot be read without running the build: ${source.reason}`);
    case 'file':
      return { version: (await readBeside(ports, question, source.file, file)).trim(), origin: source.file };
    case 'pattern':
      return { version: matchPattern(source, await readBeside(ports, question, source.file, file)), origin: source.file };
    case 'attribute':
      return versionOfAttribute(ports, question, source);
  }
}

async function readBeside(ports: VersionPorts, { projectDirectory }: VersionQuestion, file: string, namedBy: string): Promise<string> {
  try {
    return await ports.files.readText(path.join(projectDirectory, file));
  } catch (thrown) {
    if (!isSlipwayError(thrown) || thrown.code !== 'file-not-found') throw thrown;
    throw unresolved(`${namedBy} takes the version from '${file}', and there is no such file`);
  }
}

/** A pattern is Python's: flags stand in front, groups are `(?P<name>`. Hatch and PDM search it line by line. */
function matchPattern({ file, pattern }: Extract<VersionSource, { kind: 'pattern' }>, text: string): string {
  const flags = /^\(\?([a-z]+)\)/.exec(pattern);
  let expression: RegExp;
  try {
    expression = new RegExp(
      pattern
        .slice(flags?.[0].length ?? 0)
        .replaceAll('(?P<', '(?<')
        .replaceAll(/\(\?P=(\w+)\)/g, '\\k<$1>'),
      [...new Set(`m${flags?.[1] ?? ''}`.replace(/[^ims]/g, ''))].join(''),
    );
  } catch {
    throw unresolved(`the pattern of the version, '${pattern}', is understood by Python alone`);
  }
  const version = expression.exec(text)?.groups?.version;
  if (version === undefined) throw unresolved(`'${file}' holds no version that the pattern '${pattern}' finds`);
  return version;
}

async function versionOfAttribute(
  ports: VersionPorts,
  { projectDirectory }: VersionQuestion,
  source: Extract<VersionSource, { kind: 'attribute' }>,
): Promise<ResolvedVersion> {
  const { module, attribute, folders } = source;
  const parts = module.split('.');
  const candidates = folders.flatMap((folder) => [`${[folder, ...parts].join('/')}.py`, [folder, ...parts, '__init__.py'].join('/')]);
  for (const candidate of candidates) {
    const file = path.join(projectDirectory, candidate);
    if ((await ports.files.stat(file))?.kind !== 'file') continue;
    const version = await assignedText(ports, file, attribute);
    const origin = path.relative(projectDirectory, file).split(path.sep).join('/');
    if (version !== undefined) return { version, origin };
    throw unresolved(`'${origin}' holds no line such as ${attribute} = "1.4.0", and slipway does not run the program to find out`);
  }
  throw unresolved(
    `the version is '${attribute}' of the module '${module}', and there is no ${parts.join('/')}.py or ${parts.join('/')}/__init__.py`,
  );
}

/** The text that a module assigns to a name; where it imports the name from a module beside it, that one is read. */
async function assignedText(ports: VersionPorts, file: string, name: string, depth = 0): Promise<string | undefined> {
  const text = await ports.files.readText(file);
  const assigned = new RegExp(`^${name}\\s*(?::[^=\\n]+)?=\\s*(?:f|r|u)?(['"])([^'"\\n]+)\\1`, 'm').exec(text)?.[2];
  if (assigned !== undefined) return assigned;
  const numbers = new RegExp(`^${name}\\s*(?::[^=\\n]+)?=\\s*\\((\\s*\\d+\\s*(?:,\\s*\\d+\\s*)*),?\\s*\\)`, 'm').exec(text)?.[1];
  if (numbers !== undefined)
    return numbers
      .split(',')
      .map((part) => part.trim())
      .join('.');
  const imported = new RegExp(`^from\\s+\\.(\\w+)\\s+import\\s+(?:[^\\n#]*[,\\s(])?${name}\\b(?!\\s+as)`, 'm').exec(text)?.[1];
  const next = imported === undefined ? undefined : path.join(path.dirname(file), `${imported}.py`);
  return next !== undefined && depth < 3 && (await ports.files.stat(next))?.kind === 'file'
    ? assignedText(ports, next, name, depth + 1)
    : undefined;
}

async function versionOfPackageJson(ports: VersionPorts, question: VersionQuestion): Promise<ResolvedVersion> {
  const text = await readBeside(ports, question, 'package.json', 'slipway.yaml');
  let version: unknown;
  try {
    version = (JSON.parse(text) as { version?: unknown } | null)?.version;
  } catch (cause) {
    throw new SlipwayError('version-unresolved', `package.json is no JSON: ${cause instanceof Error ? cause.message : ''}`, {
      hint: 'correct package.json',
      cause,
    });
  }
  if (typeof version !== 'string') throw unresolved('package.json has no version');
  return { version, origin: 'package.json' };
}

async function versionOfGit(ports: VersionPorts, { projectDirectory, name }: VersionQuestion): Promise<ResolvedVersion> {
  const commit = await describeCommit(ports, projectDirectory, name);
  const since = commit.distance === 0 ? '' : ` and ${commit.distance} commit${commit.distance === 1 ? '' : 's'}`;
  return {
    version: versionAfterTag(commit.tag.version, commit),
    origin: `the git tag ${commit.tag.tag}${since}${commit.isDirty ? ', with changes' : ''}`,
  };
}
