/**
 * Owns the names of what a build leaves: one archive per platform, or one per binary, and what stands beside them.
 * No version stands in a name, so that a link to the newest build stays the same.
 */
import type { Job } from './job';
import { PLATFORMS, type PlatformId } from '../platform';
import { SBOM_SUFFIX } from '../provenance/sbom';

/** The checksums of all archives of a build, as `sha256sum -c` reads them. */
export const CHECKSUMS_FILE = 'SHA256SUMS';

export interface ArchiveLayout {
  /** `fieldkit-linux-x86_64.tar.gz` */
  readonly file: string;
  /** The one folder in it: `fieldkit-linux-x86_64`. */
  readonly folder: string;
  /** Where each binary's files lie, relative to the archive's root: the folder itself, or one folder each below it. */
  readonly binaries: readonly { readonly name: string; readonly path: string }[];
}

/** `fieldkit-linux-x86_64`: what an archive and the folder in it are called. */
export function artifactBaseName(name: string, platform: PlatformId): string {
  const { os, arch } = PLATFORMS[platform];
  return `${name}-${os}-${arch}`;
}

/** `fieldkit-linux-x86_64.tar.gz.sha256` */
export function checksumFileName(archiveFile: string): string {
  return `${archiveFile}.sha256`;
}

/** `fieldkit-linux-x86_64.cdx.json`: what is in the archive beside it. */
export function sbomFileName({ folder }: Pick<ArchiveLayout, 'folder'>): string {
  return `${folder}${SBOM_SUFFIX}`;
}

/** The name of a binary's executable: `fieldkit` or `fieldkit.exe`. */
export function executableName(binary: string, platform: PlatformId): string {
  return `${binary}${PLATFORMS[platform].executableSuffix}`;
}

/** The archives of one platform's job. One binary lies flat in its folder, several have one folder each. */
export function archiveLayouts(
  job: Pick<Job, 'name' | 'platform' | 'package'> & { readonly binaries: readonly { readonly name: string }[] },
): readonly ArchiveLayout[] {
  const names = job.binaries.map((binary) => binary.name);
  const layout = (name: string, binaries: readonly string[]): ArchiveLayout => {
    const folder = artifactBaseName(name, job.platform);
    const placed = binaries.map((binary) => ({ name: binary, path: binaries.length === 1 ? folder : `${folder}/${binary}` }));
    return { file: `${folder}.${job.package.format}`, folder, binaries: placed };
  };
  return job.package.split ? names.map((name) => layout(name, [name])) : [layout(job.name, names)];
}

/** Everything that a builder leaves, by name, sorted: archives, their checksums, what is in them, and the file of all checksums. */
export function artifactFiles(job: Parameters<typeof archiveLayouts>[0]): readonly string[] {
  return [
    ...archiveLayouts(job).flatMap((layout) => [layout.file, checksumFileName(layout.file), sbomFileName(layout)]),
    CHECKSUMS_FILE,
  ].sort();
}
