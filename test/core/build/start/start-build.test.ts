import { buildStatus, type BuildRecord, type JobRecord } from '../../../../core/build/build-record';
import { cancelBuild } from '../../../../core/build/settle/cancel-build';
import { listBuilds } from '../../../../core/build/settle/list-builds';
import { readPointer } from '../../../../core/build/pointer';
import { readManifest } from '../../../../core/build/read-manifest';
import { readLog } from '../../../../core/build/read-log';
import { resolveBuild } from '../../../../core/build/resolve-build';
import { resultKeyOf, reuseNotes } from '../../../../core/build/end/result-cache';
import { retryBuild } from '../../../../core/build/start/retry-build';
import { settleBuild } from '../../../../core/build/settle/settle-build';
import { SlipwayError } from '../../../../core/slipway-error';
import { startBuild } from '../../../../core/build/start/start-build';
import { storageKey } from '../../../../core/storage-key';
import { selectArtifacts } from '../../../../core/build/fetch-artifacts';
import {
  buildRequest,
  createBuildWorld,
  deliveryFor,
  EXITED,
  jobTemplate,
  openSource,
  stage,
  type BuildWorld,
} from '../../../fakes/builds';

const RETRY_ID = '00000000-0000-4000-9000-00000000000a';
const start = (world: BuildWorld, request = buildRequest(), useCache = true) => startBuild(world, request, openSource, { useCache });

function jobOf(record: BuildRecord, platform: 'linux-x86_64' | 'windows-x86_64' = 'linux-x86_64'): JobRecord {
  const job = record.jobs[platform];
  if (job === undefined) throw new Error('no job');
  return job;
}

async function succeed(world: BuildWorld, record: BuildRecord): Promise<BuildRecord> {
  await stage(world.artifacts, world.ticket(record), deliveryFor(world.ticket(record)));
  world.runner.show('linux-x86_64', EXITED);
  const settled = await settleBuild(world, record.buildId);
  world.runner.show('linux-x86_64', { state: 'queued' });
  return settled;
}

