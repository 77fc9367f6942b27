/** Owns the bucket of access logs: who asked the artifact bucket for what. It may hold live signatures: treat it as secret. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledge } from '../acknowledge';

export function createAccessLogBucket(scope: Construct, id: string, { retentionDays }: { readonly retentionDays: number }): IBucket {
  const bucket = new Bucket(scope, id, {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    // Logs are delivered hours late: a bucket that is deleted with its stack would make that fail.
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [
      { id: 'logs', expiration: Duration.days(retentionDays) },
      { id: 'uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
    ],
  });
  acknowledge(bucket, 'AwsSolutions-S1', 'this is where access logs go; a log of the log would never end');
  // Of the CDK's types: `isWebsite` may be undefined here, and may not there (2.276.0).
  return bucket as IBucket;
}
