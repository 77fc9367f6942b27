/** Owns `manifest.json`: what a finished build made, written by settleBuild alone and read by everyone. */
import { z } from 'zod';
import { ArtifactSchema, JobCauseSchema, JobStatusSchema } from './build-record';
import { IdSchema } from './identifier';
import { PlatformIdSchema } from './platform';
import { BinaryReportSchema, StepResultSchema, ToolSchema } from './report';

export const PlatformResultSchema = z.strictObject({
  status: JobStatusSchema,
  cause: JobCauseSchema.optional(),
  steps: z.array(StepResultSchema),
  tools: z.array(ToolSchema),
  binaries: z.array(BinaryReportSchema),
  warnings: z.array(z.string()),
  cache: z.enum(['used', 'none']),
});

export const BuildManifestSchema = z.strictObject({
  schemaVersion: z.literal(1),
  buildId: IdSchema,
  name: z.string(),
  version: z.string(),
  createdAt: z.iso.datetime(),
  source: z.strictObject({ sha256: z.string(), gitCommit: z.string().optional() }),
  signed: z.literal('none'),
  /** Sorted by platform, then file. */
  artifacts: z.array(ArtifactSchema),
  platforms: z.partialRecord(PlatformIdSchema, PlatformResultSchema),
});

export type BuildManifest = z.infer<typeof BuildManifestSchema>;
