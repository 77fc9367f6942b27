/** Owns the step that lays out what ships: one folder per archive, plain modes, no names that collide. */
import path from 'node:path';
import { archiveLayouts, type ArchiveLayout } from '../../core/job/artifact-name';
import type { Job, JobBinary } from '../../core/job/job';
import { PLATFORMS } from '../../core/platform';
import { SlipwayError } from '../../core/slipway-error';
import type { PackageEntry } from '../archives/package-entry';
import type { BuildTools } from '../build-tools';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import type { CompiledBinary } from './compile-binaries';
import { inJob, PACKAGE_DIRECTORY } from '../job-layout';
import { layOutSidecar, writeFragment } from '../sidecar/lay-out-sidecar';

export interface AssembledArchive {
  readonly layout: ArchiveLayout;
  /** Sorted by code units of the path; a folder stands before what is in it. */
  readonly entries: readonly PackageEntry[];
}

export interface Assembled {
  readonly archives: readonly AssembledArchive[];
  readonly binaries: readonly BuiltBinary[];
}

/** @throws SlipwayError `package-collision`, and for a sidecar `launcher-failed` */
export async function assemble(
  context: BuilderContext,
  tools: Pick<BuildTools, 'compileLauncher'>,
  job: Job,
  compiled: readonly CompiledBinary[],
): Promise<Assembled> {
  const archives: AssembledArchive[] = [];
  const binaries: BuiltBinary[] = [];
  for (const layout of archiveLayouts(job)) {
    for (const placed of layout.binaries) {
      const found = compiled.find(({ binary }) => binary.name === placed.name);
      if (found === undefined) throw new SlipwayError('internal', `the binary '${placed.name}' was not compiled`);
      binaries.push(
        found.binary.sidecar === undefined
          ? await place(context, found, inJob(context, `${PACKAGE_DIRECTORY}/${placed.path}`))
          : await layOutSidecar(context, tools, job, found, inJob(context, `${PACKAGE_DIRECTORY}/${layout.folder}`)),
      );
    }
    await writeFragment(context, job, binariesOf(job, layout), inJob(context, `${PACKAGE_DIRECTORY}/${layout.folder}`));
    const entries = await settleEntries(context, layout.folder);
    refuseCollisions(job, entries);
    archives.push({ layout, entries });
  }
  return { archives, binaries };
}

function binariesOf(job: Job, layout: ArchiveLayout): readonly JobBinary[] {
  return job.binaries.filter(({ name }) => layout.binaries.some((placed) => placed.name === name));
}

async function place(context: BuilderContext, { binary, program }: CompiledBinary, directory: string): Promise<BuiltBinary> {
  const executable = path.join(directory, program.executable);
  if (program.form === 'folder') await context.files.move(program.path, directory);
  else {
    await context.files.makeDirectory(directory);
    await context.files.move(program.path, executable);
  }
  const inspect = program.inspectDirectory === undefined ? {} : { inspectDirectory: program.inspectDirectory };
  return { name: binary.name, directory, executable, ...inspect };
}

/** Gives every file one of two modes, whatever the umask of the build was, and lists what is there. */
async function settleEntries(context: BuilderContext, folder: string): Promise<readonly PackageEntry[]> {
  const entries: PackageEntry[] = [];
  const visit = async (relative: string): Promise<void> => {
    const absolute = inJob(context, `${PACKAGE_DIRECTORY}/${relative}`);
    const stat = await context.files.stat(absolute);
    if (stat === undefined || stat.kind === 'other') {
      throw new SlipwayError('package-collision', `'${relative}' is neither file, folder nor link`, {
        hint: 'leave it out of what the compiler collects',
      });
    }
    const isExecutable = stat.kind !== 'link' && (stat.kind === 'directory' || (await isProgram(context, absolute, stat.mode)));
    const mode = isExecutable ? 0o755 : 0o644;
    if (stat.kind !== 'link' && stat.mode !== mode) await context.files.setMode(absolute, mode);
    const target = stat.kind === 'link' ? await linkInside(context, folder, relative, absolute) : undefined;
    entries.push({
      path: relative,
      kind: stat.kind,
      isExecutable,
      sizeBytes: stat.kind === 'file' ? stat.sizeBytes : 0,
      modifiedAtMs: stat.modifiedAtMs,
      ...(target === undefined ? {} : { target }),
    });
    if (stat.kind === 'directory') for (const { name } of await context.files.list(absolute)) await visit(`${relative}/${name}`);
  };
  await visit(folder);
  return entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/**
 * A Windows host keeps no execute bit; systems that unpack its archives need it. There a name tells, and of what is made for
 * other systems the first bytes.
 */
async function isProgram({ platform, files }: BuilderContext, file: string, mode: number): Promise<boolean> {
  if (PLATFORMS[platform].os !== 'windows') return (mode & 0o111) !== 0;
  if (/\.(?:exe|com|bat|cmd)$/i.test(file)) return true;
  const begin = Buffer.from(await files.readRange(file, 0, 4));
  return PROGRAMS.has(begin.toString('hex')) || begin.toString('latin1').startsWith('#!/');
}

/** ELF; Mach-O, thin and of either order; a universal one. */
const PROGRAMS: ReadonlySet<string> = new Set(['7f454c46', 'cffaedfe', 'feedfacf', 'cafebabe']);

/** A link that leaves the folder would lead nowhere, or somewhere else, where it is unpacked. */
async function linkInside(context: BuilderContext, folder: string, relative: string, absolute: string): Promise<string> {
  const target = (await context.files.readLink(absolute)).replaceAll('\\', '/');
  const resolved = path.posix.normalize(path.posix.join(path.posix.dirname(relative), target));
  if (path.posix.isAbsolute(target) || (resolved !== folder && !resolved.startsWith(`${folder}/`))) {
    throw new SlipwayError('package-collision', `the link '${relative}' leads out of the package, to '${target}'`, {
      hint: 'leave it out of what the compiler collects',
    });
  }
  return target;
}

/** On Windows and macOS two names that differ by case alone are one file: one of them would be lost. */
function refuseCollisions(job: Job, entries: readonly PackageEntry[]): void {
  if (PLATFORMS[job.platform].os === 'linux') return;
  const seen = new Map<string, string>();
  for (const entry of entries) {
    const key = entry.path.normalize('NFC').toLowerCase();
    const other = seen.get(key);
    if (other !== undefined) {
      throw new SlipwayError('package-collision', `'${other}' and '${entry.path}' are one name on ${job.platform}`, {
        hint: 'rename one of them',
      });
    }
    seen.set(key, entry.path);
  }
}
