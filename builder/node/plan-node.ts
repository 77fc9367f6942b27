/** Owns what a plan says of Node programs: tools, the installation of dependencies, the bundle. Pure. */
import type { Job } from '../../core/job/job';
import type { PlannedCommand, PlannedTool } from '../../core/job/build-plan';
import { isBuiltAnywhere, unrunReason } from '../../core/job/foreign-platform';
import type { PlatformId } from '../../core/platform';
import { npmInstallCommand } from '../../toolchain/node/npm-install';
import { nodeRuntimePackage, pinnedEsbuild, pinnedNpm } from '../../toolchain/node/npm-pins';
import type { NodeBinary } from '../job-programs';
import { bundleCommand } from './bundle-command';
import { installDirectory } from './node-paths';

/** One for each folder with a lock; where the source turns out to name no dependencies, nothing is installed. */
export function installCommands(job: Job, nodes: readonly NodeBinary[]): readonly PlannedCommand[] {
  const folders = new Map<string, boolean>();
  for (const { binary, node } of nodes) {
    const directory = installDirectory(job, node);
    folders.set(directory, folders.get(directory) === true || wantsDev(job, { binary, node }));
  }
  return [...folders].map(([directory, isDevWanted]) => npmInstallCommand({ isDevWanted, platform: job.platform }, directory));
}

/** Packages of `devDependencies` are needed for a bundle that takes from them, and for the scripts of checks. */
export function wantsDev(job: Pick<Job, 'checks'>, { binary, node }: NodeBinary): boolean {
  return node.dependencies?.dev === true || job.checks.some((check) => check.binary === binary.name && check.kind === 'script');
}

export function bundleCommands(job: Job, { binary, node }: NodeBinary, host: PlatformId): readonly PlannedCommand[] {
  return [bundleCommand({ job, name: binary.name, node, host })];
}

/** @throws SlipwayError `node-version-unknown` */
export function plannedNodeTools(job: Job, nodes: readonly NodeBinary[], host: PlatformId): readonly PlannedTool[] {
  if (nodes.length === 0) return [];
  const pinned = (name: string, version: string): PlannedTool => ({
    name,
    version,
    source: 'pinned, from the npm registry',
    isMissing: false,
  });
  const runtimes = nodes.map(({ node }) => nodeRuntimePackage(node.version, job.platform));
  const distinct = [...new Map(runtimes.map((runtime) => [runtime.version, runtime])).values()];
  return [
    pinned('npm', pinnedNpm().version),
    pinned('esbuild', pinnedEsbuild(host).version),
    ...distinct.map(({ name, version, integrity }) => ({
      ...pinned('node', version),
      source:
        integrity === undefined
          ? `${name} of the npm registry, not pinned: its word for the digest`
          : `${name}, pinned, from the npm registry`,
    })),
  ];
}

/** What is not proved by running it, said before the build. */
export function foreignWarnings(job: Job, host: PlatformId): readonly string[] {
  if (job.platform === host || !isBuiltAnywhere(job)) return [];
  return [`the checks that start a program are skipped (${unrunReason(host, job.platform)}): its files are inspected`];
}
