/** The functions about builds: what they answer, log and count. */
import { CancelBuildAnswerSchema, DownloadAnswerSchema, StartBuildAnswerSchema, StatusAnswerSchema } from '../../core/api/build-calls';
import type { StartBuildAnswer, StatusAnswer, DownloadAnswer, CancelBuildAnswer } from '../../core/api/build-calls';
import type { BuildRecord } from '../../core/build/build-record';
import { settleBuild } from '../../core/build/settle/settle-build';
import { startBuild } from '../../core/build/start/start-build';
import { storageKey } from '../../core/storage-key';
import { createHandler as createBuildFinished } from '../../lambda/handlers/build-finished';
import { createHandler as createCancel } from '../../lambda/handlers/cancel-build';
import { createHandler as createDownload } from '../../lambda/handlers/download';
import { createHandler as createStart } from '../../lambda/handlers/start-build';
import { createHandler as createStatus } from '../../lambda/handlers/status';
import { createHandler as createSweep } from '../../lambda/handlers/sweep';
import { countEnd } from '../../lambda/metrics';
import { buildRequest, deliveryFor, EXITED, openSource, stage } from '../fakes/builds';
import { createRemoteWorld, type RemoteWorld } from '../fakes/deployment';
import { call, CONTEXT, createLambdaWorld, dataOf } from '../fakes/lambda';
import { SlipwayError } from '../../core/slipway-error';

function deployed() {
  const builds = createRemoteWorld();
  const lambda = createLambdaWorld(builds.clock);
  const counting = { ...builds, onEnded: (record: BuildRecord) => countEnd(lambda.metrics, record) };
  return { builds, lambda, ports: { ...lambda, builds: counting, transfers: builds.transfers, ledger: builds.ledger } };
}

const started = (world: RemoteWorld) => startBuild(world, buildRequest(), openSource, { useCache: false });

async function deliver(world: RemoteWorld, record: BuildRecord): Promise<void> {
  const job = world.runner.jobOf(record.buildId);
  await stage(world.artifacts, job.ticket, deliveryFor(job.ticket));
  job.observation = EXITED;
}

describe('start-build', () => {
  test('asks for the source, then starts; the address is answered and never logged', async () => {
    const { builds, lambda, ports } = deployed();
    const handler = createStart(ports);
    const request = buildRequest();
    const first = dataOf<StartBuildAnswer>(await handler(call({ action: 'start', request, useCache: true }), CONTEXT));
    expect(StartBuildAnswerSchema.parse(first)).toMatchObject({ state: 'upload-needed' });
    expect(JSON.stringify(first)).toContain('X-Amz-Signature=0123abcd');
    expect(lambda.lines.join('')).not.toContain('0123abcd');
    await builds.artifacts.put(storageKey.source(request.source.sha256), openSource, {});
    const second = StartBuildAnswerSchema.parse(dataOf(await handler(call({ action: 'start', request, useCache: true }), CONTEXT)));
    expect(second).toMatchObject({ state: 'started', build: { jobs: { 'linux-x86_64': { runnerId: 'project:0' } } } });
    expect(lambda.lastCall()).toMatchObject({ function: 'start-build', code: 'ok', buildId: builds.runner.jobs[0]?.ticket.job.buildId });
  });

  test('reruns what failed', async () => {
    const { builds, ports } = deployed();
    const { buildId } = await started(builds);
    builds.runner.jobOf(buildId).observation = { state: 'ended', end: 'lost' };
    const retry = { action: 'retry', reference: buildId, requestId: '00000000-0000-4000-9000-00000000000c', useCache: false };
    const answer = StartBuildAnswerSchema.parse(dataOf(await createStart(ports)(call(retry), CONTEXT)));
    expect(answer).toMatchObject({ state: 'started', build: { retryOf: buildId, jobs: { 'linux-x86_64': { attempt: 2 } } } });
  });

  test.each(['../prod', 'Field Kit', 'a/b'])('refuses the name %p, which would go into keys', async (name) => {
    const { builds, ports } = deployed();
    const request = { ...buildRequest(), name };
    const answer = await createStart(ports)(call({ action: 'start', request, useCache: true }), CONTEXT);
    expect(answer).toMatchObject({ ok: false, error: { code: 'bad-call' } });
    expect(builds.ledger.documents.size).toBe(0);
  });

  test.each(['version', 'requestedBy'])('refuses a %s that would make every list long', async (claim) => {
    const { builds, ports } = deployed();
    const request = { ...buildRequest(), [claim]: 'x'.repeat(501) };
    const answer = await createStart(ports)(call({ action: 'start', request, useCache: true }), CONTEXT);
    expect(answer).toMatchObject({ ok: false, error: { code: 'bad-call' } });
    expect(builds.ledger.documents.size).toBe(0);
  });

  test('tells that there is no room as something that passes', async () => {
    const { builds, ports } = deployed();
    await started(builds);
    const request = buildRequest();
    const limited = { ...ports, builds: { ...ports.builds, concurrentJobs: 1 } };
    const answer = await createStart(limited)(call({ action: 'start', request, useCache: true }), CONTEXT);
    expect(answer).toMatchObject({ ok: false, error: { code: 'build-limit-reached', retryable: true } });
  });
});

