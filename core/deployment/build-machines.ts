/**
 * Owns which machines CodeBuild builds a platform on: environment types, their sizes, the images that it provides.
 * Sizes: https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-compute-types.html
 * Images: https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html
 */
import { z } from 'zod';

/** What is built in an account of its own. macOS machines are rented by the day, as a fleet: not here. */
export const REMOTE_PLATFORM_IDS = ['linux-x86_64', 'linux-arm64', 'windows-x86_64'] as const;
export const RemotePlatformIdSchema = z.enum(REMOTE_PLATFORM_IDS);
export type RemotePlatformId = (typeof REMOTE_PLATFORM_IDS)[number];

export const ENVIRONMENT_TYPES = [
  'LINUX_CONTAINER',
  'ARM_CONTAINER',
  'WINDOWS_SERVER_2019_CONTAINER',
  'WINDOWS_SERVER_2022_CONTAINER',
] as const;
export type EnvironmentType = (typeof ENVIRONMENT_TYPES)[number];

export const COMPUTE_TYPES = [
  'BUILD_GENERAL1_SMALL',
  'BUILD_GENERAL1_MEDIUM',
  'BUILD_GENERAL1_LARGE',
  'BUILD_GENERAL1_XLARGE',
  'BUILD_GENERAL1_2XLARGE',
] as const;
export type ComputeType = (typeof COMPUTE_TYPES)[number];

/** By environment, the smallest first. */
export const COMPUTE_TYPES_OF: Readonly<Record<EnvironmentType, readonly ComputeType[]>> = {
  LINUX_CONTAINER: COMPUTE_TYPES,
  ARM_CONTAINER: COMPUTE_TYPES,
  WINDOWS_SERVER_2019_CONTAINER: ['BUILD_GENERAL1_MEDIUM', 'BUILD_GENERAL1_LARGE'],
  WINDOWS_SERVER_2022_CONTAINER: ['BUILD_GENERAL1_MEDIUM', 'BUILD_GENERAL1_LARGE'],
};

export interface PlatformMachines {
  /** The environments that run it; the first is that of the default image. */
  readonly environments: readonly [EnvironmentType, ...EnvironmentType[]];
  /** Ubuntu 22.04 and Amazon Linux 2023 have glibc 2.35 and 2.34: what is built there runs on these and newer ones. */
  readonly image: string;
  readonly computeType: ComputeType;
}

export const MACHINES_OF: Readonly<Record<RemotePlatformId, PlatformMachines>> = {
  'linux-x86_64': {
    environments: ['LINUX_CONTAINER'],
    image: 'aws/codebuild/amazonlinux-x86_64-standard:5.0',
    computeType: 'BUILD_GENERAL1_MEDIUM',
  },
  'linux-arm64': {
    environments: ['ARM_CONTAINER'],
    image: 'aws/codebuild/amazonlinux-aarch64-standard:3.0',
    computeType: 'BUILD_GENERAL1_LARGE',
  },
  'windows-x86_64': {
    environments: ['WINDOWS_SERVER_2022_CONTAINER', 'WINDOWS_SERVER_2019_CONTAINER'],
    image: 'aws/codebuild/windows-base:2022-1.0',
    computeType: 'BUILD_GENERAL1_MEDIUM',
  },
};

const IMAGE_PREFIX = 'aws/codebuild/';

/** Which environments the images that CodeBuild provides belong to. */
const IMAGES: readonly { readonly pattern: RegExp; readonly environment: EnvironmentType }[] = [
  { pattern: /^aws\/codebuild\/(standard|amazonlinux-x86_64-standard|amazonlinux2-x86_64-standard):/, environment: 'LINUX_CONTAINER' },
  { pattern: /^aws\/codebuild\/(amazonlinux-aarch64-standard|amazonlinux2-aarch64-standard):/, environment: 'ARM_CONTAINER' },
  { pattern: /^aws\/codebuild\/windows-base:2019-/, environment: 'WINDOWS_SERVER_2019_CONTAINER' },
  { pattern: /^aws\/codebuild\/windows-base:2022-/, environment: 'WINDOWS_SERVER_2022_CONTAINER' },
];

/** Undefined for an image of one's own: what it needs is not told by its name. */
export function environmentOfImage(image: string): EnvironmentType | undefined {
  return IMAGES.find(({ pattern }) => pattern.test(image))?.environment;
}

/** Whether CodeBuild provides it. Any other is pulled with the rights of the build's role. */
export function isProvidedImage(image: string): boolean {
  return image.startsWith(IMAGE_PREFIX);
}
