/** Owns the record of a distribution: its own copy of files, who may fetch them and until when. */
import { z } from 'zod';
import { IdSchema } from '../identifier';
import { PlatformIdSchema } from '../platform';
import { ArtifactFileSchema } from '../job/report';
import { AboutSchema } from '../build/about';
import { PackageFactsSchema } from './package-facts';

/** Whole hours a link may hold. A week at most: whoever needs longer makes a new link, and is asked again who may use it. */
export const EXPIRES_HOURS = { least: 1, most: 168, usual: 48 } as const;

/** Grants are counted in slots 0000 to 9999. */
export const MOST_DOWNLOADS = 10_000;

/**
 * Archives, installers and plain files are what one comes for; checksums, the manifest, and the documents of what is in a package and
 * where it comes from go with them and are never counted.
 */
const DistributedKindSchema = z.enum(['archive', 'installer', 'file', 'checksum', 'checksums', 'manifest', 'sbom', 'provenance']);

const DistributedFileSchema = z.strictObject({
  file: ArtifactFileSchema,
  kind: DistributedKindSchema,
  /** Absent for what belongs to no platform: a path that was handed out as it is, SHA256SUMS. */
  platform: PlatformIdSchema.optional(),
  sizeBytes: z.int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  versionId: z.string(),
  /** Absent for what Slipway did not build, and for what goes with a package. */
  package: PackageFactsSchema.optional(),
});

export const DistributionSchema = z.strictObject({
  schemaVersion: z.literal(1),
  distId: IdSchema,
  name: z.string(),
  title: z.string().optional(),
  version: z.string().optional(),
  /** Of a build: what its slipway.yaml said of it. */
  about: AboutSchema.optional(),
  buildId: IdSchema.optional(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().optional(),
  /** CIDR notation, merged and sorted. Empty: every address. */
  allowedRanges: z.array(z.string()),
  maxDownloads: z.int().min(1).max(MOST_DOWNLOADS).optional(),
  link: z.enum(['gate', 'direct']),
  /** Of a direct link: the role and session whose credentials signed it, and with which it ends. */
  signedBy: z.string().optional(),
  files: z.array(DistributedFileSchema).min(1),
});

/** `links/<sha256(token)>.json`: which distribution a token opens. */
export const LinkRecordSchema = z.strictObject({ schemaVersion: z.literal(1), distId: IdSchema });

/** `pointers/distributions/<name>.json`: the newest distribution of an application; of direct links, which cannot be shown again, a second one. */
export const DistributionPointerSchema = z.strictObject({
  schemaVersion: z.literal(1),
  distribution: z.strictObject({ distId: IdSchema, createdAt: z.iso.datetime() }),
});

/** `grants/<distId>/<grantId>.json`: one download of a full file. */
export const GrantSchema = z.strictObject({
  schemaVersion: z.literal(1),
  distId: IdSchema,
  grantId: z.string(),
  file: z.string(),
  address: z.string(),
  grantedAt: z.iso.datetime(),
});

export type DistributedKind = z.infer<typeof DistributedKindSchema>;
export type DistributedFile = z.infer<typeof DistributedFileSchema>;
export type Distribution = z.infer<typeof DistributionSchema>;
export type DistributionPointer = z.infer<typeof DistributionPointerSchema>;
export type Grant = z.infer<typeof GrantSchema>;

/** How a distribution stands. `exhausted`: every permitted download was granted, the rest still holds. */
export type DistributionState = 'live' | 'expired' | 'revoked' | 'exhausted';

export function distributionState(distribution: Distribution, grantCount: number, nowMs: number): DistributionState {
  if (distribution.revokedAt !== undefined) return 'revoked';
  if (nowMs >= Date.parse(distribution.expiresAt)) return 'expired';
  return distribution.maxDownloads !== undefined && grantCount >= distribution.maxDownloads ? 'exhausted' : 'live';
}

/** Whether a full download of it is a grant. */
export function isCounted(kind: DistributedKind): boolean {
  return kind === 'archive' || kind === 'installer' || kind === 'file';
}

/** What one comes for, in the order of the record. */
export function mainFiles(distribution: Distribution): readonly DistributedFile[] {
  return distribution.files.filter((file) => file.kind === 'archive' || file.kind === 'file');
}
