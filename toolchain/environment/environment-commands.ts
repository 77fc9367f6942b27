/**
 * Owns the uv commands that make a program's environment, in order: pure, so that the plan shows what the build runs.
 * Running them belongs to `python-environment.ts`.
 */
import type { PythonInstallation } from '../../core/host/host';
import type { JobPython } from '../../core/job/job';
import { SlipwayError } from '../../core/slipway-error';
import { PLATFORMS } from '../../core/platform';
import { compareDottedVersions } from '../../core/quantity';
import type { LinuxFloor } from './environment-request';
import type { UvCommand } from '../uv/uv-command';
import { versionVariables } from './version-variables';

/** What kind of dependencies the recipe names. */
export type DependencySource =
  | { readonly kind: 'uv-lock' | 'poetry-lock' | 'pylock'; readonly file: string }
  | { readonly kind: 'requirements'; readonly file: string }
  | { readonly kind: 'unlocked' };

/**
 * @throws SlipwayError `lock-unsupported`
 */
export function dependencySource(dependencies: JobPython['dependencies']): DependencySource {
  const { lock, requirements } = dependencies;
  if (requirements !== undefined) return { kind: 'requirements', file: requirements };
  if (lock === undefined) return { kind: 'unlocked' };
  const name = lock.slice(lock.lastIndexOf('/') + 1);
  if (name === 'uv.lock') return { kind: 'uv-lock', file: lock };
  if (name === 'poetry.lock') return { kind: 'poetry-lock', file: lock };
  if (/^pylock(\.[^.]+)?\.toml$/.test(name)) return { kind: 'pylock', file: lock };
  throw new SlipwayError('lock-unsupported', `no way to install from the lock '${lock}'`, {
    hint:
      name === 'pdm.lock'
        ? 'write it in a standard form: pdm export --format pylock --output pylock.toml, and set lock: pylock.toml; or pdm export --output requirements.txt, and set requirements: requirements.txt'
        : 'use uv.lock, poetry.lock or pylock.toml, or requirements: with a requirements file',
  });
}

/** What the files say that the plan does not see; the plan takes {@link PLAN_FACTS}. */
export interface EnvironmentFacts {
  /** Whether there is something to install beside its dependencies. */
  readonly hasProject: boolean;
  /** Whether the manifest names dependencies: that of a program which is compiled where it stands does too. */
  readonly hasManifest: boolean;
  /** Names the dependencies: pyproject.toml, or setup.py in old projects. */
  readonly manifest: string;
  /** Whether the dependencies are known only after the project's build backend ran. */
  readonly isMetadataDynamic: boolean;
  /** A uv.lock or pylock.toml that names an index which this machine does not use: its packages come from this machine's by name and hash. */
  readonly isMirrored: boolean;
  /** Whether the requirements file has hashes: then every requirement must. */
  readonly isHashed: boolean;
  /** Whether poetry.lock tells what to install, or only which versions (format 2.0). */
  readonly isSelection: boolean;
  /** Private indexes that the lock or the project names, `name=url`. */
  readonly indexes: readonly string[];
}

export const PLAN_FACTS: Omit<EnvironmentFacts, 'hasProject'> = {
  hasManifest: true,
  manifest: 'pyproject.toml',
  isMetadataDynamic: false,
  isMirrored: false,
  isHashed: false,
  isSelection: true,
  indexes: [],
};

export interface CommandRequest {
  readonly projectDirectory: string;
  readonly environmentDirectory: string;
  readonly python: JobPython;
  readonly interpreter: PythonInstallation;
  readonly version: string;
  readonly vendorDirectory?: string;
  readonly floor?: LinuxFloor;
}

/** Where a path below the request's folders is; they may be absolute or start with a placeholder. */
export interface EnvironmentLayout {
  readonly interpreter: string;
  readonly binDirectory: string;
  /** Where packages are installed. */
  readonly packageDirectory: string;
  /** Where the package ziglang puts its executable, when it is installed. */
  readonly zigDirectory: string;
  /** Written before the commands run. */
  readonly dependenciesFile: string;
  readonly compilerFile: string;
  readonly compilerBuildFile: string;
  /** Where the Python project is: beside its lock, where that is in a folder below. */
  readonly projectDirectory: string;
}

