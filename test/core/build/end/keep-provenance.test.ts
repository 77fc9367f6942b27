/** The provenance of a job: written by whoever settles it, once, about the bytes that were hashed, and by no builder. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { BuildManifestSchema } from '../../../../core/build/build-manifest';
import { buildStatus, type Artifact, type BuildRecord } from '../../../../core/build/build-record';
import { settleBuild } from '../../../../core/build/settle/settle-build';
import { retryBuild } from '../../../../core/build/start/retry-build';
import { startBuild } from '../../../../core/build/start/start-build';
import type { PlatformId } from '../../../../core/platform';
import type { JobObservation } from '../../../../core/ports/build-runner';
import type { ArtifactStore } from '../../../../core/ports/artifact-store';
import { readStatement, type ProvenanceStatement } from '../../../../core/provenance/statement';
import { storageKey } from '../../../../core/storage-key';
import { createVersionedArtifactStore } from '../../../fakes/artifact-store-versioned';
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
import { createRemoteWorld } from '../../../fakes/deployment';

const LINUX = 'linux-x86_64';
const ENDED_AT = '2026-03-01T00:02:00.000Z';
const ended = (startedAt: string): JobObservation => ({ state: 'ended', end: 'exited', startedAt, endedAt: ENDED_AT });
const FILE = 'fieldkit-linux-x86_64.provenance.json';

const artifactsOf = (record: BuildRecord, platform: PlatformId = LINUX) => record.jobs[platform]?.artifacts ?? [];

async function statementOf(
  world: { readonly artifacts: ArtifactStore },
  record: BuildRecord,
  artifact?: Artifact,
): Promise<ProvenanceStatement> {
  const found = artifact ?? artifactsOf(record).find(({ kind }) => kind === 'provenance');
  if (found === undefined) throw new Error('no provenance');
  const key = storageKey.buildFile(record.buildId, found.platform, found.file);
  const content = await text(await world.artifacts.read(key, { versionId: found.versionId }));
  expect(createHash('sha256').update(content).digest('hex')).toBe(found.sha256);
  expect(Buffer.byteLength(content)).toBe(found.sizeBytes);
  const statement = readStatement(content);
  if (statement === undefined) throw new Error(`no statement: ${content}`);
  return statement;
}

async function succeed(world: BuildWorld, request = buildRequest()): Promise<BuildRecord> {
  const record = await startBuild(world, request, openSource, { useCache: true });
  await stage(world.artifacts, world.ticket(record), deliveryFor(world.ticket(record)));
  world.runner.show(LINUX, ended('2026-03-01T00:00:30.000Z'));
  return settleBuild(world, record.buildId);
}

test('its subjects are what the job left, by the digests of what is stored', async () => {
  const world = createBuildWorld({ builderId: (platform) => `urn:slipway:builder:${platform}` });
  const record = await succeed(world);
  const statement = await statementOf(world, record);
  expect(artifactsOf(record).map(({ kind }) => kind)).toEqual(['archive', 'checksums', 'provenance']);
  const [archive] = artifactsOf(record);
  expect(statement.subject).toEqual([{ name: archive?.file, digest: { sha256: archive?.sha256 } }]);
  expect(statement.predicate.runDetails.builder.id).toBe('urn:slipway:builder:linux-x86_64');
  expect(statement.predicate.runDetails.metadata).toEqual({
    invocationId: `${record.buildId}/${LINUX}/1`,
    startedOn: '2026-03-01T00:00:30.000Z',
    finishedOn: ENDED_AT,
  });
  expect(statement.predicate.buildDefinition.resolvedDependencies?.[0]?.digest).toEqual({ sha256: record.source.sha256 });
  const manifest = BuildManifestSchema.parse(world.ledger.documents.get(storageKey.buildManifest(record.buildId))?.body);
  expect(manifest.artifacts.filter(({ kind }) => kind === 'provenance').map(({ file }) => file)).toEqual([FILE]);
});

test('a job that failed has none', async () => {
  const world = createBuildWorld();
  const started = await startBuild(world, buildRequest(), openSource, { useCache: true });
  await stage(world.artifacts, world.ticket(started), { report: failedReport(world.ticket(started)) });
  world.runner.show(LINUX, EXITED);
  const record = await settleBuild(world, started.buildId);
  expect(artifactsOf(record)).toEqual([]);
  expect((await world.artifacts.list('builds/')).map(({ key }) => key)).toEqual([]);
});

test.each([FILE, FILE.toUpperCase()])('a builder that delivers one of its own, as %s, has failed', async (file) => {
  const world = createBuildWorld();
  const started = await startBuild(world, buildRequest(), openSource, { useCache: true });
  const delivery = deliveryFor(world.ticket(started));
  const content = Buffer.from('{"forged":true}');
  const forged = {
    file,
    kind: 'sbom' as const,
    sizeBytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  };
  await stage(world.artifacts, world.ticket(started), {
    files: { ...delivery.files, [file]: content },
    report: { ...delivery.report, artifacts: [...delivery.report.artifacts, forged] },
  });
  world.runner.show(LINUX, EXITED);
  const record = await settleBuild(world, started.buildId);
  expect(buildStatus(record)).toBe('failed');
  expect(record.jobs[LINUX]?.cause?.message).toBe(`the report names '${FILE}', which no builder writes`);
});

test('a report cannot name one by its kind either', async () => {
  const world = createBuildWorld();
  const started = await startBuild(world, buildRequest(), openSource, { useCache: true });
  const { files, report } = deliveryFor(world.ticket(started));
  const artifacts = report.artifacts.map((artifact) => ({ ...artifact, kind: 'provenance' }));
  await stage(world.artifacts, world.ticket(started), { files, report: { ...report, artifacts } as unknown as typeof report });
  world.runner.show(LINUX, EXITED);
  expect((await settleBuild(world, started.buildId)).jobs[LINUX]?.cause?.message).toContain('report.json is not a report');
});

test('an equal build that reuses the result has the statement of the build that made the bytes', async () => {
  const world = createBuildWorld();
  const made = await succeed(world);
  const reused = await startBuild(world, buildRequest(), openSource, { useCache: true });
  expect(reused.jobs[LINUX]?.reusedFrom).toBe(made.buildId);
  expect(artifactsOf(reused).map(({ file, sha256 }) => [file, sha256])).toEqual(
    artifactsOf(made).map(({ file, sha256 }) => [file, sha256]),
  );
  expect(await statementOf(world, reused)).toEqual(await statementOf(world, made));
});

test('a retry keeps the statement of what had succeeded, and writes one for what it builds', async () => {
  const world = createBuildWorld();
  const platforms = [LINUX, 'windows-x86_64'] as const;
  const started = await startBuild(world, buildRequest(platforms), openSource, { useCache: true });
  const [linux, windows] = platforms.map((platform) => world.ticket(started, platform));
  if (linux === undefined || windows === undefined) throw new Error('no tickets');
  await stage(world.artifacts, linux, deliveryFor(linux));
  await stage(world.artifacts, windows, { report: failedReport(windows) });
  for (const platform of platforms) world.runner.show(platform, EXITED);
  await settleBuild(world, started.buildId);
  const retried = await retryBuild(world, started.buildId, '00000000-0000-4000-8000-999999999999', { useCache: false });
  const again = world.ticket(retried, 'windows-x86_64');
  await stage(world.artifacts, again, deliveryFor(again));
  const record = await settleBuild(world, retried.buildId);
  const [kept, built] = platforms.map((platform) => artifactsOf(record, platform).find(({ kind }) => kind === 'provenance'));
  expect((await statementOf(world, record, kept)).predicate.runDetails.metadata?.invocationId).toBe(`${started.buildId}/${LINUX}/1`);
  expect((await statementOf(world, record, built)).predicate.runDetails.metadata?.invocationId).toBe(`${record.buildId}/windows-x86_64/2`);
});

test('settlements that saw the end otherwise agree on one statement, whose version stays the newest', async () => {
  const artifacts = createVersionedArtifactStore();
  const world = createRemoteWorld({ artifacts });
  const { buildId } = await startBuild(world, buildRequest(), openSource, { useCache: false });
  const job = world.runner.jobOf(buildId);
  await stage(artifacts, job.ticket, deliveryFor(job.ticket));
  const records = await Promise.all(
    Array.from({ length: 5 }, (_, at) => {
      job.observation = ended(`2026-03-01T00:00:0${at}.000Z`);
      return settleBuild(world, buildId);
    }),
  );
  artifacts.forgetEarlierVersions();
  const kept = records.flatMap((record) => artifactsOf(record)).filter(({ kind }) => kind === 'provenance');
  expect(kept).toHaveLength(5);
  expect(new Set(kept.map(({ versionId }) => versionId)).size).toBe(1);
  for (const record of records) await statementOf({ artifacts }, record);
});

test('what lies at its place from an attempt that was judged by other bytes gives way', async () => {
  const world = createBuildWorld();
  const started = await startBuild(world, buildRequest(), openSource, { useCache: true });
  const key = storageKey.buildFile(started.buildId, LINUX, FILE);
  await world.artifacts.put(key, () => Readable.from([Buffer.from('{"_type":"something else"}')]), {});
  await stage(world.artifacts, world.ticket(started), deliveryFor(world.ticket(started)));
  world.runner.show(LINUX, EXITED);
  const statement = await statementOf(world, await settleBuild(world, started.buildId));
  expect(statement.subject).toHaveLength(1);
});

test('a build whose request is gone ends all the same', async () => {
  const world = createBuildWorld();
  const started = await startBuild(world, buildRequest(), openSource, { useCache: true });
  await world.ledger.remove(storageKey.buildRequest(started.buildId));
  await stage(world.artifacts, world.ticket(started), deliveryFor(world.ticket(started)));
  world.runner.show(LINUX, EXITED);
  const { predicate } = await statementOf(world, await settleBuild(world, started.buildId));
  expect(predicate.buildDefinition.externalParameters.configuration).toBeUndefined();
  expect(predicate.buildDefinition.externalParameters.name).toBe('fieldkit');
});
