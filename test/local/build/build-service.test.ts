import '../../allow-processes';
import { buildSync } from 'esbuild';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildStatus, isOpen, type BuildRecord, type JobRecord } from '../../../core/build/build-record';
import type { BuildService } from '../../../core/build/build-service';
import type { PlatformId } from '../../../core/platform';
import { nodeClock } from '../../../local/machine/clock-node';
import { buildRequest, jobTemplate, openSource } from '../../fakes/builds';
import { createTestBuilds } from '../../fakes/local-builds';

const root = mkdtempSync(path.join(tmpdir(), 'slipway-builds-'));
const supervisor = path.join(root, 'supervisor.mjs');
const builder = path.join(__dirname, '../../fixtures/fake-builder.mjs');
const LINUX: PlatformId = 'linux-x86_64';
const onLinux = process.platform === 'linux' ? test : test.skip;

beforeAll(() => {
  buildSync({
    entryPoints: [path.join(__dirname, '../../fixtures/supervisor-entry.ts')],
    outfile: supervisor,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
});
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 3 }));

let homes = 0;
interface Place {
  readonly homeDirectory: string;
  readonly builds: BuildService;
  request(mood: string, platforms?: readonly PlatformId[], secretNames?: readonly string[]): ReturnType<typeof buildRequest>;
  jobFile(record: BuildRecord, name: string): string;
}

function place(environment: Record<string, string> = {}): Place {
  const homeDirectory = path.join(root, `home ${++homes}`);
  const all = { PATH: process.env.PATH ?? '', TEST_BUILDER: builder, SLIPWAY_HOME: homeDirectory, ...environment };
  return {
    homeDirectory,
    builds: createTestBuilds({ homeDirectory, builder, supervisor, environment: all }),
    request(mood, platforms = [LINUX], secretNames = []) {
      const jobs = Object.fromEntries(
        platforms.map((platform) => [platform, jobTemplate({ description: mood, secretNames: [...secretNames] })]),
      );
      return buildRequest([], { jobs });
    },
    jobFile: (record, name) => path.join(homeDirectory, 'jobs', record.buildId, `${LINUX}-1`, name),
  };
}

const start = (at: Place, mood: string, useCache = true) => at.builds.start(at.request(mood), openSource, { useCache });
const jobOf = (record: BuildRecord): JobRecord => record.jobs[LINUX] ?? ({} as JobRecord);

async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (const startedAtMs = Date.now(); Date.now() - startedAtMs < 15_000; await nodeClock.sleep(20)) {
    const seen = await look();
    if (seen !== undefined) return seen;
  }
  throw new Error('it did not come in 15 s');
}

/** Closed, and nobody writes any more: the supervisor settles the build too, beside whoever asks for its status. */
async function closed(at: Place, { buildId }: BuildRecord): Promise<BuildRecord> {
  const record = await until(async () => {
    const newest = await at.builds.status(buildId);
    return isOpen(buildStatus(newest)) ? undefined : newest;
  });
  await until(() => (isSupervised(at, record) ? undefined : true));
  return record;
}

/** A build that reuses a result has no supervisor. */
function isSupervised(at: Place, record: BuildRecord): boolean {
  const file = at.jobFile(record, 'supervisor.json');
  return existsSync(file) && isRunning((JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid);
}

async function wholeLog({ builds }: Place, { buildId }: BuildRecord): Promise<string> {
  const first = await builds.log(buildId, LINUX);
  return first.isComplete ? first.text : first.text + (await builds.log(buildId, LINUX, first.next)).text;
}

/** The pids that a hanging builder tells: its own and its daemon's. */
const hanging = (at: Place, record: BuildRecord) =>
  until(async () => {
    const match = /hanging (\d+) (\d+)/.exec((await at.builds.log(record.buildId, LINUX)).text);
    return match === null ? undefined : [Number(match[1]), Number(match[2])];
  });

function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}

