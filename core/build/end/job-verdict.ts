/**
 * Owns the judgement of a job that has ended, from the runner's word, the report and what is stored. Pure.
 * A report is a claim by foreign code: it counts only for the very job that it was asked of, and only for files whose digest was taken.
 */
import { isSlipwayError, SlipwayError, type ErrorCode } from '../../slipway-error';
import type { BuildRecord, JobCause, JobRecord } from '../build-record';
import type { PlatformId } from '../../platform';
import { provenanceFileName } from '../../provenance/slsa-provenance';
import type { JobObservation } from '../../ports/build-runner';
import { ReportSchema, type Report } from '../../job/report';

export type EndedJob = Extract<JobObservation, { state: 'ended' }>;

/** A file in the job's staging area, hashed by us. */
export interface StagedFile {
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly versionId: string;
}

export type Verdict =
  | { readonly status: 'succeeded'; readonly report: Report }
  | { readonly status: 'failed' | 'cancelled' | 'timed-out'; readonly cause: JobCause; readonly report?: Report };

export type ReportReading = { readonly report: Report } | { readonly problem: string } | { readonly isMissing: true };

export interface JobIdentity {
  readonly record: BuildRecord;
  readonly platform: PlatformId;
  readonly job: JobRecord;
}

/** Larger reports are no reports: a manifest is read as a whole by everybody, and with all platforms in it goes through one answer. */
export const LARGEST_REPORT_BYTES = 1024 * 1024;
/** Each is copied, and stands in the record, of which a list shows hundreds. */
const MOST_ARTIFACTS = 200;
/** All files of a job together: what a function reads and hashes well within its quarter of an hour, beside two other platforms. */
const LARGEST_DELIVERY_BYTES = 10 * 1024 ** 3;
/** Of a text that goes into the record: the whole of it is in the log. */
const LONGEST_TEXT = 2_000;
const LONGEST_WORD = 100;

/** Reads a report and holds it against the job that it should be of. */
export function readReport({ record, platform, job }: JobIdentity, text: string | undefined): ReportReading {
  if (text === undefined) return { isMissing: true };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { problem: 'report.json is no JSON' };
  }
  const parsed = ReportSchema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { problem: `report.json is not a report: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}` };
  }
  const report = parsed.data;
  const claims: readonly (readonly [string, string | number, string | number])[] = [
    ['build', report.buildId, record.buildId],
    ['platform', report.platform, platform],
    ['attempt', report.attempt, job.attempt],
    ['application', report.name, record.name],
    ['version', report.version, record.version],
    ['source', report.source.sha256, record.source.sha256],
  ];
  const wrong = claims.find(([, claimed, actual]) => claimed !== actual);
  if (wrong !== undefined) return { problem: `the report is of ${wrong[0]} '${wrong[1]}', expected '${wrong[2]}'` };
  const problem = deliveryProblem(report);
  return problem === undefined ? { report } : { problem };
}

/** Judged by what is said, before a byte is read: a job that nobody can hash would never end. */
function deliveryProblem({ artifacts }: Report): string | undefined {
  if (artifacts.length > MOST_ARTIFACTS) return `the report names ${artifacts.length} artifacts, and ${MOST_ARTIFACTS} are the most`;
  const sizeBytes = artifacts.reduce((sum, artifact) => sum + Math.max(0, artifact.sizeBytes), 0);
  return sizeBytes > LARGEST_DELIVERY_BYTES
    ? `the report names ${sizeBytes} bytes of artifacts, and ${LARGEST_DELIVERY_BYTES} are the most`
    : undefined;
}

/** The reading of a report that is not worth reading. */
export function oversizedReport(sizeBytes: number): ReportReading {
  return { problem: `report.json has '${sizeBytes}' bytes, and ${LARGEST_REPORT_BYTES} are the most` };
}

/** What a SlipwayError looks like in a record. */
export function causeOf(error: SlipwayError, step?: string): JobCause {
  const { code, message, hint } = error;
  return shortened({ code, message, ...(hint === undefined ? {} : { hint }), ...(step === undefined ? {} : { step }) });
}

/** Much of it is said by foreign programs; a record of megabytes would keep everybody from their lists. */
function shortened({ code, message, hint, step, cause }: JobCause): JobCause {
  return {
    code: cut(code, LONGEST_WORD),
    message: cut(message, LONGEST_TEXT),
    ...(hint === undefined ? {} : { hint: cut(hint, LONGEST_TEXT) }),
    ...(step === undefined ? {} : { step: cut(step, LONGEST_WORD) }),
    ...(cause === undefined ? {} : { cause: cut(cause, LONGEST_TEXT) }),
  };
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}

