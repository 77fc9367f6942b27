/** Starting where a start may be throttled, lost, repeated or refused. */
import { buildStatus, type BuildRecord } from '../../../../core/build/build-record';
import { retryBuild } from '../../../../core/build/start/retry-build';
import { settleBuild } from '../../../../core/build/settle/settle-build';
import { startUploadedBuild } from '../../../../core/build/start/start-uploaded-build';
import { sweepBuilds } from '../../../../core/build/start/sweep-builds';
import type { BuildRequest } from '../../../../core/build/build-request';
import type { PlatformId } from '../../../../core/platform';
import { SlipwayError } from '../../../../core/slipway-error';
import { storageKey } from '../../../../core/storage-key';
import { cancelBuild } from '../../../../core/build/settle/cancel-build';
import { buildRequest, SOURCE } from '../../../fakes/builds';
import { sha256Of } from '../../../fakes/distributions';
import { createRemoteWorld, type RemoteWorld } from '../../../fakes/deployment';
import { Readable } from 'node:stream';

const MINUTE_MS = 60_000;

async function upload(world: RemoteWorld, content: Buffer = SOURCE): Promise<void> {
  await world.artifacts.put(storageKey.source(sha256Of(content)), () => Readable.from([content]), {});
}

async function start(world: RemoteWorld, request: BuildRequest = buildRequest(), useCache = true): Promise<BuildRecord> {
  await upload(world);
  const answer = await startUploadedBuild(world, request, { useCache });
  if (answer.state !== 'started') throw new Error('an upload is needed');
  return answer.build;
}

const jobOf = (record: BuildRecord, platform: PlatformId = 'linux-x86_64') => {
  const job = record.jobs[platform];
  if (job === undefined) throw new Error('no job');
  return job;
};

const throttled = () => new SlipwayError('store-busy', 'too many requests', { hint: 'try again' });

describe('the source', () => {
  test('is asked for once, by one address for exactly these bytes; nothing is kept before it is there', async () => {
    const world = createRemoteWorld();
    const request = buildRequest();
    const first = await startUploadedBuild(world, request, { useCache: true });
    expect(first).toMatchObject({ state: 'upload-needed', upload: { headers: { 'content-length': String(SOURCE.length) } } });
    expect(first.state === 'upload-needed' && first.upload.url).toContain(storageKey.source(request.source.sha256));
    expect(world.ledger.documents.size).toBe(0);
    await upload(world);
    expect(await startUploadedBuild(world, request, { useCache: true })).toMatchObject({ state: 'started' });
  });

  test('that broke off is asked for again', async () => {
    const world = createRemoteWorld();
    const request = buildRequest();
    await startUploadedBuild(world, request, { useCache: true });
    expect(await startUploadedBuild(world, request, { useCache: true })).toMatchObject({ state: 'upload-needed' });
  });

  test.each([
    ['other bytes of the same length', Buffer.from('A source archive')],
    ['more bytes', Buffer.from('a source archive, and more')],
  ])('with %s starts nothing', async (_title, content) => {
    const world = createRemoteWorld();
    const request = buildRequest();
    await world.artifacts.put(storageKey.source(request.source.sha256), () => Readable.from([content]), {});
    await expect(startUploadedBuild(world, request, { useCache: true })).rejects.toMatchObject({ code: 'checksum-mismatch' });
    expect(world.ledger.documents.size).toBe(0);
  });

  test('whose digest the store knows is not read again', async () => {
    const world = createRemoteWorld();
    const request = buildRequest();
    await upload(world);
    const artifacts = {
      ...world.artifacts,
      head: async (key: string) => {
        const stored = await world.artifacts.head(key);
        return stored === undefined ? undefined : { ...stored, sha256: request.source.sha256 };
      },
      read: () => Promise.reject(new Error('read')),
    };
    expect(await startUploadedBuild({ ...world, artifacts }, request, { useCache: true })).toMatchObject({ state: 'started' });
  });

  test('that is too large, and a request without platforms, are refused', async () => {
    const world = createRemoteWorld();
    const large = buildRequest();
    await expect(
      startUploadedBuild(world, { ...large, source: { ...large.source, sizeBytes: 6 * 1024 ** 3 } }, { useCache: true }),
    ).rejects.toMatchObject({ code: 'upload-too-large' });
    await expect(startUploadedBuild(world, buildRequest([]), { useCache: true })).rejects.toMatchObject({ code: 'bad-call' });
  });

  test('of two admins a second apart is for each their own', async () => {
    const world = createRemoteWorld();
    const [ours, theirs] = [Buffer.from('our source'), Buffer.from('their source')];
    await upload(world, ours);
    await upload(world, theirs);
    const requestOf = (content: Buffer) => {
      const request = buildRequest();
      return { ...request, source: { ...request.source, sha256: sha256Of(content), sizeBytes: content.length } };
    };
    const started = [await startUploadedBuild(world, requestOf(ours), { useCache: true })];
    world.clock.advance(1000);
    started.push(await startUploadedBuild(world, requestOf(theirs), { useCache: true }));
    const read = await Promise.all(
      world.runner.jobs.map(async ({ ticket }) => {
        const chunks: Buffer[] = [];
        for await (const chunk of await world.artifacts.read(ticket.sourceKey, { versionId: ticket.sourceVersionId }))
          chunks.push(chunk as Buffer);
        return Buffer.concat(chunks).toString();
      }),
    );
    expect(read).toEqual(['our source', 'their source']);
    expect(new Set(started.map((answer) => answer.state === 'started' && answer.build.buildId)).size).toBe(2);
  });
});

