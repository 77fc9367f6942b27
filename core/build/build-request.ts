/**
 * Owns the request to build: parsed once, the only way in. The version is resolved before it is made.
 * `schemaVersion` lets an older command line be told apart by a newer deployment.
 */
import { z } from 'zod';
import { JobSchema } from '../job/job';
import { PlatformIdSchema } from '../platform';

/** What each platform's job will hold, apart from what the service itself decides (id, attempt, time). */
export const JobTemplateSchema = JobSchema.omit({ buildId: true, attempt: true, createdAt: true, platform: true, source: true });

export const BuildRequestSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Made once per command and resent on retries. */
  requestId: z.uuid(),
  name: z.string(),
  version: z.string(),
  requestedBy: z.string(),
  source: JobSchema.shape.source,
  /** At least one: a build of nothing would have succeeded. */
  jobs: z.partialRecord(PlatformIdSchema, JobTemplateSchema).refine((jobs) => Object.keys(jobs).length > 0, 'no platform is asked for'),
});

/** As it is kept: with what a later start of the same jobs must know. */
export const StoredRequestSchema = BuildRequestSchema.extend({ useCache: z.boolean().default(true) });

export type StoredRequest = z.infer<typeof StoredRequestSchema>;
export type JobTemplate = z.infer<typeof JobTemplateSchema>;
export type BuildRequest = z.infer<typeof BuildRequestSchema>;
