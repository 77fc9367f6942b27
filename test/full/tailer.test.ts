/** Builds examples/tailer for real, by the command line as it ships: textual, prompt_toolkit and a native search, compiled by Nuitka. */
import '../allow-processes';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BuildManifest } from '../../core/build/build-manifest';
import type { BuildRecord } from '../../core/build/build-record';
import type { Envelope } from '../../core/envelope';

const ROOT = path.join(__dirname, '../..');
const work = mkdtempSync(path.join(tmpdir(), 'slipway-tailer-'));
/** Tools that are on this machine already are used; a home that is handed in keeps them. */
const environment = { ...process.env, SLIPWAY_HOME: process.env.SLIPWAY_HOME ?? path.join(work, 'home') };

afterAll(() => rmSync(work, { recursive: true, force: true, maxRetries: 3 }));

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
}

function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = environment): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout }));
  });
}

async function slipway(...args: string[]): Promise<unknown> {
  const cli = path.join(ROOT, 'dist/slipway.mjs');
  const { exitCode, stdout } = await run(process.execPath, [cli, ...args, '--json'], path.join(ROOT, 'examples/tailer'));
  const envelope = JSON.parse(stdout) as Envelope;
  if (exitCode !== 0 || !envelope.ok) throw new Error(`slipway ${args.join(' ')} ended with ${exitCode}: ${stdout}`);
  return envelope.data;
}

it('builds the heavy example, and every check holds', async () => {
  const data = (await slipway('start-build', '--platform', 'native', '--wait', '--no-cache')) as {
    build: BuildRecord;
    manifest: BuildManifest;
  };
  const [result] = Object.values(data.manifest.platforms);
  expect(result?.status).toBe('succeeded');
  expect(result?.steps.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
    'toolchain done',
    'compile done',
    'assemble done',
    'sign skipped',
    'check done',
    'pack done',
    'checksum done',
    'report done',
  ]);
  const [binary] = result?.binaries ?? [];
  expect(binary?.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  const titles = binary?.checks.map(({ title }) => title) ?? [];
  expect(titles.filter((title) => title.startsWith('run ')).length).toBeGreaterThanOrEqual(11);
  expect(titles.filter((title) => title.startsWith('built-in: ')).length).toBeGreaterThanOrEqual(8);
  expect(binary?.secretsFound).toEqual([]);
  expect(binary?.launch?.cold.medianMs).toBeGreaterThan(0);
  expect(binary?.requires.glibc?.version).toMatch(/^2\.\d+$/);

  await slipway('download', data.build.buildId, '--into', work, '--unpack');
  const archive = data.manifest.artifacts.find(({ kind }) => kind === 'archive')?.file ?? '';
  const program = path.join(work, archive.replace(/\.(tar\.gz|zip)$/, ''), process.platform === 'win32' ? 'tailer.exe' : 'tailer');
  const rehearsal = await run(program, ['window', '@sample', '--rehearse'], work, { TAILER_SETTINGS: path.join(work, 'none.toml') });
  expect(rehearsal.stdout.trim()).toBe('5 lines; error 2, timeout 2; now 3 words; counts are 30 wide');
});
