/**
 * Closes a job that has ended: reads its report, hashes what it delivered, keeps what is proved, and writes the verdict once.
 * It re-hashes what is stored; a report is a claim by foreign code.
 */
import { jobResultOfReport, type JobResult } from '../build-manifest';
import type { BuildPorts } from '../build-ports';
import type { Artifact, BuildRecord, JobRecord } from '../build-record';
import {
  judgeJob,
  LARGEST_REPORT_BYTES,
  oversizedReport,
  readReport,
  type EndedJob,
  type JobIdentity,
  type ReportReading,
  type StagedFile,
  type Verdict,
} from './job-verdict';
import { digestOf, keepArtifact } from './keep-artifact';
import { keepProvenance } from './keep-provenance';
import type { PlatformId } from '../../platform';
import type { StoredFile } from '../../ports/artifact-store';
import { copyArtifacts, keepJobResult, storeReusableResult } from './result-cache';
import type { Report } from '../../job/report';
import { storageKey } from '../../storage-key';
import { changeOpenJob } from '../stored-build';

export async function closeJob(ports: BuildPorts, identity: JobIdentity, end: EndedJob): Promise<void> {
  const { record, platform, job } = identity;
  const prefix = storageKey.stagingPrefix(record.buildId, platform, job.nonce);
  const stored = await ports.artifacts.list(prefix);
  const reading = await readStagedReport(ports, identity, stored, prefix);
  const staged = 'report' in reading ? await hashStaged(ports, stored, prefix, reading) : [];
  const verdict = judgeJob(identity, end, reading, staged);
  const artifacts = verdict.status === 'succeeded' ? await keepAll(ports, identity, end, staged, verdict.report) : [];
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
  const startedAt = job.startedAt ?? end.startedAt;
  return {
    status: verdict.status,
    endedAt: end.endedAt ?? nowIso(ports),
    ...(startedAt === undefined ? {} : { startedAt }),
    // What somebody saw while it ran is not how it ended.
    phase: verdict.status === 'succeeded' ? undefined : verdict.cause.step,
    progress: undefined,
    ...(verdict.status === 'succeeded' ? {} : { cause: verdict.cause }),
  };
}

async function readStagedReport(
  ports: BuildPorts,
  identity: JobIdentity,
  stored: readonly StoredFile[],
  prefix: string,
): Promise<ReportReading> {
  const file = stored.find((candidate) => candidate.key === `${prefix}report.json`);
  if (file === undefined) return readReport(identity, undefined);
  if (file.sizeBytes > LARGEST_REPORT_BYTES) return oversizedReport(file.sizeBytes);
  const chunks: Buffer[] = [];
  for await (const chunk of await ports.artifacts.read(file.key, { versionId: file.versionId })) chunks.push(chunk as Buffer);
  return readReport(identity, Buffer.concat(chunks).toString('utf8'));
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

/** What was delivered, and the statement of where it comes from. */
async function keepAll(
  ports: BuildPorts,
  identity: JobIdentity,
  end: EndedJob,
  staged: readonly StagedFile[],
  report: Report,
): Promise<readonly Artifact[]> {
  const artifacts = await keepArtifacts(ports, identity, staged, report);
  return [...artifacts, await keepProvenance(ports, identity, end, report, artifacts)];
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
    const proved = { ...file, key: prefix + file.file };
    const copy = await keepArtifact(ports.artifacts, proved, storageKey.buildFile(record.buildId, platform, file.file));
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

function nowIso(ports: BuildPorts): string {
  return new Date(ports.clock.nowMs()).toISOString();
}
