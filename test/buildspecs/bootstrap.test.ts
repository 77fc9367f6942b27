/** Proves the bootstrap's decisions where a real machine would be needed to see them: limits, full disks, broken announcements. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bootstrap, type BootstrapPorts } from '../../buildspecs/bootstrap/bootstrap';
import { placeOf } from '../../buildspecs/bootstrap/build-place';
import { builderEnvironment, secretValues } from '../../buildspecs/bootstrap/builder-environment';
import { createBuilderLog } from '../../buildspecs/bootstrap/builder-log';
import { announcedIdentity, readJob } from '../../buildspecs/bootstrap/job-identity';
import { limitOf } from '../../buildspecs/bootstrap/run-builder';
import { ReportSchema } from '../../core/job/report';
import type { Files } from '../../core/ports/files';
import type { Processes, ProcessRequest, ProcessResult } from '../../core/ports/processes';
import { SlipwayError } from '../../core/slipway-error';
import { createNodeFiles } from '../../local/machine/files-node';
import { jobOf } from '../builder/fake-build';
import { createManualClock } from '../fakes/manual-clock';

const START = '2026-03-04T05:06:07.000Z';
const startMs = Date.parse(START);
let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'slipway-bootstrap-'));
  for (const name of ['src', 'job', 'source']) mkdirSync(path.join(root, name));
  writeFileSync(path.join(root, 'job/job.json'), JSON.stringify(jobOf()));
  writeFileSync(path.join(root, 'source/source.zip'), 'zip');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function environmentOf(change: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    CODEBUILD_SRC_DIR: path.join(root, 'src'),
    CODEBUILD_SRC_DIR_job: path.join(root, 'job'),
    CODEBUILD_SRC_DIR_source: path.join(root, 'source'),
    SLIPWAY_BUILD_ID: jobOf().buildId,
    SLIPWAY_PLATFORM: 'linux-x86_64',
    SLIPWAY_ATTEMPT: '1',
    ...change,
  };
}

interface Run {
  readonly exitCode: 0 | 1;
  readonly log: string;
  readonly requests: readonly ProcessRequest[];
  readonly report: () => ReturnType<typeof ReportSchema.parse>;
}

/** @param builder what the builder does; it ends with exit code 9 otherwise */
async function run(
  change: Partial<Omit<BootstrapPorts, 'files'>> & { files?: Partial<Files> } = {},
  builder: (request: ProcessRequest) => Partial<ProcessResult> = () => ({}),
): Promise<Run> {
  const requests: ProcessRequest[] = [];
  let log = '';
  const processes: Processes = {
    start(request) {
      requests.push(request);
      const result = { exitCode: 9, signal: null, isTimedOut: false, stdout: '', stderr: '', durationMs: 1, ...builder(request) };
      return {
        pid: 1,
        result: Promise.resolve(result),
        stop: () => undefined,
        survivors: () => Promise.resolve([]),
        killTree: () => Promise.resolve(),
      };
    },
    run: () => Promise.reject(new Error('nothing else is run')),
    find: () => Promise.resolve(undefined),
  };
  const { files = {}, ...rest } = change;
  const exitCode = await bootstrap({
    processes,
    clock: createManualClock(START),
    environment: environmentOf(),
    nodePath: '/opt/node',
    write: (text) => void (log += text),
    stop: new AbortController().signal,
    ...rest,
    files: { ...createNodeFiles(), ...files },
  });
  const report = () => ReportSchema.parse(JSON.parse(readFileSync(path.join(root, 'src/out/report.json'), 'utf8')));
  return { exitCode, log, requests, report };
}

test('while the builder runs a report is there that says that the machine was lost', async () => {
  let seen: unknown;
  await run({}, () => {
    seen = JSON.parse(readFileSync(path.join(root, 'src/out/report.json'), 'utf8'));
    return {};
  });
  expect(ReportSchema.parse(seen)).toMatchObject({
    outcome: 'failed',
    name: 'kit',
    startedAt: START,
    failure: { code: 'builder-lost', step: 'bootstrap' },
  });
});

test('the builder is run by the same Node, on the job directory, with the time that is left', async () => {
  const environment = environmentOf({ SLIPWAY_TIMEOUT_MINUTES: '60', CODEBUILD_START_TIME: String(startMs - 10 * 60_000) });
  const { requests } = await run({ environment });
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({
    command: '/opt/node',
    args: [path.join(root, 'src/builder.mjs'), path.join(root, 'src/job')],
    cwd: path.join(root, 'src/job'),
    timeoutMs: 50 * 60_000 - 90_000,
  });
  expect(requests[0]?.env.SLIPWAY_HOME).toBe(path.join(root, 'src/home'));
});

