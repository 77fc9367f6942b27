/**
 * Builds examples/pglite-server for real, by the command line as it ships: a Node program whose checks are a host's handshake and a
 * script that speaks PostgreSQL. The example's own tests run with the Node that it was built with.
 */
import '../allow-processes';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BuildManifest } from '../../core/build/build-manifest';
import type { BuildRecord } from '../../core/build/build-record';
import type { Envelope } from '../../core/envelope';

const ROOT = path.join(__dirname, '../..');
const work = mkdtempSync(path.join(tmpdir(), 'slipway-pglite-'));
const project = path.join(work, 'pglite-server');
/** Tools that are on this machine already are used; a home that is handed in keeps them. */
const environment = { ...process.env, SLIPWAY_HOME: process.env.SLIPWAY_HOME ?? path.join(work, 'home') };
const suffix = process.platform === 'win32' ? '.exe' : '';

beforeAll(() => {
  const filter = (file: string) => path.basename(file) !== 'node_modules';
  cpSync(path.join(ROOT, 'examples/pglite-server'), project, { recursive: true, filter });
});
afterAll(() => rmSync(work, { recursive: true, force: true, maxRetries: 3 }));

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = environment): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    const child = spawn(command, args, { cwd: project, env, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout }));
  });
}

async function slipway(...args: string[]): Promise<unknown> {
  const { exitCode, stdout } = await run(process.execPath, [path.join(ROOT, 'dist/slipway.mjs'), ...args, '--json']);
  const envelope = JSON.parse(stdout) as Envelope;
  if (exitCode !== 0 || !envelope.ok) throw new Error(`slipway ${args.join(' ')} ended with ${exitCode}: ${stdout}`);
  return envelope.data;
}

/** The tests are one after the other by nature: what the build made is what the others use. */
it('builds the database, and every check holds: the handshake, many at once, neighbours after a restart and a kill', async () => {
  const data = (await slipway('start-build', '--platform', 'native', '--wait', '--no-cache')) as {
    build: BuildRecord;
    manifest: BuildManifest;
  };
  const [result] = Object.values(data.manifest.platforms);
  expect(result?.status).toBe('succeeded');
  const [binary] = result?.binaries ?? [];
  expect(binary?.compiler).toBe('node');
  expect(binary?.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  const asked = binary?.checks.filter(({ kind }) => kind !== 'built-in' && kind !== 'budget') ?? [];
  expect(asked.map(({ title, outcome }) => `${title} ${outcome}`)).toEqual([
    'run --version passed',
    'run --port 0 passed',
    'ready --db {tmp}/db passed',
    'ready --db {tmp}/db passed',
    'script checks/vector.mjs passed',
  ]);
  expect(asked.map(({ launches }) => launches && { attempted: launches.attempted, succeeded: launches.succeeded })).toEqual([
    undefined,
    undefined,
    { attempted: 5, succeeded: 5 },
    { attempted: 4, succeeded: 4 },
    undefined,
  ]);
  expect(binary?.secretsFound).toEqual([]);

  await slipway('download', data.build.buildId, '--into', work, '--unpack');
  const archive = data.manifest.artifacts.find(({ kind }) => kind === 'archive')?.file ?? '';
  const folder = path.join(work, archive.replace(/\.(tar\.gz|zip)$/, ''));
  const node = path.join(folder, `lib/pglite-server/node${suffix}`);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  expect((await run(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])).exitCode).toBe(0);

  // By hand, as its author would: the script is a program like others.
  const tmp = path.join(work, 'script');
  mkdirSync(tmp);
  const byHand = {
    ...environment,
    SLIPWAY_PROGRAM: path.join(folder, `pglite-server${suffix}`),
    SLIPWAY_TMP: tmp,
    SLIPWAY_VERSION: '1.0.0',
  };
  expect(await run(node, ['checks/vector.mjs'], byHand)).toEqual({ exitCode: 0, stdout: '' });

  const own = await run(node, ['--test', '--test-reporter=tap']);
  expect(own.stdout).toMatch(/^# fail 0$/m);
  expect(Number(/^# pass (\d+)$/m.exec(own.stdout)?.[1])).toBeGreaterThanOrEqual(40);
  expect(own.exitCode).toBe(0);
});