describe('status', () => {
  test('answers one build, several, a list, and a log', async () => {
    const { builds, ports } = deployed();
    const [first, second] = [await started(builds), await started(builds)];
    const ask = async (body: unknown) => StatusAnswerSchema.parse(dataOf<StatusAnswer>(await createStatus(ports)(call(body), CONTEXT)));
    expect(await ask({ query: 'build', reference: 'latest' })).toMatchObject({ build: { buildId: second.buildId } });
    expect(await ask({ query: 'build', reference: first.buildId.slice(0, 8) })).toMatchObject({ build: { buildId: first.buildId } });
    expect(await ask({ query: 'builds', buildIds: [first.buildId, second.buildId] })).toMatchObject({
      builds: [{ buildId: first.buildId }, { buildId: second.buildId }],
      problems: [],
    });
    expect(await ask({ query: 'list', limit: 1, name: 'fieldkit' })).toMatchObject({ builds: [{ buildId: second.buildId }] });
    expect(await ask({ query: 'log', buildId: first.buildId, platform: 'linux-x86_64' })).toMatchObject({
      text: 'a line\n',
      isComplete: false,
    });
  });

  test('tells what could not be read beside what could, and counts it', async () => {
    const { builds, lambda, ports } = deployed();
    const [fine, damaged] = [await started(builds), await started(builds)];
    const stored = builds.ledger.documents.get(storageKey.buildRecord(damaged.buildId));
    await builds.ledger.replace(storageKey.buildRecord(damaged.buildId), {}, stored?.revision ?? '');
    const buildIds = [fine.buildId, damaged.buildId, '0000000000000000'];
    const answer = dataOf<StatusAnswer>(await createStatus(ports)(call({ query: 'builds', buildIds }), CONTEXT));
    expect(answer).toMatchObject({
      builds: [{ buildId: fine.buildId }],
      problems: [{ code: 'record-corrupt' }, { code: 'build-not-found' }],
    });
    expect(lambda.counted()).toEqual({ SettleProblem: [1] });
  });

  test('that finds an end settles, tells and counts it', async () => {
    const { builds, lambda, ports } = deployed();
    const record = await started(builds);
    await deliver(builds, record);
    await createStatus(ports)(call({ query: 'build', reference: record.buildId }), CONTEXT);
    expect(builds.notices.sent).toEqual([`${record.buildId} succeeded`]);
    expect(lambda.counted()).toMatchObject({ BuildSucceeded: [1] });
  });

  test('fails where the parameter cannot be written', async () => {
    const { builds, ports } = deployed();
    const record = await started(builds);
    await deliver(builds, record);
    builds.parameters.isDenied = true;
    const answer = await createStatus(ports)(call({ query: 'build', reference: record.buildId }), CONTEXT);
    expect(answer).toMatchObject({ ok: false, error: { code: 'parameter-not-written' } });
  });
});

test('cancel-build asks the machine to stop', async () => {
  const { builds, lambda, ports } = deployed();
  const { buildId } = await started(builds);
  const answer = CancelBuildAnswerSchema.parse(dataOf<CancelBuildAnswer>(await createCancel(ports)(call({ reference: buildId }), CONTEXT)));
  expect(answer.build.jobs['linux-x86_64']).toMatchObject({ isCancelRequested: true });
  expect([...builds.runner.cancelled]).toEqual(['project:0']);
  expect(lambda.lastCall()).toMatchObject({ buildId });
});

describe('download', () => {
  test('answers the manifest, and an address for one version of a file', async () => {
    const { builds, lambda, ports } = deployed();
    const record = await started(builds);
    const ask = async (body: unknown) =>
      DownloadAnswerSchema.parse(dataOf<DownloadAnswer>(await createDownload(ports)(call(body), CONTEXT)));
    expect(await ask({ query: 'manifest', buildId: record.buildId })).toEqual({ query: 'manifest', manifest: null });
    await deliver(builds, record);
    const settled = await settleBuild(builds, record.buildId);
    expect(await ask({ query: 'manifest', buildId: record.buildId })).toMatchObject({ manifest: { buildId: record.buildId } });
    const [artifact] = settled.jobs['linux-x86_64']?.artifacts ?? [];
    const asked = { query: 'artifact', buildId: record.buildId, platform: 'linux-x86_64', file: artifact?.file };
    expect(await ask(asked)).toMatchObject({
      sizeBytes: artifact?.sizeBytes,
      sha256: artifact?.sha256,
      expiresAt: '2026-03-01T00:15:00.000Z',
    });
    expect(lambda.lines.join('')).not.toContain('0123abcd');
  });

  test.each([
    [{ query: 'manifest', buildId: '0000000000000000' }, 'build-not-found'],
    [{ query: 'artifact', platform: 'linux-x86_64', file: 'nothing.zip' }, 'artifact-not-found'],
    [{ query: 'artifact', platform: 'windows-x86_64', file: 'nothing.zip' }, 'platform-not-in-build'],
    [{ query: 'artifact', platform: 'linux-x86_64', file: '../records' }, 'bad-call'],
  ])('refuses %j as %s', async (body, code) => {
    const { builds, ports } = deployed();
    const record = await started(builds);
    await deliver(builds, record);
    await settleBuild(builds, record.buildId);
    expect(await createDownload(ports)(call({ buildId: record.buildId, ...body }), CONTEXT)).toMatchObject({ ok: false, error: { code } });
  });
});

