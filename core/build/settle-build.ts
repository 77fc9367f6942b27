/**
 * Use-case: the one completion path of a build. A runner's end, a status read and a sweep all come here, at once if need be:
 * the verdict follows from what is stored alone, and only one of them writes it.
 * It re-hashes what is stored; a report is a claim by foreign code.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { JobResultSchema, jobResultOfReport, manifestOf, NO_RESULT, type JobResult } from './build-manifest';
import type { BuildPorts } from './build-ports';
import { buildStatus, isOpen, jobsOf, type Artifact, type BuildRecord, type JobRecord } from './build-record';
import {
  causeOf,
  judgeJob,
  LARGEST_REPORT_BYTES,
  readReport,
  type EndedJob,
  type JobIdentity,
  type ReportReading,
  type StagedFile,
  type Verdict,
} from './job-verdict';
import type { PlatformId } from '../platform';
import { advancePointer } from './pointer';
import type { StoredFile } from '../ports/artifact-store';
import type { JobObservation } from '../ports/build-runner';
import { copyArtifacts, keepJobResult, storeReusableResult } from './result-cache';
import type { Report } from './report';
import { SlipwayError, toSlipwayError } from '../slipway-error';
import { storageKey } from '../storage-key';
import { changeOpenJob, hasCode, readBuild } from './stored-build';

/**
 * Settles what has ended, then answers with the newest record. Safe at any time, any number of times, concurrently.
 * @throws SlipwayError `build-not-found`, `record-corrupt`, or what the store says (`disk-full`, …); the build then stays open
 */
export async function settleBuild(ports: BuildPorts, buildId: string): Promise<BuildRecord> {
  const before = await readBuild(ports, buildId);
  const open = jobsOf(before).filter(([, job]) => isOpen(job.status));
  const outcomes = await Promise.allSettled(open.map(([platform, job]) => settleJob(ports, { record: before, platform, job })));
  const rejected = outcomes.find((outcome) => outcome.status === 'rejected');
  if (rejected !== undefined) throw rejected.reason;
  const record = open.length === 0 ? before : await readBuild(ports, buildId);
  if (!isOpen(buildStatus(record))) await finishBuild(ports, record);
  return record;
}

async function settleJob(ports: BuildPorts, identity: JobIdentity): Promise<void> {
  const { record, platform, job } = identity;
  const runnerId = job.runnerId ?? (await ports.runner.find?.(record.buildId, platform, job.attempt));
  if (runnerId === undefined) {
    await settleUnstarted(ports, identity);
    return;
  }
  const observed = await ports.runner.observe(runnerId);
  if (observed.state !== 'ended') {
    await noteProgress(ports, identity, runnerId, observed);
    return;
  }
  try {
    await closeJob(ports, identity, observed);
  } catch (thrown) {
    // Another settlement may have closed the job and tidied up while this one was reading.
    const now = (await readBuild(ports, record.buildId)).jobs[platform];
    if (now === undefined || isOpen(now.status)) throw thrown;
  }
}

/** A job that no runner took: whoever started it is gone. */
async function settleUnstarted(ports: BuildPorts, { record, platform }: JobIdentity): Promise<void> {
  const waitedMs = ports.clock.nowMs() - Date.parse(record.createdAt);
  if (waitedMs < ports.startGraceMs) return;
  const error = new SlipwayError('start-lost', 'the build was asked for and never started', {
    hint: `run slipway start-build --retry ${record.buildId}`,
  });
  await changeOpenJob(ports, record.buildId, platform, (job) =>
    job.runnerId === undefined ? { status: 'failed', endedAt: nowIso(ports), cause: causeOf(error) } : undefined,
  );
}

type OpenObservation = Exclude<JobObservation, { state: 'ended' }>;