describe('starting', () => {
  test('keeps source, request, index and record, and hands the runner a ticket', async () => {
    const world = createBuildWorld();
    const request = buildRequest();
    const record = await startBuild(world, request, openSource, { useCache: true, secrets: { TOKEN: 'hush' } });
    expect(jobOf(record)).toMatchObject({ status: 'queued', attempt: 1, runnerId: `${record.buildId}/linux-x86_64` });
    expect(world.artifacts.contents.has(storageKey.source(request.source.sha256))).toBe(true);
    expect(await world.ledger.keys('index/builds/')).toEqual([storageKey.buildIndex(world.clock.nowMs(), record.buildId)]);
    expect(world.ticket(record)).toMatchObject({ nonce: jobOf(record).nonce, timeoutMs: 60_000, secrets: { TOKEN: 'hush' } });
    expect(world.ticket(record).job).toMatchObject({
      buildId: record.buildId,
      platform: 'linux-x86_64',
      attempt: 1,
      createdAt: record.createdAt,
    });
    expect(JSON.stringify([...world.ledger.documents])).not.toContain('hush');
  });

  test('keeps what people are told of the application, through to the manifest', async () => {
    const world = createBuildWorld();
    const told = { title: 'Field Kit', publisher: 'Example', homepage: 'https://example.com', license: 'MIT' };
    const template = jobTemplate({ ...told, package: { format: 'tar.gz', split: false, installers: ['script'] } });
    const record = await start(world, buildRequest(undefined, { jobs: { 'linux-x86_64': template } }));
    expect(record.about).toEqual({ ...told, installers: ['script'] });
    await succeed(world, record);
    expect(await readManifest(world.ledger, record.buildId)).toMatchObject({ about: record.about });
  });

  test('the same request, resent, is the same build', async () => {
    const world = createBuildWorld();
    const request = buildRequest();
    const [first, second] = await Promise.all([start(world, request), start(world, request)]);
    world.clock.advance(5);
    const third = await start(world, request);
    expect(new Set([first.buildId, second.buildId, third.buildId]).size).toBe(1);
    expect(third.createdAt).toBe(first.createdAt);
    expect(await listBuilds(world, { limit: 10 })).toHaveLength(1);
  });

  test('a source that is not what the request says starts nothing', async () => {
    const world = createBuildWorld();
    const request = buildRequest();
    const lying = { ...request, source: { ...request.source, sha256: '0'.repeat(64) } };
    await expect(start(world, lying)).rejects.toMatchObject({ code: 'checksum-mismatch' });
    expect(world.ledger.documents.size).toBe(0);
  });

  test('a platform that cannot start fails with its cause; the other goes on', async () => {
    const world = createBuildWorld();
    world.runner.failStart('windows-x86_64', new SlipwayError('platform-not-buildable-here', 'not here', { hint: 'there' }));
    const record = await start(world, buildRequest(['linux-x86_64', 'windows-x86_64']));
    expect(jobOf(record).runnerId).toBeDefined();
    expect(jobOf(record, 'windows-x86_64')).toMatchObject({
      status: 'failed',
      cause: { code: 'platform-not-buildable-here', message: 'not here', hint: 'there' },
    });
    expect(buildStatus(record)).toBe('queued');
  });

  test('a start that died before the runner was asked goes on when the request is sent again', async () => {
    const world = createBuildWorld();
    const request = buildRequest();
    world.runner.failStart('linux-x86_64', new Error('killed'));
    const dying = { ...world, ledger: { ...world.ledger, replace: () => Promise.reject(new Error('killed')) } };
    await expect(start(dying as BuildWorld, request)).rejects.toThrow('killed');
    const alive: BuildWorld = {
      ...world,
      runner: { ...world.runner, start: (ticket) => Promise.resolve({ runnerId: `again ${ticket.job.buildId}` }) },
    };
    expect(jobOf(await start(alive, request)).runnerId).toMatch(/^again/);
  });

  test('builds are dated after each other although the clock was set back', async () => {
    const world = createBuildWorld();
    const first = await start(world);
    world.clock.advance(-3_600_000);
    const second = await start(world);
    expect(second.createdAt > first.createdAt).toBe(true);
    expect(await resolveBuild(world, 'latest', { name: 'fieldkit' })).toBe(second.buildId);
    world.clock.advance(-40 * 3_600_000);
    expect((await start(world)).createdAt < first.createdAt).toBe(true);
  });
});