describe('build-finished', () => {
  const eventOf = (buildId: string, project = 'slipway-prod-linux') => ({
    version: '0',
    source: 'aws.codebuild',
    'detail-type': 'CodeBuild Build State Change',
    detail: {
      'build-status': 'SUCCEEDED',
      'project-name': project,
      'build-id': 'arn:aws:codebuild:eu-central-1:111122223333:build/slipway-prod-linux:8745a7a9-c340-456a-9166-edf953571bee',
      'additional-information': {
        environment: { 'environment-variables': [{ name: 'SLIPWAY_BUILD_ID', type: 'PLAINTEXT', value: buildId }] },
      },
    },
  });

  test('settles the build that it is about; the same event again changes nothing', async () => {
    const { builds, lambda, ports } = deployed();
    const handler = createBuildFinished({ ...ports, projects: ['slipway-prod-linux'] });
    const record = await started(builds);
    await deliver(builds, record);
    await handler(eventOf(record.buildId), CONTEXT);
    expect(lambda.lastCall()).toMatchObject({ code: 'ok', buildId: record.buildId, status: 'succeeded' });
    const before = JSON.stringify([...builds.ledger.documents]);
    await handler(eventOf(record.buildId), CONTEXT);
    expect(JSON.stringify([...builds.ledger.documents])).toBe(before);
    expect(lambda.counted()).toMatchObject({ BuildSucceeded: [1] });
  });

  test.each([
    ['another project', eventOf('0000000000000000', 'theirs')],
    ['a build that was never ours', eventOf('0000000000000000')],
    ['no id at all', eventOf('../../records')],
    ['another shape', { source: 'aws.codebuild', detail: {} }],
    ['no event', null],
  ])('drops an event of %s, and says so', async (_title, event) => {
    const { builds, lambda, ports } = deployed();
    await createBuildFinished({ ...ports, projects: ['slipway-prod-linux'] })(event, CONTEXT);
    expect(lambda.lastCall()).toMatchObject({ code: 'ok', isDropped: true });
    expect(builds.ledger.documents.size).toBe(0);
  });

  test('throws what fails, so that the event is tried again', async () => {
    const { builds, lambda, ports } = deployed();
    const record = await started(builds);
    await deliver(builds, record);
    const list = () => Promise.reject(new SlipwayError('store-busy', 'not now'));
    const broken = { ...ports, builds: { ...ports.builds, artifacts: { ...builds.artifacts, list } } };
    await expect(
      createBuildFinished({ ...broken, projects: ['slipway-prod-linux'] })(eventOf(record.buildId), CONTEXT),
    ).rejects.toMatchObject({
      code: 'store-busy',
    });
    expect(lambda.counted()).toEqual({ SettleProblem: [1] });
  });
});

describe('sweep', () => {
  test('settles what no event told, starts what was lost, and measures the queue', async () => {
    const { builds, lambda, ports } = deployed();
    const done = await started(builds);
    await deliver(builds, done);
    builds.runner.failures.set('linux-x86_64', [new SlipwayError('store-busy', 'throttled')]);
    const waiting = await started(builds);
    builds.clock.advance(5 * 60_000);
    await createSweep(ports)({}, CONTEXT);
    expect(lambda.lastCall()).toMatchObject({
      code: 'ok',
      openBuilds: 1,
      queuedJobs: 1,
      restarted: [waiting.buildId],
      expiredDistributions: 0,
    });
    expect(lambda.counted()).toMatchObject({ OpenJobs: [1], OldestQueuedSeconds: [expect.closeTo(300, 0)], BuildSucceeded: [1] });
  });

  test('names what it could not do, counts it, and goes on', async () => {
    const { builds, lambda, ports } = deployed();
    const done = await started(builds);
    await deliver(builds, done);
    builds.parameters.isDenied = true;
    await createSweep(ports)({}, CONTEXT);
    expect(lambda.lastCall()).toMatchObject({ code: 'ok', problems: [{ code: 'parameter-not-written' }] });
    expect(lambda.counted()).toMatchObject({ SettleProblem: [1] });
  });

  test('throws when the store does not answer, after deleting what has expired', async () => {
    const { builds, lambda, ports } = deployed();
    const keys = (prefix: string) =>
      prefix === storageKey.openBuilds ? Promise.reject(new SlipwayError('store-busy', 'not now')) : builds.ledger.keys(prefix);
    const broken = { ...ports, builds: { ...ports.builds, ledger: { ...builds.ledger, keys } } };
    await expect(createSweep(broken)({}, CONTEXT)).rejects.toMatchObject({ code: 'store-busy' });
    expect(lambda.lastCall()).toMatchObject({ level: 'error', code: 'store-busy', expiredDistributions: 0 });
  });
});
