/** Owns the way from a job to its plan: pure, so that `slipway plan` says what the builder will do. */
import { outdatedDecision } from '../core/comparison/compiler-decision';
import { artifactFiles } from '../core/job/artifact-name';
import type { BuildPlan, PlannedCommand, PlannedTool } from '../core/job/build-plan';
import { compilerOf, refuseCompilerOptions } from '../core/recipe/compiler-options';
import { namedCCompiler } from '../core/host/c-compiler-choice';
import { chosenCCompiler } from '../core/host/glibc-floor';
import type { Host, PythonInstallation } from '../core/host/host';
import { compilerHint } from '../core/host/host-hint';
import type { Job, JobPython } from '../core/job/job';
import { isBuiltAnywhere } from '../core/job/foreign-platform';
import type { PlatformId } from '../core/platform';
import { SlipwayError } from '../core/slipway-error';
import { nodeRuntimePackage } from '../toolchain/node/npm-pins';
import { pinnedVersion } from '../toolchain/pins';
import type { PythonEnvironmentRequest } from '../toolchain/environment/environment-request';
import { planPythonEnvironment } from '../toolchain/environment/python-environment';
import posix from 'node:path/posix';
import { bundleCommands, foreignWarnings, installCommands, plannedNodeTools } from './node/plan-node';
import { nuitka } from './compilers/nuitka';
import { pyinstaller } from './compilers/pyinstaller';
import type { CompileRequest, PythonCompilerAdapter } from './compilers/python-compiler';
import { environmentFloor, floorWarnings, fittingPython, glibcBudget, plannedFloors, refuseUnreachableGlibc } from './glibc-floor';
import { pathsOf, projectDirectory } from './job-layout';
import { nodesOf, programsOf, pythonsOf, type JobProgram, type PythonBinary } from './job-programs';
import { describeSteps, type StepName } from './steps/steps';

/**
 * @throws SlipwayError `platform-not-buildable-here`, `glibc-floor-unreachable`, `node-version-unknown`, `compiler-option-refused`,
 *   `package-collision`
 */
export function planBuild(job: Job, host: Host): BuildPlan {
  const programs = refuseImpossible(job, host);
  const pythons = pythonsOf(programs);
  const nodes = nodesOf(programs);
  const commands: Partial<Record<StepName, readonly PlannedCommand[]>> = {
    toolchain: [...environmentRequests(job, host).flatMap(planPythonEnvironment), ...installCommands(job, nodes)],
    compile: programs.flatMap((program) => {
      if ('node' in program) return bundleCommands(job, program, host.platform);
      return compilerAdapter(program.python).commands(compileRequest(job, host, program));
    }),
  };
  return {
    platform: job.platform,
    tools: [...plannedTools(pythons, host, glibcBudget(job)), ...plannedNodeTools(job, nodes, host.platform)],
    steps: describeSteps(job).map((step) => ({ ...step, commands: commands[step.name] ?? [] })),
    artifacts: artifactFiles(job),
    warnings: [...planWarnings(job, programs, host.platform), ...floorWarnings(job, host.python)],
    glibcFloors: plannedFloors(job, host),
  };
}

/** What cannot be built here is said before anything is fetched. */
export function refuseImpossible(job: Job, host: Host): readonly JobProgram[] {
  if (job.platform !== host.platform && !isBuiltAnywhere(job)) {
    throw new SlipwayError('platform-not-buildable-here', `this machine builds '${host.platform}' and not '${job.platform}'`, {
      hint: `build on a ${job.platform} machine, or name --platform ${host.platform}`,
      details: { wanted: job.platform, host: host.platform },
    });
  }
  const programs = programsOf(job);
  for (const { node } of nodesOf(programs)) nodeRuntimePackage(node.version, job.platform);
  refuseEqualNames(job);
  for (const { binary, python } of pythonsOf(programs)) refuseCompilerOptions(binary.name, python);
  refuseUnreachableGlibc(job, host);
  return programs;
}

/** Windows and macOS take `Kit` and `kit` for one name, and an archive may be unpacked there. */
function refuseEqualNames(job: Job): void {
  const seen = new Map<string, string>();
  for (const { name } of job.binaries) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      throw new SlipwayError('package-collision', `the binaries '${other}' and '${name}' would have one name on Windows and macOS`, {
        hint: 'rename one of them in slipway.yaml',
      });
    }
    seen.set(name.toLowerCase(), name);
  }
}

export function compilerAdapter(python: JobPython): PythonCompilerAdapter {
  return compilerOf(python) === 'nuitka' ? nuitka : pyinstaller;
}

/** A compile as far as the job alone says; the build adds what the installed program says. */
export function compileRequest(
  job: Job,
  host: Host,
  { binary, python }: PythonBinary,
  found: Partial<Pick<CompileRequest, 'distribution' | 'searchPath'>> = {},
): CompileRequest {
  const entryFolder = python.entry === undefined ? [] : [posix.dirname(posix.join(projectDirectory(job), python.entry))];
  return {
    job,
    binary,
    python,
    host,
    paths: pathsOf(job, binary, python),
    distribution: found.distribution ?? python.distribution,
    searchPath: found.searchPath ?? entryFolder,
  };
}