describe('reusing results', () => {
  test('an equal build reuses the result of one that succeeded', async () => {
    const world = createBuildWorld();
    const first = await succeed(world, await start(world));
    const second = await start(world);
    expect(jobOf(second)).toMatchObject({ status: 'succeeded', cache: 'used', reusedFrom: first.buildId });
    expect(jobOf(second).artifacts.map((artifact) => artifact.sha256)).toEqual(jobOf(first).artifacts.map((artifact) => artifact.sha256));
    const manifest = world.ledger.documents.get(storageKey.buildManifest(second.buildId))?.body;
    expect(manifest).toMatchObject({
      platforms: {
        'linux-x86_64': { cache: 'used', tools: [{ name: 'nuitka' }], warnings: [`the result of build ${first.buildId} was reused`] },
      },
    });
    expect((await readPointer(world, 'fieldkit'))?.buildId).toBe(second.buildId);
    expect(world.runner.tickets.size).toBe(1);
    expect(
      await readLog(
        { ...world, runner: { ...world.runner, log: (id) => Promise.resolve({ text: id, next: '1', isComplete: true }) } },
        second.buildId,
        'linux-x86_64',
      ),
    ).toMatchObject({
      text: first.buildId,
    });
  });

  test('not when it must not, and the new result is offered then', async () => {
    const world = createBuildWorld();
    await succeed(world, await start(world));
    const second = await succeed(world, await start(world, buildRequest(), false));
    expect(jobOf(second).cache).toBe('none');
    expect(jobOf(await start(world)).reusedFrom).toBe(second.buildId);
  });

  test('not when an artifact was damaged or removed', async () => {
    const world = createBuildWorld();
    const first = await succeed(world, await start(world));
    await world.artifacts.remove(storageKey.buildFile(first.buildId, 'linux-x86_64', 'SHA256SUMS'));
    const second = await start(world);
    expect(jobOf(second)).toMatchObject({ status: 'queued', cache: 'none' });
    expect(await world.artifacts.list(`builds/${second.buildId}/`)).toEqual([]);
  });

  const { source } = buildRequest();
  const base = resultKeyOf(source, jobTemplate(), 'linux-x86_64', 'tools');
  test.each([
    ['other source', resultKeyOf({ ...source, sha256: '1'.repeat(64) }, jobTemplate(), 'linux-x86_64', 'tools')],
    ['another time of the source', resultKeyOf({ ...source, epochSeconds: 1 }, jobTemplate(), 'linux-x86_64', 'tools')],
    ['another version', resultKeyOf(source, jobTemplate({ version: '2' }), 'linux-x86_64', 'tools')],
    ['another budget', resultKeyOf(source, jobTemplate({ budgets: { archiveBytes: 1 } }), 'linux-x86_64', 'tools')],
    ['another platform', resultKeyOf(source, jobTemplate(), 'linux-arm64', 'tools')],
    ['other tools', resultKeyOf(source, jobTemplate(), 'linux-x86_64', 'other tools')],
  ])('%s is another result', (_title, key) => {
    expect(key).not.toBe(base);
  });

  test('the order of keys and the commit of equal source are no difference', () => {
    const turned = Object.fromEntries(Object.entries(jobTemplate()).reverse()) as ReturnType<typeof jobTemplate>;
    expect(resultKeyOf({ ...source, git: { commit: 'abc', isDirty: true } }, turned, 'linux-x86_64', 'tools')).toBe(base);
  });

  test('who reuses what was not locked is told', () => {
    const [binary] = jobTemplate().binaries;
    const python = binary?.python;
    if (binary === undefined || python === undefined) throw new Error('no binary');
    const unlocked = jobTemplate({ binaries: [{ ...binary, python: { ...python, dependencies: { extras: [], groups: [] } } }] });
    expect(reuseNotes(unlocked, { buildId: 'b', endedAt: '2026-03-01' })[1]).toContain('not locked');
    expect(reuseNotes(jobTemplate(), { buildId: 'b', endedAt: '2026-03-01' })).toHaveLength(1);
  });
});

describe('retrying', () => {
  test('runs what failed from the same source and carries over what succeeded', async () => {
    const world = createBuildWorld({ toolIdentity: () => Promise.resolve(undefined) });
    const started = await start(world, buildRequest(['linux-x86_64', 'windows-x86_64']));
    await stage(world.artifacts, world.ticket(started), deliveryFor(world.ticket(started)));
    world.runner.show('linux-x86_64', EXITED);
    world.runner.show('windows-x86_64', { state: 'ended', end: 'lost' });
    const failed = await settleBuild(world, started.buildId);
    world.runner.show('windows-x86_64', { state: 'queued' });
    const again = await retryBuild(world, failed.buildId, RETRY_ID, { useCache: true });
    expect(again).toMatchObject({ retryOf: failed.buildId, source: failed.source, version: failed.version });
    expect(jobOf(again)).toMatchObject({ status: 'succeeded', cache: 'used', reusedFrom: failed.buildId, attempt: 1 });
    expect(jobOf(again, 'windows-x86_64')).toMatchObject({ status: 'queued', attempt: 2 });
    expect((await retryBuild(world, failed.buildId, RETRY_ID, { useCache: true })).buildId).toBe(again.buildId);
    await expect(retryBuild(world, again.buildId, '00000000-0000-4000-9000-00000000000b', { useCache: true })).rejects.toMatchObject({
      code: 'build-open',
    });
  });

  test('nothing to retry, and no such build', async () => {
    const world = createBuildWorld();
    const record = await succeed(world, await start(world));
    await expect(retryBuild(world, record.buildId, RETRY_ID, { useCache: true })).rejects.toMatchObject({ code: 'nothing-to-retry' });
    await expect(retryBuild(world, '0'.repeat(16), RETRY_ID, { useCache: true })).rejects.toMatchObject({ code: 'build-not-found' });
  });
});