test('without a limit nothing is ended', async () => {
  expect((await run()).requests[0]).not.toHaveProperty('timeoutMs');
});

test('a full disk is told from a crash, and what filled it goes first', async () => {
  const { exitCode, report } = await run({ files: { freeBytes: () => Promise.resolve(1024) } }, () => {
    mkdirSync(path.join(root, 'src/job/work'));
    writeFileSync(path.join(root, 'src/job/work/large'), 'x');
    return {};
  });
  expect(exitCode).toBe(1);
  expect(report().failure).toMatchObject({ code: 'disk-full', message: expect.stringContaining('exit code 9') as string });
  expect(() => readFileSync(path.join(root, 'src/job/work/large'))).toThrow('ENOENT');
});

test('where the last report cannot be written the first one stays', async () => {
  const real = createNodeFiles();
  let writes = 0;
  const write: Files['write'] = (file, content) =>
    ++writes > 2 ? Promise.reject(new SlipwayError('disk-full', `the disk is full: cannot write '${file}'`)) : real.write(file, content);
  const { exitCode, report, log } = await run({ files: { write } });
  expect(exitCode).toBe(1);
  expect(report().failure?.code).toBe('builder-lost');
  expect(log).toContain('error: the builder ended without a report (exit code 9)');
  expect(log).toContain('error: the report cannot be written: the disk is full');
});

test('without a word on which build it is nothing is reported but in the log', async () => {
  const { exitCode, log, requests } = await run({ environment: environmentOf({ SLIPWAY_BUILD_ID: 'BUILD' }) });
  expect({ exitCode, requests }).toEqual({ exitCode: 1, requests: [] });
  expect(log).toContain('error: the environment does not say which build this is: buildId');
});

test('a report of another build is not passed on', async () => {
  const { exitCode, report } = await run({}, () => {
    mkdirSync(path.join(root, 'src/job/out'), { recursive: true });
    const other = { ...JSON.parse(readFileSync(path.join(root, 'src/out/report.json'), 'utf8')), buildId: 'fedcba9876543210' } as object;
    writeFileSync(path.join(root, 'src/job/out/report.json'), JSON.stringify(other));
    return { exitCode: 0 };
  });
  expect(exitCode).toBe(1);
  expect(report()).toMatchObject({
    buildId: jobOf().buildId,
    failure: { code: 'builder-crashed', message: expect.stringContaining('exit code 0') as string },
  });
});

test('a report that is none is told in a warning', async () => {
  const { report } = await run({}, () => {
    mkdirSync(path.join(root, 'src/job/out'), { recursive: true });
    writeFileSync(path.join(root, 'src/job/out/report.json'), '{');
    return {};
  });
  expect(report().warnings).toEqual(['the builder left a report that cannot be read']);
});

test('a cache that cannot be read fails no build', async () => {
  const downloads = path.join(root, 'src/home/cache/downloads');
  const list: Files['list'] = (directory) =>
    directory === downloads
      ? Promise.reject(new SlipwayError('permission-denied', `no permission for '${directory}'`))
      : createNodeFiles().list(directory);
  mkdirSync(downloads, { recursive: true });
  const { requests, log } = await run({ files: { list } });
  expect(requests).toHaveLength(1);
  expect(log).toContain('the cache of downloads cannot be read: no permission for');
});

describe('the time that a builder has', () => {
  test.each([
    { left: undefined, budget: undefined, expected: undefined },
    { left: 600_000, budget: undefined, expected: { timeoutMs: 600_000, code: 'build-timed-out' } },
    { left: -5, budget: undefined, expected: { timeoutMs: 1_000, code: 'build-timed-out' } },
    { left: undefined, budget: 300_000, expected: { timeoutMs: 360_000, code: 'budget-exceeded' } },
    { left: 600_000, budget: 300_000, expected: { timeoutMs: 360_000, code: 'budget-exceeded' } },
    { left: 200_000, budget: 300_000, expected: { timeoutMs: 200_000, code: 'build-timed-out' } },
  ])('left $left ms, budget $budget ms', ({ left, budget, expected }) => {
    const limit = limitOf(startMs, left === undefined ? undefined : startMs + left, budget);
    expect(limit === undefined ? undefined : { timeoutMs: limit.timeoutMs, code: limit.error.code }).toEqual(expected);
  });

  test.each([
    { minutes: '', started: '', expected: undefined },
    { minutes: 'soon', started: '', expected: undefined },
    { minutes: '60', started: '', expected: startMs + 60 * 60_000 - 90_000 },
    { minutes: '60', started: String(startMs - 1_000), expected: startMs - 1_000 + 60 * 60_000 - 90_000 },
    { minutes: '5', started: '', expected: startMs + 4 * 60_000 },
  ])('of $minutes minutes since $started', ({ minutes, started, expected }) => {
    const environment = environmentOf({ SLIPWAY_TIMEOUT_MINUTES: minutes, CODEBUILD_START_TIME: started });
    expect(placeOf(environment, startMs).deadlineMs).toBe(expected);
  });
});