const supervisorPid = (at: Place, record: BuildRecord) =>
  until(() => {
    const file = at.jobFile(record, 'supervisor.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid : undefined;
  });

test('a build goes on by itself and ends with artifacts, manifest and log; of its folder the log stays', async () => {
  const at = place();
  const started = await start(at, 'succeed');
  expect(isOpen(buildStatus(started))).toBe(true);
  // Nobody asks for the status: the supervisor settles the build itself.
  const manifest = await until(() => at.builds.manifest(started.buildId));
  await until(() => (isSupervised(at, started) ? undefined : true));
  expect(manifest.platforms[LINUX]).toMatchObject({ status: 'succeeded', cache: 'none' });
  const record = await at.builds.status('latest', 'fieldkit', 'succeeded');
  expect(record.buildId).toBe(started.buildId);
  expect(jobOf(record).artifacts).toHaveLength(3);
  for (const artifact of jobOf(record).artifacts) {
    const chunks: Buffer[] = [];
    for await (const chunk of await at.builds.openArtifact(record.buildId, artifact)) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks)).toHaveLength(artifact.sizeBytes);
  }
  expect(await wholeLog(at, record)).toContain(`home ${at.homeDirectory}`);
  expect(readdirSync(at.jobFile(record, '')).filter((name) => ['in', 'out', 'work'].includes(name))).toEqual([]);
  expect(readdirSync(path.join(at.homeDirectory, 'store', 'staging'))).toEqual([]);
});

test('an equal build reuses the result at once, unless it must not', async () => {
  const at = place();
  const first = await closed(at, await start(at, 'succeed'));
  // It has ended when it is started: no builder ran.
  const second = await start(at, 'succeed');
  expect(buildStatus(second)).toBe('succeeded');
  expect(jobOf(second)).toMatchObject({ cache: 'used', reusedFrom: first.buildId });
  expect((await at.builds.manifest(second.buildId))?.platforms[LINUX]).toMatchObject({ cache: 'used' });
  expect(await wholeLog(at, second)).toContain('==> [2/2] compile');
  const third = await start(at, 'succeed', false);
  expect(buildStatus(third)).not.toBe('succeeded');
  expect(jobOf(await closed(at, third)).cache).toBe('none');
});

test('a stored result that was damaged is not reused', async () => {
  const at = place();
  const first = await closed(at, await start(at, 'succeed'));
  writeFileSync(path.join(at.homeDirectory, 'store', 'builds', first.buildId, LINUX, `fieldkit-${LINUX}.tar.gz`), 'damage');
  const second = await closed(at, await start(at, 'succeed'));
  expect(jobOf(second)).toMatchObject({ status: 'succeeded', cache: 'none' });
});

test('the same request, sent twice at once, is one build with one supervisor', async () => {
  const at = place();
  const request = at.request('succeed');
  const records = await Promise.all([1, 2].map(() => at.builds.start(request, openSource, { useCache: true })));
  expect(records[0]?.buildId).toBe(records[1]?.buildId);
  const record = await closed(at, records[0]!);
  expect(buildStatus(record)).toBe('succeeded');
  expect((await wholeLog(at, record)).match(/\[1\/2\]/g)).toHaveLength(1);
  expect(await at.builds.list({ limit: 10 })).toHaveLength(1);
});

test('two builds at once do not meet', async () => {
  const at = place();
  const started = await Promise.all([start(at, 'succeed', false), start(at, 'succeed', false)]);
  const records = await Promise.all(started.map((record) => closed(at, record)));
  expect(records.map(buildStatus)).toEqual(['succeeded', 'succeeded']);
  expect(new Set(records.map((record) => record.buildId)).size).toBe(2);
});

test('a failed build tells its step and cause, keeps its folder and leaves no artifact', async () => {
  const at = place();
  const record = await closed(at, await start(at, 'fail'));
  expect(jobOf(record)).toMatchObject({
    status: 'failed',
    phase: 'compile',
    cause: { code: 'build-failed', cause: 'fieldkit is missing' },
  });
  expect(existsSync(path.join(at.homeDirectory, 'store', 'builds', record.buildId, LINUX))).toBe(false);
  expect(existsSync(at.jobFile(record, 'out'))).toBe(false);
  expect(existsSync(at.jobFile(record, 'work'))).toBe(true);
  expect(await wholeLog(at, record)).toContain('no module named fieldkit');
  await expect(at.builds.status('latest', 'fieldkit', 'succeeded')).rejects.toMatchObject({ code: 'build-not-found' });
});

