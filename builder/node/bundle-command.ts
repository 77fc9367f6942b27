/**
 * Owns the command that makes one file of a Node program, from the job alone: `slipway plan` shows it, the build runs it.
 * Options: https://esbuild.github.io/api/
 */
import posix from 'node:path/posix';
import type { PlannedCommand } from '../../core/job/build-plan';
import type { Job, JobNode } from '../../core/job/job';
import type { PlatformId } from '../../core/platform';
import { esbuildProgram } from '../../toolchain/node/node-tools';
import { nodeRuntimePackage } from '../../toolchain/node/npm-pins';
import { projectDirectory } from '../job-layout';
import { nodePathsOf } from './node-paths';

/**
 * What CommonJS expects and an ES module does not have. The names of file and folder are ours and `--define` puts them where a module
 * means CommonJS's: a module that declares a `__dirname` of its own keeps it.
 */
const BANNER = [
  "import { createRequire as __slipwayRequire } from 'node:module';",
  "import { dirname as __slipwayParent } from 'node:path';",
  "import { fileURLToPath as __slipwayPath } from 'node:url';",
  'const require = __slipwayRequire(import.meta.url), __slipwayFile = __slipwayPath(import.meta.url), __slipwayFolder = __slipwayParent(__slipwayFile);',
].join(' ');

/** What esbuild would pass over in silence, and the program would fall over when it runs. */
const TOLD = ['unsupported-require-call', 'unsupported-dynamic-import', 'indirect-require'] as const;

export interface BundleRequest {
  readonly job: Job;
  readonly name: string;
  readonly node: JobNode;
  /** The platform of the machine that bundles. */
  readonly host: PlatformId;
}

/**
 * Not minified, and no source map: names in tracebacks are the program's own, and Node reads a map only when it is told to.
 * An addon becomes an empty module, so that the list of what went in names it.
 */
export function bundleCommand({ job, name, node, host }: BundleRequest): PlannedCommand {
  const cwd = projectDirectory(job);
  const paths = nodePathsOf(name, job.platform);
  const { folder, main } = esbuildProgram(host);
  const { version } = nodeRuntimePackage(node.version, job.platform);
  return {
    argv: [
      `$SLIPWAY_HOME/toolchains/${folder}/${main}`,
      entryArgument(node.entry),
      '--bundle',
      '--platform=node',
      '--format=esm',
      `--target=node${version}`,
      `--outfile=${posix.relative(cwd, paths.bundle)}`,
      `--metafile=${posix.relative(cwd, paths.metafile)}`,
      `--banner:js=${BANNER}`,
      '--define:__dirname=__slipwayFolder',
      '--define:__filename=__slipwayFile',
      '--charset=utf8',
      '--legal-comments=eof',
      '--loader:.node=empty',
      ...(node.external ?? []).map((packageName) => `--external:${packageName}`),
      ...TOLD.map((message) => `--log-override:${message}=warning`),
      '--log-limit=0',
      '--log-level=warning',
      '--color=false',
    ],
    cwd,
    // Nothing of the caller's: NODE_PATH would lead esbuild to other modules.
    env: {},
  };
}

/** `server.mjs` by itself would be looked for among the packages. */
function entryArgument(entry: string): string {
  const normal = posix.normalize(entry);
  return normal.startsWith('../') ? normal : `./${normal}`;
}