test('a home that an image brings is used', () => {
  expect(placeOf(environmentOf({ SLIPWAY_HOME: '/opt/slipway' }), 0).homeDirectory).toBe('/opt/slipway');
});

describe('the builder’s environment', () => {
  test('has proxies in both spellings, registries as they are, and no credentials of the build role', () => {
    const environment = builderEnvironment(
      {
        PATH: '/bin',
        https_proxy: 'http://proxy:3128',
        NO_PROXY: '.corp',
        PIP_INDEX_URL: 'https://index.corp/simple',
        AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/0',
        AWS_SECRET_ACCESS_KEY: 'k',
        AWS_REGION: 'eu-central-1',
        CODEBUILD_AUTH_TOKEN: 't',
      },
      { homeDirectory: '/home', downloadsDirectory: '/home/cache/downloads' },
    );
    expect(environment).toEqual({
      PATH: '/bin',
      https_proxy: 'http://proxy:3128',
      HTTPS_PROXY: 'http://proxy:3128',
      NO_PROXY: '.corp',
      no_proxy: '.corp',
      PIP_INDEX_URL: 'https://index.corp/simple',
      AWS_REGION: 'eu-central-1',
      SLIPWAY_HOME: '/home',
      UV_PYTHON_CACHE_DIR: '/home/cache/downloads/python',
    });
  });

  test('tells which values are secret', () => {
    expect(
      secretValues({ TOKEN: 'abcdef', PIN: '12', CODEBUILD_AUTH_TOKEN: 'role-token', OTHER: 'plain' }, ['TOKEN', 'PIN', 'GONE']),
    ).toEqual(['abcdef', 'role-token']);
  });
});

describe('the builder’s log', () => {
  test('keeps whole redacted lines, of both streams, and the newest step', () => {
    let shown = '';
    const log = createBuilderLog((text) => void (shown += text), ['S3cr3tValue']);
    log.take('stdout', Buffer.from('==> [1/8] toolchain  Set up\n==> [2/8] comp'));
    log.take('stderr', Buffer.from('warning: S3cr3t'));
    log.take('stdout', Buffer.from('ile  Compile ä'.slice(0, -1)));
    log.take('stdout', Buffer.from([0xc3]));
    log.take('stderr', Buffer.from('Value\n'));
    log.take('stdout', Buffer.from([0xa4, 0x0a]));
    log.take('stdout', Buffer.from('no line feed'));
    log.finish();
    expect(shown).not.toContain('S3cr3t');
    expect(log.step()).toBe('compile');
    expect(log.tail()).toEqual(['==> [1/8] toolchain  Set up', 'warning: ***', '==> [2/8] compile  Compile ä', 'no line feed']);
  });

  test('keeps the newest forty lines', () => {
    const log = createBuilderLog(() => undefined, []);
    log.take('stdout', Buffer.from(Array.from({ length: 100 }, (_, at) => `line ${at}\n`).join('')));
    log.finish();
    expect(log.tail()).toHaveLength(40);
    expect(log.tail().at(-1)).toBe('line 99');
  });
});

describe('which job it is', () => {
  const announced = announcedIdentity(environmentOfJob());
  function environmentOfJob(): Record<string, string> {
    return { SLIPWAY_BUILD_ID: jobOf().buildId, SLIPWAY_PLATFORM: 'linux-x86_64', SLIPWAY_ATTEMPT: '1' };
  }

  test('is read also from a job that is broken otherwise', () => {
    const { binaries, ...broken } = jobOf({ secretNames: ['TOKEN'] });
    expect(binaries).toHaveLength(1);
    expect(readJob(JSON.stringify({ ...broken, budgets: 'many' }), announced)).toMatchObject({
      budgetMs: undefined,
      secretNames: ['TOKEN'],
    });
  });

  test.each([
    ['{', 'job.json holds no JSON'],
    ['{}', 'job.json does not say which build it is: buildId, name, version, platform, attempt, source'],
    [JSON.stringify(jobOf({ attempt: 2 })), "job.json is of attempt '2', expected '1'"],
    [JSON.stringify(jobOf({ platform: 'windows-x86_64' })), "job.json is of platform 'windows-x86_64', expected 'linux-x86_64'"],
  ])('%s is refused', (text, message) => {
    expect(() => readJob(text, announced)).toThrow(message);
  });
});
