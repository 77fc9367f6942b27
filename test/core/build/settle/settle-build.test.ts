import fc from 'fast-check';
import { buildStatus, type BuildRecord, type JobRecord } from '../../../../core/build/build-record';
import { BuildManifestSchema } from '../../../../core/build/build-manifest';
import { getStatus } from '../../../../core/build/settle/get-status';
import type { JobObservation } from '../../../../core/ports/build-runner';
import type { Report } from '../../../../core/job/report';
import { settleBuild } from '../../../../core/build/settle/settle-build';
import { SlipwayError } from '../../../../core/slipway-error';
import { startBuild } from '../../../../core/build/start/start-build';
import { storageKey } from '../../../../core/storage-key';
import {
  buildRequest,
  createBuildWorld,
  deliveryFor,
  EXITED,
  failedReport,
  openSource,
  stage,
  type BuildWorld,
} from '../../../fakes/builds';

const start = (world: BuildWorld, request = buildRequest()) => startBuild(world, request, openSource, { useCache: true });

async function builtKeys(world: BuildWorld, record: BuildRecord): Promise<readonly string[]> {
  return (await world.artifacts.list(`builds/${record.buildId}/`)).map((file) => file.key);
}

function jobOf(record: BuildRecord): JobRecord {
  const job = record.jobs['linux-x86_64'];
  if (job === undefined) throw new Error('no job');
  return job;
}

async function succeed(world: BuildWorld, record: BuildRecord): Promise<BuildRecord> {
  await stage(world.artifacts, world.ticket(record), deliveryFor(world.ticket(record)));
  world.runner.show('linux-x86_64', EXITED);
  return settleBuild(world, record.buildId);
}

test('a job that delivered what its report says has succeeded, with manifest and pointer', async () => {
  const world = createBuildWorld();
  const started = await start(world);
  const record = await succeed(world, started);
  expect(buildStatus(record)).toBe('succeeded');
  const provenance = 'fieldkit-linux-x86_64.provenance.json';
  expect(jobOf(record).artifacts.map((artifact) => artifact.file)).toEqual(['fieldkit-linux-x86_64.tar.gz', 'SHA256SUMS', provenance]);
  expect(await builtKeys(world, record)).toHaveLength(3);
  expect(await world.artifacts.list('staging/')).toEqual([]);
  const manifest = BuildManifestSchema.parse(world.ledger.documents.get(storageKey.buildManifest(record.buildId))?.body);
  expect(manifest.artifacts.map((artifact) => artifact.file)).toEqual(['SHA256SUMS', provenance, 'fieldkit-linux-x86_64.tar.gz']);
  expect(manifest.platforms['linux-x86_64']?.tools).toEqual([{ name: 'nuitka', version: '4.3.3' }]);
  expect(world.ledger.documents.get(storageKey.pointer('fieldkit'))?.body).toMatchObject({ buildId: record.buildId });
  expect(world.runner.released).toEqual([[`${record.buildId}/linux-x86_64`, 'succeeded']]);
});

test('a second settlement changes nothing', async () => {
  const world = createBuildWorld();
  const record = await succeed(world, await start(world));
  const before = JSON.stringify([...world.ledger.documents]);
  expect(await settleBuild(world, record.buildId)).toEqual(record);
  expect(JSON.stringify([...world.ledger.documents])).toBe(before);
});

test('a running job shows its phase', async () => {
  const world = createBuildWorld();
  const started = await start(world);
  const progress = { step: 2, stepCount: 8, title: 'Compile' };
  world.runner.show('linux-x86_64', { state: 'running', startedAt: '2026-03-01T00:00:01.000Z', phase: 'compile', progress });
  expect(jobOf(await settleBuild(world, started.buildId))).toMatchObject({ status: 'running', phase: 'compile', progress });
});

/** Longer than a record may be, shorter than a report may be. */
const LONG = 'ü'.repeat(60_000);

