/** Owns emptying a versioned bucket: every version and every delete marker, a thousand a call. */
import {
  DeleteObjectsCommand,
  GetBucketLoggingCommand,
  ListObjectVersionsCommand,
  PutBucketLoggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { SlipwayError } from '../../core/slipway-error';
import { awsFailure } from '../aws-failure';

/**
 * Ends the delivery of access logs: what is delivered after the end would land in a bucket that is kept.
 * @returns that bucket; undefined where nothing was delivered
 */
export async function stopLogging(client: Pick<S3Client, 'send'>, bucket: string): Promise<string | undefined> {
  try {
    const { LoggingEnabled } = await client.send(new GetBucketLoggingCommand({ Bucket: bucket }));
    await client.send(new PutBucketLoggingCommand({ Bucket: bucket, BucketLoggingStatus: {} }));
    return LoggingEnabled?.TargetBucket;
  } catch (thrown) {
    throw awsFailure(thrown, { service: 'S3', operation: `GetBucketLogging and PutBucketLogging of '${bucket}'` });
  }
}

/** @returns how many versions and markers were removed */
export async function emptyBucket(client: Pick<S3Client, 'send'>, bucket: string): Promise<number> {
  let removed = 0;
  for (;;) {
    // From the start each time: what was listed is gone, and what came meanwhile is found.
    const Objects = await firstVersions(client, bucket);
    if (Objects.length === 0) return removed;
    const { Errors = [] } = await client
      .send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }))
      .catch((thrown: unknown) => {
        throw awsFailure(thrown, { service: 'S3', operation: `DeleteObjects of '${bucket}'` });
      });
    const [first] = Errors;
    if (first !== undefined) {
      throw new SlipwayError(
        'destroy-failed',
        `'${first.Key ?? ''}' of '${bucket}' cannot be deleted: ${first.Code ?? ''} ${first.Message ?? ''}`,
        {
          hint: 'the credentials need s3:DeleteObjectVersion on the bucket; then run slipway destroy again',
          details: { bucket, errors: Errors.slice(0, 10) },
        },
      );
    }
    removed += Objects.length;
  }
}

async function firstVersions(client: Pick<S3Client, 'send'>, bucket: string): Promise<{ Key: string; VersionId: string }[]> {
  try {
    const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: 1000 }));
    return [...Versions, ...DeleteMarkers].flatMap(({ Key, VersionId }) =>
      Key === undefined || VersionId === undefined ? [] : [{ Key, VersionId }],
    );
  } catch (thrown) {
    throw awsFailure(thrown, { service: 'S3', operation: `ListObjectVersions of '${bucket}'` });
  }
}
