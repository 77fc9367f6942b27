/** Owns what a target platform needs: the lock's entries whose markers hold there, or a resolution for it where nothing is locked. */
import { pathToFileURL } from 'node:url';
import type { PythonInstallation } from '../../core/host/host';
import { PLATFORMS, type PlatformId } from '../../core/platform';
import { parsePoetryLock, poetryRequirements } from '../../core/project/poetry-lock';
import { pylockRequirements } from '../../core/project/python-lock';
import { parseRequirementLines, type RequirementEntry } from '../../core/project/requirement-lines';
import {
  type CommandRequest,
  dependencySource,
  environmentCommands,
  environmentLayout,
  uvPlatform,
} from '../environment/environment-commands';
import { prepareFacts } from '../environment/environment-facts';
import { readLock } from '../environment/project-files';
import { hostPaths, type ToolchainContext } from '../toolchain-context';
import type { UvCommand } from '../uv/uv-command';
import type { UvRunner } from '../uv/uv-runner';
import type { NamedIndex, VendorRequest } from './vendor-request';
import { versionVariables } from '../environment/version-variables';

/** uv's names of the targets: they fill in the markers. */
const UV_PLATFORM: Readonly<Record<PlatformId, string>> = {
  'linux-x86_64': 'x86_64-unknown-linux-gnu',
  'linux-arm64': 'aarch64-unknown-linux-gnu',
  'macos-x86_64': 'x86_64-apple-darwin',
  'macos-arm64': 'aarch64-apple-darwin',
  'windows-x86_64': 'x86_64-pc-windows-msvc',
};

function platformOf({ platform, glibc }: VendorRequest): string {
  return glibc === undefined || PLATFORMS[platform].os !== 'linux' ? UV_PLATFORM[platform] : uvPlatform({ platform, glibc });
}

export interface ResolveTools {
  readonly interpreter: PythonInstallation;
  readonly uv: UvRunner;
  /** Those that the project names: a lock may take a package from an index that is asked for nothing else. */
  readonly indexes: readonly NamedIndex[];
  /** For files in between. */
  readonly staging: string;
}

/**
 * @returns one entry for each package, none of it with a marker
 * @throws SlipwayError `lock-missing`, `lock-stale`, `lock-unsupported`, `dependency-unresolved`
 */
export async function resolveForTarget(
  context: ToolchainContext,
  request: VendorRequest,
  tools: ResolveTools,
): Promise<readonly RequirementEntry[]> {
  const locked = await lockedText(context, request, tools);
  const paths = hostPaths(context);
  const output = paths.join(tools.staging, 'resolved.txt');
  const directory = environmentLayout(commandRequest(request, tools)).projectDirectory;
  const { extras, groups } = request.python.dependencies;
  const input = locked === undefined ? await declaredInput(context, request, directory) : paths.join(tools.staging, 'locked.txt');
  if (locked !== undefined) await context.files.write(input, locked);
  const isLocked = locked !== undefined;
  const command: UvCommand = {
    purpose: 'dependencies',
    args: [
      ...['pip', 'compile', '--quiet', '--no-header', '--no-annotate', '--no-strip-extras', '--python', tools.interpreter.path],
      ...['--python-platform', platformOf(request), '--python-version', request.python.version],
      // What is locked is only sifted; its hashes are taken from the lock.
      ...(isLocked ? ['--no-deps', '--index-strategy', 'unsafe-best-match'] : ['--generate-hashes']),
      ...(isLocked || input.endsWith('.txt')
        ? []
        : [...extras.flatMap((extra) => ['--extra', extra]), ...groups.flatMap((group) => ['--group', group])]),
      ...['--output-file', output, input],
    ],
    cwd: directory,
    env: isLocked ? {} : versionVariables(request.version),
    indexes: tools.indexes
      .filter(({ isExplicit }) => isLocked || isExplicit !== true)
      .map(({ url, name }) => (name === undefined ? url : `${name}=${url}`)),
  };
  await tools.uv.run(command);
  const resolved = parseRequirementLines(await context.files.readText(output));
  return locked === undefined ? resolved : withHashes(resolved, parseRequirementLines(locked));
}

function commandRequest({ projectDirectory, python, version }: VendorRequest, tools: ResolveTools): CommandRequest {
  return { projectDirectory, python, version, interpreter: tools.interpreter, environmentDirectory: tools.staging };
}

/** The whole lock as requirements with markers; undefined where there is none. */
async function lockedText(context: ToolchainContext, request: VendorRequest, tools: ResolveTools): Promise<string | undefined> {
  const source = dependencySource(request.python.dependencies);
  const { extras, groups } = request.python.dependencies;
  switch (source.kind) {
    case 'uv-lock':
      return exportUvLock(context, request, tools);
    case 'poetry-lock': {
      const directory = environmentLayout(commandRequest(request, tools)).projectDirectory;
      const fileUrl = (path: string) => pathToFileURL(hostPaths(context).resolve(directory, path)).href;
      const locked = poetryRequirements(parsePoetryLock(await readLock(context, request, source.file)), { extras, groups, fileUrl });
      return locked.text;
    }
    case 'pylock':
      return pylockRequirements(await readLock(context, request, source.file));
    case 'requirements':
    case 'unlocked':
      return undefined;
  }
}

async function exportUvLock(context: ToolchainContext, request: VendorRequest, tools: ResolveTools): Promise<string> {
  const wanted = { ...commandRequest(request, tools), compiler: 'nuitka' as const, secretNames: request.secretNames ?? [] };
  const prepared = await prepareFacts(context, wanted, tools.uv);
  const commands = environmentCommands(wanted, { ...prepared.facts, isMirrored: true }).filter(({ purpose }) => purpose === 'lock');
  for (const command of commands) {
    if (command.args.includes('--check')) await prepared.checkLock(command);
    else await tools.uv.run(command);
  }
  return context.files.readText(environmentLayout(wanted).dependenciesFile);
}

async function declaredInput(context: ToolchainContext, request: VendorRequest, directory: string): Promise<string> {
  const paths = hostPaths(context);
  const { requirements } = request.python.dependencies;
  if (requirements !== undefined) {
    await readLock(context, request, requirements);
    return paths.join(request.projectDirectory, requirements);
  }
  const pyproject = paths.join(directory, 'pyproject.toml');
  return (await context.files.stat(pyproject)) === undefined ? paths.join(directory, 'setup.py') : pyproject;
}

/** A lock may hold a package twice, for different markers: the one that the target needs is the one of that version. */
function withHashes(resolved: readonly RequirementEntry[], locked: readonly RequirementEntry[]): readonly RequirementEntry[] {
  return resolved.map((entry) => {
    const same = locked.find(({ name, version }) => name === entry.name && version === entry.version);
    return same === undefined ? entry : { ...entry, hashes: same.hashes };
  });
}
