/** Owns the parameter by which the command line finds a deployment: `/slipway/<stage>/config`. */
import { Stack } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { API_VERSION, CALLED_FUNCTIONS } from '../../core/api/call';
import type { DeploymentConfig, DeploymentPlatform } from '../../core/deployment/deployment-config';
import type { DeploymentSettings } from '../../core/deployment/deployment-settings';
import { parameterName } from '../../core/deployment/parameter-names';
import { machineOf, platformsOf } from '../../core/deployment/settings-rules';
import { resourceName } from '../resource-names';

export interface ConfigParameterProps {
  readonly settings: DeploymentSettings;
  readonly bucketName: string;
  readonly gateUrl: string | null;
  readonly slipwayVersion: string;
}

export function createConfigParameter(scope: Construct, id: string, props: ConfigParameterProps): StringParameter {
  const { settings, bucketName, gateUrl, slipwayVersion } = props;
  const { stage, concurrentJobs } = settings;
  const stack = Stack.of(scope);
  const platforms = platformsOf(settings).map(([platform, own]): readonly [string, DeploymentPlatform] => [
    platform,
    { project: resourceName.project(stage, platform), ...machineOf(platform, own) },
  ]);
  const config: DeploymentConfig = {
    schemaVersion: 1,
    apiVersion: API_VERSION,
    slipwayVersion,
    stage,
    region: stack.region,
    account: stack.account,
    bucket: bucketName,
    functions: Object.fromEntries(
      CALLED_FUNCTIONS.map((name) => [name, resourceName.function(stage, name)]),
    ) as DeploymentConfig['functions'],
    platforms: Object.fromEntries(platforms),
    gateUrl,
    concurrentJobs,
  };
  return new StringParameter(scope, id, {
    parameterName: parameterName.config(stage),
    description: `Slipway ${stage}: what the command line needs to know`,
    stringValue: stack.toJsonString(config),
  });
}
