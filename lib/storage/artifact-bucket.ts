/** Owns the artifact bucket: sources, what builds make, records and distributions. Private, versioned, by TLS alone. */
import { RemovalPolicy } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectOwnership,
  PartitionDateSource,
  TargetObjectKeyFormat,
  type IBucket,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { DeploymentSettings } from '../../core/deployment/deployment-settings';
import { lifecycleRules } from './lifecycle-rules';

/** Requests for what links lead to: denials at S3 never reach the gate. */
export const DISTRIBUTION_METRICS = { id: 'distributions', prefix: 'distributions/' } as const;

/** Below it: account, region, bucket and day, https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html */
export const ACCESS_LOGS_PREFIX = 'artifacts/';

export interface ArtifactBucketProps {
  readonly settings: DeploymentSettings;
  readonly accessLogs: IBucket;
}

export function createArtifactBucket(scope: Construct, id: string, { settings, accessLogs }: ArtifactBucketProps): Bucket {
  return new Bucket(scope, id, {
    versioned: true,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    // A link's session policy could not carry the right to decrypt with a KMS key.
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy: settings.retainBucket ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    serverAccessLogsBucket: accessLogs,
    serverAccessLogsPrefix: ACCESS_LOGS_PREFIX,
    // A folder a day, so that a question about a week does not read a year.
    targetObjectKeyFormat: TargetObjectKeyFormat.partitionedPrefix(PartitionDateSource.EVENT_TIME),
    lifecycleRules: lifecycleRules(settings),
    ...(watchesDownloads(settings) ? { metrics: [DISTRIBUTION_METRICS] } : {}),
  });
}

/** They cost as custom metrics do: only where an alarm looks at them. Without a gate there are direct links. */
function watchesDownloads({ alarms }: Pick<DeploymentSettings, 'alarms'>): boolean {
  return alarms !== false;
}
