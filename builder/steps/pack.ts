/** Owns the step that packs: exactly what was assembled, into archives whose bytes follow from their content. */
import path from 'node:path';
import type { Job } from '../../core/job/job';
import { formatSize } from '../../core/quantity';
import { SlipwayError } from '../../core/slipway-error';
import { writeTarGz } from '../archives/archive-tar';
import { writeZip } from '../archives/archive-zip';
import type { PackageEntry } from '../archives/package-entry';
import type { AssembledArchive } from './assemble';
import type { BuilderContext } from '../builder-context';
import { inJob, PACKAGE_DIRECTORY, STAGED_DIRECTORY } from '../job-layout';

export interface PackedArchive {
  readonly file: string;
  readonly sizeBytes: number;
}

/** @throws SlipwayError `package-changed` when a check changed what it checked */
export async function pack(context: BuilderContext, job: Job, archives: readonly AssembledArchive[]): Promise<readonly PackedArchive[]> {
  const packed: PackedArchive[] = [];
  for (const { layout, entries } of archives) {
    for (const entry of entries) await refuseChange(context, entry);
    const target = path.join(inJob(context, STAGED_DIRECTORY), layout.file);
    const open = (entry: PackageEntry) => context.files.openRead(inPackage(context, entry));
    const write = job.package.format === 'zip' ? writeZip : writeTarGz;
    await context.files.writeStream(target, (sink) => write(entries, open, job.source.epochSeconds, sink), { mode: 0o644 });
    const sizeBytes = (await context.files.stat(target))?.sizeBytes ?? 0;
    context.log(`packed ${layout.file}: ${formatSize(sizeBytes)}`);
    packed.push({ file: layout.file, sizeBytes });
  }
  return packed;
}

/** What a check added is not packed, because the list was made before; what it changed would ship unchecked. */
async function refuseChange(context: BuilderContext, entry: PackageEntry): Promise<void> {
  const now = await context.files.stat(inPackage(context, entry));
  const isSame =
    now?.kind === entry.kind && (entry.kind !== 'file' || (now.sizeBytes === entry.sizeBytes && now.modifiedAtMs === entry.modifiedAtMs));
  if (!isSame) {
    throw new SlipwayError('package-changed', `the program changed its own file '${entry.path}' while it was checked`, {
      hint: 'let the program write elsewhere: people may install it in a folder that is read-only',
    });
  }
}

function inPackage(context: BuilderContext, entry: PackageEntry): string {
  return inJob(context, `${PACKAGE_DIRECTORY}/${entry.path}`);
}