test('the same request three times, minutes apart, is one build with one machine', async () => {
  const world = createRemoteWorld();
  const request = buildRequest();
  const first = await start(world, request);
  world.clock.advance(6 * MINUTE_MS);
  const second = await start(world, request);
  world.clock.advance(6 * MINUTE_MS);
  const third = await start(world, request);
  expect([second, third]).toEqual([first, first]);
  expect(world.runner.jobs).toHaveLength(1);
});

test('a start whose answer was lost is found when the request comes again, however late', async () => {
  const world = createRemoteWorld();
  const request = buildRequest();
  const dying = { ...world, ledger: { ...world.ledger, replace: () => Promise.reject(throttled()) } };
  await expect(start(dying, request)).rejects.toMatchObject({ code: 'store-busy' });
  expect(jobOf(await settleless(world)).status).toBe('queued');
  world.clock.advance(6 * MINUTE_MS);
  expect(jobOf(await start(world, request)).runnerId).toBe('project:0');
  expect(world.runner.jobs).toHaveLength(1);

  async function settleless(from: RemoteWorld): Promise<BuildRecord> {
    const [key] = await from.ledger.keys(storageKey.buildRecords);
    return (await from.ledger.read(key ?? ''))?.body as BuildRecord;
  }
});

describe('a platform that cannot start', () => {
  test('for a while is queued and says why, and the sweep starts it with the same ticket; the others run', async () => {
    const world = createRemoteWorld();
    world.runner.failures.set('windows-x86_64', [throttled()]);
    const record = await start(world, buildRequest(['linux-x86_64', 'linux-arm64', 'windows-x86_64']), false);
    expect(jobOf(record).runnerId).toBeDefined();
    expect(jobOf(record, 'linux-arm64').runnerId).toBeDefined();
    expect(jobOf(record, 'windows-x86_64')).toMatchObject({ status: 'queued', startProblem: { code: 'store-busy', hint: 'try again' } });
    world.clock.advance(3 * MINUTE_MS);
    expect((await sweepBuilds(world)).restarted).toEqual([]);
    world.clock.advance(MINUTE_MS);
    expect((await sweepBuilds(world)).restarted).toEqual([record.buildId]);
    const { ticket } = world.runner.jobOf(record.buildId, 'windows-x86_64');
    expect(ticket).toMatchObject({ nonce: jobOf(record, 'windows-x86_64').nonce, useCache: false, job: { attempt: 1 } });
    expect(world.runner.jobs).toHaveLength(3);
  });

  test('at all has failed with its cause; the others run', async () => {
    const world = createRemoteWorld();
    world.runner.failures.set('windows-x86_64', [new SlipwayError('secret-missing', 'no secret', { hint: 'put it there' })]);
    const record = await start(world, buildRequest(['linux-x86_64', 'windows-x86_64']));
    expect(jobOf(record, 'windows-x86_64')).toMatchObject({ status: 'failed', cause: { code: 'secret-missing', hint: 'put it there' } });
    expect(jobOf(record).runnerId).toBeDefined();
  });

  test('has failed at once where nobody starts again', async () => {
    const { restartAfterMs, ...world } = createRemoteWorld();
    expect(restartAfterMs).toBeDefined();
    world.runner.failures.set('linux-x86_64', [throttled()]);
    expect(jobOf(await start(world)).status).toBe('failed');
  });

  test('again and again is lost after its time, with the reason', async () => {
    const world = createRemoteWorld();
    world.runner.failures.set('linux-x86_64', [throttled(), throttled()]);
    const { buildId } = await start(world);
    world.clock.advance(10 * MINUTE_MS);
    await sweepBuilds(world);
    world.clock.advance(5 * MINUTE_MS);
    const settled = await settleBuild(world, buildId);
    expect(jobOf(settled)).toMatchObject({
      status: 'failed',
      cause: { code: 'start-lost', message: 'the build was asked for and never started: too many requests' },
    });
    expect(world.runner.jobs).toHaveLength(0);
  });
});

