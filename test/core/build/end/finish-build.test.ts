/** What follows the end of a build: the parameter, the notice, the count; each once, whoever comes first and wherever one dies. */
import fc from 'fast-check';
import { buildStatus, type BuildRecord } from '../../../../core/build/build-record';
import { resolveBuild } from '../../../../core/build/resolve-build';
import { settleBuild } from '../../../../core/build/settle/settle-build';
import { startBuild } from '../../../../core/build/start/start-build';
import { sweepBuilds } from '../../../../core/build/start/sweep-builds';
import { contentOfBuild } from '../../../../core/distribution/hand-out/distribution-content';
import { publishLatestBuild } from '../../../../core/deployment/publish-latest-build';
import { storageKey } from '../../../../core/storage-key';
import { buildRequest, deliveryFor, EXITED, jobTemplate, openSource, stage } from '../../../fakes/builds';
import { createRemoteWorld, type RemoteWorld } from '../../../fakes/deployment';

const LATEST = '/slipway/prod/apps/fieldkit/latest-build';

async function ended(
  world: RemoteWorld,
  end: 'good' | 'lying' | 'lost' = 'good',
  change: Parameters<typeof buildRequest>[1] = {},
): Promise<BuildRecord> {
  const record = await startBuild(world, buildRequest(undefined, change), openSource, { useCache: false });
  const job = world.runner.jobOf(record.buildId);
  const delivered = deliveryFor(job.ticket);
  if (end === 'good') await stage(world.artifacts, job.ticket, delivered);
  if (end === 'lying')
    await stage(world.artifacts, job.ticket, { ...delivered, files: { ...delivered.files, SHA256SUMS: Buffer.alloc(94) } });
  job.observation = end === 'lost' ? { state: 'ended', end: 'lost' } : EXITED;
  return record;
}

const latestOf = (world: RemoteWorld) => (JSON.parse(world.parameters.values.get(LATEST) ?? '{}') as { readonly buildId?: string }).buildId;

test('a success is published, told and counted, and its key goes', async () => {
  const world = createRemoteWorld();
  const { buildId, createdAt } = await ended(world);
  await settleBuild(world, buildId);
  expect(JSON.parse(world.parameters.values.get(LATEST) ?? '')).toEqual({ schemaVersion: 1, name: 'fieldkit', buildId, createdAt });
  expect(world.notices.sent).toEqual([`${buildId} succeeded`]);
  expect(world.ended).toEqual([buildId]);
  expect(await world.ledger.keys(storageKey.openBuilds)).toEqual([]);
});

test('a trial of a comparison is published nowhere, and latest goes past it', async () => {
  const world = createRemoteWorld();
  const release = await ended(world);
  await settleBuild(world, release.buildId);
  world.clock.advance(1000);
  const trial = await ended(world, 'good', { jobs: { 'linux-x86_64': jobTemplate({ trial: 'pyinstaller-onefile' }) } });
  const settled = await settleBuild(world, trial.buildId);
  expect({ status: buildStatus(settled), trial: settled.trial }).toEqual({ status: 'succeeded', trial: 'pyinstaller-onefile' });
  expect(latestOf(world)).toBe(release.buildId);
  for (const latest of ['started', 'succeeded'] as const) {
    expect(await resolveBuild(world, 'latest', { name: 'fieldkit', latest })).toBe(release.buildId);
  }
  expect(await resolveBuild(world, trial.buildId)).toBe(trial.buildId);
  expect(() => contentOfBuild(settled, undefined, { allowSecrets: [] })).toThrow(
    expect.objectContaining({ code: 'trial-not-distributable' }) as Error,
  );
});

test('a report that lies about its digests is told as a failure and publishes nothing', async () => {
  const world = createRemoteWorld();
  const { buildId } = await ended(world, 'lying');
  expect((await settleBuild(world, buildId)).jobs['linux-x86_64']?.cause?.code).toBe('artifact-mismatch');
  expect(world.parameters.values.size).toBe(0);
  expect(world.notices.sent).toEqual([`${buildId} failed`]);
});

test('a parameter that cannot be written fails the command, the previous one stays, and a later look repairs it', async () => {
  const world = createRemoteWorld();
  const first = await ended(world);
  await settleBuild(world, first.buildId);
  world.clock.advance(1000);
  const second = await ended(world);
  world.parameters.isDenied = true;
  await expect(settleBuild(world, second.buildId)).rejects.toMatchObject({ code: 'parameter-not-written' });
  expect(latestOf(world)).toBe(first.buildId);
  expect(world.notices.sent).toContain(`${second.buildId} succeeded`);
  await expect(settleBuild(world, second.buildId)).rejects.toMatchObject({ code: 'parameter-not-written' });
  world.parameters.isDenied = false;
  expect((await sweepBuilds(world)).problems).toEqual([]);
  expect(latestOf(world)).toBe(second.buildId);
  expect(world.notices.sent).toHaveLength(2);
});

test('a topic that does not answer is asked again', async () => {
  const world = createRemoteWorld();
  const { buildId } = await ended(world, 'lost');
  world.notices.isDown = true;
  await expect(settleBuild(world, buildId)).rejects.toMatchObject({ code: 'store-busy' });
  expect((await sweepBuilds(world)).problems).toHaveLength(1);
  expect(world.ended).toEqual([]);
  world.notices.isDown = false;
  await sweepBuilds(world);
  expect(world.notices.sent).toEqual([`${buildId} failed`]);
  expect(world.ended).toEqual([buildId]);
});

