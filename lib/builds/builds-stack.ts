/** The stack of what builds: a project per platform. Others know them by name. */
import { createHash } from 'node:crypto';
import { Stack, type StackProps } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import type { DeploymentSettings } from '../../core/deployment/deployment-settings';
import { machineOf, platformsOf } from '../../core/deployment/settings-rules';
import { BuildProject } from './build-project';
import { refuseRegionsWithoutMachines } from './region-rule';

export interface BuildsStackProps extends StackProps {
  readonly settings: DeploymentSettings;
  readonly bucketName: string;
  /** The folder of what builds are given: buildspecs, bootstrap, builder. */
  readonly buildToolsDirectory: string;
}

export class BuildsStack extends Stack {
  /** Changes with anything that a build runs on: results are reused under the same one alone. */
  readonly buildToolsDigest: string;

  constructor(scope: Construct, id: string, { settings, bucketName, buildToolsDirectory, ...props }: BuildsStackProps) {
    super(scope, id, { description: `Slipway ${settings.stage}: build projects`, ...props });
    const buildTools = new Asset(this, 'BuildTools', { path: buildToolsDirectory });
    const machines = platformsOf(settings).map(([platform, own]) => ({ platform, machine: machineOf(platform, own) }));
    for (const { platform, machine } of machines) {
      new BuildProject(this, platform, { platform, machine, settings, bucketName, buildTools });
    }
    refuseRegionsWithoutMachines(this, settings);
    const images = machines.map(({ platform, machine }) => [platform, machine.image]);
    this.buildToolsDigest = createHash('sha256')
      .update(JSON.stringify([buildTools.assetHash, images]))
      .digest('hex');
  }
}
