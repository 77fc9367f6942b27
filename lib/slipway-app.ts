/** Owns the stacks of one stage: which there are, in which order, and what they all get: tags, the permissions boundary, the place. */
import { PermissionsBoundary, ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Tags, type App, type Environment } from 'aws-cdk-lib';
import type { DeploymentSettings } from '../core/deployment/deployment-settings';
import { BuildsStack } from './builds/builds-stack';
import { ControlStack } from './control/control-stack';
import { resourceName } from './resource-names';
import { StorageStack } from './storage/storage-stack';

export interface SlipwayProps {
  readonly settings: DeploymentSettings;
  /** Where the credentials lead; what the settings say wins. */
  readonly place: { readonly region?: string | undefined; readonly account?: string | undefined };
  readonly functionsDirectory: string;
  readonly buildToolsDirectory: string;
  readonly slipwayVersion: string;
}

export interface SlipwayStacks {
  readonly storage: StorageStack;
  readonly builds: BuildsStack;
  readonly control: ControlStack;
}

/** Call it once for each stage. */
export function addSlipway(app: App, { settings, place, ...props }: SlipwayProps): SlipwayStacks {
  const { stage } = settings;
  const env = environmentOf(settings, place);
  const storage = new StorageStack(app, resourceName.stack(stage, 'Storage'), { settings, env });
  const { bucketName } = storage;
  const { buildToolsDirectory, functionsDirectory, slipwayVersion } = props;
  const builds = new BuildsStack(app, resourceName.stack(stage, 'Builds'), { settings, env, bucketName, buildToolsDirectory });
  const { buildToolsDigest } = builds;
  const control = new ControlStack(app, resourceName.stack(stage, 'Control'), {
    settings,
    env,
    bucketName,
    buildToolsDigest,
    functionsDirectory,
    slipwayVersion,
  });
  // What is known by name alone, CloudFormation does not see.
  builds.addStackDependency(storage);
  control.addStackDependency(builds);
  for (const stack of [storage, builds, control]) {
    Tags.of(stack).add('slipway:stage', stage);
    for (const [key, value] of Object.entries(settings.tags)) Tags.of(stack).add(key, value);
    if (settings.permissionsBoundary !== undefined) {
      const boundary = ManagedPolicy.fromManagedPolicyArn(stack, 'PermissionsBoundary', settings.permissionsBoundary);
      PermissionsBoundary.of(stack).apply(boundary);
    }
  }
  return { storage, builds, control };
}

function environmentOf({ region, account }: DeploymentSettings, place: SlipwayProps['place']): Environment {
  const [knownRegion, knownAccount] = [region ?? place.region, account ?? place.account];
  return {
    ...(knownRegion === undefined ? {} : { region: knownRegion }),
    ...(knownAccount === undefined ? {} : { account: knownAccount }),
  };
}
