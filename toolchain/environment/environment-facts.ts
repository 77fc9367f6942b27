/** Owns what a project's files say about its environment: what is locked, whether the lock holds, what is to be installed. */
import { pathToFileURL } from 'node:url';
import { normalizePackageName } from '../../core/host/index-page';
import { isPoetryLockFresh, parsePoetryLock, poetryRequirements } from '../../core/project/poetry-lock';
import { lockIndexes, pylockRequirements } from '../../core/project/python-lock';
import { isSameIndex, type Registries } from '../../core/host/registries';
import { SlipwayError } from '../../core/slipway-error';
import { dependencySource, type EnvironmentFacts, environmentLayout, PLAN_FACTS } from './environment-commands';
import { findProject, indexTables, isDynamic, type Pyproject, readLock, readPyproject, serveVersioningit, tableAt } from './project-files';
import type { PythonEnvironmentRequest } from './environment-request';
import { readRegistries } from '../machine-registries';
import { hostPaths, type ToolchainContext } from '../toolchain-context';
import type { UvCommand } from '../uv/uv-command';
import type { UvRunner } from '../uv/uv-runner';

export interface PreparedFacts {
  readonly facts: EnvironmentFacts;
  readonly warnings: readonly string[];
  /** @throws SlipwayError `lock-stale` */
  checkLock(command: UvCommand): Promise<void>;
  /** Writes what the commands read as `dependencies.txt`, where they do. */
  writeDependencies(path: string): Promise<void>;
}

/**
 * @throws SlipwayError `lock-missing`, `lock-stale` (poetry.lock), `lock-unsupported`
 */
export async function prepareFacts(context: ToolchainContext, request: PythonEnvironmentRequest, uv: UvRunner): Promise<PreparedFacts> {
  const directory = environmentLayout(request).projectDirectory;
  const pyproject = await readPyproject(context, directory);
  const project = await findProject(context, request.python.entry !== undefined, directory, pyproject);
  const base: EnvironmentFacts = { ...PLAN_FACTS, ...project, isMetadataDynamic: isDynamic(pyproject) };
  if (project.hasProject) await serveVersioningit(context, directory, pyproject, request.version);
  if (request.vendorDirectory !== undefined) return vendored(context, request.vendorDirectory, base);
  const source = dependencySource(request.python.dependencies);
  switch (source.kind) {
    case 'uv-lock':
      return uvLock(context, request, uv, { base, pyproject, text: await readLock(context, request, source.file) });
    case 'poetry-lock':
      return poetryLock(request, base, pyproject, await readLock(context, request, source.file), context);
    case 'pylock':
      return pylock(context, request, base, pyproject, await readLock(context, request, source.file));
    case 'requirements':
      return requirements(request, { ...base, indexes: ownIndexes(pyproject) }, await readLock(context, request, source.file));
    case 'unlocked':
      return unlocked(context, directory, { ...base, indexes: ownIndexes(pyproject) });
  }
}

const nothing = { checkLock: () => Promise.resolve(), writeDependencies: () => Promise.resolve() };

async function vendored(context: ToolchainContext, directory: string, base: EnvironmentFacts): Promise<PreparedFacts> {
  const wheels = (await context.files.list(directory)).map(({ name }) => name).filter((name) => name.endsWith('.whl'));
  const text = wheels
    .map((name) => `${normalizePackageName(name.split('-')[0] ?? '')} @ ${pathToFileURL(hostPaths(context).join(directory, name)).href}\n`)
    .join('');
  return { ...nothing, facts: base, warnings: [], writeDependencies: (path) => context.files.write(path, text) };
}

interface UvLockFiles {
  readonly base: EnvironmentFacts;
  readonly pyproject: Pyproject | undefined;
  readonly text: string;
}

async function uvLock(
  context: ToolchainContext,
  request: PythonEnvironmentRequest,
  uv: UvRunner,
  files: UvLockFiles,
): Promise<PreparedFacts> {
  const foreign = foreignIndexes(files.text, files.pyproject, await readRegistries(context));
  const isMirrored = foreign.strangers.length > 0;
  const warnings: string[] = [];
  return {
    ...nothing,
    facts: { ...files.base, isMirrored, indexes: isMirrored ? foreign.named : [] },
    warnings,
    async checkLock(command) {
      context.log('checking that uv.lock fits pyproject.toml');
      // A lock that fits needs no network and no index for the proof; which index is configured here would count as a change.
      const offline = await uv.ask([...command.args, '--offline'], command.cwd, command.env, false);
      if (offline.exitCode === 0) return;
      if (!isMirrored) {
        if (!offline.stderr.includes('needs to be updated')) await uv.run(command);
        else throw uv.failure(command, offline);
      } else if (/Failed to (download and )?build|build backend/.test(offline.stderr)) {
        warnings.push(
          'uv.lock could not be checked against pyproject.toml: its dependencies are told by a build backend, and the lock was made for another index',
        );
      } else {
        throw new SlipwayError('lock-stale', "'uv.lock' does not fit pyproject.toml any more", {
          hint: 'bring it up to date with: uv lock',
        });
      }
    },
  };
}

