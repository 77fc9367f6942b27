/**
 * A folder laid out as CodeBuild lays one out: the unpacked build tools, and the two secondary sources beside them.
 * Running a buildspec here means running its one command in a shell, as CodeBuild does.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { parse } from 'yaml';
import { nodeRuntimeText } from '../../buildspecs/node-runtime.mjs';
import type { Job } from '../../core/job/job';
import { ReportSchema, type Report } from '../../core/job/report';
import { TEXT_LOADERS } from '../../scripts/text-loaders.mjs';
import { jobOf, zipOf } from '../builder/fake-build';

const repository = path.join(__dirname, '../..');
const TOOLS = ['linux.yml', 'windows.yml', 'fetch-node.sh', 'fetch-node.ps1'] as const;

/** Bundles an entry as scripts/bundle.mjs does. */
export function bundle(entry: string, outfile: string): void {
  buildSync({
    absWorkingDir: repository,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    define: { SLIPWAY_VERSION: '"1.2.3"' },
    loader: TEXT_LOADERS,
  });
}

/** What the deployment's asset holds, with a builder of the test's own. */
export function makeBuildTools(directory: string, builderFile: string): void {
  mkdirSync(directory, { recursive: true });
  for (const file of TOOLS) copyFileSync(path.join(repository, 'buildspecs', file), path.join(directory, file));
  copyFileSync(builderFile, path.join(directory, 'builder.mjs'));
  const pins = JSON.parse(readFileSync(path.join(repository, 'buildspecs/node-runtime.json'), 'utf8')) as Parameters<
    typeof nodeRuntimeText
  >[0];
  writeFileSync(path.join(directory, 'node-runtime.txt'), nodeRuntimeText(pins, '>=20.19'));
  bundle('bin/bootstrap.ts', path.join(directory, 'bootstrap.mjs'));
}

export interface BuildMachine {
  readonly root: string;
  readonly tools: string;
  readonly job: Job;
  readonly environment: Record<string, string>;
  /** Names in `out/`, sorted. */
  outputs(): readonly string[];
  report(): Report;
  remove(): void;
}

/**
 * @param place a folder for it; by default a new one whose name no shell may take apart
 */
export async function makeBuildMachine(
  toolsFrom: string,
  change: Partial<Job> = {},
  { source = { 'pyproject.toml': '[project]\n' }, place }: { source?: Readonly<Record<string, string>>; place?: string } = {},
): Promise<BuildMachine> {
  const root = place ?? realpathSync(mkdtempSync(path.join(tmpdir(), 'slipway machine $x ')));
  const tools = path.join(root, 'src');
  const inputs = { job: path.join(root, 'job'), source: path.join(root, 'source') };
  for (const directory of [tools, inputs.job, inputs.source]) mkdirSync(directory, { recursive: true });
  for (const name of readdirSync(toolsFrom)) copyFileSync(path.join(toolsFrom, name), path.join(tools, name));
  const zip = await zipOf(source);
  const base = jobOf(change);
  const job: Job = { ...base, source: { ...base.source, sha256: createHash('sha256').update(zip).digest('hex'), sizeBytes: zip.length } };
  writeFileSync(path.join(inputs.job, 'job.json'), JSON.stringify(job));
  writeFileSync(path.join(inputs.source, 'source.zip'), zip);
  return {
    root,
    tools,
    job,
    environment: {
      PATH: `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: root,
      CODEBUILD_BUILD_ID: 'slipway-linux:00000000-0000-0000-0000-000000000000',
      CODEBUILD_SRC_DIR: tools,
      CODEBUILD_SRC_DIR_job: inputs.job,
      CODEBUILD_SRC_DIR_source: inputs.source,
      CODEBUILD_START_TIME: String(Date.now()),
      SLIPWAY_BUILD_ID: job.buildId,
      SLIPWAY_PLATFORM: job.platform,
      SLIPWAY_ATTEMPT: String(job.attempt),
    },
    outputs: () => (existsSync(path.join(tools, 'out')) ? readdirSync(path.join(tools, 'out')).sort() : []),
    report: () => ReportSchema.parse(JSON.parse(readFileSync(path.join(tools, 'out/report.json'), 'utf8'))),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** The part of a buildspec that these tests read. */
export interface Buildspec {
  readonly version: number;
  readonly phases: Readonly<Record<string, { readonly commands: readonly string[] }>>;
  readonly artifacts: { readonly 'base-directory': string; readonly files: readonly string[] };
  readonly cache: { readonly paths: readonly string[] };
}

export function readBuildspec(file: 'linux.yml' | 'windows.yml'): Buildspec {
  return parse(readFileSync(path.join(repository, 'buildspecs', file), 'utf8')) as Buildspec;
}

export interface RunResult {
  readonly exitCode: number | null;
  readonly output: string;
}

/**
 * Runs the commands of linux.yml.
 * @param onOutput gets everything that was printed so far, and the shell's pid
 */
export function runLinuxBuildspec(
  machine: BuildMachine,
  shell: 'bash' | 'dash' = 'bash',
  onOutput: (output: string, pid: number) => void = () => undefined,
): Promise<RunResult> {
  const commands = Object.values(readBuildspec('linux.yml').phases).flatMap((phase) => phase.commands);
  const child = spawn(shell, ['-c', commands.join('\n')], {
    cwd: machine.tools,
    env: machine.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      onOutput(output, child.pid ?? -1);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, output }));
  });
}
