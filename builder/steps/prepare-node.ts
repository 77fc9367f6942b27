/** Owns making ready what bundles Node programs: the Node that each ships with, esbuild, and the dependencies that the lock names. */
import path from 'node:path';
import posix from 'node:path/posix';
import type { Job } from '../../core/job/job';
import type { Tool } from '../../core/job/report';
import { FOREIGN_LOCK_FILES, hasNpmDependencies, NPM_LOCK_FILES, npmLockMissing, npmLockProblem } from '../../core/project/npm-lock';
import { SlipwayError } from '../../core/slipway-error';
import type { KeptPackage } from '../../toolchain/node/kept-package';
import type { NodeRuntime } from '../../toolchain/node/node-tools';
import { pinnedEsbuild, pinnedNpm } from '../../toolchain/node/npm-pins';
import type { BuildTools } from '../build-tools';
import type { BuilderContext } from '../builder-context';
import { inJob, projectDirectory } from '../job-layout';
import type { NodeBinary } from '../job-programs';
import { installDirectory } from '../node/node-paths';
import { wantsDev } from '../node/plan-node';

export interface PreparedNode extends NodeBinary {
  readonly runtime: NodeRuntime;
  readonly esbuild: KeptPackage;
}

export interface PreparedNodes {
  readonly programs: readonly PreparedNode[];
  readonly tools: readonly Tool[];
  readonly warnings: readonly string[];
}

/** Fetches nothing where there is no Node program. @throws SlipwayError whatever the toolchain cannot get, `lock-missing`, `lock-stale` */
export async function prepareNodes(
  context: BuilderContext,
  job: Job,
  tools: BuildTools,
  wanted: readonly NodeBinary[],
): Promise<PreparedNodes> {
  if (wanted.length === 0) return { programs: [], tools: [], warnings: [] };
  // What the source says is judged before anything is fetched.
  const folders = await installFolders(context, job, wanted);
  const esbuild = await tools.ensureEsbuild(context);
  const programs: PreparedNode[] = [];
  for (const program of wanted) {
    programs.push({ ...program, esbuild, runtime: await tools.ensureNodeRuntime(context, program.node.version, job.platform) });
  }
  for (const [directory, isDevWanted] of folders) {
    await tools.installNpmDependencies(context, {
      directory: inJob(context, directory),
      isDevWanted,
      platform: job.platform,
      secretNames: job.secretNames,
    });
  }
  const npm = folders.size === 0 ? [] : [{ name: 'npm', version: pinnedNpm().version }];
  return {
    programs,
    tools: [...npm, { name: 'esbuild', version: pinnedEsbuild(context.platform).version }, ...runtimeTools(programs)],
    warnings: programs.flatMap(({ binary, runtime }) =>
      runtime.isPinned
        ? []
        : [`'${binary.name}' ships with Node ${runtime.version}, which is not pinned: its digest is what the registry said`],
    ),
  };
}

function runtimeTools(programs: readonly PreparedNode[]): readonly Tool[] {
  const tools = programs.map(({ runtime }): Tool => {
    const { name, integrity } = runtime.package;
    return {
      name: 'node',
      version: runtime.version,
      detail: `package ${name}, ${integrity}${runtime.isPinned ? '' : ' (as the registry says)'}`,
    };
  });
  return [...new Map(tools.map((tool) => [JSON.stringify(tool), tool])).values()];
}

/** By folder, whether packages of `devDependencies` are needed: for a bundle that takes from them, or for the scripts of its checks. */
async function installFolders(context: BuilderContext, job: Job, wanted: readonly NodeBinary[]): Promise<ReadonlyMap<string, boolean>> {
  const folders = new Map<string, boolean>();
  for (const { binary, node } of wanted) {
    const directory = installDirectory(job, node);
    const isDevWanted = wantsDev(job, { binary, node });
    if (await needsInstall(context, job, directory, node.dependencies?.lock, isDevWanted))
      folders.set(directory, isDevWanted || folders.get(directory) === true);
  }
  return folders;
}

async function needsInstall(
  context: BuilderContext,
  job: Job,
  directory: string,
  lock: string | undefined,
  isDevWanted: boolean,
): Promise<boolean> {
  const at = (name: string) => path.join(inJob(context, directory), name);
  const isThere = async (name: string) => (await context.files.stat(at(name))) !== undefined;
  if (!(await isThere('package.json'))) {
    if (lock === undefined) return false;
    throw new SlipwayError('lock-unsupported', `there is no package.json beside '${lock}'`, { hint: 'npm installs from both' });
  }
  const packageJson = await context.files.readText(at('package.json'));
  const names = lock === undefined ? NPM_LOCK_FILES : [posix.basename(lock)];
  for (const name of names) {
    if (!(await isThere(name))) continue;
    const shown = posix.relative(projectDirectory(job), `${directory}/${name}`);
    const problem = npmLockProblem(packageJson, await context.files.readText(at(name)), shown);
    if (problem !== undefined) throw problem;
    return true;
  }
  if (lock === undefined && !hasNpmDependencies(packageJson, isDevWanted)) return false;
  for (const foreign of FOREIGN_LOCK_FILES) if (await isThere(foreign)) throw npmLockMissing(foreign);
  throw npmLockMissing(undefined);
}