describe('what is no success', () => {
  type Change = (world: BuildWorld, record: BuildRecord) => Promise<void>;
  const delivering =
    (change: (delivered: ReturnType<typeof deliveryFor>) => Parameters<typeof stage>[2]): Change =>
    async (world, record) => {
      await stage(world.artifacts, world.ticket(record), change(deliveryFor(world.ticket(record))));
    };
  const nothing: Change = () => Promise.resolve();
  const ended = (end: 'exited' | 'cancelled' | 'timed-out' | 'lost', detail?: string): JobObservation => ({
    state: 'ended',
    end,
    ...(detail === undefined ? {} : { detail }),
  });

  const cases: readonly (readonly [string, Change, JobObservation, string, string])[] = [
    [
      'a changed file',
      delivering((d) => ({ ...d, files: { ...d.files, SHA256SUMS: Buffer.alloc(94) } })),
      EXITED,
      'failed',
      'artifact-mismatch',
    ],
    [
      'a file of another size',
      delivering((d) => ({ ...d, files: { ...d.files, SHA256SUMS: Buffer.from('x') } })),
      EXITED,
      'failed',
      'artifact-mismatch',
    ],
    ['a file that was not delivered', delivering((d) => ({ ...d, files: {} })), EXITED, 'failed', 'artifact-mismatch'],
    ['no artifacts', delivering((d) => ({ ...d, report: { ...d.report, artifacts: [] } })), EXITED, 'failed', 'artifact-mismatch'],
    [
      'an artifact named twice',
      delivering((d) => ({ ...d, report: { ...d.report, artifacts: [...d.report.artifacts, ...d.report.artifacts] } })),
      EXITED,
      'failed',
      'artifact-mismatch',
    ],
    [
      "another build's report",
      delivering((d) => ({ ...d, report: { ...d.report, buildId: '0'.repeat(16) } })),
      EXITED,
      'failed',
      'artifact-mismatch',
    ],
    [
      "another platform's report",
      delivering((d) => ({ ...d, report: { ...d.report, platform: 'linux-arm64' } })),
      EXITED,
      'failed',
      'artifact-mismatch',
    ],
    ["another attempt's report", delivering((d) => ({ ...d, report: { ...d.report, attempt: 2 } })), EXITED, 'failed', 'artifact-mismatch'],
    [
      'a report of other source',
      delivering((d) => ({ ...d, report: { ...d.report, source: { sha256: '0'.repeat(64) } } })),
      EXITED,
      'failed',
      'artifact-mismatch',
    ],
    ['no report', nothing, ended('exited', 'signal SIGKILL'), 'failed', 'builder-crashed'],
    ['a lost supervisor', nothing, ended('lost'), 'failed', 'builder-lost'],
    ['a cancelled job that had delivered', delivering((d) => d), ended('cancelled'), 'cancelled', 'build-cancelled'],
    ['a job out of time', delivering((d) => d), ended('timed-out', 'too long'), 'timed-out', 'build-timed-out'],
  ];

  test.each(cases)('%s', async (_title, change, observation, status, code) => {
    const world = createBuildWorld();
    const started = await start(world);
    await change(world, started);
    world.runner.show('linux-x86_64', observation);
    const record = await settleBuild(world, started.buildId);
    expect(jobOf(record)).toMatchObject({ status, cause: { code }, artifacts: [] });
    expect(await builtKeys(world, record)).toEqual([]);
    expect(world.ledger.documents.has(storageKey.pointer('fieldkit'))).toBe(false);
    expect(world.ledger.documents.get(storageKey.buildManifest(record.buildId))?.body).toMatchObject({ artifacts: [] });
    expect([...world.ledger.documents.keys()].filter((key) => key.startsWith('cache/'))).toEqual([]);
  });

  test.each([
    ['of 100 MB is not even read', 104_857_600, "report.json has '104857600' bytes, and 1048576 are the most"],
    ['of one byte too much', 1_048_577, "report.json has '1048577' bytes, and 1048576 are the most"],
  ])('a report %s', async (_title, sizeBytes, message) => {
    const world = createBuildWorld();
    const started = await start(world);
    await stage(world.artifacts, world.ticket(started), deliveryFor(world.ticket(started)));
    const list = async (prefix: string) => (await world.artifacts.list(prefix)).map((file) => ({ ...file, sizeBytes }));
    const read = () => Promise.reject(new Error('it was read'));
    world.runner.show('linux-x86_64', EXITED);
    const record = await settleBuild({ ...world, artifacts: { ...world.artifacts, list, read } }, started.buildId);
    expect(jobOf(record).cause).toMatchObject({ code: 'artifact-mismatch', message });
  });

  test.each([
    ['more artifacts than a record may name', 201, {}, 'the report names 201 artifacts, and 200 are the most'],
    [
      'more bytes than a function can hash',
      3,
      { sizeBytes: 4 * 1024 ** 3 },
      'the report names 12884901888 bytes of artifacts, and 10737418240 are the most',
    ],
  ])('%s', async (_title, length, change, message) => {
    const world = createBuildWorld();
    const started = await start(world);
    const { report } = deliveryFor(world.ticket(started));
    const [artifact] = report.artifacts;
    if (artifact === undefined) throw new Error('no artifact');
    const artifacts = Array.from({ length }, (_, at) => ({ ...artifact, ...change, file: `f${at}` }));
    await stage(world.artifacts, world.ticket(started), { report: { ...report, artifacts } });
    world.runner.show('linux-x86_64', EXITED);
    expect(jobOf(await settleBuild(world, started.buildId)).cause).toMatchObject({ code: 'artifact-mismatch', message });
  });

  test.each<[string, (report: Report) => unknown]>([
    [
      'in its failure',
      (report) => ({ ...report, failure: { ...report.failure, message: LONG, hint: LONG, cause: LONG, step: LONG, code: LONG } }),
    ],
    ['in a name that it should not have', (report) => ({ ...report, name: LONG })],
    ['in a key that it should not have', (report) => ({ ...report, [LONG]: 1 })],
  ])('what a report says at length %s does not make the record long', async (_title, change) => {
    const world = createBuildWorld();
    const started = await start(world);
    await stage(world.artifacts, world.ticket(started), { report: change(failedReport(world.ticket(started))) as Report });
    world.runner.show('linux-x86_64', EXITED);
    const record = await settleBuild(world, started.buildId);
    expect(buildStatus(record)).toBe('failed');
    expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThan(20_000);
  });

  test('a damaged report is told, not thrown', async () => {
    const world = createBuildWorld();
    const started = await start(world);
    const prefix = storageKey.stagingPrefix(started.buildId, 'linux-x86_64', world.ticket(started).nonce);
    await world.artifacts.put(`${prefix}report.json`, () => openSource(), {});
    world.runner.show('linux-x86_64', EXITED);
    expect(jobOf(await settleBuild(world, started.buildId)).cause).toMatchObject({
      code: 'artifact-mismatch',
      message: 'report.json is no JSON',
    });
  });
});

