/** Owns making one Node program: the bundle, the runtime as it came, the assets, and the launcher in front of them. */
import path from 'node:path';
import posix from 'node:path/posix';
import type { Job } from '../../core/job/job';
import { PLATFORMS } from '../../core/platform';
import { formatDuration } from '../../core/quantity';
import { SlipwayError } from '../../core/slipway-error';
import type { BuildTools } from '../build-tools';
import type { BuilderContext } from '../builder-context';
import type { CompiledProgram } from '../compilers/python-compiler';
import { inJob, projectDirectory } from '../job-layout';
import { windowsFacts } from '../launcher/windows-facts';
import { bundleCommand } from '../node/bundle-command';
import { readBundleContent, type BundleContent } from '../node/bundle-content';
import { bundleProblem, bundleWarnings, nativeAddon } from '../node/bundle-findings';
import { readBundleLog } from '../node/bundle-log';
import { findNativePackages, packagesOf } from '../node/native-packages';
import { bundleName, contentFolder, nodePathsOf, runtimeName } from '../node/node-paths';
import { stageAssets } from '../node/stage-assets';
import type { Transcript } from '../report/transcript';
import { runPlanned } from '../run-planned';
import type { PreparedNode } from './prepare-node';

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** Its folder below the project, as esbuild names it. */
  readonly folder: string;
}

export interface CompiledNode {
  readonly program: CompiledProgram;
  readonly command: readonly string[];
  readonly warnings: readonly string[];
  /** The packages of which anything is in the bundle, sorted by folder. */
  readonly packages: readonly BundledPackage[];
}

/** @throws SlipwayError `entry-not-found`, `compile-failed`, `dependency-unresolved`, `native-addon`, `import-dynamic`, and those of assets */
export async function compileNode(
  context: BuilderContext,
  tools: Pick<BuildTools, 'compileLauncher'>,
  transcript: Transcript,
  job: Job,
  { binary, node, runtime }: PreparedNode,
): Promise<CompiledNode> {
  const paths = nodePathsOf(binary.name, job.platform);
  await requireEntry(context, job, binary.name, node.entry);
  await context.files.makeDirectory(inJob(context, paths.content));
  const { command, content, warnings } = await bundle(context, transcript, job, { name: binary.name, node });
  const taken = [bundleName(binary.name), runtimeName(job.platform), LICENSE];
  await stageAssets(context, job, { name: binary.name, node }, paths.content, taken);
  await context.files.copy(runtime.main, inJob(context, paths.runtime));
  const license = path.join(runtime.directory, 'LICENSE');
  if ((await context.files.stat(license)) !== undefined) await context.files.copy(license, inJob(context, `${paths.content}/${LICENSE}`));
  await tools.compileLauncher(
    context,
    {
      outputFile: inJob(context, `${paths.program}/${paths.executable}`),
      folders: [contentFolder(binary.name)],
      program: 'node',
      args: [`./${bundleName(binary.name)}`],
      windows: windowsFacts(context, job, binary),
    },
    job.platform,
  );
  await settleModes(context, job, paths.program, [paths.executable, posix.relative(paths.program, paths.runtime)]);
  return {
    program: { form: 'folder', path: inJob(context, paths.program), executable: paths.executable },
    command,
    warnings,
    packages: await packagesOf(context, projectDirectory(job), content),
  };
}

/** Whoever hands Node on hands its licence on. */
const LICENSE = 'LICENSE.node';

async function requireEntry(context: BuilderContext, job: Job, name: string, entry: string): Promise<void> {
  const stat = await context.files.stat(inJob(context, posix.join(projectDirectory(job), entry)));
  if (stat !== undefined && stat.kind !== 'directory') return;
  throw new SlipwayError('entry-not-found', `there is no file '${entry}' in the source archive`, {
    hint: `binaries.${name}.node.entry is relative to the folder of slipway.yaml; what a build of your own writes is brought in by source.include`,
  });
}

async function bundle(
  context: BuilderContext,
  transcript: Transcript,
  job: Job,
  { name, node }: { readonly name: string; readonly node: PreparedNode['node'] },
): Promise<{ readonly command: readonly string[]; readonly content: BundleContent; readonly warnings: readonly string[] }> {
  const planned = bundleCommand({ job, name, node, host: context.platform });
  const result = await runPlanned(context, transcript, planned, systemVariables(context.environment));
  const messages = readBundleLog(result.stderr);
  const error = bundleProblem(
    messages.filter(({ kind }) => kind === 'error'),
    { name, node },
  );
  if (error !== undefined) throw error;
  if (result.exitCode !== 0) {
    const how = result.signal === null ? `exit code ${result.exitCode}` : `signal ${result.signal}`;
    throw new SlipwayError('compile-failed', `bundling '${name}' failed with ${how} after ${formatDuration(result.durationMs)}`, {
      hint: 'esbuild says why in the last lines of the log',
      details: { binary: name, exitCode: result.exitCode, signal: result.signal },
    });
  }
  const content = readBundleContent(await context.files.readText(inJob(context, nodePathsOf(name, job.platform).metafile)));
  const native = await findNativePackages(context, projectDirectory(job), content, node.external ?? []);
  if (native.length > 0) throw nativeAddon(name, native);
  // After the addons: what loads one computes its name.
  const problem = bundleProblem(messages, { name, node });
  if (problem !== undefined) throw problem;
  const entry = await context.files.readText(inJob(context, posix.join(projectDirectory(job), node.entry)));
  return { command: planned.argv, content, warnings: bundleWarnings(content, { name, node, entry }) };
}

/** Of the caller's variables those alone without which Windows starts nothing. */
function systemVariables(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => /^(?:SYSTEMROOT|TEMP|TMP|TMPDIR)$/i.test(name)));
}

/** A Windows host keeps no execute bits, and an npm archive may hold any: what ships has two modes. */
async function settleModes(context: BuilderContext, job: Job, program: string, executables: readonly string[]): Promise<void> {
  if (PLATFORMS[job.platform].os === 'windows') return;
  for (const file of executables) await context.files.setMode(inJob(context, `${program}/${file}`), 0o755);
}
