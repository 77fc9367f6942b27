/** Owns the calls about distributions and what they are answered with. */
import { z } from 'zod';
import { UploadSchema } from './build-calls';
import { ArtifactFileSchema } from '../job/report';
import { ErrorBodySchema } from '../envelope';
import { DistributionSchema } from '../distribution/distribution';
import { DownloadSchema } from '../distribution/grants/download';
import { PlatformIdSchema } from '../platform';
import { AppNameSchema } from '../recipe/recipe';

const ReferenceSchema = z.string().min(1).max(64);

/** Rows of one list. */
export const MOST_DISTRIBUTIONS_LISTED = 200;

export const DistributionViewSchema = z.strictObject({
  distribution: DistributionSchema,
  state: z.enum(['live', 'expired', 'revoked', 'exhausted']),
  grantCount: z.int(),
  url: z.string().optional(),
  warnings: z.array(z.string()).optional(),
});

/** A `DistributeRequest` as it travels: a path of the caller's machine is told by its content. */
export const DistributeCallSchema = z.strictObject({
  from: z.union([
    z.strictObject({ build: ReferenceSchema, name: AppNameSchema.optional() }),
    z.strictObject({
      file: z.strictObject({ name: ArtifactFileSchema, sizeBytes: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
      name: AppNameSchema,
      version: z.string().optional(),
    }),
  ]),
  title: z.string().optional(),
  platforms: z.array(PlatformIdSchema).optional(),
  expiresHours: z.number(),
  /** `me` was replaced by the caller's own public addresses before. */
  allowedIps: z.array(z.string()).max(1000),
  maxDownloads: z.int().optional(),
  link: z.enum(['gate', 'direct']),
  allowSecrets: z.array(z.string()).max(1000),
});

export const DistributeAnswerSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('made'), view: DistributionViewSchema }),
  z.strictObject({ state: z.literal('upload-needed'), upload: UploadSchema }),
]);

export const DistributionsCallSchema = z.discriminatedUnion('query', [
  z.strictObject({ query: z.literal('latest'), name: AppNameSchema }),
  z.strictObject({ query: z.literal('list'), name: AppNameSchema.optional(), limit: z.int().min(1).max(MOST_DISTRIBUTIONS_LISTED) }),
  z.strictObject({ query: z.literal('downloads'), reference: ReferenceSchema }),
]);

export const DistributionsAnswerSchema = z.discriminatedUnion('query', [
  z.strictObject({ query: z.literal('latest'), view: DistributionViewSchema }),
  z.strictObject({
    query: z.literal('list'),
    views: z.array(DistributionViewSchema),
    problems: z.array(ErrorBodySchema).optional(),
  }),
  z.strictObject({
    query: z.literal('downloads'),
    /** A deployment that is older than outcomes tells none. */
    grants: z.array(DownloadSchema.partial({ outcome: true })),
    problems: z.array(ErrorBodySchema).optional(),
  }),
]);

export const RevokeCallSchema = z.strictObject({ reference: ReferenceSchema });
export const RevokeAnswerSchema = z.strictObject({ view: DistributionViewSchema });

export type DistributeCall = z.infer<typeof DistributeCallSchema>;
export type DistributeAnswer = z.infer<typeof DistributeAnswerSchema>;
export type DistributionsCall = z.infer<typeof DistributionsCallSchema>;
export type DistributionsAnswer = z.infer<typeof DistributionsAnswerSchema>;
export type RevokeCall = z.infer<typeof RevokeCallSchema>;
export type RevokeAnswer = z.infer<typeof RevokeAnswerSchema>;
