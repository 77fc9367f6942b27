/** Owns which jobs any machine can build, whatever platform they are for: those of which nothing is compiled for the machine at hand. */
import { PLATFORM_IDS, type PlatformId } from '../platform';

interface Binaries {
  readonly binaries: readonly { readonly python?: unknown; readonly node?: unknown }[];
}

/** A Node program is a bundle, which is the same everywhere, and a runtime that comes ready for each platform. */
export function isBuiltAnywhere({ binaries }: Binaries): boolean {
  return binaries.length > 0 && binaries.every(({ python, node }) => python === undefined && node !== undefined);
}

/**
 * What a target can build of an application.
 * @param own the platforms of its machines
 * @param jobs of each platform that is asked about
 */
export function buildablePlatforms(
  own: readonly PlatformId[],
  jobs: Readonly<Partial<Record<PlatformId, Binaries>>>,
): readonly PlatformId[] {
  if (own.length === 0) return [];
  return PLATFORM_IDS.filter((platform) => own.includes(platform) || (jobs[platform] !== undefined && isBuiltAnywhere(jobs[platform])));
}

/**
 * Which of a target's machines builds for a platform: its own where there is one, else one of Linux, whose minutes cost least.
 * @param own the platforms of its machines
 */
export function machineFor(platform: PlatformId, own: readonly PlatformId[]): PlatformId {
  if (own.includes(platform)) return platform;
  return (['linux-x86_64', 'linux-arm64'] as const).find((linux) => own.includes(linux)) ?? own[0] ?? platform;
}

/** What stands for a check of a program that was not started. */
export function unrunReason(builtOn: PlatformId, platform: PlatformId): string {
  return `not run: built on ${builtOn} for ${platform}`;
}
