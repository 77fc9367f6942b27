import { z } from 'zod';
import { METRIC } from '../../core/deployment/metric-names';
import { SlipwayError } from '../../core/slipway-error';
import { handleCalls, handleEvents, type Note } from '../../lambda/handle';
import { countEnd } from '../../lambda/metrics';
import { buildRequest, openSource } from '../fakes/builds';
import { call, CONTEXT, createLambdaWorld } from '../fakes/lambda';
import { createManualClock } from '../fakes/manual-clock';
import { startBuild } from '../../core/build/start/start-build';
import { createRemoteWorld } from '../fakes/deployment';

const TOKEN = 'abcdefghijklmnopqrstuvwxyz012345';
const URL = 'https://bucket.example.org/sources/a.zip?X-Amz-Credential=AKIAEXAMPLE&X-Amz-Signature=0123abcd';

function world() {
  const clock = createManualClock('2026-03-01T00:00:00.000Z');
  const lambda = createLambdaWorld(clock);
  const handler = (answer: (text: string, note: Note) => Promise<unknown>) =>
    handleCalls('status', z.strictObject({ text: z.string() }), lambda, ({ text }, note) => answer(text, note));
  return { clock, lambda, handler };
}

test('a call is answered in the envelope and leaves one line', async () => {
  const { clock, lambda, handler } = world();
  const envelope = await handler((text, note) => {
    clock.advance(12);
    note({ buildId: 'b0000000000000aa' });
    return Promise.resolve({ said: text });
  })(call({ text: 'hello' }), CONTEXT);
  expect(envelope).toEqual({ schemaVersion: 1, ok: true, data: { said: 'hello' } });
  expect(lambda.lines).toHaveLength(1);
  expect(lambda.lastCall()).toEqual({
    function: 'status',
    requestId: CONTEXT.awsRequestId,
    clientVersion: '0.1.0',
    buildId: 'b0000000000000aa',
    level: 'info',
    code: 'ok',
    durationMs: 12,
  });
});

test('a refusal is told with its code and logged as one', async () => {
  const { lambda, handler } = world();
  const refusal = new SlipwayError('build-not-found', "there is no build 'x'", { hint: 'look', cause: new Error('beneath') });
  const envelope = await handler(() => Promise.reject(refusal))(call({ text: '' }), CONTEXT);
  expect(envelope).toMatchObject({ ok: false, error: { code: 'build-not-found', hint: 'look', retryable: false } });
  expect(lambda.lastCall()).toMatchObject({ level: 'warn', code: 'build-not-found', cause: 'Error: beneath' });
});

test.each([
  ['another version', { apiVersion: 2, clientVersion: '9.0.0', call: { text: '' } }, 'deployment-mismatch', '9.0.0'],
  ['no frame', 'hello', 'bad-call', 'unknown'],
  ['another shape', call({ words: '' }), 'bad-call', '0.1.0'],
])('%s is refused', async (_title, event, code, clientVersion) => {
  const { lambda, handler } = world();
  expect(await handler(() => Promise.resolve(1))(event, CONTEXT)).toMatchObject({ ok: false, error: { code } });
  expect(lambda.lastCall()).toMatchObject({ code, clientVersion });
});

test.each([
  ['a fault of ours', new TypeError('x is not a function')],
  ["the function's own rights", new SlipwayError('access-denied', "S3 denies PutObject of 'records/a'", { hint: 'use a profile' })],
])('%s is told by a reference alone, and logged with its stack', async (_title, thrown) => {
  const { lambda, handler } = world();
  const envelope = await handler(() => Promise.reject(thrown))(call({ text: '' }), CONTEXT);
  expect(envelope).toMatchObject({ ok: false, error: { code: 'internal', details: { reference: CONTEXT.awsRequestId } } });
  expect(JSON.stringify(envelope)).not.toContain(thrown.message);
  expect(lambda.lastCall()).toMatchObject({ level: 'error', stack: expect.stringContaining(thrown.message) as unknown });
});

