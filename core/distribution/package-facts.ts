/**
 * Owns what a package is and demands, as a reader of a link needs it: which programs lie where in it, and what the system must have.
 * Taken from the build's manifest when it is handed out; the builder's claim, as everything that a report says of its own work.
 */
import { z } from 'zod';
import { artifactBaseName, executableName } from '../job/artifact-name';
import { RequiresSchema, type BinaryReport, type Requires } from '../job/report';
import type { PlatformId } from '../platform';
import { compareDottedVersions } from '../quantity';

export const PackageFactsSchema = z.strictObject({
  /** The one folder in the archive. */
  folder: z.string(),
  /** Programs to run, by the name that people type; the path is relative to the archive's root, with forward slashes. */
  binaries: z.array(z.strictObject({ name: z.string(), path: z.string() })),
  /** The highest demand of any binary in it, with the file that sets it. */
  requires: RequiresSchema,
  signed: z.literal('none'),
});

export type PackageFacts = z.infer<typeof PackageFactsSchema>;

/**
 * @param archive one of the platform's `archives`: several of them mean that each binary has its own (`package.split`)
 * @param built what the report says of every binary of the platform
 */
export function packageFactsOf(
  archive: string,
  archives: readonly string[],
  platform: PlatformId,
  built: readonly BinaryReport[],
): PackageFacts {
  const folder = archive.replace(/(\.tar\.gz|\.zip)$/, '');
  const own = archives.length > 1 ? built.filter(({ name }) => artifactBaseName(name, platform) === folder) : built;
  return {
    folder,
    binaries: own.map(({ name }) => {
      const executable = executableName(name, platform);
      return { name, path: own.length === 1 ? `${folder}/${executable}` : `${folder}/${name}/${executable}` };
    }),
    requires: highestOf(own.map(({ requires }) => requires)),
    signed: 'none',
  };
}

function highestOf(all: readonly Requires[]): Requires {
  const highest: Requires = {};
  for (const key of ['glibc', 'glibcxx', 'macos'] as const) {
    for (const { [key]: demand } of all) {
      const top = highest[key];
      if (demand !== undefined && (top === undefined || compareDottedVersions(demand.version, top.version) > 0)) highest[key] = demand;
    }
  }
  // `x86-64-v2`, `x86-64-v3`: the text sorts as the levels do.
  const cpuBaseline = all
    .flatMap((requires) => requires.cpuBaseline ?? [])
    .sort()
    .at(-1);
  return cpuBaseline === undefined ? highest : { ...highest, cpuBaseline };
}