/** For a job that never came to run. */
export function causeOfThrown(thrown: unknown): JobCause {
  if (isSlipwayError(thrown)) return causeOf(thrown);
  return shortened({ code: 'internal', message: thrown instanceof Error ? thrown.message : String(thrown) });
}

/**
 * @param staged the files that the report names, as far as they are there
 */
export function judgeJob(identity: JobIdentity, end: EndedJob, reading: ReportReading, staged: readonly StagedFile[]): Verdict {
  const { job, record } = identity;
  const step = end.phase ?? job.phase;
  const diedAt = (code: ErrorCode, message: string, hint: string) => failed(code, message, hint, step);
  const retryHint = `run slipway start-build --retry ${record.buildId}`;

  if (end.end === 'cancelled') return { status: 'cancelled', cause: cancelled(step) };
  if (end.end === 'timed-out') {
    const error = new SlipwayError('build-timed-out', end.detail ?? 'the build took longer than it may', { hint: retryHint });
    return { status: 'timed-out', cause: causeOf(error, step) };
  }
  if ('report' in reading) return judgeReport(reading.report, staged);
  if ('problem' in reading) return failed('artifact-mismatch', reading.problem, `see slipway logs ${record.buildId}`);
  if (end.end === 'lost') {
    if (job.isCancelRequested) return { status: 'cancelled', cause: cancelled(step) };
    return diedAt('builder-lost', `the process that watched the build is gone${withDetail(end.detail)}`, retryHint);
  }
  const isKilled = end.detail?.includes('SIGKILL') === true;
  return diedAt(
    'builder-crashed',
    `the builder ended without a report${withDetail(end.detail)}`,
    isKilled ? `the system may have run out of memory; ${retryHint}` : `see slipway logs ${record.buildId}`,
  );
}

function withDetail(detail: string | undefined): string {
  return detail === undefined ? '' : ` (${detail})`;
}

function cancelled(step: string | undefined): JobCause {
  return causeOf(new SlipwayError('build-cancelled', 'the build was cancelled'), step);
}

/** @param step absent where the builder had gone through all of them: whoever looked while it ran must not make a difference */
function failed(code: ErrorCode, message: string, hint: string, step?: string): Verdict {
  return { status: 'failed', cause: causeOf(new SlipwayError(code, message, { hint }), step) };
}

function judgeReport(report: Report, staged: readonly StagedFile[]): Verdict {
  // A build machine reports that its time was nearly over before its service would end it without a word.
  const status = report.failure?.code === 'build-timed-out' ? 'timed-out' : 'failed';
  if (report.outcome === 'failed') return { status, cause: causeOfReport(report), report };
  const problem = artifactProblem(report, staged);
  if (problem === undefined) return { status: 'succeeded', report };
  return failed('artifact-mismatch', problem, 'run the build again; if it stays, the builder or the disk is damaged');
}

function causeOfReport(report: Report): JobCause {
  const { failure } = report;
  if (failure === undefined) return { code: 'build-failed', message: 'the build failed and its report does not say why' };
  const { code, message, step, hint, cause } = failure;
  return shortened({ code, message, step, ...(hint === undefined ? {} : { hint }), ...(cause === undefined ? {} : { cause }) });
}

function artifactProblem(report: Report, staged: readonly StagedFile[]): string | undefined {
  if (report.artifacts.length === 0) return 'the report names no artifact';
  const names = report.artifacts.map((artifact) => artifact.file);
  const twice = names.find((name, at) => names.findIndex((other) => other.toLowerCase() === name.toLowerCase()) !== at);
  if (twice !== undefined) return `the report names '${twice}' twice`;
  const own = provenanceFileName(report.name, report.platform);
  if (names.some((name) => name.toLowerCase() === own.toLowerCase())) return `the report names '${own}', which no builder writes`;
  for (const artifact of report.artifacts) {
    const file = staged.find((candidate) => candidate.file === artifact.file);
    if (file === undefined) return `'${artifact.file}' is in the report and was not delivered`;
    if (file.sizeBytes !== artifact.sizeBytes)
      return `'${artifact.file}' has ${file.sizeBytes} bytes, the report says ${artifact.sizeBytes}`;
    if (file.sha256 !== artifact.sha256) return `'${artifact.file}' has sha256 ${file.sha256}, the report says ${artifact.sha256}`;
  }
  return undefined;
}