/** One request for each environment that the job needs. `$JOB` stands for the job directory, which no plan knows. */
function environmentRequests(job: Job, host: Host): readonly PythonEnvironmentRequest[] {
  const requests = new Map<string, PythonEnvironmentRequest>();
  for (const binary of job.binaries) {
    if (binary.python === undefined) continue;
    const { environment } = pathsOf(job, binary, binary.python);
    if (requests.has(environment)) continue;
    requests.set(environment, {
      projectDirectory: `$JOB/${projectDirectory(job)}`,
      environmentDirectory: `$JOB/${environment}`,
      python: binary.python,
      interpreter: interpreterOf(host, binary.python, glibcBudget(job)),
      compiler: compilerOf(binary.python),
      version: job.version,
      secretNames: job.secretNames,
      ...environmentFloor(job, host, binary.python),
    });
  }
  return [...requests.values()];
}

function interpreterOf(host: Host, python: JobPython, glibc: string | undefined): PythonInstallation {
  return fittingPython(host, python, glibc) ?? { path: `python${python.version}`, version: python.version, provider: 'uv' };
}

function plannedTools(binaries: readonly PythonBinary[], host: Host, glibc: string | undefined): readonly PlannedTool[] {
  if (binaries.length === 0) return [];
  const pinned = (name: 'uv' | 'nuitka' | 'pyinstaller'): PlannedTool => ({
    name,
    version: pinnedVersion(name),
    source: 'pinned, from the package index',
    isMissing: false,
  });
  const pythons = [...new Map(binaries.map(({ python }) => [python.version, python])).values()].map((python): PlannedTool => {
    const { path, version, provider } = interpreterOf(host, python, glibc);
    const isFetched = host.python?.path !== path;
    return {
      name: 'python',
      version,
      source: isFetched ? 'found on the machine, or fetched by uv' : `${path} (${provider})`,
      isMissing: false,
    };
  });
  const compilers = [...new Set(binaries.map(({ python }) => compilerOf(python)))].sort();
  const chosen = compilers.map((compiler) => ({
    ...pinned(compiler),
    source: `${pinned(compiler).source}${decisionText(compiler, binaries)}`,
  }));
  return [pinned('uv'), ...pythons, ...chosen, ...nativeTools(binaries, host, glibc)];
}

/** Where the choice of a compiler comes from, if a comparison made it. */
function decisionText(compiler: 'nuitka' | 'pyinstaller', binaries: readonly PythonBinary[]): string {
  return binaries
    .flatMap(({ binary, python }) =>
      python.decision === undefined || compilerOf(python) !== compiler ? [] : [{ binary, ...python.decision }],
    )
    .map(({ binary, decidedAt, reason }) => `; for ${binary.name} by slipway compare on ${decidedAt.slice(0, 10)}: ${reason}`)
    .join('');
}

/** Nuitka compiles C, with a compiler of this machine or with one that is brought. */
function nativeTools(binaries: readonly PythonBinary[], host: Host, glibc: string | undefined): readonly PlannedTool[] {
  const compiled = binaries.filter(({ python }) => compilerOf(python) === 'nuitka');
  const brought = compiled.map(({ python }) => namedCCompiler(python.options) ?? (bringsZig(host, python, glibc) ? 'zig' : undefined));
  const own = [...new Set(brought.filter((name) => name !== undefined))].map((name): PlannedTool => {
    if (name === 'zig') return { name, version: pinnedVersion('ziglang'), source: 'pinned, from the package index', isMissing: false };
    return { name: 'mingw64', version: 'as Nuitka chooses it', source: 'options name --mingw64', isMissing: false };
  });
  return [...(brought.includes(undefined) ? hostTools(host) : []), ...own];
}

/** Whether zig is used although this machine has none. */
function bringsZig(host: Host, python: JobPython, glibc: string | undefined): boolean {
  return host.cCompiler?.kind !== 'zig' && chosenCCompiler(host, python, glibc) === 'zig';
}

function hostTools(host: Host): readonly PlannedTool[] {
  const { cCompiler, ccachePath } = host;
  const compiler: PlannedTool =
    cCompiler === undefined
      ? {
          name: 'C compiler',
          version: 'none',
          source: 'not found on this machine',
          isMissing: true,
          hint: compilerHint(host.platform, host.distribution ?? []),
        }
      : { name: cCompiler.kind, version: cCompiler.version, source: cCompiler.path, isMissing: false };
  return [compiler, ...(ccachePath === undefined ? [] : [{ name: 'ccache', version: 'as found', source: ccachePath, isMissing: false }])];
}

/** What a person should know before the build, and what its report keeps. */
export function planWarnings(job: Job, programs: readonly JobProgram[], host: PlatformId): readonly string[] {
  return [...foreignWarnings(job, host), ...pythonsOf(programs).flatMap(pythonWarnings)];
}

function pythonWarnings({ binary, python }: PythonBinary): readonly string[] {
  return [
    ...(python.mode === 'onefile'
      ? [
          `'${binary.name}' is one file that unpacks itself: Windows Defender quarantines such files, and each start is slower; mode: standalone is not`,
        ]
      : []),
    ...(python.compiler === 'auto'
      ? [`'${binary.name}' is compiled with Nuitka: compiler: auto has no recorded decision of slipway compare`]
      : []),
    ...outdatedWarnings(binary.name, python),
    ...refuseCompilerOptions(binary.name, python),
  ];
}

function outdatedWarnings(binary: string, { decision }: JobPython): readonly string[] {
  if (decision === undefined) return [];
  const versions = { nuitka: pinnedVersion('nuitka'), pyinstaller: pinnedVersion('pyinstaller') };
  return [outdatedDecision(binary, decision, versions)].filter((warning) => warning !== undefined);
}