test('a start that was lost on the way is looked for, and then started again; one that arrived is only found', async () => {
  const world = createRemoteWorld();
  const request = buildRequest(['linux-x86_64', 'windows-x86_64']);
  // The function dies: Windows was never asked for, Linux was.
  const dying: RemoteWorld = {
    ...world,
    runner: {
      ...world.runner,
      start: async (ticket) => {
        if (ticket.job.platform === 'linux-x86_64') await world.runner.start(ticket);
        return new Promise(() => undefined);
      },
    },
  };
  await upload(world);
  void startUploadedBuild(dying, request, { useCache: true });
  while (world.runner.jobs.length === 0) await new Promise(setImmediate);
  world.clock.advance(4 * MINUTE_MS);
  expect((await sweepBuilds(world)).problems).toEqual([]);
  const { buildId } = world.runner.jobs[0]?.ticket.job ?? { buildId: '' };
  const record = await settleBuild(world, buildId);
  expect([jobOf(record).runnerId, jobOf(record, 'windows-x86_64').runnerId]).toEqual(['project:0', 'project:1']);
});

test('a job of a platform that is no longer built runs out of time instead of keeping its build open for ever', async () => {
  const world = createRemoteWorld();
  world.runner.failures.set('linux-x86_64', [throttled()]);
  const { buildId } = await start(world);
  const gone = new SlipwayError('platform-not-buildable-here', 'not built any more');
  const smaller = { ...world, runner: { ...world.runner, find: () => Promise.reject(gone) } };
  world.clock.advance(15 * MINUTE_MS);
  expect(jobOf(await settleBuild(smaller, buildId)).cause?.code).toBe('start-lost');
});

describe('the limit of jobs', () => {
  test('refuses what has no room, says what is open, and lets a request through that was sent before', async () => {
    const world = createRemoteWorld({ concurrentJobs: 3 });
    const first = buildRequest(['linux-x86_64', 'windows-x86_64']);
    const open = await start(world, first);
    const refused = start(world, buildRequest(['linux-x86_64', 'linux-arm64']));
    await expect(refused).rejects.toMatchObject({
      code: 'build-limit-reached',
      message: "'2' jobs of 1 builds are open, and 3 are permitted: there is no room for 2 more",
      hint: `wait, or end one with slipway cancel ${open.buildId}; slipway builds shows them`,
    });
    expect(await world.ledger.keys(storageKey.openBuilds)).toHaveLength(1);
    expect((await start(world, first)).buildId).toBe(open.buildId);
    await start(world); // One more fits.
    await expect(start(world)).rejects.toMatchObject({ code: 'build-limit-reached' });
  });

  test('tells before an upload, and tells a build that can never fit', async () => {
    const world = createRemoteWorld({ concurrentJobs: 1 });
    await start(world);
    const request = buildRequest();
    const unsent = { ...request, source: { ...request.source, sha256: sha256Of('another') } };
    await expect(startUploadedBuild(world, unsent, { useCache: true })).rejects.toMatchObject({ code: 'build-limit-reached' });
    await expect(start(world, buildRequest(['linux-x86_64', 'windows-x86_64']))).rejects.toMatchObject({ code: 'build-limit-exceeded' });
  });

  test('gives places back at the end of a build, and those of a start that died after a while', async () => {
    const world = createRemoteWorld({ concurrentJobs: 1 });
    const { buildId } = await start(world);
    await cancelBuild(world, buildId);
    world.runner.jobOf(buildId).observation = { state: 'ended', end: 'cancelled' };
    expect(buildStatus(await settleBuild(world, buildId))).toBe('cancelled');
    const dying = {
      ...world,
      ledger: { ...world.ledger, keys: () => Promise.reject(new Error('killed')), remove: () => Promise.reject(new Error('killed')) },
    };
    await expect(start(dying)).rejects.toThrow('killed');
    await expect(start(world)).rejects.toMatchObject({ code: 'build-limit-reached' });
    world.clock.advance(15 * MINUTE_MS);
    expect(buildStatus(await start(world))).toBe('queued');
  });

  test('never lets two through for one place', async () => {
    const world = createRemoteWorld({ concurrentJobs: 1 });
    await upload(world);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, () => startUploadedBuild(world, buildRequest(), { useCache: true })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
    expect(world.runner.jobs.length).toBeLessThanOrEqual(1);
  });

  test('counts of a retry what runs again', async () => {
    const world = createRemoteWorld({ concurrentJobs: 2 });
    const { buildId } = await start(world, buildRequest(['linux-x86_64', 'windows-x86_64']));
    for (const job of world.runner.jobs) job.observation = { state: 'ended', end: 'lost' };
    await settleBuild(world, buildId);
    await start(world);
    await expect(retryBuild(world, buildId, '00000000-0000-4000-9000-00000000000b', { useCache: false })).rejects.toMatchObject({
      code: 'build-limit-reached',
      details: { openJobs: 1, jobCount: 2 },
    });
  });
});
