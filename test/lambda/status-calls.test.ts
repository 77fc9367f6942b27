/** How often the function `status` asks AWS: with the real ports, on clients that count. */
import { Readable } from 'node:stream';
import type { Build } from '@aws-sdk/client-codebuild';
import { createCodeBuildRunner } from '../../aws/build/build-runner-codebuild';
import { createS3ArtifactStore } from '../../aws/store/artifact-store-s3';
import { createS3Ledger } from '../../aws/store/ledger-s3';
import { StatusAnswerSchema, type StatusAnswer } from '../../core/api/build-calls';
import type { BuildRecord, JobRecord } from '../../core/build/build-record';
import type { PlatformId } from '../../core/platform';
import { storageKey } from '../../core/storage-key';
import { createHandler } from '../../lambda/handlers/status';
import { call, CONTEXT, createLambdaWorld, dataOf } from '../fakes/lambda';
import { createManualClock, createSeededRandomness } from '../fakes/manual-clock';
import { createFakeSdk } from '../fakes/sdk-client';

const PLATFORMS = ['linux-x86_64', 'linux-arm64', 'windows-x86_64'] as const;
const STARTED_AT = '2026-03-01T00:01:00.000Z';
const OPEN: Partial<JobRecord> = { status: 'running', startedAt: STARTED_AT, phase: 'building' };

interface Stored {
  readonly builds: number;
  readonly platforms: readonly PlatformId[];
  readonly job: Partial<JobRecord>;
}

function deployed({ builds, platforms, job }: Stored) {
  const objects = new Map<string, string>();
  const buildIds = Array.from({ length: builds }, (_, at) => `0000000000000${String(at).padStart(3, '0')}`);
  for (const [at, buildId] of buildIds.entries()) {
    objects.set(storageKey.buildRecord(buildId), JSON.stringify(recordOf(buildId, platforms, job)));
    objects.set(storageKey.buildIndex(Date.parse('2026-03-01T00:00:00.000Z') - at, buildId), '{}');
  }
  const s3 = createFakeSdk((name, { Prefix, Key, MaxKeys }) => {
    if (name === 'ListObjectsV2') {
      const keys = [...objects.keys()].filter((key) => key.startsWith(String(Prefix))).sort();
      return { Contents: keys.slice(0, Number(MaxKeys)).map((found) => ({ Key: found })), IsTruncated: false };
    }
    const text = objects.get(String(Key)) ?? '';
    return { ETag: '"1"', Body: { transformToString: () => Promise.resolve(text) } };
  });
  const codebuild = createFakeSdk((_, { ids }) => ({ builds: (ids as readonly string[]).map(runningBuild), buildsNotFound: [] }));
  const logs = createFakeSdk(() => ({ events: [] }));
  const clock = createManualClock('2026-03-01T00:02:00.000Z');
  const client = s3 as never;
  const artifacts = createS3ArtifactStore({ client, bucket: 'bucket' });
  const projects = Object.fromEntries(PLATFORMS.map((platform) => [platform, { project: `slipway-prod-${platform}`, logGroup: 'logs' }]));
  const runner = createCodeBuildRunner({
    codebuild: codebuild as never,
    logs: logs as never,
    artifacts,
    bucket: 'bucket',
    stage: 'prod',
    projects,
    clock,
  });
  const handler = createHandler({
    ...createLambdaWorld(clock),
    builds: {
      ledger: createS3Ledger({ client, bucket: 'bucket' }),
      artifacts,
      runner,
      clock,
      randomness: createSeededRandomness(),
      jobTimeoutMs: 60 * 60_000,
      startGraceMs: 15 * 60_000,
      toolIdentity: () => Promise.resolve(undefined),
      builderId: () => 'urn:slipway:builder:test',
      streamOf: (bytes) => Readable.from([bytes]),
    },
  });
  const ask = async (body: unknown) => StatusAnswerSchema.parse(dataOf<StatusAnswer>(await handler(call(body), CONTEXT)));
  const calls = () => {
    const counted: Record<string, number> = {};
    for (const { name } of [...s3.sent, ...codebuild.sent, ...logs.sent]) counted[name] = (counted[name] ?? 0) + 1;
    return counted;
  };
  return { ask, calls, buildIds, asked: () => codebuild.sent.map(({ input }) => (input.ids as readonly string[]).length) };
}

function recordOf(buildId: string, platforms: readonly PlatformId[], job: Partial<JobRecord>): BuildRecord {
  const jobOf = (platform: PlatformId): JobRecord => ({
    status: 'succeeded',
    attempt: 1,
    nonce: '0'.repeat(32),
    isCancelRequested: false,
    cache: 'none',
    artifacts: [],
    runnerId: `slipway-prod-${platform}:00000000-0000-4000-8000-${buildId.slice(-12)}`,
    ...job,
  });
  return {
    schemaVersion: 1,
    buildId,
    requestId: '0b9c4a52-7d5e-4f0e-9a55-0d6b3f1f2a11',
    name: 'fieldkit',
    version: '1.4.0',
    createdAt: '2026-03-01T00:00:00.000Z',
    requestedBy: 'tester',
    source: { sha256: 'a'.repeat(64), sizeBytes: 6, versionId: 'v1' },
    jobs: Object.fromEntries(platforms.map((platform) => [platform, jobOf(platform)])),
  };
}

const runningBuild = (id: string): Build => ({
  id,
  projectName: id.split(':')[0],
  buildStatus: 'IN_PROGRESS',
  currentPhase: 'BUILD',
  phases: [{ phaseType: 'PROVISIONING', startTime: new Date(STARTED_AT) }],
  logs: { streamName: 'stream' },
});

test.each([
  [1, 1],
  [20, 20],
  [200, 200],
])('a list of %i rows is one list and one read of each row', async (limit, reads) => {
  const { ask, calls } = deployed({ builds: 250, platforms: PLATFORMS, job: {} });
  expect(await ask({ query: 'list', limit })).toMatchObject({ problems: [] });
  expect(calls()).toEqual({ ListObjectsV2: 1, GetObject: reads });
});

test('of rows that are open all jobs are asked about together', async () => {
  const { ask, calls, asked } = deployed({ builds: 20, platforms: PLATFORMS, job: OPEN });
  await ask({ query: 'list', limit: 20 });
  expect(calls()).toEqual({ ListObjectsV2: 1, GetObject: 20, BatchGetBuilds: 1 });
  expect(asked()).toEqual([60]);
});

test('the status of 300 open jobs asks CodeBuild three times, and writes nothing where nothing is new', async () => {
  const { ask, calls, asked, buildIds } = deployed({ builds: 100, platforms: PLATFORMS, job: OPEN });
  const answer = await ask({ query: 'builds', buildIds });
  expect(answer).toMatchObject({ problems: [] });
  expect(calls()).toEqual({ GetObject: 100, BatchGetBuilds: 3 });
  expect(asked()).toEqual([100, 100, 100]);
});
