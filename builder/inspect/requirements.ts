/**
 * Owns what a folder of executables demands of a system: versions of its C library, its macOS, its CPU, its libraries;
 * and whether they are for the right machine at all. Pure: reading the files belongs to `inspect-binary.ts`.
 */
import path from 'node:path/posix';
import { type Platform, PLATFORMS, type PlatformId } from '../../core/platform';
import { compareDottedVersions } from '../../core/quantity';
import type { Requires } from '../../core/job/report';
import { type ExecutableFile, formatOf, machinesOf } from './executable-file';
import { glibcVersion } from '../../core/inspection/glibc-version';
import { isApiSet } from '../../core/inspection/system-libraries';

export interface Requirements {
  readonly requires: Requires;
  /** Libraries that files of the folder name and none of them provides, sorted. */
  readonly systemLibraries: readonly string[];
  /** Files that cannot work on the platform, each with why. */
  readonly misfits: readonly string[];
}

/**
 * @param main the executable, as one of `executables` names it
 * @param otherFiles names of the folder's links and other files, which may stand for a library
 */
export function summarizeRequirements(
  platformId: PlatformId,
  main: string,
  executables: readonly ExecutableFile[],
  otherFiles: readonly string[] = [],
): Requirements {
  const platform = PLATFORMS[platformId];
  const own = executables.filter((executable) => formatOf(executable) === platform.os);
  const provided = new Set([...executables.map(({ file }) => file), ...otherFiles].map((file) => path.basename(file)));
  for (const { elf, machO } of own) {
    if (elf?.soname !== undefined) provided.add(elf.soname);
    for (const slice of machO?.slices ?? []) if (slice.id !== undefined) provided.add(path.basename(slice.id));
  }
  const fitting = own.filter((executable) => machinesOf(executable).includes(platform.arch));
  return {
    requires: requiresOf(platform, fitting, provided),
    systemLibraries: systemLibrariesOf(platform, fitting, provided),
    misfits: misfitsOf(platform, main, executables),
  };
}

interface Demand {
  readonly version: string;
  readonly file: string;
}

/** The highest; of equals the first file. */
function highest(demands: readonly Demand[]): { readonly version: string; readonly setBy: string } | undefined {
  let top: Demand | undefined;
  for (const demand of demands) if (top === undefined || compareDottedVersions(demand.version, top.version) > 0) top = demand;
  return top === undefined ? undefined : { version: top.version, setBy: top.file };
}

function requiresOf(platform: Platform, executables: readonly ExecutableFile[], provided: ReadonlySet<string>): Requires {
  const demands = (prefix: string): readonly Demand[] =>
    executables.flatMap(({ file, elf }) =>
      (elf?.versionNeeds ?? [])
        // What a shipped library provides is no demand on the system.
        .filter((need) => !provided.has(need.library))
        .flatMap((need) => versionOf(need.version, prefix) ?? [])
        .map((version) => ({ version, file })),
    );
  const glibc = highest(demands('GLIBC'));
  const glibcxx = highest(demands('GLIBCXX'));
  const macos = highest(
    executables.flatMap(({ file, machO }) =>
      (machO?.slices ?? [])
        .filter((slice) => slice.machine === platform.arch && slice.minimumMacos !== undefined)
        .map((slice) => ({ version: slice.minimumMacos ?? '', file })),
    ),
  );
  const cpuBaseline = executables
    .flatMap(({ elf }) => elf?.cpuBaseline ?? [])
    .sort()
    .at(-1);
  return {
    ...(glibc === undefined ? {} : { glibc }),
    ...(glibcxx === undefined ? {} : { glibcxx }),
    ...(macos === undefined ? {} : { macos }),
    ...(cpuBaseline === undefined ? {} : { cpuBaseline }),
  };
}

function versionOf(name: string, prefix: string): string | undefined {
  if (prefix === 'GLIBC') return glibcVersion(name);
  return new RegExp(`^${prefix}_(\\d+(?:\\.\\d+)+)$`).exec(name)?.[1];
}

function systemLibrariesOf(platform: Platform, executables: readonly ExecutableFile[], provided: ReadonlySet<string>): readonly string[] {
  const named = executables.flatMap(({ elf, machO, pe }) => [
    ...(elf?.needed ?? []),
    ...(machO?.slices ?? []).filter((slice) => slice.machine === platform.arch).flatMap((slice) => slice.libraries),
    ...(pe?.imports ?? []).filter((name) => !isApiSet(name)).map((name) => name.toLowerCase()),
  ]);
  const lowered = new Set([...provided].map((name) => name.toLowerCase()));
  const isProvided = (library: string) => {
    switch (platform.os) {
      case 'linux':
        return provided.has(path.basename(library));
      case 'macos':
        // An absolute name means the system's file, whatever is shipped under the same name.
        return !path.isAbsolute(library) && provided.has(path.basename(library));
      case 'windows':
        return lowered.has(library);
    }
  };
  return [...new Set(named.filter((library) => !isProvided(library)))].sort();
}

/** How packages mark, in a path, what they carry for several machines on purpose. */
const MARKS: Readonly<Record<string, RegExp>> = {
  x86: /(?<![a-z0-9])(?:x86|i[3-6]86|ia32|win32|32)(?![a-z0-9]|_64)/i,
  x86_64: /(?<![a-z0-9])(?:x64|amd64|x86[_-]64|64)(?![a-z0-9])/i,
  arm64: /(?<![a-z0-9])(?:arm64|aarch64)(?![a-z0-9])/i,
  arm: /(?<![a-z0-9])(?:arm|armv[67]l?|armhf)(?![a-z0-9])/i,
};

/** A Python extension carries its machine in its name as a matter of course: there it is no sign of purpose. */
function isCarriedOnPurpose(file: string, machines: readonly string[]): boolean {
  return !/\.(?:cpython-|abi3\.)|\.pyd$/.test(file) && machines.some((machine) => MARKS[machine]?.test(file) === true);
}

function misfitsOf(platform: Platform, main: string, executables: readonly ExecutableFile[]): readonly string[] {
  return executables.flatMap((executable) => {
    const { file } = executable;
    const isMain = file === main;
    const format = formatOf(executable);
    const isLibrary = isMain || format === 'linux' || /\.(?:dll|pyd|dylib|so)$/i.test(file);
    if (format !== platform.os) return isMain ? [`${file} is a program for ${format ?? 'no known system'}`] : [];
    const machines = machinesOf(executable);
    if (!machines.includes(platform.arch)) {
      const isOnPurpose = !isMain && (!isLibrary || isCarriedOnPurpose(file, machines));
      return isOnPurpose ? [] : [`${file} is for ${machines.join(' and ') || 'no machine'}`];
    }
    const isDamaged = executable.elf?.isDamaged ?? executable.machO?.isDamaged ?? executable.pe?.isDamaged ?? false;
    return isDamaged ? [`${file} is damaged: it refers to bytes behind its end`] : [];
  });
}
