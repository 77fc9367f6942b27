/** `slipway download`: what a build made, into a folder, checksums enforced. */
import path from 'node:path';
import type { BuildRecord } from '../../core/build/build-record';
import type { BuildService } from '../../core/build/build-service';
import { selectArtifacts, type FetchedFile } from '../../core/build/fetch-artifacts';
import type { Files } from '../../core/ports/files';
import { formatSize } from '../../core/quantity';
import { EXIT, SlipwayError } from '../../core/slipway-error';
import { openTarget } from '../target-services';
import type { CliCommand } from '../command';
import type { CliContext, CommandResult } from '../context';
import { conflict, fetchFile, requireFree, type FetchedPath } from '../fetch/fetch-file';
import { platformsOption, textOption } from '../option-values';
import { describePlaced } from '../show/placed-sidecars-text';

export const command: CliCommand = {
  define(command) {
    command
      .argument('[build]', 'an id, 4 or more characters of one, or latest: the newest that succeeded', 'latest')
      .option('--platform <list>', 'some platforms only, separated by commas')
      .option('--into <dir>', 'the folder that the files go to (default: the current one)')
      .option('--unpack', 'unpack the archives beside them, each into a folder of its own')
      .option('--layout <host>', 'tauri: put the sidecars of all platforms where a Tauri host takes them, in src-tauri or --into')
      .option('--force', 'replace files of the same name');
  },
  async run(context, [reference = 'latest'], options) {
    if (options.layout !== undefined) return layOutForHost(context, reference, options);
    const { builds, name } = await openTarget(context);
    const files = await context.files();
    const record = await builds.status(reference, name, 'succeeded');
    const into = path.resolve(context.workingDirectory, textOption(options, 'into') ?? '.');
    const isForced = options.force === true;
    const wanted = selectArtifacts(record, platformsOption(options, 'platform'));
    const archives = wanted.filter(({ parts }) => parts[0]?.kind === 'archive');
    const present = await requireFree(files, into, wanted, isForced);
    const folders = options.unpack === true ? archives.map((archive) => folderOf(into, archive)) : [];
    if (!isForced) await requireNoFolders(files, folders);
    const fetched = await fetchAll(files, builds, record, into, wanted, present);
    for (const archive of options.unpack === true ? archives : []) await unpackBeside(files, into, archive);
    return { data: { buildId: record.buildId, into, files: fetched, unpacked: folders }, text: describe(record, fetched, folders) };
  },
};

async function layOutForHost(context: CliContext, reference: string, options: Readonly<Record<string, unknown>>): Promise<CommandResult> {
  const layout = textOption(options, 'layout') ?? '';
  if (layout !== 'tauri') throw new SlipwayError('bad-usage', `unknown layout '${layout}'`, { hint: 'use --layout tauri' });
  if (options.unpack === true)
    throw new SlipwayError('bad-usage', '--layout tauri unpacks by itself', { hint: 'leave out --unpack, or leave out --layout' });
  const { placeSidecars } = await import('../fetch/place-sidecars');
  const { openTauriProject } = await import('../fetch/tauri-project');
  const files = await context.files();
  const into = path.resolve(context.workingDirectory, textOption(options, 'into') ?? 'src-tauri');
  const project = await openTauriProject(files, into);
  const { builds, name } = await openTarget(context);
  const record = await builds.status(reference, name, 'succeeded');
  const platforms = platformsOption(options, 'platform');
  if (platforms !== undefined) selectArtifacts(record, platforms); // One that was asked for by name must be there.
  const isForced = options.force === true;
  const result = await placeSidecars({ files, builds, record, project, platforms, isForced });
  return {
    data: { buildId: record.buildId, into, ...result },
    text: describePlaced(record, project, result),
    ...(result.missing.length === 0 ? {} : { exitCode: EXIT.notFound }),
  };
}

function folderOf(into: string, archive: FetchedFile): string {
  return path.join(into, ...archive.path.replace(/\.(tar\.gz|tgz|zip)$/, '').split('/'));
}

async function requireNoFolders(files: Files, folders: readonly string[]): Promise<void> {
  const inTheWay: string[] = [];
  for (const folder of folders) if ((await files.stat(folder)) !== undefined) inTheWay.push(folder);
  if (inTheWay.length > 0) throw conflict(inTheWay);
}

async function fetchAll(
  files: Files,
  builds: BuildService,
  record: BuildRecord,
  into: string,
  wanted: readonly FetchedFile[],
  present: ReadonlySet<string>,
): Promise<readonly FetchedPath[]> {
  const fetched: FetchedPath[] = [];
  for (const file of wanted) {
    const [part] = file.parts;
    if (present.has(file.path) && part !== undefined) {
      fetched.push({ path: path.join(into, ...file.path.split('/')), sha256: part.sha256, sizeBytes: part.sizeBytes, wasThere: true });
    } else fetched.push(await fetchFile(files, builds, record.buildId, into, file));
  }
  return fetched;
}

/** The archive holds one folder of its own name; it appears as a whole, and an older one goes only when the new one is ready. */
async function unpackBeside(files: Files, into: string, archive: FetchedFile): Promise<void> {
  const folder = folderOf(into, archive);
  const temporary = path.join(path.dirname(folder), `.${path.basename(folder)}.unpacking`);
  const { unpackArchive } = await import('../fetch/unpack-archive'); // Only here are the readers of archives needed.
  await files.remove(temporary);
  try {
    await unpackArchive(files, path.join(into, ...archive.path.split('/')), temporary);
    const entries = await files.list(temporary);
    const [only] = entries;
    if (entries.length !== 1 || only?.name !== path.basename(folder) || only.kind !== 'directory') {
      throw new SlipwayError('archive-unsafe', `'${archive.path}' should hold the folder '${path.basename(folder)}' alone`, {
        hint: 'do not trust this archive',
      });
    }
    await files.remove(folder);
    await files.move(path.join(temporary, only.name), folder);
  } finally {
    await files.remove(temporary);
  }
}

function describe(record: BuildRecord, fetched: readonly FetchedPath[], folders: readonly string[]): string {
  return [
    `build ${record.buildId}  ${record.name} ${record.version}`,
    ...fetched.map((file) => `  ${file.path}  ${formatSize(file.sizeBytes)}  sha256 ${file.sha256}${file.wasThere ? '  (was there)' : ''}`),
    ...folders.map((folder) => `  ${folder}${path.sep}`),
  ].join('\n');
}
