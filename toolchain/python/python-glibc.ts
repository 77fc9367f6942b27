/** Owns reading from an interpreter's own files which glibc they ask for. */
import path from 'node:path';
import type { GlibcNeed, PythonInstallation } from '../../core/host/host';
import { type ElfFacts, readElf } from '../../core/inspection/elf';
import { glibcOf } from '../../core/inspection/glibc-version';
import { beyondBaseSystem } from '../../core/inspection/system-libraries';
import { compareDottedVersions } from '../../core/quantity';
import { isSlipwayError } from '../../core/slipway-error';
import type { ToolchainContext } from '../toolchain-context';

/** Modules of CPython's own tests and examples: no compiler takes them along. */
const NEVER_SHIPPED = /^(?:_test|_xxtest|_ctypes_test|xxlimited|xxsubtype)/;
/** Where a system's loader looks, Debian's places first. */
const SYSTEM_FOLDERS = ['/lib/x86_64-linux-gnu', '/lib/aarch64-linux-gnu', '/lib64', '/usr/lib64', '/lib', '/usr/lib', '/usr/local/lib'];

/** What ships with every program: the interpreter's own start and its library. @returns the same with `glibc`, where it can be told */
export async function measurePython(context: ToolchainContext, python: PythonInstallation): Promise<PythonInstallation> {
  if (!context.platform.startsWith('linux')) return python;
  const files = [python.path, ...(python.sharedLibraryPath === undefined ? [] : [python.sharedLibraryPath])];
  const needs = await Promise.all(files.map(async (file) => needOf(file, await elfAt(context, file))));
  const [glibc] = needs.filter((need) => need !== undefined).sort(highestFirst);
  return glibc === undefined ? python : { ...python, glibc };
}

/** What ships with programs that use it. @returns the same with `moduleGlibc` */
export async function measureModules(context: ToolchainContext, python: PythonInstallation): Promise<PythonInstallation> {
  const { moduleDirectory } = python;
  if (moduleDirectory === undefined || !context.platform.startsWith('linux')) return python;
  const names = (await context.files.list(moduleDirectory)).map(({ name }) => name);
  const modules = names.filter((name) => name.endsWith('.so') && !NEVER_SHIPPED.test(name));
  const needs: GlibcNeed[] = [];
  const seen = new Set<string>(python.sharedLibraryPath === undefined ? [] : [path.basename(python.sharedLibraryPath)]);
  for (const name of modules) {
    const file = path.join(moduleDirectory, name);
    const elf = await elfAt(context, file);
    const need = needOf(file, elf);
    const module = name.split('.')[0] ?? name;
    if (need !== undefined) needs.push({ ...need, module });
    needs.push(...(await needsOfLibraries(context, elf, module, [path.dirname(path.dirname(moduleDirectory)), ...SYSTEM_FOLDERS], seen)));
  }
  return { ...python, moduleGlibc: needs.sort(highestFirst) };
}

/** Of the libraries that a file names, and those that they name, each once. The C library's own are never shipped. */
async function needsOfLibraries(
  context: ToolchainContext,
  elf: ElfFacts | undefined,
  module: string,
  folders: readonly string[],
  seen: Set<string>,
): Promise<readonly GlibcNeed[]> {
  const needs: GlibcNeed[] = [];
  const open = [...(elf?.needed ?? [])];
  for (let name = open.shift(); name !== undefined; name = open.shift()) {
    if (seen.has(name) || beyondBaseSystem('linux', [name]).length === 0) continue;
    seen.add(name);
    const file = await firstThere(
      context,
      folders.map((folder) => path.join(folder, path.basename(name ?? ''))),
    );
    const library = file === undefined ? undefined : await elfAt(context, file);
    const need = file === undefined ? undefined : needOf(file, library);
    if (need !== undefined) needs.push({ ...need, module });
    open.push(...(library?.needed ?? []));
  }
  return needs;
}

async function firstThere(context: ToolchainContext, files: readonly string[]): Promise<string | undefined> {
  for (const file of files) if ((await context.files.stat(file)) !== undefined) return file;
  return undefined;
}

/** A file that cannot be read says nothing. */
async function elfAt(context: ToolchainContext, file: string): Promise<ElfFacts | undefined> {
  try {
    return readElf(await context.files.readBytes(await context.files.realPath(file)));
  } catch (thrown) {
    if (isSlipwayError(thrown)) return undefined;
    throw thrown;
  }
}

function needOf(file: string, elf: ElfFacts | undefined): GlibcNeed | undefined {
  const version = elf === undefined ? undefined : glibcOf(elf);
  return version === undefined ? undefined : { version, file };
}

function highestFirst(a: GlibcNeed, b: GlibcNeed): number {
  return compareDottedVersions(b.version, a.version);
}
