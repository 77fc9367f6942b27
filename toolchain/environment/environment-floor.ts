/**
 * Owns the proof, before anything is compiled, that what a program's dependencies brought runs on an old glibc.
 * A wheel's tag is a promise; a wheel that was built here of a source has none.
 */
import path from 'node:path';
import { readElf } from '../../core/inspection/elf';
import { glibcOf } from '../../core/inspection/glibc-version';
import { compareDottedVersions } from '../../core/quantity';
import { SlipwayError } from '../../core/slipway-error';
import type { ToolchainContext } from '../toolchain-context';

/** The file of a package that asks for the newest glibc of all its files. */
interface PackageNeed {
  readonly name: string;
  /** `name version`. */
  readonly title: string;
  readonly glibc: string;
  /** As the package lists it. */
  readonly file: string;
  /** Whether it was compiled on this machine: its wheel bears the tag of no manylinux. */
  readonly isBuiltHere: boolean;
}

const IS_LIBRARY = /\.so(?:\.\d+)*$/;

/**
 * @param glibc the oldest that the program shall run on
 * @throws SlipwayError `glibc-floor-unreachable` that names every package which asks for more
 */
export async function refusePackagesAbove(context: ToolchainContext, glibc: string, packageDirectory: string): Promise<void> {
  const needs = (await measurePackages(context, packageDirectory)).filter((need) => compareDottedVersions(need.glibc, glibc) > 0);
  const [first] = [...needs].sort((a, b) => compareDottedVersions(b.glibc, a.glibc));
  if (first === undefined) return;
  const told = needs.map(({ title, file, glibc: needed, isBuiltHere }) => {
    const how = isBuiltHere ? ', compiled here of its source because no wheel fits' : '';
    return `${title} needs ${needed} (${file}${how})`;
  });
  throw new SlipwayError('glibc-floor-unreachable', `the dependencies do not run on glibc '${glibc}': ${told.join('; ')}`, {
    hint: `lock a version that has a wheel for manylinux_${glibc.replace('.', '_')} or older, or set budgets.glibc to "${first.glibc}"`,
    details: { wanted: glibc, reachable: first.glibc, packages: needs.map(({ title }) => title) },
  });
}

/** By name. */
async function measurePackages(context: ToolchainContext, packageDirectory: string): Promise<readonly PackageNeed[]> {
  const folders = (await context.files.list(packageDirectory)).filter(({ name }) => name.endsWith('.dist-info'));
  const needs = await Promise.all(folders.map(({ name }) => measurePackage(context, packageDirectory, name)));
  return needs.filter((need) => need !== undefined);
}

async function measurePackage(context: ToolchainContext, packageDirectory: string, folder: string): Promise<PackageNeed | undefined> {
  const files = await recordedLibraries(context, path.join(packageDirectory, folder, 'RECORD'));
  let top: { readonly file: string; readonly glibc: string } | undefined;
  for (const file of files) {
    const glibc = await glibcOfFile(context, path.join(packageDirectory, file));
    if (glibc !== undefined && (top === undefined || compareDottedVersions(glibc, top.glibc) > 0)) top = { file, glibc };
  }
  if (top === undefined) return undefined;
  const [name = folder, version = ''] = folder.replace(/\.dist-info$/, '').split('-');
  return {
    name,
    title: `${name} ${version}`,
    ...top,
    isBuiltHere: await isBuiltHere(context, path.join(packageDirectory, folder, 'WHEEL')),
  };
}

/** Lines of `path,hash,size` (https://packaging.python.org/en/latest/specifications/recording-installed-packages/); a path may be quoted. */
async function recordedLibraries(context: ToolchainContext, record: string): Promise<readonly string[]> {
  if ((await context.files.stat(record)) === undefined) return [];
  return (await context.files.readText(record))
    .split(/\r?\n/)
    .map((line) => (line.startsWith('"') ? (/^"((?:[^"]|"")*)"/.exec(line)?.[1] ?? '').replaceAll('""', '"') : (line.split(',')[0] ?? '')))
    .filter((file) => IS_LIBRARY.test(file));
}

async function glibcOfFile(context: ToolchainContext, file: string): Promise<string | undefined> {
  if ((await context.files.stat(file)) === undefined) return undefined;
  const elf = readElf(await context.files.readBytes(file));
  return elf === undefined ? undefined : glibcOf(elf);
}

async function isBuiltHere(context: ToolchainContext, wheelFile: string): Promise<boolean> {
  if ((await context.files.stat(wheelFile)) === undefined) return true;
  const tags = [...(await context.files.readText(wheelFile)).matchAll(/^Tag: (\S+)/gm)].map((match) => match[1] ?? '');
  return !tags.some((tag) => /manylinux|musllinux|-any$/.test(tag));
}