/** Indexes that a lock names: those that this machine or the project knows, and strangers. */
function foreignIndexes(
  lockText: string,
  pyproject: Pyproject | undefined,
  registries: Registries,
): { named: readonly string[]; strangers: readonly string[] } {
  const uvTable = tableAt(pyproject?.table, 'tool', 'uv');
  const declared = [
    ...(Array.isArray(uvTable?.index) ? (uvTable.index as readonly Record<string, unknown>[]).map((entry) => entry.url) : []),
    uvTable?.['index-url'],
    ...(Array.isArray(uvTable?.['extra-index-url']) ? (uvTable['extra-index-url'] as readonly unknown[]) : []),
  ].filter((url) => typeof url === 'string');
  const own = registries.isIndexOff ? [] : [registries.defaultIndex, ...registries.extraIndexes];
  const locked = lockIndexes(lockText);
  const isOneOf = (url: string, list: readonly string[]) => list.some((other) => isSameIndex(url, other));
  return {
    named: locked.filter((url) => isOneOf(url, declared) && !isOneOf(url, own)),
    strangers: locked.filter((url) => !isOneOf(url, declared) && !isOneOf(url, own)),
  };
}

async function poetryLock(
  request: PythonEnvironmentRequest,
  base: EnvironmentFacts,
  pyproject: Pyproject | undefined,
  text: string,
  context: ToolchainContext,
): Promise<PreparedFacts> {
  const lock = parsePoetryLock(text);
  if (pyproject !== undefined && !isPoetryLockFresh(lock, pyproject.text)) {
    throw new SlipwayError('lock-stale', "'poetry.lock' does not fit pyproject.toml any more", {
      hint: 'bring it up to date with: poetry lock',
    });
  }
  const { extras, groups } = request.python.dependencies;
  const directory = environmentLayout(request).projectDirectory;
  const locked = poetryRequirements(lock, {
    extras,
    groups,
    fileUrl: (path) => pathToFileURL(hostPaths(context).resolve(directory, path)).href,
  });
  const registries = await readRegistries(context);
  const known = [registries.defaultIndex, ...registries.extraIndexes];
  return {
    ...nothing,
    facts: {
      ...base,
      isSelection: locked.isSelection,
      // The public index is not asked where this machine names another one in its place.
      indexes: locked.indexes
        .filter(({ url }) => !known.some((index) => isSameIndex(index, url)) && !isSameIndex(url, 'https://pypi.org/simple'))
        .map(({ name, url }) => `${name.replace(/[^\w.-]/g, '-')}=${url}`),
    },
    warnings: [],
    writeDependencies: (path) => context.files.write(path, locked.text),
  };
}

async function pylock(
  context: ToolchainContext,
  request: PythonEnvironmentRequest,
  base: EnvironmentFacts,
  pyproject: Pyproject | undefined,
  text: string,
): Promise<PreparedFacts> {
  const { extras, groups } = request.python.dependencies;
  const isMirrored = foreignIndexes(text, pyproject, await readRegistries(context)).strangers.length > 0;
  const warnings =
    extras.length + groups.length > 0 ? ['extras and groups are not applied to a pylock.toml: it is written for one selection'] : [];
  return {
    ...nothing,
    facts: { ...base, isMirrored },
    warnings,
    writeDependencies: (path) => (isMirrored ? context.files.write(path, pylockRequirements(text)) : Promise.resolve()),
  };
}

function requirements(request: PythonEnvironmentRequest, base: EnvironmentFacts, text: string): PreparedFacts {
  const { requirements: file = '', extras, groups } = request.python.dependencies;
  const isHashed = /--hash[= ]/.test(text);
  const lines = text.split(/\r?\n/).filter((line) => /^\s*[A-Za-z0-9]/.test(line));
  const loose = lines.find((line) => !/===?|@/.test(line));
  return {
    ...nothing,
    facts: { ...base, isHashed },
    warnings: [
      ...(isHashed || loose === undefined
        ? []
        : [`'${file}' does not pin '${loose.trim()}': the same source may give another program later`]),
      ...(extras.length + groups.length > 0 ? [`extras and groups are not applied: '${file}' says what is installed`] : []),
    ],
  };
}

/** uv reads them itself, but asks those of this machine first: the project's choice is the narrower one. */
function ownIndexes(pyproject: Pyproject | undefined): readonly string[] {
  return indexTables(pyproject, 'tool', 'uv', 'index')
    .filter(({ isExplicit }) => isExplicit !== true)
    .map(({ url, name }) => (name === undefined ? url : `${name}=${url}`));
}

async function unlocked(context: ToolchainContext, directory: string, base: EnvironmentFacts): Promise<PreparedFacts> {
  const locks = ['uv.lock', 'poetry.lock', 'pylock.toml'];
  const present = await Promise.all(locks.map((name) => context.files.stat(hostPaths(context).join(directory, name))));
  const lock = locks.find((_, at) => present[at] !== undefined);
  const warning =
    lock === undefined
      ? 'the dependencies are not locked: the same source may give another program later'
      : `'${lock}' is not used: set dependencies: { lock: ${lock} } in slipway.yaml`;
  return { ...nothing, facts: base, warnings: base.hasManifest ? [warning] : [] };
}