async function noteProgress(
  ports: BuildPorts,
  { record, platform }: JobIdentity,
  runnerId: string,
  observed: OpenObservation,
): Promise<void> {
  await changeOpenJob(ports, record.buildId, platform, (job) => {
    const change: Partial<JobRecord> = {
      runnerId,
      ...(observed.state === 'running' ? { status: 'running' } : {}),
      ...(observed.state === 'running' && observed.startedAt !== undefined ? { startedAt: observed.startedAt } : {}),
      ...(observed.state === 'running' && observed.phase !== undefined ? { phase: observed.phase } : {}),
      ...(observed.state === 'running' && observed.progress !== undefined ? { progress: observed.progress } : {}),
    };
    const isNews = Object.entries(change).some(([key, value]) => JSON.stringify(job[key as keyof JobRecord]) !== JSON.stringify(value));
    return isNews ? change : undefined;
  });
}

async function closeJob(ports: BuildPorts, identity: JobIdentity, end: EndedJob): Promise<void> {
  const { record, platform, job } = identity;
  const prefix = storageKey.stagingPrefix(record.buildId, platform, job.nonce);
  const stored = await ports.artifacts.list(prefix);
  const reading = readReport(identity, await readReportText(ports, stored, prefix));
  const staged = 'report' in reading ? await hashStaged(ports, stored, prefix, reading) : [];
  const verdict = judgeJob(identity, end, reading, staged);
  const artifacts = verdict.status === 'succeeded' ? await keepArtifacts(ports, identity, staged, verdict.report) : [];
  if (verdict.report !== undefined) await keepJobResult(ports, record.buildId, platform, jobResultOfReport(verdict.report));
  const { isChanged, record: after } = await changeOpenJob(ports, record.buildId, platform, (current) => ({
    ...endOfJob(verdict, end, current, ports),
    artifacts: [...artifacts],
  }));
  const closed = after.jobs[platform];
  if (closed?.status !== 'succeeded') await removeBuilt(ports, record.buildId, platform);
  if (isChanged && verdict.status === 'succeeded' && closed !== undefined)
    await offerResult(ports, after, platform, closed, verdict.report);
}

function endOfJob(verdict: Verdict, end: EndedJob, job: JobRecord, ports: BuildPorts): Partial<JobRecord> {
  const phase = verdict.status === 'succeeded' ? undefined : (verdict.cause.step ?? end.phase ?? job.phase);
  const startedAt = job.startedAt ?? end.startedAt;
  return {
    status: verdict.status,
    endedAt: end.endedAt ?? nowIso(ports),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(phase === undefined ? {} : { phase }),
    ...(verdict.status === 'succeeded' ? {} : { cause: verdict.cause }),
  };
}

