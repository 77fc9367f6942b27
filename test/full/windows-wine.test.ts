/**
 * Proves the Windows way of a build machine by running it: node.exe runs bootstrap.mjs, which runs the builder, from job to report.
 * All of it is real but uv, Python and the C compiler. Wine 8 starts neither uv 0.13 (it has no bcryptprimitives.dll) nor zig 0.11 to 0.14
 * (they cannot tell their own path), and its WMI ends a Python 3.12 that asks for its machine. So the compiler puts a node.exe there.
 */
import '../allow-processes';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { openPromise } from 'yauzl';
import type { Job } from '../../core/job/job';
import { bundle, makeBuildMachine, makeBuildTools, type BuildMachine } from '../buildspecs/build-machine';
import { prepareWine, windowsPath, type Wine, type WineResult } from './wine';

/** What people write into recipes and PowerShell, cmd.exe, YAML and the rules of Windows' command lines would trip over. */
const AWKWARD = 'Kit: {"a": `b`} $HOME %PATH% ^ \'q\' & | < > ; ! ä日本 C:\\dir\\ \\\\" \\';
const ARCHIVE = 'kit-windows-x86_64.zip';

let wine: Wine;
let folder: string;
/** Build tools by the builder in them. */
const tools = { real: '', fake: '', withoutToolchain: '' };
const machines: BuildMachine[] = [];

beforeAll(() => {
  wine = prepareWine();
  folder = mkdtempSync(path.join(tmpdir(), 'slipway-tools-'));
  const entries = { real: 'bin/builder.ts', fake: 'test/fixtures/fake-builder.mjs', withoutToolchain: 'test/fixtures/windows-builder.ts' };
  for (const name of ['real', 'fake', 'withoutToolchain'] as const) {
    bundle(entries[name], path.join(folder, `${name}.mjs`));
    tools[name] = path.join(folder, name);
    makeBuildTools(tools[name], path.join(folder, `${name}.mjs`));
  }
});
afterAll(() => {
  wine.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => machines.splice(0).forEach((machine) => machine.remove()));

async function machineOf(kind: keyof typeof tools, change: Partial<Job>, source?: Readonly<Record<string, string>>): Promise<BuildMachine> {
  const place = realpathSync(mkdtempSync(path.join(tmpdir(), 'slipway $x %y% {z} ä ')));
  const job: Partial<Job> = { package: { format: 'zip', split: false, installers: [] }, ...change, platform: 'windows-x86_64' };
  const machine = await makeBuildMachine(tools[kind], job, { place, ...(source === undefined ? {} : { source }) });
  machines.push(machine);
  return machine;
}

/** As the last line of fetch-node.ps1 does it. */
function runBootstrap(machine: BuildMachine): Promise<WineResult> {
  const environment = Object.entries(machine.environment)
    .filter(([name]) => name !== 'PATH' && name !== 'HOME')
    .map(([name, value]) => [name, name.startsWith('CODEBUILD_SRC_DIR') ? windowsPath(value) : value]);
  return wine.node([windowsPath(path.join(machine.tools, 'bootstrap.mjs'))], {
    cwd: machine.tools,
    environment: Object.fromEntries(environment) as Record<string, string>,
    outputFile: path.join(machine.root, 'log.txt'),
    timeoutMs: 5 * 60_000,
  });
}

test('from job to archive: the steps, the checks and the packing of the builder itself, with names that Windows trips over', async () => {
  const machine = await machineOf(
    'withoutToolchain',
    {
      ...{ title: AWKWARD, publisher: AWKWARD, description: AWKWARD, version: '1.4.0+ä {x}: "y"' },
      checks: [
        {
          ...{ kind: 'run', binary: 'kit', stdin: '', timeoutMs: 60_000, exitCode: 0 },
          args: ['-e', 'console.log(JSON.stringify([process.argv.slice(1), process.env.X]))', AWKWARD, '', 'a b'],
          env: { X: AWKWARD },
          stdout: JSON.stringify([[AWKWARD, '', 'a b'], AWKWARD]),
        },
      ],
    },
    { 'pyproject.toml': '[project]\n', 'data/größer {x} $y `z`.txt': AWKWARD },
  );
  const { exitCode, output } = await runBootstrap(machine);
  expect(output).toContain('==> [1/9] toolchain');
  expect(exitCode).toBe(0);

  const report = machine.report();
  expect(report).toMatchObject({ outcome: 'succeeded', platform: 'windows-x86_64', version: '1.4.0+ä {x}: "y"' });
  expect(report.binaries[0]?.command).toContain(`--product-name=${AWKWARD}`);
  const failed = report.binaries.flatMap(({ checks }) => checks.filter(({ outcome }) => outcome === 'failed'));
  expect(failed).toEqual([]);
  expect(report.binaries[0]?.checks[0]).toMatchObject({ kind: 'run', outcome: 'passed' });

  expect(machine.outputs()).toEqual(['SHA256SUMS', 'kit-windows-x86_64.cdx.json', ARCHIVE, `${ARCHIVE}.sha256`, 'report.json']);
  const archive = readFileSync(path.join(machine.tools, 'out', ARCHIVE));
  const digest = createHash('sha256').update(archive).digest('hex');
  expect(report.artifacts.find(({ file }) => file === ARCHIVE)).toMatchObject({ sha256: digest, sizeBytes: archive.length });
  const contents = await readZip(path.join(machine.tools, 'out', ARCHIVE));
  expect([...contents.keys()].sort()).toEqual(['kit-windows-x86_64/daten ä.txt', 'kit-windows-x86_64/kit.exe']);
  expect(contents.get('kit-windows-x86_64/daten ä.txt')).toBe('größer {x}: $y\n');
  expect(readFileSync(path.join(machine.tools, 'job/work/source/data/größer {x} $y `z`.txt'), 'utf8')).toBe(AWKWARD);
});

/** File names, and the text of those that end in .txt. */
async function readZip(file: string): Promise<ReadonlyMap<string, string>> {
  const contents = new Map<string, string>();
  const zip = await openPromise(file);
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue;
    contents.set(entry.fileName, entry.fileName.endsWith('.txt') ? await text(await zip.openReadStreamPromise(entry)) : '');
  }
  return contents;
}

