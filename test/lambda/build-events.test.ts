/**
 * CodeBuild tells of its builds as well as it can: late, twice, in another order, or not at all. The functions are given the events of
 * the stand-in, in the documented form; whatever becomes of one in five of them, the outcome of many builds is the same.
 */
import '../allow-network';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import type { BuildPorts } from '../../core/build/build-ports';
import type { BuildRecord } from '../../core/build/build-record';
import type { Job } from '../../core/job/job';
import { startBuild } from '../../core/build/start/start-build';
import { publishLatestBuild } from '../../core/deployment/publish-latest-build';
import { storageKey } from '../../core/storage-key';
import { createHandler as createBuildFinished } from '../../lambda/handlers/build-finished';
import { createHandler as createStatus } from '../../lambda/handlers/status';
import { createHandler as createSweep } from '../../lambda/handlers/sweep';
import { countEnd } from '../../lambda/metrics';
import { createRunnerWorld, WINDOWS_PROJECT, type RunnerWorld } from '../aws/build/runner-world';
import type { FakeBuild } from '../cloud/codebuild/fake-execution';
import type { BuildEvent } from '../cloud/codebuild/ports';
import { PROJECT } from '../cloud/codebuild/stand-in-world';
import { deliveryFor, failedReport, jobTemplate } from '../fakes/builds';
import { createMemoryNotices, createMemoryParameters } from '../fakes/deployment';
import { call, CONTEXT, createLambdaWorld } from '../fakes/lambda';
import { createMemoryLedger } from '../fakes/ledger-memory';
import { createSeededRandomness } from '../fakes/manual-clock';

const KINDS = ['good', 'failing', 'lying', 'crashing'] as const;
type Kind = (typeof KINDS)[number];

/** What a machine does with a job stands in its description. Windows machines wait until they may. */
function machine(mayWindowsRun: Promise<void>): FakeBuild {
  return async ({ source, write, print }) => {
    print('==> [2/8] compile  Compile it\n');
    const job = JSON.parse(source('job', 'job.json')?.toString() ?? '{}') as Job;
    if (job.platform === 'windows-x86_64') await mayWindowsRun;
    const ticket = { job, nonce: '', sourceKey: '', sourceVersionId: '', timeoutMs: 0, useCache: false };
    const kind = job.description as Kind;
    if (kind === 'crashing') return 1;
    const { report, files } = kind === 'failing' ? { report: failedReport(ticket), files: {} } : deliveryFor(ticket);
    for (const [file, content] of Object.entries(files)) write(file, kind === 'lying' ? Buffer.alloc(content.length) : content);
    write('report.json', JSON.stringify(report));
    return kind === 'failing' ? 1 : 0;
  };
}

interface EventWorld {
  readonly world: RunnerWorld;
  readonly buildIds: readonly string[];
  readonly handlers: { readonly finished: Handler; readonly sweep: Handler; readonly status: (buildId: string) => Promise<unknown> };
  /** Ends the Windows machines too. */
  readonly runWindows: () => Promise<void>;
  readonly linuxEnded: () => Promise<unknown>;
  /** Everything that somebody could look at, but for the names that CodeBuild gave its builds and how far they were last seen. */
  readonly outcome: () => Promise<unknown>;
}
type Handler = (event: unknown) => Promise<void>;

/** Builds whose machines run, and of which no function has heard yet. */
async function startMany(kinds: readonly Kind[]): Promise<EventWorld> {
  let runWindows: () => void = () => undefined;
  const mayWindowsRun = new Promise<void>((resolve) => (runWindows = resolve));
  const world = await createRunnerWorld({ fake: machine(mayWindowsRun) });
  const { clock, artifacts, runner, standIn } = world;
  const [ledger, parameters, notices, lambda] = [
    createMemoryLedger(),
    createMemoryParameters(),
    createMemoryNotices(),
    createLambdaWorld(clock),
  ];
  const builds: BuildPorts = {
    ...{ ledger, artifacts, runner, clock },
    notices: {
      async buildEnded(record) {
        // As long as a topic may take: others come by meanwhile.
        for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
        await notices.buildEnded(record);
      },
    },
    randomness: createSeededRandomness(),
    jobTimeoutMs: 60 * 60_000,
    startGraceMs: 15 * 60_000,
    restartAfterMs: 4 * 60_000,
    toolIdentity: () => Promise.resolve(undefined),
    builderId: () => 'urn:slipway:builder:test',
    streamOf: (bytes) => Readable.from([bytes]),
    publishLatest: (name: string) => publishLatestBuild({ ledger, parameters, stage: 'prod' }, name),
    onEnded: (record: BuildRecord) => countEnd(lambda.metrics, record),
  };
  const buildIds: string[] = [];
  for (const [at, kind] of kinds.entries()) {
    clock.advance(1000);
    buildIds.push((await startBuild(builds, requestOf(at, kind), () => Readable.from([sourceOf(at)]), { useCache: false })).buildId);
  }
  const ports = { ...lambda, builds };
  const [finished, sweep, status] = [
    createBuildFinished({ ...ports, projects: [PROJECT, WINDOWS_PROJECT] }),
    createSweep(ports),
    createStatus(ports),
  ];
  const ended = (project: string) =>
    Promise.all(standIn.builds().flatMap(({ projectName, id = '' }) => (projectName === project ? [standIn.ended(id)] : [])));
  return {
    world,
    buildIds,
    handlers: {
      finished: (event) => finished(event, CONTEXT),
      sweep: (event) => sweep(event, CONTEXT),
      status: (buildId) => status(call({ query: 'build', reference: buildId }), CONTEXT),
    },
    linuxEnded: () => ended(PROJECT),
    async runWindows() {
      runWindows();
      await ended(WINDOWS_PROJECT);
    },
    async outcome() {
      const documents = [...ledger.documents].map(([key, { body }]) => [key, comparable(body)] as const);
      const { BuildSucceeded = [], BuildFailed = [] } = lambda.counted();
      return {
        // Who told and when is no part of it.
        documents: Object.fromEntries(documents.filter(([key]) => !key.startsWith('records/notices/'))),
        told: ledger.documents.size - documents.filter(([key]) => !key.startsWith('records/notices/')).length,
        parameters: [...parameters.values].sort(),
        notices: [...notices.sent].sort(),
        counted: [BuildSucceeded.length, BuildFailed.length],
        files: (await artifacts.list('')).map(({ key }) => key).sort(),
      };
    },
  };
}

