/**
 * Builds examples/sidecar-python with `budgets.glibc: "2.28"` on a newer system, by the command line as it ships, and starts the result
 * in the root of an older one: the oldest Debian that the mirror of this machine still has (buster 2.28, else bullseye 2.31).
 * Where that is bullseye, the run proves 2.31 and the versions that the files ask for prove 2.28.
 */
import '../allow-processes';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BuildManifest } from '../../core/build/build-manifest';
import type { BuildRecord } from '../../core/build/build-record';
import type { Envelope } from '../../core/envelope';
import { compareDottedVersions } from '../../core/quantity';
import { fetchOldPython, OLD_PYTHON_VERSION } from './old-python';
import { run } from './run-command';

const ROOT = path.join(__dirname, '../..');
const FLOOR = '2.28';
const work = mkdtempSync(path.join(tmpdir(), 'slipway-floor-'));
const home = process.env.SLIPWAY_HOME ?? path.join(work, 'home');

afterAll(() => rmSync(work, { recursive: true, force: true, maxRetries: 3 }));

interface Built {
  readonly program: string;
  readonly binary: NonNullable<BuildManifest['platforms'][keyof BuildManifest['platforms']]>['binaries'][number];
  readonly compileSeconds: number;
}

/** The example as it is, apart from its Python, its budget, and how often it is launched. */
function project(name: string, python: string, glibc: string | undefined): string {
  const directory = path.join(work, name);
  cpSync(path.join(ROOT, 'examples/sidecar-python'), directory, { recursive: true });
  const edit = (file: string, ...changes: readonly (readonly [RegExp, string])[]) => {
    const text = readFileSync(path.join(directory, file), 'utf8');
    writeFileSync(
      path.join(directory, file),
      changes.reduce((sum, [pattern, by]) => sum.replace(pattern, by), text),
    );
  };
  for (const file of ['pyproject.toml', 'uv.lock']) edit(file, [/(requires-python = ">=)[\d.]+/, `$1${python}`]);
  edit(
    'slipway.yaml',
    [/version: "3\.\d+"/, `version: "${python}"`],
    [/^ {2}glibc: .*\n/m, glibc === undefined ? '' : `  glibc: "${glibc}"\n`],
    [/launches: 50, concurrent: 50/, 'launches: 5, concurrent: 5'],
    [/^ {2}build: .*\n/m, ''],
  );
  return directory;
}

async function slipway(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Envelope> {
  const ended = await run(process.execPath, [path.join(ROOT, 'dist/slipway.mjs'), ...args, '--json'], {
    cwd,
    env: { ...process.env, SLIPWAY_HOME: home, ...env },
  });
  return JSON.parse(ended.stdout) as Envelope;
}

async function build(cwd: string, env: NodeJS.ProcessEnv): Promise<Built> {
  const envelope = await slipway(cwd, ['start-build', '--platform', 'native', '--wait', '--no-cache'], env);
  if (!envelope.ok) throw new Error(JSON.stringify(envelope.error));
  const { build: record, manifest } = envelope.data as { build: BuildRecord; manifest: BuildManifest };
  const into = path.join(cwd, 'downloaded');
  await slipway(cwd, ['download', record.buildId, '--into', into, '--unpack'], env);
  const [result] = Object.values(manifest.platforms);
  const binary = result?.binaries[0];
  const compile = result?.steps.find(({ name }) => name === 'compile');
  if (binary === undefined || compile === undefined) throw new Error('a build without a binary');
  const folder = readdirSync(into, { withFileTypes: true }).find((entry) => entry.isDirectory())?.name ?? '';
  return { program: path.join(into, folder), binary, compileSeconds: compile.seconds };
}

/** A folder of its own for each program; `$ORIGIN` is read from /proc, which a bare root has not. */
async function inOldRoot(root: string, program: string, args: readonly string[]): Promise<Awaited<ReturnType<typeof run>>> {
  const name = path.basename(path.dirname(path.dirname(program)));
  cpSync(program, path.join(root, 'opt', name), { recursive: true, verbatimSymlinks: true });
  const script = 'root=$1; shift; mount -t proc proc "$root/proc" && exec chroot "$root" "$@"';
  return run('unshare', ['--mount', 'sh', '-c', script, 'sh', root, `/opt/${name}/sidecar-hello`, ...args]);
}

async function oldRoot(): Promise<{ readonly root: string; readonly glibc: string } | { readonly reason: string }> {
  if (process.getuid?.() !== 0) return { reason: 'debootstrap and chroot need root' };
  if ((await run('debootstrap', ['--version'])).exitCode !== 0) {
    const installed = await run('apt-get', ['install', '-y', 'debootstrap']);
    if (installed.exitCode !== 0) return { reason: `debootstrap is not here, and apt-get does not install it: ${installed.stderr.trim()}` };
  }
  let reason = '';
  for (const suite of ['buster', 'bullseye']) {
    const root = path.join(work, suite);
    const made = await run('debootstrap', ['--variant=minbase', suite, root]);
    const told = made.exitCode === 0 ? (await run('chroot', [root, 'ldd', '--version'])).stdout : '';
    const glibc = /\) (2\.\d+)\n/.exec(told)?.[1];
    if (glibc !== undefined) return { root, glibc };
    reason = `${reason}${suite}: ${`${made.stdout}${made.stderr}`.trim().split('\n').at(-1) ?? ''}; `;
    rmSync(root, { recursive: true, force: true });
  }
  return { reason };
}

/** Instructions that came with AVX, which x86-64 as such has not. */
async function newerInstructions(file: string): Promise<number> {
  const { exitCode, stdout } = await run('sh', [
    '-c',
    'objdump -d --no-show-raw-insn "$1" | grep -cE "%[yz]mm|[[:space:]]v[a-z]+[sp][sd] "',
    'sh',
    file,
  ]);
  if (exitCode === null || exitCode > 1) throw new Error(`objdump cannot read ${file}`);
  return Number(stdout);
}

async function buildLow(): Promise<Built> {
  const usual = project('usual', '3.12', FLOOR);
  const planned = await slipway(usual, ['start-build', '--platform', 'native', '--wait', '--no-cache'], {});
  if (planned.ok) return build(usual, {});
  // Where uv cannot fetch one, the build ends so, before anything is compiled.
  expect(JSON.stringify(planned.error)).toContain('"code":"glibc-floor-unreachable"');
  const old = await fetchOldPython(work);
  if ('reason' in old) throw new Error(old.reason);
  return build(project('low', OLD_PYTHON_VERSION, FLOOR), { SLIPWAY_PYTHON: old.interpreter });
}

it('reaches a glibc below that of this system, and starts on an older one where the ordinary build does not', async () => {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.log('not run: the old root is one of x86-64 Linux');
    return;
  }
  const low = await buildLow();
  const usual = await build(project('ordinary', OLD_PYTHON_VERSION, undefined), {});

  const needs = low.binary.requires.glibc?.version ?? '';
  expect(compareDottedVersions(needs, FLOOR)).toBeLessThanOrEqual(0);
  expect(low.binary.requires.cpuBaseline).toBe('x86-64');
  expect(low.binary.command).toEqual(expect.arrayContaining(['--zig', '--target-arch=x86_64']));
  expect(low.binary.checks.find(({ title }) => title === `budget: glibc at most ${FLOOR}`)?.outcome).toBe('passed');

  // That the sieve lets nothing through is seen by a program that was told a newer processor.
  const source = path.join(work, 'sum.c');
  writeFileSync(
    source,
    'float sum(float *a, float *b) { float s[64]; for (int i = 0; i < 64; i++) s[i] = a[i] * b[i]; float t = 0; for (int i = 0; i < 64; i++) t += s[i]; return t; }\n',
  );
  expect((await run('gcc', ['-O3', '-march=x86-64-v3', '-c', '-o', path.join(work, 'sum.o'), source])).exitCode).toBe(0);
  expect(await newerInstructions(path.join(work, 'sum.o'))).toBeGreaterThan(0);
  expect(await newerInstructions(path.join(low.program, 'sidecar-hello'))).toBe(0);

  const ratio = (a: number | undefined, b: number | undefined) => (a === undefined || b === undefined ? 'unknown' : (a / b).toFixed(2));
  const figures = [
    `the ordinary build needs glibc ${usual.binary.requires.glibc?.version ?? 'none'}, the low one ${needs}`,
    `low against ordinary: compile ${ratio(low.compileSeconds, usual.compileSeconds)}`,
    `warm start ${ratio(low.binary.launch?.warm.medianMs, usual.binary.launch?.warm.medianMs)}`,
    `cold start ${ratio(low.binary.launch?.cold.medianMs, usual.binary.launch?.cold.medianMs)}`,
    `folder ${ratio(low.binary.folderBytes, usual.binary.folderBytes)}`,
    `peak memory ${ratio(low.binary.peakMemoryBytes, usual.binary.peakMemoryBytes)}`,
  ];
  console.log(figures.join('; '));

  const old = await oldRoot();
  if ('reason' in old) {
    console.log(`not run in an older system: ${old.reason}`);
    return;
  }
  console.log(`run in a root with glibc ${old.glibc}`);
  const started = await inOldRoot(old.root, low.program, ['--seconds', '0.1']);
  expect(started).toMatchObject({ exitCode: 0, stdout: 'BOOT sidecar=sidecar-hello version=1.0.0\nREADY\nSHUTDOWN reason=normal\n' });
  const refused = await inOldRoot(old.root, usual.program, ['--seconds', '0.1']);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stdout).not.toContain('READY');
  expect(refused.stderr).toMatch(/version `GLIBC_2\.3\d' not found/);
});
