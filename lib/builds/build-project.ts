/**
 * Owns the CodeBuild project of one platform. Its buildspec comes with the deployment's own tools, so that no source can replace it;
 * job and source are handed over when a build is started, and so is where its output goes.
 */
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnProject } from 'aws-cdk-lib/aws-codebuild';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { isProvidedImage, type RemotePlatformId } from '../../core/deployment/build-machines';
import type { DeploymentSettings } from '../../core/deployment/deployment-settings';
import type { PlatformMachine } from '../../core/deployment/settings-rules';
import { PLATFORMS } from '../../core/platform';
import { acknowledge } from '../acknowledge';
import { resourceName } from '../resource-names';
import { createBuildRole } from './build-role';
import { buildVariables } from './build-variables';

export interface BuildProjectProps {
  readonly platform: RemotePlatformId;
  readonly machine: PlatformMachine;
  readonly settings: DeploymentSettings;
  readonly bucketName: string;
  readonly buildTools: Asset;
}

export class BuildProject extends Construct {
  constructor(scope: Construct, id: string, props: BuildProjectProps) {
    super(scope, id);
    const { platform, machine, settings, bucketName, buildTools } = props;
    const { stage } = settings;
    const cachePrefix = `cache/downloads/${platform}/`;
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: resourceName.buildLogs(stage, platform),
      retention: settings.retentionDays.logs,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = createBuildRole(this, 'Role', { stage, bucketName, cachePrefix, buildTools, logGroup, image: machine.image });
    const project = new CfnProject(this, 'Project', {
      name: resourceName.project(stage, platform),
      description: `Slipway ${stage}: builds for ${platform}`,
      serviceRole: role.roleArn,
      source: {
        type: 'S3',
        location: `${buildTools.s3BucketName}/${buildTools.s3ObjectKey}`,
        buildSpec: PLATFORMS[platform].os === 'windows' ? 'windows.yml' : 'linux.yml',
      },
      // Named by each start; without `encryptionDisabled` the files would get a KMS key that no link could use.
      artifacts: { type: 'S3', location: bucketName, path: 'staging', name: platform, packaging: 'NONE', encryptionDisabled: true },
      // Of downloads alone, each of which is proved again where it is used.
      cache: { type: 'S3', location: `${bucketName}/${cachePrefix.replace(/\/$/, '')}` },
      environment: this.environmentOf(machine, settings),
      logsConfig: { cloudWatchLogs: { status: 'ENABLED', groupName: logGroup.logGroupName } },
      timeoutInMinutes: machine.timeoutMinutes,
      queuedTimeoutInMinutes: machine.queuedTimeoutMinutes,
      visibility: 'PRIVATE',
    });
    // The role's policy must be there before a build can start.
    project.node.addDependency(role);
    acknowledge(
      project,
      'AwsSolutions-CB4',
      'what a build uploads is verified and copied under SSE-S3; a KMS key could not be used by links',
    );
    acknowledge(project, 'AwsSolutions-CB5', 'an image of one’s own is a setting, pulled by the build’s role');
  }

  private environmentOf(machine: PlatformMachine, settings: DeploymentSettings): CfnProject.EnvironmentProperty {
    return {
      type: machine.environment,
      computeType: machine.computeType,
      image: machine.image,
      imagePullCredentialsType: isProvidedImage(machine.image) ? 'CODEBUILD' : 'SERVICE_ROLE',
      privilegedMode: false,
      environmentVariables: Object.entries(buildVariables(settings)).map(([name, value]) => ({ name, value, type: 'PLAINTEXT' })),
    };
  }
}

/** Where a project's logs are and what it is called, as everything else knows it. */
export function projectNames(stage: string, platform: RemotePlatformId): { readonly project: string; readonly logGroup: string } {
  return { project: resourceName.project(stage, platform), logGroup: resourceName.buildLogs(stage, platform) };
}

/** The ARN of a project, without a reference to its stack. */
export function projectArn(scope: Construct, name: string): string {
  return Stack.of(scope).formatArn({ service: 'codebuild', resource: 'project', resourceName: name });
}
