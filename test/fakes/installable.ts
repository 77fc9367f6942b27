/** Distributions of builds that install scripts can install, with what matters changed. */
import type { DistributedFile, Distribution } from '../../core/distribution/distribution';
import type { PackageFacts } from '../../core/distribution/package-facts';
import { PLATFORMS, type PlatformId } from '../../core/platform';
import { distributedFile, distributionWith } from './distributions';

export interface InstallableChange extends Partial<Omit<DistributedFile, 'package'>> {
  readonly facts?: Partial<PackageFacts>;
}

/** One program `fieldkit`, flat in its folder. */
export function installablePackage(platform: PlatformId, { facts, ...change }: InstallableChange = {}): DistributedFile {
  const { archiveFormat, executableSuffix } = PLATFORMS[platform];
  const folder = `fieldkit-${platform}`;
  const binaries = [{ name: 'fieldkit', path: `${folder}/fieldkit${executableSuffix}` }];
  return distributedFile(`${folder}.${archiveFormat}`, {
    platform,
    package: { folder, binaries, requires: {}, signed: 'none', ...facts },
    ...change,
  });
}

export function installableDistribution(change: Partial<Distribution> = {}): Distribution {
  return distributionWith({
    about: { installers: ['script'] },
    files: [installablePackage('linux-x86_64'), installablePackage('macos-arm64'), installablePackage('windows-x86_64')],
    ...change,
  });
}
