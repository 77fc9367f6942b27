/**
 * CodeBuild's word on its builds, in the deployed app: from the machine's end over the rule to the function. What the rule brings late,
 * twice, in another order or not at all changes nothing in what is left at the end.
 */
import { BuildManifestSchema } from '../../core/build/build-manifest';
import { parameterName } from '../../core/deployment/parameter-names';
import { storageKey } from '../../core/storage-key';
import { createSeededRandomness } from '../fakes/manual-clock';
import type { BuildEvent } from './codebuild/ports';
import { useLiveStage } from './world/live-stage';

const live = useLiveStage();

afterEach(() => {
  live.world.onEvent = undefined;
});

const MOODS = ['succeed', 'fail', 'succeed', 'crash', 'succeed', 'fail', 'succeed', 'succeed'] as const;
/** More sweeps than any of this takes. */
const MOST_SWEEPS = 40;

/** Builds of two applications, of which every third has a second platform. @returns their ids, in the order of their start */
async function startMany(round: string): Promise<readonly string[]> {
  const buildIds: string[] = [];
  for (const [at, mood] of MOODS.entries()) {
    const platforms = at % 3 === 0 ? ['linux-x86_64', 'linux-arm64'] : ['linux-x86_64'];
    const project = live.project({ name: `${at % 2 === 0 ? 'kit' : 'store'}-${round}`, platforms, mood });
    project.put('main.py', `print(${at})\n`);
    buildIds.push(await live.start(project));
  }
  return buildIds;
}

/** The machines of these builds have ended, and their events were taken. */
async function machinesEnded(buildIds: readonly string[]): Promise<void> {
  const ids = live.world.standIn
    .builds()
    .flatMap((build) => (isOfAny(JSON.stringify(build.environment), buildIds) ? [build.id ?? ''] : []));
  await Promise.all(ids.map((id) => live.world.standIn.ended(id)));
}

const isOfAny = (text: string, buildIds: readonly string[]) => buildIds.some((buildId) => text.includes(buildId));

async function openOf(buildIds: readonly string[]): Promise<readonly string[]> {
  return (await live.deployment.keys('index/open/')).filter((key) => isOfAny(key, buildIds));
}

async function sweep(): Promise<void> {
  const { error } = await live.deployment.invoke('sweep', {});
  if (error !== undefined) throw new Error(`sweep ended with ${error}`);
}

/** What the rule calls every ten minutes, until nothing is open: functions that were invoked without waiting may still be at it. */
async function sweepUntilDone(buildIds: readonly string[]): Promise<void> {
  for (let sweeps = 0; (await openOf(buildIds)).length > 0; sweeps++) {
    if (sweeps === MOST_SWEEPS) throw new Error(`still open: ${(await openOf(buildIds)).join(', ')}`);
    await sweep();
  }
}

/** All that is left of builds, in words that do not tell one round from another. */
async function outcomeOf(round: string, buildIds: readonly string[]): Promise<unknown> {
  const { deployment, listener } = live;
  const lasting = (text: string) => {
    const named = buildIds.reduce((left, buildId, at) => left.replaceAll(buildId, `build ${at}`), text.replaceAll(`-${round}`, ''));
    return named.replace(/\b[0-9a-f]{64}\b/g, 'digest').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time');
  };
  const comparable = (body: unknown) =>
    JSON.parse(
      lasting(JSON.stringify(body, (key, value: unknown) => (PASSING.has(key) ? undefined : key === 'seconds' ? 'seconds' : value))),
    ) as unknown;
  const latest = async (name: string) => deployment.parameter(parameterName.latestBuild('prod', `${name}-${round}`));
  return {
    records: comparable(await Promise.all(buildIds.map((buildId) => deployment.record(buildId)))),
    manifests: comparable(
      await Promise.all(
        buildIds.map(async (buildId) =>
          BuildManifestSchema.parse(JSON.parse(await deployment.objectText(storageKey.buildManifest(buildId)))),
        ),
      ),
    ),
    pointers: await Promise.all(
      ['kit', 'store'].map(async (name) => comparable(JSON.parse(await deployment.objectText(storageKey.pointer(`${name}-${round}`))))),
    ),
    parameters: [await latest('kit'), await latest('store')].map((parameter) => lasting(parameter?.value ?? 'none')),
    notices: buildIds.map((buildId) => listener.notices.flatMap((notice) => (notice.buildId === buildId ? [lasting(notice.subject)] : []))),
    files: (await Promise.all(buildIds.map((buildId) => deployment.keys(`builds/${buildId}/`)))).flat().map(lasting),
    staged: (await Promise.all(buildIds.map((buildId) => deployment.keys(`staging/${buildId}/`)))).flat(),
  };
}

