/** Owns `manifest.json`: what a finished build made, written by settleBuild alone and read by everyone. */
import { z } from 'zod';
import { AboutSchema } from './about';
import { ArtifactSchema, JobCauseSchema, jobsOf, JobStatusSchema, type BuildRecord, type JobRecord } from './build-record';
import { IdSchema } from '../identifier';
import { PlatformIdSchema, type PlatformId } from '../platform';
import { BinaryReportSchema, StepResultSchema, ToolSchema, type Report } from '../job/report';

const PlatformResultSchema = z.strictObject({
  status: JobStatusSchema,
  cause: JobCauseSchema.optional(),
  steps: z.array(StepResultSchema),
  tools: z.array(ToolSchema),
  binaries: z.array(BinaryReportSchema),
  warnings: z.array(z.string()),
  cache: z.enum(['used', 'none']),
});

/** What a closed job's report said, kept until the whole build is closed. */
export const JobResultSchema = PlatformResultSchema.omit({ status: true, cause: true, cache: true });
export type JobResult = z.infer<typeof JobResultSchema>;

export const BuildManifestSchema = z.strictObject({
  schemaVersion: z.literal(1),
  buildId: IdSchema,
  name: z.string(),
  version: z.string(),
  createdAt: z.iso.datetime(),
  source: z.strictObject({ sha256: z.string(), gitCommit: z.string().optional() }),
  about: AboutSchema.optional(),
  signed: z.literal('none'),
  /** Sorted by platform, then file. */
  artifacts: z.array(ArtifactSchema),
  platforms: z.partialRecord(PlatformIdSchema, PlatformResultSchema),
});

export type BuildManifest = z.infer<typeof BuildManifestSchema>;

export function jobResultOfReport(report: Report, notes: readonly string[] = []): JobResult {
  return { steps: report.steps, tools: report.tools, binaries: report.binaries, warnings: [...notes, ...report.warnings] };
}

/** Of a job that left no report. */
export const NO_RESULT: JobResult = { steps: [], tools: [], binaries: [], warnings: [] };

/** The manifest of a closed build; the same record and results give the same manifest. */
export function manifestOf(record: BuildRecord, results: ReadonlyMap<PlatformId, JobResult>): BuildManifest {
  const platforms: Partial<Record<PlatformId, z.infer<typeof PlatformResultSchema>>> = {};
  for (const [platform, job] of jobsOf(record)) platforms[platform] = platformResult(job, results.get(platform) ?? NO_RESULT);
  const commit = record.source.git?.commit;
  return {
    schemaVersion: 1,
    buildId: record.buildId,
    name: record.name,
    version: record.version,
    createdAt: record.createdAt,
    source: { sha256: record.source.sha256, ...(commit === undefined ? {} : { gitCommit: commit }) },
    ...(record.about === undefined ? {} : { about: record.about }),
    signed: 'none',
    artifacts: jobsOf(record)
      .flatMap(([, job]) => job.artifacts)
      .sort((a, b) => compareCodeUnits(a.platform, b.platform) || compareCodeUnits(a.file, b.file)),
    platforms,
  };
}

function platformResult(job: JobRecord, result: JobResult): z.infer<typeof PlatformResultSchema> {
  return { status: job.status, ...(job.cause === undefined ? {} : { cause: job.cause }), ...result, cache: job.cache };
}

function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
