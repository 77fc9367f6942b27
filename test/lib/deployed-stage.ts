/**
 * A stage's functions on ports in memory, with what AWS itself measures around them, so that alarms can be driven by what really
 * happens: Lambda counts an invocation that ends in an error, SQS what lies in a queue, API Gateway and S3 what they answer.
 */
import type { BuildRecord } from '../../core/build/build-record';
import { settleBuild } from '../../core/build/settle/settle-build';
import { startBuild } from '../../core/build/start/start-build';
import { LinkRecordSchema } from '../../core/distribution/distribution';
import type { JobObservation } from '../../core/ports/build-runner';
import { storageKey } from '../../core/storage-key';
import { createHandler as createBuildFinished } from '../../lambda/handlers/build-finished';
import { createHandler as createGate, type GateHandlerPorts } from '../../lambda/handlers/gate';
import { createHandler as createStatus } from '../../lambda/handlers/status';
import { createHandler as createSweep } from '../../lambda/handlers/sweep';
import type { GateResponse } from '../../lambda/gate-event';
import { countEnd } from '../../lambda/metrics';
import { buildRequest, deliveryFor, EXITED, openSource, stage } from '../fakes/builds';
import { createRemoteWorld } from '../fakes/deployment';
import { distributionWith } from '../fakes/distributions';
import { call, CONTEXT, createLambdaWorld } from '../fakes/lambda';
import { dataOfLines, type Datum } from './cloudwatch';

export const TOKEN = 'abcdefghijklmnopqrstuvwxyzABCDEF';
const PROJECT = 'slipway-prod-linux-x86_64';

/** What the template says of where AWS measures. */
export interface Measured {
  readonly queueOf: Readonly<Record<string, string>>;
  readonly apiId: string;
  readonly bucketName: string;
  readonly requestMetrics: readonly { readonly Id: string; readonly Prefix: string }[];
  /** How often Lambda tries an event again. */
  readonly retries: number;
}

export async function deployedStage(measured: Measured) {
  const world = createRemoteWorld();
  const { clock, ledger, runner } = world;
  const lambda = createLambdaWorld(clock);
  const byAws: Datum[] = [];
  const measure = (namespace: string, metric: string, dimensions: Readonly<Record<string, string>>, value = 1) =>
    void byAws.push({ namespace, metric, dimensions, atMs: clock.nowMs(), values: [value] });
  const measureAtS3 = ({ headers }: GateResponse, metric: string, value?: number) => {
    const key = new URL(headers.location ?? '').pathname.slice(1);
    for (const { Id, Prefix } of measured.requestMetrics)
      if (key.startsWith(Prefix)) measure('AWS/S3', metric, { BucketName: measured.bucketName, FilterId: Id }, value);
  };
  const builds = { ...world, onEnded: (record: BuildRecord) => countEnd(lambda.metrics, record) };
  const buildFinished = createBuildFinished({ ...lambda, builds, projects: [PROJECT] });
  const sweep = createSweep({ ...lambda, builds });
  const status = createStatus({ ...lambda, builds });
  const distribution = distributionWith({ allowedRanges: ['198.51.100.0/24'], expiresAt: '2026-03-07T00:00:00.000Z' });
  await ledger.create(storageKey.link(TOKEN), LinkRecordSchema.parse({ schemaVersion: 1, distId: distribution.distId }));
  await ledger.create(storageKey.distributionRecord(distribution.distId), distribution);
  const sign: GateHandlerPorts['sign'] = ({ key }) => Promise.resolve({ url: `https://bucket.example/${key}?X-Amz-Signature=0123` });
  const signing = { sign };
  const gate = createGate({ ...lambda, ledger, randomness: world.randomness, sign: (request) => signing.sign(request) });

  /** As Lambda does with an event: what fails is tried again, and then lies in the queue. */
  const deliver = async (name: 'build-finished' | 'sweep', invoke: () => Promise<void>) => {
    for (let attempt = 0; attempt <= measured.retries; attempt++) {
      try {
        return await invoke();
      } catch {
        measure('AWS/Lambda', 'Errors', { FunctionName: `slipway-prod-${name}` });
      }
    }
    measure('AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: measured.queueOf[name] ?? '' });
  };

  return {
    world,
    lines: lambda.lines,
    data: (): readonly Datum[] => [...dataOfLines(lambda.lines), ...byAws],
    signing,
    start: () => startBuild(world, buildRequest(), openSource, { useCache: false }),
    async end(record: BuildRecord, observation: JobObservation = EXITED) {
      const job = runner.jobOf(record.buildId);
      if (observation === EXITED) await stage(world.artifacts, job.ticket, deliveryFor(job.ticket));
      job.observation = observation;
    },
    /** The event that CodeBuild sends. */
    tell: (buildId: string) => deliver('build-finished', () => buildFinished(eventOf(buildId), CONTEXT)),
    sweep: () => deliver('sweep', () => sweep({}, CONTEXT)),
    settle: (buildId: string) => settleBuild(builds, buildId),
    status: (body: unknown) => status(call(body), CONTEXT),
    async open(path: string, from = '198.51.100.7', headers: Readonly<Record<string, string>> = {}): Promise<GateResponse> {
      const response = await gate(requestOf(path, from, headers), CONTEXT);
      if (response.statusCode >= 500) measure('AWS/ApiGateway', '5xx', { ApiId: measured.apiId });
      return response;
    },
    /** S3 refuses who follows a redirect from an address that its policy does not name. */
    refuseAtS3: (response: GateResponse) => measureAtS3(response, '4xxErrors'),
    /** S3 sends who follows it so many bytes. */
    sendFromS3: (response: GateResponse, bytes: number) => measureAtS3(response, 'BytesDownloaded', bytes),
    /** A function whose module cannot be loaded: each invocation is an error. */
    failToLoad(name: string, load: () => unknown) {
      try {
        load();
      } catch {
        measure('AWS/Lambda', 'Errors', { FunctionName: `slipway-prod-${name}` });
      }
    },
  };
}

function requestOf(rawPath: string, sourceIp: string, also: Readonly<Record<string, string>>) {
  const headers = { 'user-agent': 'curl/8', ...also };
  return { version: '2.0', rawPath, rawQueryString: '', headers, requestContext: { http: { method: 'GET', sourceIp } } };
}

function eventOf(buildId: string) {
  return {
    source: 'aws.codebuild',
    'detail-type': 'CodeBuild Build State Change',
    detail: {
      'build-status': 'SUCCEEDED',
      'project-name': PROJECT,
      'additional-information': { environment: { 'environment-variables': [{ name: 'SLIPWAY_BUILD_ID', value: buildId }] } },
    },
  };
}
