/**
 * Owns the step that lists what is in each archive, once it is packed: beside the archive, not in it, so that it can name the archive's
 * digest, and so that a list adds nothing to a program's folder.
 */
import path from 'node:path';
import posix from 'node:path/posix';
import { sbomFileName } from '../../core/job/artifact-name';
import type { Job } from '../../core/job/job';
import type { Tool } from '../../core/job/report';
import { SlipwayError } from '../../core/slipway-error';
import { sbomText, type SbomFile, type SbomInside, type SbomPart } from '../../core/provenance/sbom';
import type { BuildTools } from '../build-tools';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import { inJob, PACKAGE_DIRECTORY, STAGED_DIRECTORY } from '../job-layout';
import { readExecutable } from '../inspect/executable-file';
import type { Inventory } from '../sbom/inventory';
import { sha256OfFile } from '../../toolchain/sha256-of-file';
import type { FinishedBinary } from '../sbom/take-inventory';
import type { Assembled, AssembledArchive } from './assemble';
import type { CompiledBinary } from './compile-binaries';
import type { PackedArchive } from './pack';
import type { PreparedToolchain } from './prepare-toolchain';

/** @returns the files that it wrote, one for each archive */
export async function writeSboms(
  context: BuilderContext,
  tools: Pick<BuildTools, 'takeInventory'>,
  job: Job,
  toolchain: PreparedToolchain,
  compiled: readonly CompiledBinary[],
  assembled: Assembled,
  packed: readonly PackedArchive[],
): Promise<readonly string[]> {
  const written: string[] = [];
  for (const archive of assembled.archives) {
    const binaries: ListedBinary[] = [];
    for (const { name } of archive.layout.binaries) {
      const finished = finishedBinary(name, toolchain, compiled, assembled);
      binaries.push({ built: finished.built, inventory: await tools.takeInventory(context, job, finished) });
    }
    if (!packed.some(({ file }) => file === archive.layout.file)) {
      throw new SlipwayError('internal', `the archive '${archive.layout.file}' was not packed`);
    }
    const file = sbomFileName(archive.layout);
    const text = await listOf(context, job, toolchain.tools, archive, binaries);
    await context.files.write(path.join(inJob(context, STAGED_DIRECTORY), file), text, { mode: 0o644 });
    written.push(file);
  }
  return written;
}

function finishedBinary(
  name: string,
  toolchain: PreparedToolchain,
  binaries: readonly CompiledBinary[],
  assembled: Assembled,
): FinishedBinary {
  const prepared = toolchain.programs.find(({ binary }) => binary.name === name);
  const compiled = binaries.find(({ binary }) => binary.name === name);
  const built = assembled.binaries.find((binary) => binary.name === name);
  if (prepared === undefined || compiled === undefined || built === undefined) {
    throw new SlipwayError('internal', `the binary '${name}' was not built`);
  }
  return { prepared, compiled, built };
}

interface ListedBinary {
  readonly built: BuiltBinary;
  readonly inventory: Inventory;
}

async function listOf(
  context: BuilderContext,
  job: Job,
  tools: readonly Tool[],
  { layout, entries }: AssembledArchive,
  binaries: readonly ListedBinary[],
): Promise<string> {
  const owners = new Map<string, string>();
  const inside: SbomInside[] = [];
  const parts: SbomPart[] = [];
  for (const { built, inventory } of binaries) {
    const place = placeIn(context, layout.folder, built.directory);
    const executable = posix.join(place, placeIn(context, layout.folder, built.executable, built.directory));
    const isPacked = inventory.packed !== undefined;
    parts.push(...inventory.parts);
    for (const [file, ref] of inventory.owners) {
      if (isPacked) inside.push({ owner: ref, path: `${executable}!/${file}` });
      else owners.set(posix.join(place, file), ref);
    }
    for (const { ref, file, symbol } of inventory.embedded) {
      inside.push({ owner: ref, path: file === undefined ? executable : posix.join(place, file), symbol });
    }
  }
  const { name, version, publisher, description, license, homepage } = job;
  return sbomText({
    application: {
      name,
      version,
      ...(publisher === undefined ? {} : { publisher }),
      ...(description === undefined ? {} : { description }),
      ...(license === undefined ? {} : { license }),
      ...(homepage === undefined ? {} : { homepage }),
    },
    archive: { file: layout.file, sha256: await sha256OfFile(context.files, path.join(inJob(context, STAGED_DIRECTORY), layout.file)) },
    parts,
    files: await filesOf(context, { layout, entries }, owners),
    inside,
    tools: tools.map((tool) => ({ name: tool.name, version: tool.version })),
    ...(job.source.git?.isDirty === false ? { epochSeconds: job.source.epochSeconds } : {}),
  });
}

/** Relative to the archive's folder, or to another one in it; empty for that folder itself. */
function placeIn(
  context: BuilderContext,
  folder: string,
  absolute: string,
  from = inJob(context, `${PACKAGE_DIRECTORY}/${folder}`),
): string {
  return path.relative(from, absolute).split(path.sep).join('/');
}

/** A link belongs to whom its file belongs to. */
async function filesOf(
  context: BuilderContext,
  { layout, entries }: AssembledArchive,
  owners: ReadonlyMap<string, string>,
): Promise<readonly SbomFile[]> {
  const files: SbomFile[] = [];
  for (const { path: place, kind, target } of entries) {
    if (kind === 'directory') continue;
    const relative = posix.relative(layout.folder, place);
    const led = target === undefined ? relative : posix.join(posix.dirname(relative), target);
    const owner = owners.get(relative) ?? owners.get(led);
    const digest = kind === 'file' ? await nativeDigest(context, inJob(context, `${PACKAGE_DIRECTORY}/${place}`)) : undefined;
    files.push({
      path: relative,
      isNative: digest !== undefined,
      ...(digest === undefined ? {} : { sha256: digest }),
      ...(owner === undefined ? {} : { owner }),
    });
  }
  return files;
}

/** Enough of a file for its format and machine. */
const HEADER_BYTES = 4096;

/** @returns undefined for what is no machine code */
async function nativeDigest(context: BuilderContext, file: string): Promise<string | undefined> {
  const isNative = readExecutable(file, await context.files.readRange(file, 0, HEADER_BYTES)) !== undefined;
  return isNative ? sha256OfFile(context.files, file) : undefined;
}
