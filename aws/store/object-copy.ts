/** Owns copying one version within the bucket, without a byte of it passing through here. */
import { AbortMultipartUploadCommand, CopyObjectCommand, CreateMultipartUploadCommand, UploadPartCopyCommand } from '@aws-sdk/client-s3';
import type { CompletedPart } from '@aws-sdk/client-s3';
import { mapConcurrently } from '../../core/concurrency';
import type { StoredFile } from '../../core/ports/artifact-store';
import { inBucket, isConflict, isPreconditionFailed, placeOf, type Bucket } from './bucket-call';
import { completeUpload } from './complete-upload';
import { sha256OfChecksum } from './object-checksum';
import { PARTS_AT_ONCE, type TransferLimits } from './transfer-limits';

/** What a copy is born with: nothing of what a build may have set on its own (a content type, say) comes along. */
const ATTRIBUTES = { ContentType: 'application/octet-stream', ServerSideEncryption: 'AES256', ChecksumAlgorithm: 'SHA256' } as const;

type Copied = Pick<StoredFile, 'versionId' | 'sha256'>;

export interface CopyTarget {
  readonly toKey: string;
  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html: also for copies. */
  readonly ifAbsent: boolean;
}

/**
 * @returns with `sha256` where S3 has taken it on the way: for what one CopyObject copies.
 *   `taken`: somebody was quicker, or is at it
 */
export async function copyObject(
  bucket: Bucket,
  limits: TransferLimits,
  source: StoredFile,
  { toKey, ifAbsent }: CopyTarget,
): Promise<Copied | 'taken'> {
  const target = { Bucket: bucket.bucket, Key: toKey };
  const CopySource = copySource(bucket.bucket, source);
  const isWhole = source.sizeBytes <= limits.largestCopyBytes;
  return inBucket(isWhole ? 'CopyObject' : 'multipart copy', placeOf(bucket, toKey), async () => {
    try {
      return isWhole
        ? await copyWhole(bucket, { CopySource, target, ifAbsent })
        : await copyInParts(bucket, limits, { source, CopySource, target, ifAbsent });
    } catch (thrown) {
      if (ifAbsent && (isPreconditionFailed(thrown) || isConflict(thrown))) return 'taken';
      throw thrown;
    }
  });
}

/** `bucket/key?versionId=…`, URL-encoded: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html, x-amz-copy-source */
export function copySource(bucket: string, { key, versionId }: Pick<StoredFile, 'key' | 'versionId'>): string {
  return `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}?versionId=${encodeURIComponent(versionId)}`;
}

interface WholeCopy {
  readonly CopySource: string;
  readonly target: { readonly Bucket: string; readonly Key: string };
  readonly ifAbsent: boolean;
}

async function copyWhole({ client }: Bucket, { CopySource, target, ifAbsent }: WholeCopy): Promise<Copied> {
  const condition = ifAbsent ? { IfNoneMatch: '*' } : {};
  const command = new CopyObjectCommand({ ...target, ...ATTRIBUTES, ...condition, CopySource, MetadataDirective: 'REPLACE' });
  const { VersionId = '', CopyObjectResult } = await client.send(command);
  const sha256 = sha256OfChecksum(CopyObjectResult?.ChecksumSHA256);
  return { versionId: VersionId, ...(sha256 === undefined ? {} : { sha256 }) };
}

interface LargeCopy extends WholeCopy {
  readonly source: StoredFile;
}

async function copyInParts(bucket: Bucket, limits: TransferLimits, { source, CopySource, target, ifAbsent }: LargeCopy): Promise<Copied> {
  const { UploadId = '' } = await bucket.client.send(new CreateMultipartUploadCommand({ ...target, ...ATTRIBUTES }));
  const upload = { ...target, UploadId };
  try {
    const ranges = rangesOf(source.sizeBytes, limits.copyPartBytes);
    const parts = await mapConcurrently(ranges, PARTS_AT_ONCE, async ({ partNumber, range }): Promise<CompletedPart> => {
      const command = new UploadPartCopyCommand({ ...upload, CopySource, CopySourceRange: range, PartNumber: partNumber });
      const { CopyPartResult } = await bucket.client.send(command);
      const { ETag = '', ChecksumSHA256 } = CopyPartResult ?? {};
      return { PartNumber: partNumber, ETag, ...(ChecksumSHA256 === undefined ? {} : { ChecksumSHA256 }) };
    });
    return await completeUpload(bucket, upload, { parts, sizeBytes: source.sizeBytes, ifAbsent });
  } catch (thrown) {
    // What cannot be aborted either is deleted by the bucket's lifecycle; the first failure is the one to tell.
    await bucket.client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw thrown;
  }
}

function rangesOf(sizeBytes: number, partBytes: number): readonly { readonly partNumber: number; readonly range: string }[] {
  return Array.from({ length: Math.ceil(sizeBytes / partBytes) }, (_, at) => ({
    partNumber: at + 1,
    range: `bytes=${at * partBytes}-${Math.min(sizeBytes, (at + 1) * partBytes) - 1}`,
  }));
}