test('the builder as it ships reports what the machine lacks', async () => {
  const machine = await machineOf('real', {});
  // No Python, no compiler, and an index that nobody answers for.
  machine.environment.PIP_INDEX_URL = 'http://127.0.0.1:9/simple';
  const { exitCode, output } = await runBootstrap(machine);
  expect(exitCode).toBe(1);
  expect(output).toContain('==> [1/9] toolchain');
  const { failure } = machine.report();
  expect(failure).toMatchObject({
    step: 'toolchain',
    code: 'tool-not-fetched',
    message: expect.stringContaining('win_amd64.whl') as string,
  });
});

test('a build that fails leaves the builder’s own report', async () => {
  const machine = await machineOf('fake', { description: 'fail' });
  expect((await runBootstrap(machine)).exitCode).toBe(1);
  expect(machine.outputs()).toEqual(['report.json']);
  expect(machine.report().failure).toMatchObject({ code: 'build-failed', step: 'compile' });
});

test('a builder that crashes is reported', async () => {
  const machine = await machineOf('fake', { description: 'crash' });
  expect((await runBootstrap(machine)).exitCode).toBe(1);
  expect(machine.report().failure).toMatchObject({
    code: 'builder-crashed',
    message: 'the builder ended without a report (exit code 3)',
    step: 'compile',
  });
});

test('a builder that hangs is ended in time', async () => {
  const machine = await machineOf('fake', { description: 'hang' });
  machine.environment.SLIPWAY_TIMEOUT_MINUTES = '5';
  machine.environment.CODEBUILD_START_TIME = String(Date.now() - (4 * 60_000 - 10_000));
  const { exitCode, output } = await runBootstrap(machine);
  expect(exitCode).toBe(1);
  expect(output).toMatch(/hanging \d+ \d+/);
  expect(machine.report().failure).toMatchObject({ code: 'build-timed-out', step: 'compile' });
});

test('a source that is missing is named, and secrets stay out of the log', async () => {
  const missing = await machineOf('fake', { description: 'succeed' });
  rmSync(path.join(missing.root, 'source/source.zip'));
  expect((await runBootstrap(missing)).exitCode).toBe(1);
  expect(missing.report().failure).toMatchObject({ code: 'file-not-found', message: expect.stringContaining('source.zip') as string });

  const leaking = await machineOf('fake', { description: 'leak', secretNames: ['TOKEN'] });
  leaking.environment.TOKEN = 'S3cr3t/with+signs';
  mkdirSync(path.join(leaking.tools, 'home/cache/downloads'), { recursive: true });
  const { exitCode, output } = await runBootstrap(leaking);
  expect(exitCode).toBe(0);
  expect(output).not.toContain('S3cr3t');
  expect(output).toContain('https://***@index.example/simple');
});
