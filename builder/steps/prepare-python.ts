/** Owns making ready what compiles Python programs: uv, an exact Python, an environment with the dependencies, the C compiler. */
import { compilerOf, refuseCompilerOptions } from '../../core/recipe/compiler-options';
import { chosenCCompiler } from '../../core/host/glibc-floor';
import type { Host } from '../../core/host/host';
import type { Job } from '../../core/job/job';
import type { Tool } from '../../core/job/report';
import type { PythonEnvironment } from '../../toolchain/environment/python-environment';
import type { BuildTools } from '../build-tools';
import type { BuilderContext } from '../builder-context';
import { environmentFloor, floorWarnings, glibcBudget, refuseUnreachableGlibc } from '../glibc-floor';
import { inJob, pathsOf, projectDirectory, VENDORED_WHEELS } from '../job-layout';
import type { PythonBinary } from '../job-programs';

export interface PreparedPython extends PythonBinary {
  /** This host as this binary's Python sees it. */
  readonly host: Host;
  readonly environment: PythonEnvironment;
}

export interface PreparedPythons {
  readonly programs: readonly PreparedPython[];
  readonly tools: readonly Tool[];
  readonly warnings: readonly string[];
}

/** Fetches nothing where there is no Python program. @throws SlipwayError whatever the toolchain cannot get */
export async function preparePythons(
  context: BuilderContext,
  job: Job,
  tools: BuildTools,
  wanted: readonly PythonBinary[],
): Promise<PreparedPythons> {
  if (wanted.length === 0) return { programs: [], tools: [], warnings: [] };
  const uv = await tools.ensureUv(context);
  const environments = new Map<string, { readonly host: Host; readonly environment: PythonEnvironment }>();
  const programs: PreparedPython[] = [];
  for (const entry of wanted) {
    const directory = pathsOf(job, entry.binary, entry.python).environment;
    const ready = environments.get(directory) ?? (await prepareEnvironment(context, job, tools, entry, directory));
    environments.set(directory, ready);
    refuseCompilerOptions(entry.binary.name, entry.python, { dependencyNames: ready.environment.packages.map(({ name }) => name) });
    refuseUnreachableGlibc({ ...job, binaries: [entry.binary] }, ready.host);
    programs.push({ ...entry, ...ready });
  }
  const warnings = [...environments.values()].flatMap(({ environment, host }) => [
    ...environment.warnings,
    ...floorWarnings(job, host.python),
  ]);
  return { programs, tools: toolsOf(uv, programs, glibcBudget(job)), warnings };
}

async function prepareEnvironment(
  context: BuilderContext,
  job: Job,
  tools: BuildTools,
  { python }: PythonBinary,
  directory: string,
): Promise<{ readonly host: Host; readonly environment: PythonEnvironment }> {
  const glibc = glibcBudget(job);
  const interpreter = await tools.findPython(context, python.version, glibc);
  // Once more: an interpreter that was just fetched is there only now.
  const host = await tools.inspectHost(context, python.version, glibc);
  const wheels = inJob(context, VENDORED_WHEELS);
  const isVendored = (await context.files.stat(wheels)) !== undefined;
  const environment = await tools.preparePythonEnvironment(context, {
    projectDirectory: inJob(context, projectDirectory(job)),
    environmentDirectory: inJob(context, directory),
    python,
    interpreter,
    compiler: compilerOf(python),
    version: job.version,
    secretNames: job.secretNames,
    ...(isVendored ? { vendorDirectory: wheels } : {}),
    ...environmentFloor(job, host, python),
  });
  return { host: { ...host, python: host.python ?? interpreter }, environment };
}

function toolsOf(uv: { readonly version: string }, binaries: readonly PreparedPython[], glibc: string | undefined): readonly Tool[] {
  const tools: Tool[] = [{ name: 'uv', version: uv.version }];
  for (const { python, host, environment } of binaries) {
    if (host.python !== undefined)
      tools.push({ name: 'python', version: host.python.version, detail: `${host.python.provider}: ${host.python.path}` });
    tools.push({ name: compilerOf(python), version: environment.compilerVersion });
    if (compilerOf(python) !== 'nuitka') continue;
    const zig = chosenCCompiler(host, python, glibc) === 'zig' ? environment.packages.find(({ name }) => name === 'ziglang') : undefined;
    if (zig !== undefined) tools.push({ name: 'zig', version: zig.version, detail: 'package ziglang' });
    else if (host.cCompiler !== undefined)
      tools.push({ name: host.cCompiler.kind, version: host.cCompiler.version, detail: host.cCompiler.path });
    if (zig === undefined && host.ccachePath !== undefined) tools.push({ name: 'ccache', version: 'as found', detail: host.ccachePath });
  }
  return [...new Map(tools.map((tool) => [JSON.stringify(tool), tool])).values()];
}
