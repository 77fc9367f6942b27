/**
 * Owns unpacking what a build made: a `.tar.gz` or `.zip` into a new folder, or not at all.
 * Archives are checked before they are unpacked and still not trusted: nothing lands outside the folder, whatever names and links say.
 */
import path from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Parser } from 'tar';
import { openPromise } from 'yauzl';
import { hasCode } from '../../core/build/stored-build';
import type { Files } from '../../core/ports/files';
import { SlipwayError } from '../../core/slipway-error';

interface ArchiveEntry {
  /** As the archive spells it. */
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  readonly mode: number;
  readonly linkTarget?: string;
  open(): Promise<Readable>;
}

/**
 * @param directory is made; its parent must be the place that links may not leave
 * @throws SlipwayError `archive-unsafe`; what was unpacked by then is left for the caller to remove
 */
export async function unpackArchive(files: Files, archive: string, directory: string): Promise<void> {
  await files.makeDirectory(directory);
  const links: { readonly path: string; readonly target: string }[] = [];
  const take = async (entry: ArchiveEntry): Promise<void> => {
    const place = placeOf(directory, entry);
    if (entry.kind === 'directory') await files.makeDirectory(place);
    else if (entry.kind === 'link') links.push({ path: place, target: checkedTarget(directory, place, entry) });
    else if (entry.kind === 'other') throw unsafe(entry.name, 'it is no file, folder or link');
    else {
      const content = await entry.open();
      await files.writeStream(place, (sink) => pipeline(content, sink), { mode: entry.mode | 0o600 });
    }
  };
  if (archive.endsWith('.zip')) await eachZipEntry(archive, take);
  else await eachTarEntry(files, archive, take);
  // Links come last: no file can be written through one.
  const paths = new Set(links.map((link) => link.path));
  for (const link of links) {
    if (ancestorsOf(directory, link.path).some((ancestor) => paths.has(ancestor))) throw unsafe(link.path, 'it lies behind a link');
    await linkOrCopy(files, link);
  }
}

/** Windows gives links to administrators and developers only, some file systems to nobody: what a link leads to does as well. */
async function linkOrCopy(files: Files, link: { readonly path: string; readonly target: string }): Promise<void> {
  try {
    await files.link(link.target, link.path);
  } catch (thrown) {
    const source = path.resolve(path.dirname(link.path), link.target);
    const isAround = `${link.path}${path.sep}`.startsWith(`${source}${path.sep}`);
    const kind = hasCode(thrown, 'permission-denied') && !isAround ? (await files.stat(source))?.kind : undefined;
    if (kind !== 'file' && kind !== 'directory') throw thrown;
    await files.copy(source, link.path);
  }
}

function ancestorsOf(directory: string, place: string): readonly string[] {
  const parent = path.dirname(place);
  return parent === directory || parent === place ? [] : [parent, ...ancestorsOf(directory, parent)];
}

function unsafe(name: string, why: string): SlipwayError {
  return new SlipwayError('archive-unsafe', `refused to unpack '${name}': ${why}`, { hint: 'do not trust this archive' });
}

function placeOf(directory: string, entry: ArchiveEntry): string {
  const parts = entry.name.replace(/\/$/, '').split('/');
  const isWrong = parts.some((part) => part === '' || part === '.' || part === '..' || /[\\\0]/.test(part));
  if (isWrong || /^[A-Za-z]:/.test(entry.name)) throw unsafe(entry.name, 'its name leads out of the folder');
  return path.join(directory, ...parts);
}

function checkedTarget(directory: string, place: string, entry: ArchiveEntry): string {
  const target = entry.linkTarget ?? '';
  const resolved = path.resolve(path.dirname(place), target);
  const isInside = resolved === directory || resolved.startsWith(directory + path.sep);
  // `a/../b` leads elsewhere when `a` is a link: only a plain way up and then down can be judged by its text.
  const isPlain = path.posix.normalize(target) === target.replace(/\/$/, '') && !/^[A-Za-z]:|\\/.test(target);
  if (!isPlain || path.posix.isAbsolute(target) || !isInside) {
    throw unsafe(entry.name, `it is a link to '${target}', outside the folder`);
  }
  return target;
}

async function eachTarEntry(files: Files, archive: string, take: (entry: ArchiveEntry) => Promise<void>): Promise<void> {
  let queue = Promise.resolve();
  let failure: unknown;
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      // Each entry flows into a buffer of its own; the parser waits while it is full.
      const content = new PassThrough();
      entry.pipe(content);
      queue = queue.then(async () => {
        try {
          if (failure !== undefined) return;
          await take({
            name: entry.path,
            kind: kindOfTar(entry.type),
            mode: entry.mode ?? 0o644,
            ...(entry.linkpath === undefined ? {} : { linkTarget: entry.linkpath }),
            open: () => Promise.resolve(content),
          });
        } catch (thrown) {
          failure = thrown;
        } finally {
          content.resume();
        }
      });
    },
  });
  const done = new Promise<void>((resolve, reject) => {
    parser.on('end', resolve);
    parser.on('error', reject);
  });
  const source = files.openRead(archive);
  source.on('error', (error) => parser.abort(error));
  source.pipe(parser);
  await done.catch((cause: unknown) => {
    throw new SlipwayError('archive-unsafe', `'${archive}' is no whole tar.gz archive`, { hint: 'download it again', cause });
  });
  await queue;
  if (failure !== undefined) throw failure as Error;
}

function kindOfTar(type: string): ArchiveEntry['kind'] {
  if (type === 'Directory') return 'directory';
  if (type === 'SymbolicLink') return 'link';
  return type === 'File' || type === 'OldFile' || type === 'ContiguousFile' ? 'file' : 'other';
}

async function eachZipEntry(archive: string, take: (entry: ArchiveEntry) => Promise<void>): Promise<void> {
  const zip = await openPromise(archive, { lazyEntries: true, strictFileNames: true }).catch((cause: unknown) => {
    throw new SlipwayError('archive-unsafe', `'${archive}' is no whole zip archive`, { hint: 'download it again', cause });
  });
  try {
    for await (const entry of zip.eachEntry()) {
      const unixMode = entry.externalFileAttributes >>> 16;
      const isLink = (unixMode & 0o170000) === 0o120000;
      const open = async () => zip.openReadStreamPromise(entry);
      await take({
        name: entry.fileName,
        kind: entry.fileName.endsWith('/') ? 'directory' : isLink ? 'link' : 'file',
        mode: (unixMode & 0o777) === 0 ? 0o644 : unixMode & 0o777,
        ...(isLink ? { linkTarget: await textOf(await open()) } : {}),
        open,
      });
    }
  } finally {
    zip.close();
  }
}

async function textOf(content: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
