/**
 * Owns what can be said of a machine of CodeBuild as a host of builds before there is one: enough for a plan, and for refusing what the
 * machine could not reach. Sources: docs/build-machines.md.
 */
import type { Host } from '../host/host';
import { PLATFORMS, type PlatformId } from '../platform';
import type { DeploymentPlatform } from './deployment-config';

/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-compute-types.html */
const CPUS: Readonly<Record<string, number>> = {
  BUILD_GENERAL1_SMALL: 2,
  BUILD_GENERAL1_MEDIUM: 4,
  BUILD_GENERAL1_LARGE: 8,
  BUILD_GENERAL1_XLARGE: 36,
  BUILD_GENERAL1_2XLARGE: 72,
};

/** The C library of the images that CodeBuild provides. */
const GLIBC: readonly { readonly pattern: RegExp; readonly glibc: string }[] = [
  { pattern: /^aws\/codebuild\/standard:7\./, glibc: '2.35' },
  { pattern: /^aws\/codebuild\/amazonlinux-(x86_64|aarch64)-standard:/, glibc: '2.34' },
];

/** An image of one's own is taken to bring what docs/build-machines.md asks of it; its C library is not known. */
export function hostOfMachine(platform: PlatformId, { computeType, image }: Pick<DeploymentPlatform, 'computeType' | 'image'>): Host {
  const glibc = GLIBC.find(({ pattern }) => pattern.test(image))?.glibc;
  const isLinux = PLATFORMS[platform].os === 'linux';
  return {
    platform,
    cpuCount: CPUS[computeType] ?? 2,
    ...(isLinux && glibc !== undefined ? { glibc } : {}),
    ...(isLinux ? { cCompiler: { path: 'gcc', kind: 'gcc', version: 'of the image' } } : {}),
  };
}