const sourceOf = (at: number) => Buffer.from(`source ${at}`);

/** Two applications; every third build has a second platform. */
function requestOf(at: number, kind: Kind) {
  const name = at % 2 === 0 ? 'fieldkit' : 'store';
  const template = jobTemplate({ name, description: kind });
  return {
    schemaVersion: 1 as const,
    requestId: `00000000-0000-4000-9000-${String(at).padStart(12, '0')}`,
    name,
    version: '1.4.0',
    requestedBy: 'tester',
    source: {
      sha256: createHash('sha256').update(sourceOf(at)).digest('hex'),
      sizeBytes: sourceOf(at).length,
      epochSeconds: 315_532_800,
      projectPath: '.',
    },
    jobs: { 'linux-x86_64': template, ...(at % 3 === 0 ? { 'windows-x86_64': template } : {}) },
  };
}

function comparable(body: unknown): unknown {
  return JSON.parse(
    JSON.stringify(body, (key, value: unknown) => (['runnerId', 'progress', 'startedAt', 'endedAt'].includes(key) ? undefined : value)),
  ) as unknown;
}

const isOf = (project: string) => (event: BuildEvent) => event.detail['project-name'] === project;

/** Each event as it comes, and nothing else. */
async function undisturbed(kinds: readonly Kind[]): Promise<unknown> {
  const { world, handlers, linuxEnded, runWindows, outcome } = await startMany(kinds);
  try {
    await linuxEnded();
    for (const event of world.events.filter(isOf(PROJECT))) await handlers.finished(event);
    await runWindows();
    for (const event of world.events.filter(isOf(WINDOWS_PROJECT))) await handlers.finished(event);
    return await outcome();
  } finally {
    await world.close();
  }
}

/** Of five events one is lost, one comes twice, one comes much later; the rest comes in any order, half of it at once. */
async function disturbed(kinds: readonly Kind[], chance: () => number): Promise<unknown> {
  const { world, handlers, linuxEnded, runWindows, outcome, buildIds } = await startMany(kinds);
  const late: BuildEvent[] = [];
  const deliver = async (events: readonly BuildEvent[]) => {
    const coming = events.flatMap((event) => {
      const fate = chance() % 5;
      if (fate === 1) late.push(event);
      return fate === 0 || fate === 1 ? [] : fate === 2 ? [event, event] : [event];
    });
    const shuffled = coming.map((event) => [chance(), event] as const).sort(([a], [b]) => a - b);
    const half = Math.ceil(shuffled.length / 2);
    for (const part of [shuffled.slice(0, half), shuffled.slice(half)])
      await Promise.all(part.map(([, event]) => handlers.finished(event)));
  };
  try {
    await linuxEnded();
    await deliver(world.events.filter(isOf(PROJECT)));
    // People look as well.
    await handlers.status(buildIds[chance() % buildIds.length] ?? '');
    await runWindows();
    await deliver(world.events.filter(isOf(WINDOWS_PROJECT)));
    await Promise.all([handlers.sweep({}), ...late.splice(0).map((event) => handlers.finished(event))]);
    world.clock.advance(10 * 60_000);
    await handlers.sweep({});
    for (const event of world.events.filter(() => chance() % 5 === 0)) await handlers.finished(event);
    return await outcome();
  } finally {
    await world.close();
  }
}

test('events that are lost, doubled, late or in another order change nothing in the outcome of many builds', async () => {
  const kinds = fc.array(fc.constantFrom(...KINDS), { minLength: 6, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(kinds, fc.infiniteStream(fc.nat(999)), async (each, stream) => {
      const expected = await undisturbed(each);
      expect(await disturbed(each, () => Number(stream.next().value))).toEqual(expected);
    }),
    { numRuns: 5 },
  );
});

test('an event, a status read and a sweep settle alike', async () => {
  const outcomes: unknown[] = [];
  for (const settle of ['event', 'status', 'sweep'] as const) {
    const { world, handlers, linuxEnded, runWindows, buildIds, outcome } = await startMany(KINDS);
    await linuxEnded();
    await runWindows();
    if (settle === 'event') for (const event of world.events) await handlers.finished(event);
    if (settle === 'status') for (const buildId of buildIds) await handlers.status(buildId);
    if (settle === 'sweep') await handlers.sweep({});
    outcomes.push(await outcome());
    await world.close();
  }
  expect(outcomes[0]).toMatchObject({
    notices: expect.arrayContaining([expect.stringMatching(/ succeeded$/), expect.stringMatching(/ failed$/)]) as unknown,
    counted: [1, 3],
    told: 4,
  });
  expect(JSON.stringify(outcomes[0])).not.toContain(storageKey.openBuilds);
  expect(outcomes[1]).toEqual(outcomes[0]);
  expect(outcomes[2]).toEqual(outcomes[0]);
});
