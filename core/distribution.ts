/** Owns the record of a distribution: its own copy of files, who may fetch them and until when. */
import { z } from 'zod';
import { IdSchema } from './identifier';
import { PlatformIdSchema } from './platform';
import { ArtifactFileSchema } from './report';

export const DistributedFileSchema = z.strictObject({
  file: ArtifactFileSchema,
  /** Absent for a path that was handed out as it is. */
  platform: PlatformIdSchema.optional(),
  sizeBytes: z.int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  versionId: z.string(),
});

export const DistributionSchema = z.strictObject({
  schemaVersion: z.literal(1),
  distId: IdSchema,
  name: z.string(),
  version: z.string().optional(),
  buildId: IdSchema.optional(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().optional(),
  /** CIDR notation, merged and sorted. Empty: every address. */
  allowedRanges: z.array(z.string()),
  maxDownloads: z.int().min(1).optional(),
  link: z.enum(['gate', 'direct']),
  files: z.array(DistributedFileSchema).min(1),
});

export type DistributedFile = z.infer<typeof DistributedFileSchema>;
export type Distribution = z.infer<typeof DistributionSchema>;