test("a failed report's own code, step and cause are kept", async () => {
  const world = createBuildWorld();
  const started = await start(world);
  await stage(world.artifacts, world.ticket(started), { report: failedReport(world.ticket(started)) });
  world.runner.show('linux-x86_64', EXITED);
  const job = jobOf(await settleBuild(world, started.buildId));
  expect(job).toMatchObject({ status: 'failed', phase: 'compile' });
  expect(job.cause).toEqual({
    code: 'build-failed',
    message: 'the compiler failed',
    hint: 'fix it',
    step: 'compile',
    cause: 'a module is missing',
  });
});

test('a lost supervisor whose builder had delivered everything is a success', async () => {
  const world = createBuildWorld();
  const started = await start(world);
  await stage(world.artifacts, world.ticket(started), deliveryFor(world.ticket(started)));
  world.runner.show('linux-x86_64', { state: 'ended', end: 'lost' });
  expect(buildStatus(await settleBuild(world, started.buildId))).toBe('succeeded');
});

test("a failed platform does not block another's artifacts", async () => {
  const world = createBuildWorld();
  const started = await start(world, buildRequest(['linux-x86_64', 'windows-x86_64']));
  await stage(world.artifacts, world.ticket(started), deliveryFor(world.ticket(started)));
  world.runner.show('linux-x86_64', EXITED);
  world.runner.show('windows-x86_64', { state: 'ended', end: 'lost' });
  const record = await settleBuild(world, started.buildId);
  expect(buildStatus(record)).toBe('failed');
  expect(jobOf(record).status).toBe('succeeded');
  expect(record.jobs['windows-x86_64']?.status).toBe('failed');
  expect(world.ledger.documents.has(storageKey.pointer('fieldkit'))).toBe(false);
});