/** Names that chance or CodeBuild has given, and how far a job was last seen. */
const PASSING = new Set(['requestId', 'runnerId', 'nonce', 'versionId', 'phase', 'progress', 'sizeBytes']);

test('one in five events lost, doubled, late or out of order: the same is left of many builds, and each end is told once', async () => {
  const straight = await startMany('straight');
  await machinesEnded(straight);
  await Promise.all(straight.map((buildId) => live.listener.noticeOf(buildId)));
  await sweepUntilDone(straight);

  const randomness = createSeededRandomness(String(jest.getSeed()));
  const fate = () => ['lost', 'doubled', 'late', 'held', 'straight'][(randomness.bytes(1)[0] ?? 0) % 5];
  const late: BuildEvent[] = [];
  let held: BuildEvent | undefined;
  live.world.onEvent = async (event) => {
    const deliver = (each: BuildEvent) => live.world.deliver(each);
    const mine = fate();
    if (mine === 'lost') return;
    if (mine === 'late') return void late.push(event);
    // Changes its place with the next one that comes.
    if (mine === 'held' && held === undefined) return void (held = event);
    await deliver(event);
    if (mine === 'doubled') await deliver(event);
    if (held !== undefined) await deliver(held);
    held = undefined;
  };
  const crooked = await startMany('crooked');
  await machinesEnded(crooked);
  await Promise.all([sweep(), ...late.reverse().map((event) => live.world.deliver(event))]);
  await sweepUntilDone(crooked);

  const expected = await outcomeOf('straight', straight);
  expect(expected).toMatchObject({ notices: MOODS.map(() => [expect.any(String) as string]), staged: [] });
  expect(await outcomeOf('crooked', crooked)).toEqual(expected);
});

test.each(['succeed', 'fail', 'crash'] as const)('an event, a status read and a sweep settle alike: %s', async (mood) => {
  const { deployment, world } = live;
  const ends: BuildEvent[] = [];
  world.onEvent = (event) => void ends.push(event);
  const outcomes: unknown[] = [];
  for (const way of ['event', 'status', 'sweep']) {
    const round = `${way}-${mood}`;
    const buildIds = [await live.start(live.project({ name: `kit-${round}`, mood }))];
    await machinesEnded(buildIds);
    const [buildId = ''] = buildIds;
    if (way === 'event')
      for (const event of ends.filter(({ detail }) => isOfAny(JSON.stringify(detail), buildIds))) await world.deliver(event);
    if (way === 'status') await deployment.call(['status', buildId]);
    if (way === 'sweep') await sweep();
    await live.listener.noticeOf(buildId);
    await sweepUntilDone(buildIds);
    const { status, artifacts, cause } = (await deployment.record(buildId)).jobs['linux-x86_64'] ?? {};
    const { code, message, step } = cause ?? {};
    outcomes.push({
      ...{ status, code, message, step, files: artifacts?.length },
      latest: ((await deployment.parameter(parameterName.latestBuild('prod', `kit-${round}`)))?.value ?? '').includes(buildId),
      told: live.listener.notices.filter((notice) => notice.buildId === buildId).map((notice) => notice.status),
    });
  }
  expect(outcomes[0]).toMatchObject({ status: mood === 'succeed' ? 'succeeded' : 'failed', latest: mood === 'succeed' });
  expect(outcomes[1]).toEqual(outcomes[0]);
  expect(outcomes[2]).toEqual(outcomes[0]);
});