describe('cancelling', () => {
  test('asks the runner; the build stays open until the runner says its end', async () => {
    const world = createBuildWorld();
    const started = await start(world);
    const record = await cancelBuild(world, started.buildId);
    expect(jobOf(record)).toMatchObject({ status: 'queued', isCancelRequested: true });
    expect([...world.runner.cancelled]).toEqual([`${started.buildId}/linux-x86_64`]);
    world.runner.show('linux-x86_64', { state: 'ended', end: 'cancelled' });
    expect(buildStatus(await settleBuild(world, started.buildId))).toBe('cancelled');
    expect(buildStatus(await cancelBuild(world, started.buildId))).toBe('cancelled');
  });

  test('one machine that cannot be asked keeps no other from it, and the caller hears of it when all were asked', async () => {
    const world = createBuildWorld();
    const started = await start(world, buildRequest(['linux-x86_64', 'windows-x86_64']));
    const runner = {
      ...world.runner,
      cancel: async (runnerId: string) => {
        if (runnerId.endsWith('linux-x86_64')) throw new SlipwayError('service-unavailable', 'not now');
        for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate);
        await world.runner.cancel(runnerId);
      },
    };
    await expect(cancelBuild({ ...world, runner }, started.buildId)).rejects.toMatchObject({ code: 'service-unavailable' });
    expect([...world.runner.cancelled]).toEqual([`${started.buildId}/windows-x86_64`]);
    await cancelBuild(world, started.buildId);
    expect(world.runner.cancelled.size).toBe(2);
  });

  test("the runner's end wins", async () => {
    const world = createBuildWorld();
    const started = await start(world);
    await cancelBuild(world, started.buildId);
    expect(buildStatus(await succeed(world, started))).toBe('succeeded');
    await expect(cancelBuild(world, started.buildId)).rejects.toMatchObject({ code: 'build-ended' });
  });

  test('a job that has not started is cancelled at once, and ended again if it starts after all', async () => {
    const world = createBuildWorld();
    const request = buildRequest();
    const gate: { open?: () => void } = {};
    const slow: BuildWorld = {
      ...world,
      runner: {
        ...world.runner,
        start: async (ticket) => {
          await new Promise<void>((resolve) => (gate.open = resolve));
          return world.runner.start(ticket);
        },
      },
    };
    const starting = start(slow, request);
    while (gate.open === undefined) await new Promise((resolve) => setImmediate(resolve));
    const [buildId = ''] = (await listBuilds(world, { limit: 1 })).map((record) => record.buildId);
    expect(buildStatus(await cancelBuild(world, buildId))).toBe('cancelled');
    gate.open();
    expect(buildStatus(await starting)).toBe('cancelled');
    expect([...world.runner.cancelled]).toEqual([`${buildId}/linux-x86_64`]);
  });
});

