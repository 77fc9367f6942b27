import '../allow-processes';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { ReportSchema } from '../../core/job/report';
import { TEXT_LOADERS } from '../../scripts/text-loaders.mjs';
import { jobOf } from './fake-build';

/** The builder as one file, as it travels to the machine that builds. */
let directory: string;
let builder: string;

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'slipway-builder-entry-'));
  builder = path.join(directory, 'builder.mjs');
  buildSync({
    entryPoints: [path.join(__dirname, '../../bin/builder.ts')],
    outfile: builder,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    loader: TEXT_LOADERS,
    define: { SLIPWAY_VERSION: '"1.2.3"' },
  });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function run(...args: readonly string[]) {
  return spawnSync(process.execPath, [builder, ...args], {
    encoding: 'utf8',
    env: { ...process.env, SLIPWAY_HOME: path.join(directory, 'home') },
  });
}

test('tells its version', () => {
  expect(run('--version')).toMatchObject({ stdout: '1.2.3\n', status: 0 });
});

test('tells its usage', () => {
  expect(run()).toMatchObject({ stderr: 'usage: node builder.mjs JOB_DIRECTORY\n', status: 2 });
});

test('a directory without a job', () => {
  const result = run(path.join(directory, 'nothing'));
  expect(result.status).toBe(3);
  expect(result.stderr).toContain('job.json');
});

test('ends with the class of the failure, and a report of it', () => {
  const jobDirectory = path.join(directory, 'job');
  mkdirSync(path.join(jobDirectory, 'in'), { recursive: true });
  const job = jobOf({ binaries: [{ name: 'kit', console: true, node: { entry: 'a.mjs', version: '19', assets: [] } }] });
  writeFileSync(path.join(jobDirectory, 'in/job.json'), JSON.stringify(job));
  const result = run(jobDirectory);
  expect(result.status).toBe(2);
  const report = ReportSchema.parse(JSON.parse(readFileSync(path.join(jobDirectory, 'out/report.json'), 'utf8')));
  expect(report.failure).toMatchObject({ step: 'toolchain' });
  expect(result.stdout).toContain(`error: ${report.failure?.message ?? ''}`);
});
