/** Owns the question on which machines a project would be built, as `plan` asks it: on this one, or on those of a deployment. */
import type { DeploymentConfig } from '../../core/deployment/deployment-config';
import { parameterName } from '../../core/deployment/parameter-names';
import type { Host } from '../../core/host/host';
import { buildablePlatforms, machineFor } from '../../core/job/foreign-platform';
import { PLATFORM_IDS, type PlatformId } from '../../core/platform';
import { SlipwayError } from '../../core/slipway-error';
import type { Application } from './application';
import type { CostView } from '../show/build-cost';
import type { CliContext } from '../context';
import { newestSuccess } from './newest-success';
import { selectPlatforms, type Project } from './project';

export interface PlanMachines {
  readonly platforms: readonly PlatformId[];
  hostOf(platform: PlatformId): Host;
  readonly cost: { readonly amount: number; readonly reason: string } | CostView;
  /** What is said of the machine of a platform. */
  machineLines(platform: PlatformId): readonly string[];
  /** What a person should know of all of them. */
  readonly lines: readonly string[];
  /** Why the other platforms of the recipe are not planned. */
  readonly elsewhere: string;
  /** What `--json` says beside the rest. */
  readonly data: Readonly<Record<string, unknown>>;
}

type Wanted = readonly string[] | undefined;

export async function thisMachine(context: CliContext, project: Project, wanted: Wanted): Promise<PlanMachines> {
  const host = await context.host(pythonVersionOf(project), project.recipe.budgets.glibc);
  const buildable = buildablePlatforms([host.platform], project.templates);
  return {
    platforms: selectPlatforms({ recipe: project.recipe, wanted, target: 'local', buildable, native: host.platform }),
    hostOf: () => host,
    cost: { amount: 0, reason: 'it runs on this machine' },
    machineLines: () => [],
    lines: ['cost: none, it runs on this machine'],
    elsewhere:
      buildable.length > 1 ? 'not asked for; this machine builds them too, with --platform all' : 'each needs a machine of its own kind',
    data: {},
  };
}

/** The interpreter of the first binary is what the host is asked for. */
function pythonVersionOf({ templates }: Project): string | undefined {
  return Object.values(templates)
    .flatMap(({ binaries }) => binaries)
    .find(({ python }) => python !== undefined)?.python?.version;
}

/** Asks the deployment what it is and what the last build took; nothing is sent to it. */
export async function deployedMachines(
  context: CliContext,
  application: Application,
  project: Project,
  wanted: Wanted,
): Promise<PlanMachines> {
  const [{ deployment, builds }, { hostOfMachine }, { machineText }, { describeEstimate, estimateCost }] = await Promise.all([
    context.services('aws', application.place),
    import('../../core/deployment/build-machine-host'),
    import('../../core/deployment/deployment-examination'),
    import('../show/build-cost'),
  ]);
  if (deployment === undefined) throw new SlipwayError('internal', 'a deployment does not say what it is');
  const { recipe } = project;
  const buildable = buildablePlatforms(await builds.platforms(), project.templates);
  const platforms = selectPlatforms({ recipe, wanted, target: 'aws', buildable });
  const cost = estimateCost(deployment, platforms, await newestSuccess(builds, recipe.name));
  const deployed = PLATFORM_IDS.filter((platform) => deployment.platforms[platform] !== undefined);
  const machineOf = (platform: PlatformId) => {
    const machine = deployment.platforms[machineFor(platform, deployed)];
    if (machine === undefined) throw new SlipwayError('internal', `the deployment has no machine for '${platform}'`);
    return machine;
  };
  return {
    platforms,
    hostOf: (platform) => hostOfMachine(machineFor(platform, deployed), machineOf(platform)),
    cost,
    machineLines(platform) {
      const { image, timeoutMinutes, queuedTimeoutMinutes, ...machine } = machineOf(platform);
      return [
        `machine: ${machineText(machine)}, ${image}; ends after ${timeoutMinutes} min, waits at most ${queuedTimeoutMinutes} min for its turn`,
      ];
    },
    lines: [
      `built by stage ${deployment.stage} in ${deployment.region} of account ${deployment.account}; nothing was sent there`,
      ...secretLines(deployment, project),
      describeEstimate(cost),
    ],
    elsewhere: 'not built by this deployment, or not asked for',
    data: { deployment: placeOf(deployment), machines: Object.fromEntries(platforms.map((platform) => [platform, machineOf(platform)])) },
  };
}

function placeOf({ stage, region, account, slipwayVersion }: DeploymentConfig): Readonly<Record<string, string>> {
  return { stage, region, account, slipwayVersion };
}

/** Where builds read them; whether they are there is asked when one starts. */
function secretLines({ stage }: DeploymentConfig, { recipe }: Project): readonly string[] {
  return Object.keys(recipe.secrets).map(
    (name) => `secret: ${name} is read from the parameter ${parameterName.secret(stage, recipe.name, name)}`,
  );
}