describe('finding builds', () => {
  test('by id, by the start of one, and by what a person types for it', async () => {
    const world = createBuildWorld();
    const { buildId } = await start(world);
    for (const typed of [buildId, buildId.slice(0, 4), buildId.toUpperCase(), ` ${buildId.slice(0, 9)} `]) {
      expect(await resolveBuild(world, typed)).toBe(buildId);
    }
  });

  test.each([
    ['zzzz', 'build-not-found'],
    ['z'.repeat(16), 'build-not-found'],
    ['abc', 'build-reference-invalid'],
    ['', 'build-reference-invalid'],
    ['no build!', 'build-reference-invalid'],
    ['a'.repeat(17), 'build-reference-invalid'],
    ['latest', 'build-not-found'],
  ])("'%s' is %s", async (typed, code) => {
    await expect(resolveBuild(createBuildWorld(), typed, { name: 'fieldkit' })).rejects.toMatchObject({ code });
  });

  test('the start of several names them', async () => {
    const world = createBuildWorld();
    const record = await start(world);
    const twin = `${record.buildId.slice(0, 8)}${record.buildId.endsWith('00000000') ? '11111111' : '00000000'}`;
    await world.ledger.create(storageKey.buildRecord(twin), { ...record, buildId: twin });
    await expect(resolveBuild(world, record.buildId.slice(0, 6))).rejects.toMatchObject({
      code: 'build-ambiguous',
      details: { builds: [record.buildId, twin].sort() },
    });
    expect(await resolveBuild(world, record.buildId)).toBe(record.buildId);
  });

  test('latest is the newest started of the application, or its newest that succeeded', async () => {
    const world = createBuildWorld();
    const good = await succeed(world, await start(world, buildRequest(), false));
    world.clock.advance(1_000);
    const open = await start(world, buildRequest(), false);
    world.clock.advance(1_000);
    const other = await start(
      world,
      buildRequest(['linux-x86_64'], { name: 'tailer', jobs: { 'linux-x86_64': jobTemplate({ name: 'tailer' }) } }),
    );
    expect(await resolveBuild(world, 'latest')).toBe(other.buildId);
    expect(await resolveBuild(world, 'latest', { name: 'fieldkit' })).toBe(open.buildId);
    expect(await resolveBuild(world, 'latest', { name: 'fieldkit', latest: 'succeeded' })).toBe(good.buildId);
    await expect(resolveBuild(world, 'latest', { name: 'tailer', latest: 'succeeded' })).rejects.toMatchObject({ code: 'build-not-found' });
    await world.ledger.remove(storageKey.pointer('fieldkit'));
    expect(await resolveBuild(world, 'latest', { name: 'fieldkit', latest: 'succeeded' })).toBe(good.buildId);
    expect((await listBuilds(world, { limit: 2 })).map((record) => record.buildId)).toEqual([other.buildId, open.buildId]);
    expect((await listBuilds(world, { limit: 9, name: 'fieldkit' })).map((record) => record.buildId)).toEqual([open.buildId, good.buildId]);
  });

  test('the pointer follows creation, not the order of the ends', async () => {
    const world = createBuildWorld();
    const older = await start(world, buildRequest(), false);
    world.clock.advance(1_000);
    const newer = await start(world, buildRequest(), false);
    await succeed(world, newer);
    await succeed(world, older);
    expect((await readPointer(world, 'fieldkit'))?.buildId).toBe(newer.buildId);
  });
});

describe('choosing files', () => {
  const artifact = (
    platform: 'linux-x86_64' | 'windows-x86_64',
    file: string,
    kind: 'archive' | 'checksums' | 'installer',
    digit: string,
  ) => ({
    file,
    kind,
    platform,
    sizeBytes: 1,
    sha256: digit.repeat(64),
    versionId: 'v',
  });

  test('lists of checksums are joined, other namesakes are kept apart, equal ones are one', async () => {
    const world = createBuildWorld();
    const record = await start(world, buildRequest(['linux-x86_64', 'windows-x86_64']));
    const ended = (platform: 'linux-x86_64' | 'windows-x86_64', digit: string): JobRecord => ({
      ...jobOf(record),
      status: 'succeeded',
      artifacts: [
        artifact(platform, `a-${platform}.zip`, 'archive', digit),
        artifact(platform, 'SHA256SUMS', 'checksums', digit),
        artifact(platform, 'install.sh', 'installer', digit),
        artifact(platform, 'install.ps1', 'installer', '7'),
      ],
    });
    const both: BuildRecord = {
      ...record,
      jobs: { 'linux-x86_64': ended('linux-x86_64', '1'), 'windows-x86_64': ended('windows-x86_64', '2') },
    };
    expect(selectArtifacts(both).map(({ path, parts }) => `${path} ${parts.length}`)).toEqual([
      'a-linux-x86_64.zip 1',
      'SHA256SUMS 2',
      'linux-x86_64/install.sh 1',
      'windows-x86_64/install.sh 1',
      'install.ps1 1',
      'a-windows-x86_64.zip 1',
    ]);
    expect(selectArtifacts(both, ['windows-x86_64']).map(({ path }) => path)).toEqual([
      'a-windows-x86_64.zip',
      'SHA256SUMS',
      'install.sh',
      'install.ps1',
    ]);
  });

  test('what is not ready is said', async () => {
    const world = createBuildWorld();
    const record = await start(world);
    expect(() => selectArtifacts(record)).toThrow(expect.objectContaining({ code: 'build-open' }) as Error);
    expect(() => selectArtifacts(record, ['macos-arm64'])).toThrow(expect.objectContaining({ code: 'platform-not-in-build' }) as Error);
    const failed = { ...record, jobs: { 'linux-x86_64': { ...jobOf(record), status: 'failed' as const } } };
    expect(() => selectArtifacts(failed)).toThrow(expect.objectContaining({ code: 'no-artifacts' }) as Error);
  });
});
