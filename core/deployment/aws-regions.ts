/**
 * Owns what Slipway has to know of AWS regions: where Windows is built, and which of those is near.
 * Regions: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
 */
import type { EnvironmentType } from './build-machines';

/**
 * CodeBuild's own list, `environmentType` of https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateFleet.html
 * (read 2026-11-21). Other environments are built wherever CodeBuild is.
 */
const WINDOWS_REGIONS: Readonly<Partial<Record<EnvironmentType, readonly string[]>>> = {
  WINDOWS_SERVER_2019_CONTAINER: ['us-east-1', 'us-east-2', 'us-west-2', 'ap-southeast-2', 'ap-northeast-1', 'ap-south-1', 'eu-west-1'],
  WINDOWS_SERVER_2022_CONTAINER: [
    'us-east-1',
    'us-east-2',
    'us-west-2',
    'eu-west-1',
    'eu-central-1',
    'ap-southeast-1',
    'ap-southeast-2',
    'ap-northeast-1',
    'ap-south-1',
    'sa-east-1',
  ],
};

/** Latitude and longitude in degrees, roughly: to tell which region is near. */
const PLACES: Readonly<Record<string, readonly [number, number]>> = {
  'us-east-1': [39, -77],
  'us-east-2': [40, -83],
  'us-west-1': [37, -122],
  'us-west-2': [46, -120],
  'af-south-1': [-34, 18],
  'ap-east-1': [22, 114],
  'ap-east-2': [25, 121],
  'ap-south-1': [19, 73],
  'ap-south-2': [17, 78],
  'ap-southeast-1': [1, 104],
  'ap-southeast-2': [-34, 151],
  'ap-southeast-3': [-6, 107],
  'ap-southeast-4': [-38, 145],
  'ap-southeast-5': [3, 102],
  'ap-southeast-6': [-37, 175],
  'ap-southeast-7': [14, 100],
  'ap-northeast-1': [36, 140],
  'ap-northeast-2': [37, 127],
  'ap-northeast-3': [35, 135],
  'ca-central-1': [45, -74],
  'ca-west-1': [51, -114],
  'eu-central-1': [50, 9],
  'eu-central-2': [47, 8],
  'eu-west-1': [53, -8],
  'eu-west-2': [51, 0],
  'eu-west-3': [49, 2],
  'eu-north-1': [59, 18],
  'eu-south-1': [45, 9],
  'eu-south-2': [40, -4],
  'il-central-1': [32, 35],
  'me-central-1': [24, 54],
  'me-south-1': [26, 50],
  'mx-central-1': [21, -100],
  'sa-east-1': [-23, -47],
};

export const REGION_PATTERN = /^[a-z]{2,4}(-[a-z]+)+-\d$/;

/** Regions of which nothing is known to be missing for this environment; undefined where every region has it. */
export function regionsOf(environment: EnvironmentType): readonly string[] | undefined {
  return WINDOWS_REGIONS[environment];
}

/** The nearest of `candidates`; undefined for a region of another partition (China, GovCloud), or one that is not known. */
export function nearestRegion(region: string, candidates: readonly string[]): string | undefined {
  const here = PLACES[region];
  if (here === undefined) return undefined;
  const known = candidates.flatMap((name) => {
    const there = PLACES[name];
    return there === undefined ? [] : [{ name, distance: centralAngle(here, there) }];
  });
  return known.sort((a, b) => a.distance - b.distance)[0]?.name;
}

/** In radians. */
function centralAngle([latA, lonA]: readonly [number, number], [latB, lonB]: readonly [number, number]): number {
  const [a, b, turn] = [latA, latB, lonB - lonA].map((degrees) => (degrees * Math.PI) / 180) as [number, number, number];
  return Math.acos(Math.min(1, Math.sin(a) * Math.sin(b) + Math.cos(a) * Math.cos(b) * Math.cos(turn)));
}