test('of failed builds the newest keep their folders', async () => {
  const at = place();
  const records: BuildRecord[] = [];
  for (let count = 0; count < 3; count++) records.push(await closed(at, await start(at, 'fail')));
  await until(() => (existsSync(at.jobFile(records[0]!, 'work')) ? undefined : true));
  expect(records.slice(1).every((record) => existsSync(at.jobFile(record, 'work')))).toBe(true);
  expect(await wholeLog(at, records[0]!)).toContain('no module named fieldkit');
});

test('a retry runs what failed and keeps what had succeeded', async () => {
  const at = place();
  const request = at.request('crash', [LINUX, 'windows-x86_64']);
  const failed = await closed(at, await at.builds.start(request, openSource, { useCache: true }));
  expect(jobOf(failed)).toMatchObject({
    status: 'failed',
    cause: { code: 'builder-crashed', message: expect.stringContaining('exit code 3') as string },
  });
  expect(failed.jobs['windows-x86_64']).toMatchObject({ status: 'failed', cause: { code: 'platform-not-buildable-here' } });
  const again = await closed(at, await at.builds.retry(failed.buildId.slice(0, 6), '00000000-0000-4000-9000-000000000001'));
  expect(again).toMatchObject({ retryOf: failed.buildId, source: failed.source });
  expect(jobOf(again).attempt).toBe(2);
  const good = await closed(at, await start(at, 'succeed'));
  await expect(at.builds.retry(good.buildId, '00000000-0000-4000-9000-000000000002')).rejects.toMatchObject({ code: 'nothing-to-retry' });
});

test('secrets reach the builder, and neither log nor record nor any file', async () => {
  const at = place();
  const secret = 'qX7-geheim/wert+42';
  const request = at.request('leak', [LINUX], ['TOKEN']);
  const record = await closed(at, await at.builds.start(request, openSource, { useCache: true, secrets: { TOKEN: secret } }));
  expect(buildStatus(record)).toBe('succeeded');
  expect(await wholeLog(at, record)).toContain('token *** and https://***@index.example/simple');
  expect((await at.builds.manifest(record.buildId))?.platforms[LINUX]?.warnings).toEqual(['the token is ***']);
  const files = readdirSync(at.homeDirectory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) expect(readFileSync(path.join(file.parentPath, file.name)).includes(secret)).toBe(false);
});

onLinux('cancel ends the whole tree, also what left its parent', async () => {
  const at = place();
  const started = await start(at, 'hang');
  const pids = await hanging(at, started);
  expect(pids.every(isRunning)).toBe(true);
  await at.builds.cancel(started.buildId);
  const record = await closed(at, started);
  expect(buildStatus(record)).toBe('cancelled');
  expect(pids.some(isRunning)).toBe(false);
  expect((await at.builds.cancel(started.buildId)).buildId).toBe(record.buildId);
});

onLinux('a build whose time is over is ended', async () => {
  const at = place();
  const builds = createTestBuilds(
    { homeDirectory: at.homeDirectory, builder, supervisor, environment: { PATH: process.env.PATH ?? '', TEST_BUILDER: builder } },
    { jobTimeoutMs: 600 },
  );
  const started = await builds.start(at.request('hang'), openSource, { useCache: true });
  const pids = await hanging(at, started);
  const record = await closed(at, started);
  expect(jobOf(record)).toMatchObject({
    status: 'timed-out',
    cause: { code: 'build-timed-out', message: 'the build took longer than 600ms' },
  });
  expect(pids.some(isRunning)).toBe(false);
});

onLinux('a supervisor that is killed: the tree it left is ended and the build is lost', async () => {
  const at = place();
  const started = await start(at, 'hang');
  const pids = await hanging(at, started);
  process.kill(await supervisorPid(at, started), 'SIGKILL');
  const records = await Promise.all(Array.from({ length: 4 }, () => closed(at, started)));
  expect(records.map((record) => jobOf(record).cause?.code)).toEqual(Array(4).fill('builder-lost'));
  expect(jobOf(records[0]!).cause?.hint).toContain(`--retry ${started.buildId}`);
  expect(pids.some(isRunning)).toBe(false);
  expect((await at.builds.log(started.buildId, LINUX)).isComplete).toBe(true);
});

