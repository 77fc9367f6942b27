/** Owns where the pieces of a Node program lie: in the job directory while it is made, and in the folder that ships. */
import posix from 'node:path/posix';
import { executableName } from '../../core/job/artifact-name';
import type { Job, JobNode } from '../../core/job/job';
import { PLATFORMS, type PlatformId } from '../../core/platform';
import { projectDirectory } from '../job-layout';

/** Paths relative to the job directory, with forward slashes. */
export interface NodePaths {
  /** What ships: the launcher, and `lib/`. */
  readonly program: string;
  /** The launcher's name in it. */
  readonly executable: string;
  /** The folder of the runtime, the bundle and the assets. */
  readonly content: string;
  readonly runtime: string;
  readonly bundle: string;
  /** What esbuild says of the bundle; it does not ship. */
  readonly metafile: string;
}

export function nodePathsOf(name: string, platform: PlatformId): NodePaths {
  const program = `work/compile/${name}/program`;
  const content = `${program}/${contentFolder(name)}`;
  return {
    program,
    executable: executableName(name, platform),
    content,
    runtime: `${content}/${runtimeName(platform)}`,
    bundle: `${content}/${bundleName(name)}`,
    metafile: `work/compile/${name}/bundle.json`,
  };
}

/** Where runtime, bundle and assets lie, seen from the launcher. */
export function contentFolder(name: string): string {
  return `lib/${name}`;
}

export function bundleName(name: string): string {
  return `${name}.mjs`;
}

export function runtimeName(platform: PlatformId): string {
  return `node${PLATFORMS[platform].executableSuffix}`;
}

/** The folder that npm installs into: that of the lock, or of slipway.yaml. */
export function installDirectory(job: Pick<Job, 'source'>, node: JobNode): string {
  const lock = node.dependencies?.lock;
  return lock === undefined ? projectDirectory(job) : posix.dirname(posix.join(projectDirectory(job), lock));
}
