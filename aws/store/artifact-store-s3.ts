/**
 * The ArtifactStore on a versioned bucket. A version is S3's own version id: it stays readable when the key is written again,
 * and is gone for good once the key was removed, so that an address that was signed for it dies too.
 */
import { HeadObjectCommand, GetObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { ArtifactStore, StoredFile } from '../../core/ports/artifact-store';
import { SlipwayError } from '../../core/slipway-error';
import { answerOf, inBucket, isAbsent, placeOf, type Bucket } from './bucket-call';
import { copyObject } from './object-copy';
import { sha256OfChecksum } from './object-checksum';
import { readObject } from './object-read';
import { uploadObject, type UploadOutcome } from './object-upload';
import { listNewest, removeVersions } from './object-versions';
import { S3_LIMITS, type TransferLimits } from './transfer-limits';

/** Each further try means that somebody else wrote or removed the same key in between. */
const MOST_TRIES = 5;

export interface S3ArtifactStoreOptions extends Bucket {
  /** Sizes at which a transfer is cut into parts; for tests, which have no gigabytes to spend. */
  readonly limits?: Partial<TransferLimits>;
}

/**
 * The roles that use it need on its keys: s3:GetObject, s3:GetObjectVersion, s3:PutObject, s3:AbortMultipartUpload, and to remove
 * s3:DeleteObjectVersion; on the bucket s3:ListBucket (else what is missing looks denied) and s3:ListBucketVersions.
 */
export function createS3ArtifactStore({ limits: ownLimits, ...bucket }: S3ArtifactStoreOptions): ArtifactStore {
  const limits = { ...S3_LIMITS, ...ownLimits };
  return {
    head: (key) => head(bucket, key),
    put: (key, open, options) => put(bucket, limits, { key, open, ...options }),
    async read(key, options = {}) {
      const content = await readObject(bucket, key, options);
      if (content === undefined) throw notFound(bucket, key, options.versionId);
      return content;
    },
    copy: (from, toKey, { ifAbsent = false } = {}) => copy(bucket, limits, from, { toKey, ifAbsent }),
    list: (prefix) => listNewest(bucket, prefix),
    remove: (key) => removeVersions(bucket, key),
  };
}

type PutRequest = Parameters<typeof uploadObject>[2] & { readonly ifAbsent?: boolean };

async function put(bucket: Bucket, limits: TransferLimits, { ifAbsent = false, ...request }: PutRequest): Promise<StoredFile> {
  const { key, sha256 } = request;
  for (let tries = 1; ; tries++) {
    const present = ifAbsent ? await head(bucket, key) : undefined;
    // A file under the name of its digest that has another one is damaged: it is written anew.
    const isDamaged = sha256 !== undefined && present?.sha256 !== undefined && present.sha256 !== sha256;
    if (present !== undefined && !isDamaged) return present;
    const outcome: UploadOutcome = await uploadObject(bucket, limits, request, { ifAbsent: ifAbsent && !isDamaged });
    if (typeof outcome === 'object') return outcome;
    if (tries >= MOST_TRIES) throw busy(bucket, key);
  }
}

async function copy(
  bucket: Bucket,
  limits: TransferLimits,
  from: Pick<StoredFile, 'key' | 'versionId'>,
  { toKey, ifAbsent }: { readonly toKey: string; readonly ifAbsent: boolean },
): Promise<StoredFile> {
  for (let tries = 1; ; tries++) {
    const present = ifAbsent ? await head(bucket, toKey) : undefined;
    if (present !== undefined) return present;
    const source = await head(bucket, from.key, from.versionId);
    if (source === undefined) throw notFound(bucket, from.key, from.versionId);
    const outcome = await copyObject(bucket, limits, source, { toKey, ifAbsent });
    if (typeof outcome === 'object') return { key: toKey, sizeBytes: source.sizeBytes, ...outcome };
    if (tries >= MOST_TRIES) throw busy(bucket, toKey);
  }
}

function busy(bucket: Bucket, key: string): SlipwayError {
  return new SlipwayError('store-busy', `'${placeOf(bucket, key)}' is being written by others again and again`, {
    hint: 'run the command again',
  });
}

async function head(bucket: Bucket, key: string, versionId?: string): Promise<StoredFile | undefined> {
  const place = placeOf(bucket, key);
  const object = { Bucket: bucket.bucket, Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
  const found = await inBucket('HeadObject', place, async () => {
    try {
      return await bucket.client.send(new HeadObjectCommand({ ...object, ChecksumMode: 'ENABLED' }));
    } catch (thrown) {
      if (isAbsent(thrown)) return undefined;
      return await headByGet(bucket, object, thrown);
    }
  });
  if (found === undefined) return undefined;
  if (found.VersionId === undefined) {
    throw new SlipwayError('deployment-mismatch', `the bucket '${bucket.bucket}' keeps no versions`, {
      hint: 'run slipway deploy: it turns versioning on',
    });
  }
  const sha256 = sha256OfChecksum(found.ChecksumSHA256);
  return { key, sizeBytes: found.ContentLength ?? 0, versionId: found.VersionId, ...(sha256 === undefined ? {} : { sha256 }) };
}

/** An answer to HEAD has no body, so that a refusal does not say why. The same question by GET is told. */
async function headByGet(
  bucket: Bucket,
  object: { readonly Bucket: string; readonly Key: string; readonly VersionId?: string },
  thrown: unknown,
): Promise<HeadObjectCommandOutput | undefined> {
  const { status } = answerOf(thrown);
  if (status !== 400 && status !== 403) throw thrown;
  try {
    const { Body } = await bucket.client.send(new GetObjectCommand({ ...object, Range: 'bytes=0-0' }));
    await Body?.transformToByteArray();
  } catch (told) {
    if (isAbsent(told)) return undefined;
    throw told;
  }
  throw thrown;
}

function notFound(bucket: Bucket, key: string, versionId: string | undefined): SlipwayError {
  const version = versionId === undefined ? '' : ` in version '${versionId}'`;
  return new SlipwayError('artifact-not-found', `'${placeOf(bucket, key)}' is not in the store${version}`);
}