export function environmentLayout(request: CommandRequest): EnvironmentLayout {
  const { environmentDirectory: root, projectDirectory } = request;
  const isWindows = /\.exe$/i.test(request.interpreter.path);
  const separator = isWindows ? '\\' : '/';
  const join = (...parts: readonly string[]) => parts.join(separator);
  const binDirectory = join(root, isWindows ? 'Scripts' : 'bin');
  const packageDirectory = isWindows
    ? join(root, 'Lib', 'site-packages')
    : join(root, 'lib', `python${request.interpreter.version.split('.').slice(0, 2).join('.')}`, 'site-packages');
  const lock = request.python.dependencies.lock ?? '';
  const lockFolder = lock.startsWith('..') || !lock.includes('/') ? '' : lock.slice(0, lock.lastIndexOf('/'));
  return {
    interpreter: join(binDirectory, isWindows ? 'python.exe' : 'python'),
    binDirectory,
    packageDirectory,
    zigDirectory: join(packageDirectory, 'ziglang'),
    dependenciesFile: join(root, 'slipway', 'dependencies.txt'),
    compilerFile: join(root, 'slipway', 'compiler.txt'),
    compilerBuildFile: join(root, 'slipway', 'compiler-build.txt'),
    projectDirectory: lockFolder === '' || lockFolder === '.' ? projectDirectory : join(projectDirectory, ...lockFolder.split('/')),
  };
}

/**
 * Each hash is proved whatever index a file comes from, so all indexes may be searched as one: uv's usual caution
 * (`machine-registries.ts`) would miss a version that only the second index has.
 */
const BY_HASH = ['--index-strategy', 'unsafe-best-match'];

/** Everything up to the application itself; {@link compilerCommand} comes after it. */
export function environmentCommands(request: CommandRequest, facts: EnvironmentFacts): readonly UvCommand[] {
  const layout = environmentLayout(request);
  const create: UvCommand = {
    purpose: 'environment',
    // By full path: a bare name may be read as a version.
    args: ['venv', '--no-project', '--clear', '--python', request.interpreter.path, request.environmentDirectory],
    cwd: layout.projectDirectory,
    env: {},
  };
  return [create, ...dependencyCommands(request, facts, layout).map((command) => forFloor(command, request.floor))];
}

/** The newest glibc of uv's list that is no newer: https://docs.astral.sh/uv/reference/cli/#uv-pip-install--python-platform */
const MANYLINUX = ['2_17', '2_28', '2_31', '2_32', '2_33', '2_34', '2_35', '2_36', '2_37', '2_38', '2_39', '2_40'] as const;

/** Wheels are then taken for that system instead of this one; what is built of a source is built for this one all the same. */
function forFloor(command: UvCommand, floor: LinuxFloor | undefined): UvCommand {
  if (floor === undefined || command.purpose === 'lock') return command;
  return { ...command, args: [...command.args, '--python-platform', uvPlatform(floor)] };
}

/** `x86_64-manylinux_2_28`: how uv is told a system with an older glibc than this one's. */
export function uvPlatform(floor: LinuxFloor): string {
  const known = MANYLINUX.filter((name) => compareDottedVersions(name.replace('_', '.'), floor.glibc) <= 0).at(-1) ?? MANYLINUX[0];
  const machine = PLATFORMS[floor.platform].arch === 'arm64' ? 'aarch64' : 'x86_64';
  return `${machine}-manylinux_${known}`;
}

export function compilerCommand(request: CommandRequest): UvCommand {
  const layout = environmentLayout(request);
  return {
    purpose: 'compiler',
    args: [
      ...['pip', 'install', '--no-deps', '--require-hashes', ...BY_HASH, '--python', layout.interpreter],
      ...['--build-constraints', layout.compilerBuildFile, '--requirements', layout.compilerFile],
    ],
    // Not in the project: its [tool.uv], such as exclude-newer, is for its own packages.
    cwd: request.environmentDirectory,
    env: {},
  };
}

