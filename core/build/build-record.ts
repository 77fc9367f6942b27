/**
 * Owns the record of a build: its jobs, their legal transitions, and the status that follows from them.
 * Keeping it belongs to the Ledger; deciding when a job has ended to `settle-build.ts`.
 */
import { z } from 'zod';
import { AboutSchema } from './about';
import { IdSchema } from '../identifier';
import { PlatformIdSchema, type PlatformId } from '../platform';
import { REPORT_ARTIFACT_KINDS, ReportArtifactSchema } from '../job/report';
import { SlipwayError } from '../slipway-error';

export const JOB_STATUSES = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'timed-out'] as const;
export const JobStatusSchema = z.enum(JOB_STATUSES);
export type JobStatus = z.infer<typeof JobStatusSchema>;

/** From `queued` to each end directly: a job may end before anybody saw it run. */
const TRANSITIONS: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  queued: ['running', 'succeeded', 'failed', 'cancelled', 'timed-out'],
  running: ['succeeded', 'failed', 'cancelled', 'timed-out'],
  succeeded: [],
  failed: [],
  cancelled: [],
  'timed-out': [],
};

/** What a builder delivers, and beside it the provenance, which settling writes: no report can name one. */
export const ArtifactSchema = ReportArtifactSchema.extend({
  kind: z.enum([...REPORT_ARTIFACT_KINDS, 'provenance']),
  platform: PlatformIdSchema,
  versionId: z.string(),
});
export type Artifact = z.infer<typeof ArtifactSchema>;

export const JobCauseSchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  step: z.string().optional(),
  cause: z.string().optional(),
});
export type JobCause = z.infer<typeof JobCauseSchema>;

/** How far a running job is, as its log says it. Counted from 1. */
export const JobProgressSchema = z.strictObject({ step: z.int(), stepCount: z.int(), title: z.string() });
export type JobProgress = z.infer<typeof JobProgressSchema>;

const JobRecordSchema = z.strictObject({
  status: JobStatusSchema,
  attempt: z.int().min(1),
  /** What the runner calls the job; absent until it was started. */
  runnerId: z.string().optional(),
  /** 128 random bits in hex: the job's right to write its staging prefix. */
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  startedAt: z.iso.datetime().optional(),
  endedAt: z.iso.datetime().optional(),
  /** The step that is running, or that was running at the end. */
  phase: z.string().optional(),
  progress: JobProgressSchema.optional(),
  isCancelRequested: z.boolean().default(false),
  /** Why the job did not succeed. */
  cause: JobCauseSchema.optional(),
  /** Why the newest attempt to start it failed. While the job has no runner's id it waits to be started again. */
  startProblem: JobCauseSchema.optional(),
  /** Whether the result came from an earlier build of the same inputs. */
  cache: z.enum(['used', 'none']).default('none'),
  /** The build whose result this job reuses; its log tells how the result was made. */
  reusedFrom: IdSchema.optional(),
  /** What the result will be stored under for equal builds; absent where results are not reused. */
  resultKey: z.string().optional(),
  artifacts: z.array(ArtifactSchema),
});
export type JobRecord = z.infer<typeof JobRecordSchema>;

export const BuildRecordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  buildId: IdSchema,
  requestId: z.uuid(),
  name: z.string(),
  version: z.string(),
  createdAt: z.iso.datetime(),
  /** A claim by whoever asked, not an identity. */
  requestedBy: z.string(),
  source: z.strictObject({
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    sizeBytes: z.int(),
    versionId: z.string(),
    git: z.strictObject({ commit: z.string(), isDirty: z.boolean() }).optional(),
  }),
  /** Absent in records of before it was kept. */
  about: AboutSchema.optional(),
  /** The build that this one retries. */
  retryOf: IdSchema.optional(),
  /** Of a comparison: the variant that is tried. Such a build is never what `latest` means, and is not handed out. */
  trial: z.string().optional(),
  jobs: z.partialRecord(PlatformIdSchema, JobRecordSchema),
});
export type BuildRecord = z.infer<typeof BuildRecordSchema>;

export function isOpen(status: JobStatus): boolean {
  return TRANSITIONS[status].length > 0;
}

/** The jobs in the order of the platform table. */
export function jobsOf(record: BuildRecord): readonly (readonly [PlatformId, JobRecord])[] {
  return PlatformIdSchema.options.flatMap((platform) => {
    const job = record.jobs[platform];
    return job === undefined ? [] : [[platform, job] as const];
  });
}

/**
 * Open while a job is open; else succeeded if all are; else the first of failed, timed-out, cancelled.
 * Among open jobs, `running` wins over `queued`.
 */
export function buildStatus(record: BuildRecord): JobStatus {
  const statuses = jobsOf(record).map(([, job]) => job.status);
  const inOrder: readonly JobStatus[] = ['running', 'queued', 'failed', 'timed-out', 'cancelled'];
  return inOrder.find((status) => statuses.includes(status)) ?? 'succeeded';
}

/**
 * The record with one job changed.
 * @throws SlipwayError `illegal-transition` when the job has ended, or would go backwards
 */
export function withJob(record: BuildRecord, platform: PlatformId, change: Partial<JobRecord>): BuildRecord {
  const job = record.jobs[platform];
  if (job === undefined) throw new SlipwayError('illegal-transition', `build '${record.buildId}' has no job for '${platform}'`);
  if (change.status !== undefined && change.status !== job.status && !TRANSITIONS[job.status].includes(change.status)) {
    throw new SlipwayError('illegal-transition', `a job that is '${job.status}' cannot become '${change.status}'`);
  }
  return { ...record, jobs: { ...record.jobs, [platform]: { ...job, ...change } } };
}