test('nothing that opens anything is logged', async () => {
  const { lambda, handler } = world();
  const leaking = new Error(`cannot fetch ${URL} for https://gate.example.org/d/${TOKEN}/file`);
  await handler((_text, note) => {
    note({ nested: { url: URL, link: `https://gate.example.org/d/${TOKEN}` } });
    return Promise.reject(leaking);
  })(call({ text: '' }), CONTEXT);
  const logged = lambda.lines.join('');
  for (const secret of [TOKEN, '0123abcd', 'AKIAEXAMPLE']) expect(logged).not.toContain(secret);
  expect(logged).toContain('/d/***');
});

test('an answer that no function may give is an error with what to do', async () => {
  const { handler } = world();
  const envelope = await handler(() => Promise.resolve('x'.repeat(6_000_001)))(call({ text: '' }), CONTEXT);
  expect(envelope).toMatchObject({ ok: false, error: { code: 'answer-too-large', hint: 'ask for fewer builds at once' } });
});

test('an event that fails is thrown again, after its line and its metrics', async () => {
  const { lambda } = world();
  const handler = handleEvents('sweep', lambda, () => {
    lambda.metrics.add(METRIC.settleProblem);
    return Promise.reject(new SlipwayError('store-busy', 'not now'));
  });
  await expect(handler({}, CONTEXT)).rejects.toMatchObject({ code: 'store-busy' });
  expect(lambda.lastCall()).toMatchObject({ function: 'sweep', level: 'error', code: 'store-busy' });
  expect(lambda.counted()).toEqual({ SettleProblem: [1] });
});

describe('metrics', () => {
  test('leave in the embedded metric format, with unit and stage', () => {
    const { lambda } = world();
    lambda.metrics.add(METRIC.buildFailed);
    lambda.metrics.add(METRIC.queueSeconds, 2.5);
    lambda.metrics.flush();
    lambda.metrics.flush();
    expect(lambda.lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        _aws: {
          Timestamp: Date.parse('2026-03-01T00:00:00.000Z'),
          CloudWatchMetrics: [
            {
              Namespace: 'Slipway',
              Dimensions: [['Stage']],
              Metrics: [
                { Name: 'BuildFailed', Unit: 'Count' },
                { Name: 'QueueSeconds', Unit: 'Seconds' },
              ],
            },
          ],
        },
        Stage: 'prod',
        BuildFailed: [1],
        QueueSeconds: [2.5],
      },
    ]);
  });

  test('never have more values in a line than CloudWatch reads', () => {
    const { lambda } = world();
    for (let at = 0; at < 150; at++) lambda.metrics.add(METRIC.buildFailed);
    lambda.metrics.flush();
    const lengths = lambda.lines.map((line) => (JSON.parse(line) as { BuildFailed: number[] }).BuildFailed.length);
    expect(lengths).toEqual([100, 50]);
  });

  test('of an end count it, and how long machines were waited for', async () => {
    const { lambda } = world();
    const record = await startBuild(createRemoteWorld(), buildRequest(['linux-x86_64', 'windows-x86_64']), openSource, { useCache: false });
    const job = {
      ...record.jobs['linux-x86_64'],
      status: 'succeeded' as const,
      attempt: 1,
      nonce: '',
      isCancelRequested: false,
      artifacts: [],
    };
    countEnd(lambda.metrics, {
      ...record,
      jobs: {
        'linux-x86_64': { ...job, cache: 'none', startedAt: '2026-03-01T00:00:40.000Z' },
        'windows-x86_64': { ...job, cache: 'used', startedAt: '2026-03-01T00:00:50.000Z' },
      },
    });
    lambda.metrics.flush();
    expect(lambda.counted()).toEqual({ BuildSucceeded: [1], QueueSeconds: [40] });
  });
});