test('a job that nobody started is lost after a while, not before', async () => {
  const world = createBuildWorld();
  const started = await start(world);
  const stored = world.ledger.documents.get(storageKey.buildRecord(started.buildId));
  const { runnerId, ...unstarted } = jobOf(started);
  expect(runnerId).toBeDefined();
  await world.ledger.replace(
    storageKey.buildRecord(started.buildId),
    { ...started, jobs: { 'linux-x86_64': unstarted } },
    stored?.revision ?? '',
  );
  world.clock.advance(59_000);
  expect(jobOf(await settleBuild(world, started.buildId)).status).toBe('queued');
  world.clock.advance(1_000);
  expect(jobOf(await settleBuild(world, started.buildId)).cause?.code).toBe('start-lost');
});

test('a full disk leaves the build open; with room again it succeeds', async () => {
  const world = createBuildWorld();
  const started = await start(world);
  await stage(world.artifacts, world.ticket(started), deliveryFor(world.ticket(started)));
  world.runner.show('linux-x86_64', EXITED);
  const full = {
    ...world,
    artifacts: { ...world.artifacts, copy: () => Promise.reject(new SlipwayError('disk-full', 'the disk is full')) },
  };
  await expect(settleBuild(full, started.buildId)).rejects.toMatchObject({ code: 'disk-full' });
  expect(
    jobOf(await getStatus({ ...world, runner: { ...world.runner, observe: () => Promise.resolve({ state: 'queued' }) } }, started.buildId))
      .status,
  ).toBe('queued');
  expect(buildStatus(await settleBuild(world, started.buildId))).toBe('succeeded');
});

test('what cannot be tidied up is a warning in the manifest', async () => {
  const world = createBuildWorld();
  const runner = { ...world.runner, release: () => Promise.reject(new SlipwayError('permission-denied', 'no permission')) };
  const started = await start(world);
  await stage(world.artifacts, world.ticket(started), deliveryFor(world.ticket(started)));
  world.runner.show('linux-x86_64', EXITED);
  await settleBuild({ ...world, runner }, started.buildId);
  const manifest = BuildManifestSchema.parse(world.ledger.documents.get(storageKey.buildManifest(started.buildId))?.body);
  expect(manifest.platforms['linux-x86_64']?.warnings).toEqual(['what the build left behind could not be removed: no permission']);
});

test('many settlements at once write one end, whatever it is and wherever one of them dies', async () => {
  const ends = fc.constantFrom<'good' | 'changed' | 'missing' | 'lost' | 'cancelled'>('good', 'changed', 'missing', 'lost', 'cancelled');
  await fc.assert(
    fc.asyncProperty(ends, fc.integer({ min: 2, max: 5 }), fc.array(fc.nat(40), { maxLength: 3 }), async (kind, readers, deaths) => {
      const world = createBuildWorld();
      const started = await start(world);
      const delivered = deliveryFor(world.ticket(started));
      if (kind === 'changed')
        await stage(world.artifacts, world.ticket(started), { ...delivered, files: { SHA256SUMS: Buffer.alloc(94) } });
      else if (kind !== 'missing') await stage(world.artifacts, world.ticket(started), delivered);
      world.runner.show('linux-x86_64', {
        state: 'ended',
        end: kind === 'lost' || kind === 'cancelled' ? kind : 'exited',
        endedAt: started.createdAt,
      });
      const dying = deaths.map((calls) => settleBuild(dyingAfter(world, calls), started.buildId).catch(() => undefined));
      const living = Array.from({ length: readers }, () => settleBuild(world, started.buildId));
      const records = await Promise.all(living);
      await Promise.all(dying);
      const last = await settleBuild(world, started.buildId);
      const expected = kind === 'good' || kind === 'lost' ? 'succeeded' : kind === 'cancelled' ? 'cancelled' : 'failed';
      expect(new Set(records.map(buildStatus))).toEqual(new Set([expected]));
      expect(records.every((record) => JSON.stringify(record) === JSON.stringify(last))).toBe(true);
      expect(await builtKeys(world, last)).toHaveLength(expected === 'succeeded' ? 3 : 0);
      expect(await world.artifacts.list('staging/')).toEqual([]);
      expect(world.ledger.documents.has(storageKey.buildManifest(started.buildId))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

/** A process that is killed at its n-th call of the store or the ledger: from there on nothing of it happens. */
function dyingAfter(world: BuildWorld, calls: number): BuildWorld {
  let left = calls;
  const mortal = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          if (left-- <= 0) return Promise.reject(new Error('killed'));
          return Reflect.apply(value, target, args);
        };
      },
    });
  return { ...world, ledger: mortal(world.ledger), artifacts: mortal(world.artifacts) };
}
