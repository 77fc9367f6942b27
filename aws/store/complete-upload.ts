/** Owns the completion of a multipart upload, of parts that were sent or copied. */
import { CompleteMultipartUploadCommand, type CompletedPart } from '@aws-sdk/client-s3';
import { sha256OfChecksum } from './object-checksum';
import type { Bucket } from './bucket-call';

export interface CompleteUpload {
  /** In order. */
  readonly parts: readonly CompletedPart[];
  readonly sizeBytes: number;
  readonly ifAbsent: boolean;
}

/** Rejects as the SDK does. */
export async function completeUpload(
  { client }: Bucket,
  upload: { readonly Bucket: string; readonly Key: string; readonly UploadId: string },
  { parts, sizeBytes, ifAbsent }: CompleteUpload,
): Promise<{ readonly versionId: string; readonly sha256?: string }> {
  const { VersionId = '', ChecksumSHA256 } = await client.send(
    new CompleteMultipartUploadCommand({
      ...upload,
      MultipartUpload: { Parts: [...parts] },
      // S3 refuses the completion when the parts do not add up to it.
      MpuObjectSize: sizeBytes,
      ...(ifAbsent ? { IfNoneMatch: '*' } : {}),
    }),
  );
  const sha256 = sha256OfChecksum(ChecksumSHA256);
  return { versionId: VersionId, ...(sha256 === undefined ? {} : { sha256 }) };
}