async function readReportText(ports: BuildPorts, stored: readonly StoredFile[], prefix: string): Promise<string | undefined> {
  const file = stored.find((candidate) => candidate.key === `${prefix}report.json`);
  if (file === undefined) return undefined;
  if (file.sizeBytes > LARGEST_REPORT_BYTES) return ''; // Read as damaged.
  const chunks: Buffer[] = [];
  for await (const chunk of await ports.artifacts.read(file.key, { versionId: file.versionId })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Takes the digest of what the report names; files of the wrong size are not worth reading. */
async function hashStaged(
  ports: BuildPorts,
  stored: readonly StoredFile[],
  prefix: string,
  reading: Extract<ReportReading, { report: Report }>,
): Promise<readonly StagedFile[]> {
  if (reading.report.outcome === 'failed') return [];
  const staged: StagedFile[] = [];
  for (const { file, sizeBytes } of reading.report.artifacts) {
    const found = stored.find((candidate) => candidate.key === prefix + file);
    if (found === undefined) continue;
    const sha256 =
      found.sizeBytes === sizeBytes ? await digestOf(await ports.artifacts.read(found.key, { versionId: found.versionId })) : '';
    staged.push({ file, sizeBytes: found.sizeBytes, sha256, versionId: found.versionId });
  }
  return staged;
}

async function digestOf(content: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of content) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function keepArtifacts(
  ports: BuildPorts,
  { record, platform, job }: JobIdentity,
  staged: readonly StagedFile[],
  report: Report,
): Promise<readonly Artifact[]> {
  const prefix = storageKey.stagingPrefix(record.buildId, platform, job.nonce);
  const kept: Artifact[] = [];
  for (const artifact of report.artifacts) {
    const file = staged.find((candidate) => candidate.file === artifact.file);
    if (file === undefined) continue;
    const copy = await ports.artifacts.copy(
      { key: prefix + file.file, versionId: file.versionId },
      storageKey.buildFile(record.buildId, platform, file.file),
    );
    kept.push({ ...artifact, platform, versionId: copy.versionId });
  }
  return kept;
}

/** A job that did not succeed leaves nothing that looks like an artifact. */
async function removeBuilt(ports: BuildPorts, buildId: string, platform: PlatformId): Promise<void> {
  for (const file of await ports.artifacts.list(storageKey.buildFile(buildId, platform, ''))) await ports.artifacts.remove(file.key);
}

async function offerResult(ports: BuildPorts, record: BuildRecord, platform: PlatformId, job: JobRecord, report: Report): Promise<void> {
  if (job.resultKey === undefined) return;
  await storeReusableResult(ports, record.name, job.resultKey, {
    schemaVersion: 1,
    buildId: record.buildId,
    platform,
    endedAt: job.endedAt ?? nowIso(ports),
    artifacts: [...job.artifacts],
    result: jobResultOfReport(report),
  });
}

/**
 * Closes a job with the result of another build, if it can still be read.
 * @returns whether it could
 */
export async function settleReused(
  ports: BuildPorts,
  { record, platform }: JobIdentity,
  found: { readonly buildId: string; readonly artifacts: readonly Artifact[]; readonly result: JobResult },
): Promise<boolean> {
  const artifacts = await copyArtifacts(ports, found.buildId, found.artifacts, record.buildId);
  if (artifacts === undefined) return false;
  await keepJobResult(ports, record.buildId, platform, found.result);
  const now = nowIso(ports);
  const { record: after } = await changeOpenJob(ports, record.buildId, platform, () => ({
    status: 'succeeded',
    startedAt: now,
    endedAt: now,
    cache: 'used',
    reusedFrom: found.buildId,
    artifacts: [...artifacts],
  }));
  if (after.jobs[platform]?.status !== 'succeeded') await removeBuilt(ports, record.buildId, platform);
  return true;
}

/** What is left to do when the last job is closed: tidy up, the manifest, the pointer. Each of it may have been done before. */
export async function finishBuild(ports: BuildPorts, record: BuildRecord): Promise<void> {
  const key = storageKey.buildManifest(record.buildId);
  if ((await ports.ledger.read(key)) === undefined) {
    const results = new Map<PlatformId, JobResult>();
    for (const [platform, job] of jobsOf(record)) {
      const warnings = await tidyUp(ports, record.buildId, platform, job);
      const result = await readJobResult(ports, record.buildId, platform);
      results.set(platform, { ...result, warnings: [...result.warnings, ...warnings] });
    }
    await createOnce(ports, key, manifestOf(record, results));
  }
  if (buildStatus(record) === 'succeeded') await advancePointer(ports, record);
}

async function createOnce(ports: BuildPorts, key: string, body: unknown): Promise<void> {
  try {
    await ports.ledger.create(key, body);
  } catch (thrown) {
    if (!hasCode(thrown, 'record-exists')) throw thrown;
  }
}

async function readJobResult(ports: BuildPorts, buildId: string, platform: PlatformId): Promise<JobResult> {
  return JobResultSchema.safeParse((await ports.ledger.read(storageKey.jobResult(buildId, platform)))?.body).data ?? NO_RESULT;
}

/** @returns what could not be tidied up: that must not keep a finished build from being one */
async function tidyUp(ports: BuildPorts, buildId: string, platform: PlatformId, job: JobRecord): Promise<readonly string[]> {
  try {
    for (const file of await ports.artifacts.list(storageKey.stagingPrefix(buildId, platform, job.nonce)))
      await ports.artifacts.remove(file.key);
    if (job.runnerId !== undefined) await ports.runner.release?.(job.runnerId, job.status === 'succeeded' ? 'succeeded' : 'failed');
    return [];
  } catch (thrown) {
    return [`what the build left behind could not be removed: ${toSlipwayError(thrown).message}`];
  }
}

function nowIso(ports: BuildPorts): string {
  return new Date(ports.clock.nowMs()).toISOString();
}