function dependencyCommands(request: CommandRequest, facts: EnvironmentFacts, layout: EnvironmentLayout): readonly UvCommand[] {
  const source = dependencySource(request.python.dependencies);
  if (request.vendorDirectory !== undefined) {
    return [pip(layout, ['--no-deps', '--offline', '--requirements', layout.dependenciesFile]), ...project(request, facts, layout)];
  }
  switch (source.kind) {
    case 'uv-lock':
      return facts.isMirrored ? mirroredUvLock(request, facts, layout) : uvLock(request, layout);
    case 'poetry-lock':
      return [
        facts.isSelection
          ? pip(layout, ['--no-deps', ...BY_HASH, '--requirements', layout.dependenciesFile], facts.indexes)
          : declared(request, facts, layout, [...BY_HASH, '--constraints', layout.dependenciesFile]),
        ...project(request, facts, layout),
      ];
    case 'pylock':
      return [
        facts.isMirrored
          ? pip(layout, ['--no-deps', ...BY_HASH, '--requirements', layout.dependenciesFile])
          : pip(layout, ['--no-deps', '--preview-features', 'pylock', '--requirements', lastName(source.file)]),
        ...project(request, facts, layout),
      ];
    case 'requirements':
      return [
        pip(layout, [...(facts.isHashed ? ['--require-hashes', ...BY_HASH] : []), '--requirements', source.file], facts.indexes),
        ...project(request, facts, layout),
      ];
    case 'unlocked':
      return [...(facts.hasManifest ? [declared(request, facts, layout, [])] : []), ...project(request, facts, layout)];
  }
}

function uvLock(request: CommandRequest, layout: EnvironmentLayout): readonly UvCommand[] {
  const env = { UV_PROJECT_ENVIRONMENT: request.environmentDirectory };
  const sync = ['sync', '--frozen', '--no-default-groups', '--no-editable', '--python', request.interpreter.path, ...selection(request)];
  const cwd = layout.projectDirectory;
  return [
    lockCheck(request, layout),
    // First without the application: the version that its plugins are told would be taken for a dependency's.
    { purpose: 'dependencies', args: [...sync, '--no-install-workspace'], cwd, env },
    { purpose: 'project', args: sync, cwd, env: { ...env, ...versionVariables(request.version) } },
  ];
}

function lockCheck(request: CommandRequest, layout: EnvironmentLayout): UvCommand {
  return {
    purpose: 'lock',
    args: ['lock', '--check', '--python', request.interpreter.path],
    cwd: layout.projectDirectory,
    env: versionVariables(request.version),
  };
}

function mirroredUvLock(request: CommandRequest, facts: EnvironmentFacts, layout: EnvironmentLayout): readonly UvCommand[] {
  return [
    lockCheck(request, layout),
    {
      purpose: 'lock',
      args: [
        ...['export', '--frozen', '--no-default-groups', '--no-editable', '--no-emit-project', '--no-header', '--no-annotate', '--quiet'],
        ...['--format', 'requirements.txt', '--python', request.interpreter.path, ...selection(request)],
        ...['--output-file', layout.dependenciesFile],
      ],
      cwd: layout.projectDirectory,
      env: {},
    },
    pip(layout, ['--no-deps', ...BY_HASH, '--requirements', layout.dependenciesFile], facts.indexes),
    ...project(request, facts, layout),
  ];
}

/** Extras and groups as `uv sync` and `uv export` take them; the distribution says which member of a workspace is meant. */
function selection({ python }: CommandRequest): readonly string[] {
  return [...(python.distribution === undefined ? [] : ['--package', python.distribution]), ...extrasAndGroups(python)];
}

function extrasAndGroups({ dependencies }: JobPython): readonly string[] {
  return [...dependencies.extras.flatMap((extra) => ['--extra', extra]), ...dependencies.groups.flatMap((group) => ['--group', group])];
}

function pip(layout: EnvironmentLayout, args: readonly string[], indexes: readonly string[] = []): UvCommand {
  return {
    purpose: 'dependencies',
    args: ['pip', 'install', '--python', layout.interpreter, ...args],
    cwd: layout.projectDirectory,
    env: {},
    ...(indexes.length === 0 ? {} : { indexes }),
  };
}

/** What the project's own metadata asks for, without the project. */
function declared(request: CommandRequest, facts: EnvironmentFacts, layout: EnvironmentLayout, args: readonly string[]): UvCommand {
  const command = pip(layout, [...args, '--requirements', facts.manifest, ...extrasAndGroups(request.python)], facts.indexes);
  return facts.isMetadataDynamic ? { ...command, env: versionVariables(request.version) } : command;
}

function project(request: CommandRequest, facts: EnvironmentFacts, layout: EnvironmentLayout): readonly UvCommand[] {
  if (!facts.hasProject) return [];
  return [
    {
      purpose: 'project',
      args: ['pip', 'install', '--python', layout.interpreter, '--no-deps', '.'],
      cwd: layout.projectDirectory,
      env: versionVariables(request.version),
    },
  ];
}

function lastName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
