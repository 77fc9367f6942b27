/**
 * Owns what must hold between the settings of a deployment, and the machines that follow from them.
 * What single keys may hold belongs to `deployment-settings.ts`.
 */
import type { RecipeIssue } from '../recipe/recipe-issues';
import { nearestRegion, regionsOf } from './aws-regions';
import {
  COMPUTE_TYPES_OF,
  environmentOfImage,
  MACHINES_OF,
  REMOTE_PLATFORM_IDS,
  type ComputeType,
  type EnvironmentType,
  type RemotePlatformId,
} from './build-machines';
import type { DeploymentSettings, PlatformSettings } from './deployment-settings';

/** The machine of a platform, nothing left open. */
export interface PlatformMachine {
  readonly environment: EnvironmentType;
  readonly computeType: ComputeType;
  readonly image: string;
  readonly timeoutMinutes: number;
  readonly queuedTimeoutMinutes: number;
}

/** Those that are wanted, in the order of the table. */
export function platformsOf({
  platforms,
}: Pick<DeploymentSettings, 'platforms'>): readonly (readonly [RemotePlatformId, PlatformSettings])[] {
  return REMOTE_PLATFORM_IDS.flatMap((id) => {
    const settings = platforms[id];
    return settings === undefined ? [] : [[id, settings] as const];
  });
}

export function machineOf(platform: RemotePlatformId, settings: PlatformSettings): PlatformMachine {
  const defaults = MACHINES_OF[platform];
  const image = settings.image ?? (settings.environment === undefined ? defaults.image : imageOf(settings.environment, defaults.image));
  return {
    environment: settings.environment ?? environmentOfImage(image) ?? defaults.environments[0],
    computeType: settings.computeType ?? defaults.computeType,
    image,
    timeoutMinutes: settings.timeoutMinutes,
    queuedTimeoutMinutes: settings.queuedTimeoutMinutes,
  };
}

/** The image that CodeBuild provides for an environment. */
function imageOf(environment: EnvironmentType, otherwise: string): string {
  return environment === 'WINDOWS_SERVER_2019_CONTAINER' ? 'aws/codebuild/windows-base:2019-3.0' : otherwise;
}

/**
 * Everything that cannot be deployed, each with what would work.
 * @param region where it is to be deployed, for settings that name none; undefined where nobody knows yet
 */
export function settingsIssues(settings: DeploymentSettings, region?: string): readonly RecipeIssue[] {
  const wanted = platformsOf(settings);
  return [
    ...(wanted.length === 0 ? [issue(['platforms'], `expected at least one of ${REMOTE_PLATFORM_IDS.join(', ')}`)] : []),
    ...wanted.flatMap(([platform, own]) => platformIssues(platform, own, settings.region ?? region)),
    ...tagIssues(settings.tags),
    ...topicIssues(settings, settings.region ?? region),
  ];
}

function platformIssues(platform: RemotePlatformId, settings: PlatformSettings, region: string | undefined): readonly RecipeIssue[] {
  const { environment, computeType, image } = machineOf(platform, settings);
  const at = (key: string) => ['platforms', platform, key];
  const { environments } = MACHINES_OF[platform];
  if (!environments.includes(environment)) {
    const wrong = settings.environment === undefined ? at('image') : at('environment');
    const named = settings.environment === undefined ? `the image '${image}' is for ${environment}` : `'${environment}' does not run it`;
    return [issue(wrong, `${platform} is built in ${environments.join(' or ')}, and ${named}`)];
  }
  const needed = environmentOfImage(image);
  const sizes = COMPUTE_TYPES_OF[environment];
  return [
    ...(needed !== undefined && needed !== environment
      ? [issue(at('environment'), `the image '${image}' needs ${needed}, got '${environment}': leave the key out`)]
      : []),
    ...(sizes.includes(computeType)
      ? []
      : [issue(at('computeType'), `${environment} has no '${computeType}', it has ${sizes.join(', ')}`)]),
    ...regionIssues(platform, settings, environment, region),
  ];
}

function regionIssues(
  platform: RemotePlatformId,
  { allowUnlistedRegion }: PlatformSettings,
  environment: EnvironmentType,
  region: string | undefined,
): readonly RecipeIssue[] {
  const regions = regionsOf(environment);
  if (region === undefined || regions === undefined || regions.includes(region) || allowUnlistedRegion) return [];
  const other = MACHINES_OF[platform].environments.find((name) => name !== environment && regionsOf(name)?.includes(region) === true);
  const nearest = nearestRegion(region, regions);
  const remedies = [
    ...(other === undefined ? [] : [`set environment to ${other}`]),
    nearest === undefined
      ? `take ${platform} out of platforms, or deploy a stage of its own to one of ${regions.join(', ')}`
      : `the nearest that has it is '${nearest}'`,
  ];
  return [issue(['platforms', platform], `CodeBuild has no ${environment} in '${region}': ${remedies.join(', or ')}`, 'key')];
}

/** https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
const MOST_TAGS = 48;
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function tagIssues(tags: Readonly<Record<string, string>>): readonly RecipeIssue[] {
  const all = Object.entries(tags);
  const tooMany = all.length > MOST_TAGS ? [issue(['tags'], `expected at most ${MOST_TAGS} tags, got '${all.length}'`)] : [];
  const reserved = all.filter(([key]) => /^aws:/i.test(key) || key === 'slipway:stage');
  const unusable = all.filter(([key, value]) => !TAG_TEXT.test(key) || !TAG_TEXT.test(value));
  return [
    ...tooMany,
    ...reserved.map(([key]) => issue(['tags', key], `the tag '${key}' is not yours to set: take it out`, 'key')),
    ...unusable.map(([key]) => issue(['tags', key], `expected letters, digits, spaces and _ . : / = + - @ in the tag '${key}'`)),
  ];
}

/** SNS publishes from where it is. */
function topicIssues({ notifications, account }: DeploymentSettings, region: string | undefined): readonly RecipeIssue[] {
  const { topicArn, emails } = notifications;
  if (topicArn === undefined) return [];
  const [, , , topicRegion, topicAccount] = topicArn.split(':');
  const path = ['notifications', 'topicArn'];
  return [
    ...(region !== undefined && topicRegion !== region
      ? [issue(path, `alarms reach topics of their own region alone: expected one in '${region}', got one in '${topicRegion ?? ''}'`)]
      : []),
    ...(account !== undefined && topicAccount !== account
      ? [issue(path, `expected a topic of account '${account}', got one of '${topicAccount ?? ''}'`)]
      : []),
    ...(emails.length > 0
      ? [issue(['notifications', 'emails'], 'subscribe them to your own topic: expected no emails beside topicArn')]
      : []),
  ];
}

function issue(path: RecipeIssue['path'], message: string, at: RecipeIssue['at'] = 'value'): RecipeIssue {
  return { path, at, message };
}