onLinux('a supervisor that is killed after the builder had finished: its results count', async () => {
  const at = place();
  const started = await start(at, 'finish-and-hang');
  await hanging(at, started);
  process.kill(await supervisorPid(at, started), 'SIGKILL');
  const record = await closed(at, started);
  expect(jobOf(record)).toMatchObject({ status: 'succeeded' });
  expect(jobOf(record).artifacts).toHaveLength(3);
});

onLinux('a builder that is killed is a crash that names the signal', async () => {
  const at = place();
  const started = await start(at, 'hang');
  const [pid = 0, daemon = 0] = await hanging(at, started);
  process.kill(pid, 'SIGKILL');
  const record = await closed(at, started);
  expect(jobOf(record).cause).toMatchObject({ code: 'builder-crashed', message: 'the builder ended without a report (signal SIGKILL)' });
  expect(jobOf(record).cause?.hint).toContain('out of memory');
  expect(isRunning(daemon)).toBe(false);
});

test('a corrupt record is told and hides no other build', async () => {
  const at = place();
  const first = await closed(at, await start(at, 'succeed'));
  const second = await closed(at, await start(at, 'succeed'));
  const file = path.join(at.homeDirectory, 'store', 'records', 'builds', `${second.buildId}.json`);
  writeFileSync(file, '{"schemaVersion": 1');
  await expect(at.builds.status(second.buildId)).rejects.toMatchObject({
    code: 'record-corrupt',
    message: expect.stringContaining(file) as string,
  });
  const problems: unknown[] = [];
  const listed = await at.builds.list({ limit: 10, onProblem: (problem) => problems.push(problem) });
  expect(listed.map((record) => record.buildId)).toEqual([first.buildId]);
  expect(problems).toMatchObject([{ code: 'record-corrupt' }]);
  expect((await at.builds.status('latest', 'fieldkit')).buildId).toBe(first.buildId);
});

test('where the only build of an application is damaged the newest is no build that never was', async () => {
  const at = place();
  const only = await closed(at, await start(at, 'succeed'));
  const file = path.join(at.homeDirectory, 'store', 'records', 'builds', `${only.buildId}.json`);
  writeFileSync(file, '');
  await expect(at.builds.status('latest', 'fieldkit')).rejects.toMatchObject({ code: 'record-corrupt', details: { place: file } });
});

test('a damaged manifest keeps nobody from status and log, and says how it is written anew', async () => {
  const at = place();
  const build = await closed(at, await start(at, 'succeed'));
  const before = await at.builds.manifest(build.buildId);
  const file = path.join(at.homeDirectory, 'store', 'builds', build.buildId, 'manifest.json');
  writeFileSync(file, '{');
  expect(await at.builds.status(build.buildId)).toEqual(build);
  await expect(at.builds.manifest(build.buildId)).rejects.toMatchObject({
    code: 'record-corrupt',
    hint: `remove '${file}' and run slipway status ${build.buildId}: it is written anew`,
  });
  rmSync(file);
  await at.builds.status(build.buildId);
  expect(await at.builds.manifest(build.buildId)).toEqual(before);
});

test('a manifest is not written anew from a damaged result: what was found must not turn into nothing', async () => {
  const at = place();
  const build = await closed(at, await start(at, 'succeed'));
  const store = path.join(at.homeDirectory, 'store');
  rmSync(path.join(store, 'builds', build.buildId, 'manifest.json'));
  const result = path.join(store, 'records', 'results', build.buildId, 'linux-x86_64.json');
  writeFileSync(result, '{}');
  await expect(at.builds.status(build.buildId)).rejects.toMatchObject({ code: 'record-corrupt', details: { place: result } });
  expect(await at.builds.manifest(build.buildId)).toBeUndefined();
});

test('a home that cannot be written to is named', async () => {
  const file = path.join(root, 'a file');
  writeFileSync(file, '');
  const builds = createTestBuilds({ homeDirectory: path.join(file, 'home'), builder, supervisor, environment: {} });
  await expect(builds.start(buildRequest(), openSource, { useCache: true })).rejects.toMatchObject({ code: 'home-not-writable' });
  expect(await builds.list({ limit: 5 })).toEqual([]);
});