test('who dies while telling leaves it to the sweep', async () => {
  const world = createRemoteWorld();
  const { buildId } = await ended(world, 'lost');
  let reached: () => void = () => undefined;
  const telling = new Promise<void>((resolve) => (reached = resolve));
  const buildEnded = () => {
    reached();
    return new Promise<void>(() => undefined);
  };
  void settleBuild({ ...world, notices: { buildEnded } }, buildId);
  await telling;
  await settleBuild(world, buildId); // Somebody else may still be at it.
  expect(world.notices.sent).toEqual([]);
  world.clock.advance(10 * 60_000);
  await sweepBuilds(world);
  await sweepBuilds(world);
  expect(world.notices.sent).toEqual([`${buildId} failed`]);
  expect(await world.ledger.keys(storageKey.openBuilds)).toEqual([]);
});

test('of two builds that end at once the parameter names the later one, whatever the order of the writes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const world = createRemoteWorld();
      const first = await ended(world);
      world.clock.advance(1000);
      const second = await ended(world);
      const publishLatest = (name: string) => {
        const write = scheduler.scheduleFunction((parameter: string, value: string) => world.parameters.write(parameter, value));
        return publishLatestBuild({ ledger: world.ledger, parameters: { ...world.parameters, write }, stage: 'prod' }, name);
      };
      const both = [first, second].map(({ buildId }) => settleBuild({ ...world, publishLatest }, buildId));
      await scheduler.waitFor(Promise.all(both));
      expect(latestOf(world)).toBe(second.buildId);
    }),
    { numRuns: 40 },
  );
});

test('doubled, late, reordered and lost events change nothing in the outcome; each end is told once', async () => {
  const kinds = fc.array(fc.constantFrom<'good' | 'lying' | 'lost'>('good', 'lying', 'lost'), { minLength: 5, maxLength: 15 });
  await fc.assert(
    fc.asyncProperty(kinds, fc.infiniteStream(fc.nat(99)), async (ends, chance) => {
      const world = createRemoteWorld();
      const next = () => Number(chance.next().value);
      const records: BuildRecord[] = [];
      for (const end of ends) {
        world.clock.advance(1000);
        records.push(await ended(world, end));
      }
      // One event in five is lost, one in five comes twice, one in five comes after its successors.
      const events: string[] = [];
      const late: string[] = [];
      for (const { buildId } of records) {
        const fate = next() % 5;
        if (fate === 0) continue;
        if (fate === 1) late.push(buildId);
        else events.push(buildId);
        if (fate === 2) events.push(buildId);
      }
      const settle = (buildId: string) => settleBuild(world, buildId);
      await Promise.all([...events, ...late.reverse()].map(settle));
      await Promise.all([sweepBuilds(world), ...late.map(settle)]);
      world.clock.advance(10 * 60_000);
      expect((await sweepBuilds(world)).problems).toEqual([]);
      const outcomes = await Promise.all(records.map(async ({ buildId }) => buildStatus(await settle(buildId))));
      expect(outcomes).toEqual(ends.map((end) => (end === 'good' ? 'succeeded' : 'failed')));
      expect([...world.notices.sent].sort()).toEqual(records.map(({ buildId }, at) => `${buildId} ${outcomes[at] ?? ''}`).sort());
      expect([...world.ended].sort()).toEqual(records.map(({ buildId }) => buildId).sort());
      const newest = records.filter((_, at) => ends[at] === 'good').at(-1);
      expect(latestOf(world)).toBe(newest?.buildId);
      expect(await world.ledger.keys(storageKey.openBuilds)).toEqual([]);
    }),
    { seed: 20260301, numRuns: 40 },
  );
});

test('the sweep measures the queue, forgets what was never recorded, and goes on past what is damaged', async () => {
  const world = createRemoteWorld();
  const [queued, running, damaged] = [await ended(world), await ended(world), await ended(world)];
  world.runner.jobOf(queued.buildId).observation = { state: 'queued' };
  world.runner.jobOf(running.buildId).observation = { state: 'running' };
  const stored = world.ledger.documents.get(storageKey.buildRecord(damaged.buildId));
  await world.ledger.replace(storageKey.buildRecord(damaged.buildId), 'nothing', stored?.revision ?? '');
  const unrecorded = storageKey.openBuild('0000000000000000');
  await world.ledger.create(unrecorded, { schemaVersion: 1, createdAt: '2026-03-01T00:00:00.000Z', jobCount: 1 });
  world.clock.advance(90_000);
  expect(await sweepBuilds(world)).toMatchObject({
    openBuilds: 2,
    queuedJobs: 1,
    oldestQueuedMs: 90_000,
    restarted: [],
    problems: [{ code: 'record-corrupt' }],
  });
  expect(world.ledger.documents.has(unrecorded)).toBe(true);
  world.clock.advance(15 * 60_000);
  await sweepBuilds(world);
  expect(world.ledger.documents.has(unrecorded)).toBe(false);
});
