/** Owns the calls about builds and what they are answered with. */
import { z } from 'zod';
import { BuildManifestSchema } from '../build/build-manifest';
import { BuildRecordSchema } from '../build/build-record';
import { BuildRequestSchema } from '../build/build-request';
import { ArtifactFileSchema } from '../job/report';
import { ErrorBodySchema } from '../envelope';
import { IdSchema } from '../identifier';
import { PlatformIdSchema } from '../platform';
import { AppNameSchema } from '../recipe/recipe';

/** An id, a prefix of one, or `latest`. */
const ReferenceSchema = z.string().min(1).max(64);

/** What a caller says of itself. */
const ClaimSchema = z.string().max(500);

/** A file that the caller brings itself: one PUT with exactly these headers, then the same call again. */
export const UploadSchema = z.strictObject({
  url: z.url(),
  headers: z.record(z.string(), z.string()),
  expiresAt: z.iso.datetime(),
});
export type Upload = z.infer<typeof UploadSchema>;

/** Build ids asked about in one call. */
export const MOST_BUILDS_ASKED = 300;
/** Rows of one list. */
export const MOST_BUILDS_LISTED = 200;

export const StartBuildCallSchema = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('start'),
    /** The name goes into keys and parameters, the others into lists of hundreds: here they come from afar. */
    request: BuildRequestSchema.extend({ name: AppNameSchema, version: ClaimSchema, requestedBy: ClaimSchema }),
    useCache: z.boolean(),
  }),
  z.strictObject({
    action: z.literal('retry'),
    reference: ReferenceSchema,
    requestId: z.uuid(),
    name: AppNameSchema.optional(),
    useCache: z.boolean(),
  }),
]);

export const StartBuildAnswerSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('started'), build: BuildRecordSchema }),
  /** The source is not there yet. */
  z.strictObject({ state: z.literal('upload-needed'), upload: UploadSchema }),
]);

export const StatusCallSchema = z.discriminatedUnion('query', [
  z.strictObject({
    query: z.literal('build'),
    reference: ReferenceSchema,
    name: AppNameSchema.optional(),
    latest: z.enum(['started', 'succeeded']).optional(),
  }),
  z.strictObject({ query: z.literal('builds'), buildIds: z.array(IdSchema).max(MOST_BUILDS_ASKED) }),
  z.strictObject({ query: z.literal('list'), name: AppNameSchema.optional(), limit: z.int().min(1).max(MOST_BUILDS_LISTED) }),
  z.strictObject({ query: z.literal('log'), buildId: IdSchema, platform: PlatformIdSchema, from: z.string().optional() }),
]);

export const StatusAnswerSchema = z.discriminatedUnion('query', [
  z.strictObject({ query: z.literal('build'), build: BuildRecordSchema }),
  /** For `builds` and `list` alike. One that cannot be read is told apart and hides no other. */
  z.strictObject({ query: z.literal('builds'), builds: z.array(BuildRecordSchema), problems: z.array(ErrorBodySchema) }),
  z.strictObject({ query: z.literal('log'), text: z.string(), next: z.string(), isComplete: z.boolean() }),
]);

export const CancelBuildCallSchema = z.strictObject({ reference: ReferenceSchema, name: AppNameSchema.optional() });
export const CancelBuildAnswerSchema = z.strictObject({ build: BuildRecordSchema });

export const DownloadCallSchema = z.discriminatedUnion('query', [
  z.strictObject({ query: z.literal('manifest'), buildId: IdSchema }),
  z.strictObject({ query: z.literal('artifact'), buildId: IdSchema, platform: PlatformIdSchema, file: ArtifactFileSchema }),
]);

export const DownloadAnswerSchema = z.discriminatedUnion('query', [
  /** Null while the build is open. */
  z.strictObject({ query: z.literal('manifest'), manifest: BuildManifestSchema.nullable() }),
  z.strictObject({
    query: z.literal('artifact'),
    /** One GET, until `expiresAt`, of exactly the version that the record names. */
    url: z.url(),
    sizeBytes: z.int(),
    sha256: z.string(),
    expiresAt: z.iso.datetime(),
  }),
]);

export type StartBuildCall = z.infer<typeof StartBuildCallSchema>;
export type StartBuildAnswer = z.infer<typeof StartBuildAnswerSchema>;
export type StatusCall = z.infer<typeof StatusCallSchema>;
export type StatusAnswer = z.infer<typeof StatusAnswerSchema>;
export type CancelBuildCall = z.infer<typeof CancelBuildCallSchema>;
export type CancelBuildAnswer = z.infer<typeof CancelBuildAnswerSchema>;
export type DownloadCall = z.infer<typeof DownloadCallSchema>;
export type DownloadAnswer = z.infer<typeof DownloadAnswerSchema>;
