/**
 * The Transfers port: addresses that carry the right to bring or to fetch one exact file, signed by the caller's own role.
 * Nothing is asked of S3 here, and what is handed out is a secret.
 */
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Clock } from '../../core/ports/clock';
import type { Transfers } from '../../core/ports/transfers';
import { awsFailure } from '../aws-failure';
import { placeOf } from './bucket-call';
import { checksumOf } from './object-checksum';

export interface PresignedTransfersOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly clock: Clock;
}

export function createPresignedTransfers({ client, bucket, clock }: PresignedTransfersOptions): Transfers {
  return {
    async upload({ key, sizeBytes, sha256, expiresInSeconds }) {
      const checksum = checksumOf(sha256);
      const headers = { 'content-length': String(sizeBytes), 'if-none-match': '*', 'x-amz-checksum-sha256': checksum };
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        ContentLength: sizeBytes,
        IfNoneMatch: '*',
        ChecksumSHA256: checksum,
      });
      // The presigner moves x-amz-… headers into the query, where S3 ignores a checksum: these three are to be sent, and are signed.
      const unhoistableHeaders = new Set(Object.keys(headers));
      const { url, expiresAt } = await presign({ client, bucket, clock }, { command, key, expiresInSeconds, unhoistableHeaders });
      return { url, headers, expiresAt };
    },
    download: ({ key, versionId, file, expiresInSeconds }) =>
      presign({ client, bucket, clock }, { command: getVersion({ bucket, key, versionId, file }), key, expiresInSeconds }),
  };
}

/** One version under a name of ours, never as a page that a browser would show. */
export function getVersion(object: { readonly bucket: string; readonly key: string; readonly versionId: string; readonly file: string }) {
  return new GetObjectCommand({
    Bucket: object.bucket,
    Key: object.key,
    VersionId: object.versionId,
    ResponseContentDisposition: `attachment; filename="${object.file.replaceAll(/[^\w.-]/g, '_')}"`,
    ResponseContentType: 'application/octet-stream',
  });
}

export interface Presigning {
  readonly command: GetObjectCommand | PutObjectCommand;
  readonly key: string;
  readonly expiresInSeconds: number;
  readonly unhoistableHeaders?: Set<string>;
}

/**
 * @returns `expiresAt`: no later than the credentials that signed, where these tell their end. Those of a Lambda do not,
 *   and may end a link of hours before its time: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
 */
export async function presign(
  { client, bucket, clock }: PresignedTransfersOptions,
  { command, key, expiresInSeconds, unhoistableHeaders }: Presigning,
): Promise<{ readonly url: string; readonly expiresAt: string }> {
  const nowMs = clock.nowMs();
  // Signatures are of whole seconds.
  const signingDate = new Date(nowMs - (nowMs % 1000));
  const options = { expiresIn: expiresInSeconds, signingDate, ...(unhoistableHeaders === undefined ? {} : { unhoistableHeaders }) };
  try {
    // Spelled out, for getSignedUrl takes one command type at a time.
    const url =
      command instanceof PutObjectCommand ? await getSignedUrl(client, command, options) : await getSignedUrl(client, command, options);
    const { expiration } = await client.config.credentials();
    const endsAtMs = Math.min(signingDate.getTime() + expiresInSeconds * 1000, expiration?.getTime() ?? Infinity);
    return { url, expiresAt: new Date(endsAtMs).toISOString() };
  } catch (thrown) {
    throw awsFailure(thrown, { service: 'S3', operation: `signing an address of '${placeOf({ bucket }, key)}'` });
  }
}
