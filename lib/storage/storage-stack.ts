/** The stack of what is kept: the artifact bucket and its access logs. Of it others know the bucket's name alone. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { DeploymentSettings } from '../../core/deployment/deployment-settings';
import { createAccessLogBucket } from './access-log-bucket';
import { createArtifactBucket } from './artifact-bucket';

export interface StorageStackProps extends StackProps {
  readonly settings: DeploymentSettings;
}

export class StorageStack extends Stack {
  /** As other stacks import it. */
  readonly bucketName: string;

  constructor(scope: Construct, id: string, { settings, ...props }: StorageStackProps) {
    super(scope, id, { description: `Slipway ${settings.stage}: sources, artifacts and records`, ...props });
    const accessLogs = createAccessLogBucket(this, 'AccessLogs', { retentionDays: settings.retentionDays.accessLogs });
    const artifacts = createArtifactBucket(this, 'Artifacts', { settings, accessLogs });
    // Exported by name, so that what others are given reads the same in every stack.
    this.bucketName = this.exportValue(artifacts.bucketName, { name: `${id}-BucketName` });
    new CfnOutput(this, 'BucketName', { value: artifacts.bucketName, description: 'Sources, artifacts and records' });
    new CfnOutput(this, 'AccessLogBucketName', { value: accessLogs.bucketName, description: 'Stays when the stack is destroyed' });
  }
}
