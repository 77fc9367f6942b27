/**
 * Owns the way from the source archive to the source tree: proves the archive, judges everything that it holds, then writes.
 * What is written is whole or not there: a failure removes the folder.
 */
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, inflateRawSync } from 'node:zlib';
import { fromRandomAccessReaderPromise, type ZipFile } from 'yauzl';
import { PLATFORMS } from '../../core/platform';
import { formatSize } from '../../core/quantity';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import { resolveInTree } from '../../core/source/source-link';
import { sha256OfFile } from '../../toolchain/sha256-of-file';
import { ArchiveReader } from './archive-reader';
import type { BuilderContext } from '../builder-context';
import { checkTogether, readEntry, unsafe, type ArchivedEntry } from './source-entry';

type UnpackContext = Pick<BuilderContext, 'files' | 'platform' | 'log'>;

/** What is larger goes from stream to stream. */
const IN_MEMORY_BYTES = 16 << 20;
const AT_ONCE = 8;
const MOST_ENTRIES = 2_000_000;
/** No deflate data unpacks to more than 1032 times its size. */
const LARGEST_RATIO = 1032;

/**
 * Unpacks `archive` into `directory`, which is emptied first.
 * @throws SlipwayError `checksum-mismatch` when the archive is not the expected one, `source-archive-invalid` when it is damaged,
 * `archive-unsafe` when it holds what must not be written, `disk-full`
 */
export async function unpackSource(
  context: UnpackContext,
  archive: string,
  expected: { readonly sha256: string },
  directory: string,
): Promise<void> {
  const { files } = context;
  await checkDigest(context, archive, expected.sha256);
  await files.remove(directory);
  await files.makeDirectory(directory);
  try {
    const reader = new ArchiveReader(files, archive);
    const archiveBytes = (await files.stat(archive))?.sizeBytes ?? 0;
    const zip = await fromRandomAccessReaderPromise(reader, archiveBytes, { decodeStrings: false, autoClose: false });
    const entries = await readEntries(zip, archiveBytes, context);
    await checkSpace(context, entries, directory);
    await writeFiles(context, zip, reader, entries, directory);
    await writeLinks(context, await readTargets(zip, reader, entries), entries, directory);
  } catch (thrown) {
    await files.remove(directory);
    if (isSlipwayError(thrown)) throw thrown;
    throw new SlipwayError('source-archive-invalid', `the source archive '${archive}' cannot be read: ${messageOf(thrown)}`, {
      hint: 'start the build again from its source: slipway start-build',
      cause: thrown,
    });
  }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

async function checkDigest({ files }: UnpackContext, archive: string, expected: string): Promise<void> {
  const actual = await sha256OfFile(files, archive);
  if (actual === expected) return;
  throw new SlipwayError('checksum-mismatch', `the source archive '${archive}' has the SHA-256 ${actual}, the job says ${expected}`, {
    hint: 'start the build again from its source: slipway start-build',
    details: { actual, expected },
  });
}

async function readEntries(zip: ZipFile, archiveBytes: number, { platform }: UnpackContext): Promise<readonly ArchivedEntry[]> {
  if (zip.entryCount > MOST_ENTRIES) throw unsafe(`${zip.entryCount} entries`, `more than ${MOST_ENTRIES} are taken for an attack`);
  const entries: ArchivedEntry[] = [];
  for await (const zipEntry of zip.eachEntry()) {
    const entry = readEntry(zipEntry, platform);
    if (entry.sizeBytes > zipEntry.compressedSize * LARGEST_RATIO) throw unsafe(entry.path, 'it claims to hold more than its data can');
    entries.push(entry);
  }
  checkTogether(entries, archiveBytes, platform);
  return entries;
}

async function checkSpace({ files }: UnpackContext, entries: readonly ArchivedEntry[], directory: string): Promise<void> {
  const neededBytes = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const freeBytes = await files.freeBytes(directory);
  if (neededBytes <= freeBytes) return;
  throw new SlipwayError('disk-full', `the source needs ${formatSize(neededBytes)}, and '${directory}' has ${formatSize(freeBytes)} left`, {
    hint: 'free some space and run the command again',
    details: { neededBytes, freeBytes },
  });
}

/** Everything but links, a few at a time. */
async function writeFiles(
  context: UnpackContext,
  zip: ZipFile,
  reader: ArchiveReader,
  entries: readonly ArchivedEntry[],
  directory: string,
): Promise<void> {
  const { files } = context;
  const underWay = new Set<Promise<void>>();
  for (const entry of entries) {
    if (entry.kind === 'link') continue;
    const target = path.join(directory, ...entry.path.split('/'));
    const mode = entry.isExecutable ? 0o755 : 0o644;
    if (entry.kind === 'directory') await files.makeDirectory(target);
    else if (entry.sizeBytes > IN_MEMORY_BYTES) await streamFile(context, zip, entry, target, mode);
    else {
      const content = await readContent(zip, reader, entry);
      const write = files.write(target, content, { mode }).finally(() => underWay.delete(write));
      underWay.add(write);
      // Met below or by the race; without this a second failure would count as unhandled.
      write.catch(() => undefined);
      if (underWay.size >= AT_ONCE) await Promise.race(underWay);
    }
  }
  await Promise.all(underWay);
}

/** An entry's content, proved by size and checksum. */
async function readContent(zip: ZipFile, reader: ArchiveReader, { path: name, sizeBytes, zipEntry }: ArchivedEntry): Promise<Uint8Array> {
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(zipEntry, { minimal: true });
  const data = await reader.bytes(fileDataStart, zipEntry.compressedSize);
  const content = zipEntry.isCompressed() ? inflateRawSync(data, { maxOutputLength: Math.max(1, sizeBytes) }) : data;
  if (content.length !== sizeBytes || crc32(content) !== zipEntry.crc32) throw damaged(name);
  return content;
}

async function streamFile({ files }: UnpackContext, zip: ZipFile, entry: ArchivedEntry, target: string, mode: number): Promise<void> {
  const source = await zip.openReadStreamPromise(entry.zipEntry);
  let crc = 0;
  const summing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      crc = crc32(chunk, crc);
      done(null, chunk);
    },
    flush(done) {
      done(crc === entry.zipEntry.crc32 ? null : damaged(entry.path));
    },
  });
  await files.writeStream(target, (sink) => pipeline(source, summing, sink), { mode });
}

function damaged(name: string): SlipwayError {
  return new SlipwayError('source-archive-invalid', `'${name}' in the source archive is damaged`, {
    hint: 'start the build again from its source: slipway start-build',
  });
}

async function readTargets(zip: ZipFile, reader: ArchiveReader, entries: readonly ArchivedEntry[]): Promise<ReadonlyMap<string, string>> {
  const targets = new Map<string, string>();
  for (const entry of entries)
    if (entry.kind === 'link') targets.set(entry.path, Buffer.from(await readContent(zip, reader, entry)).toString('utf8'));
  for (const [name, target] of targets) {
    if (target === '' || target.includes('\0')) throw unsafe(name, 'its target is no path');
    const end = resolveInTree(name, targets);
    if (end.kind === 'outside') throw unsafe(name, `${end.reason} (it points to '${target}')`);
  }
  return targets;
}

/** Links come last, so that nothing is ever written through one. */
async function writeLinks(
  context: UnpackContext,
  targets: ReadonlyMap<string, string>,
  entries: readonly ArchivedEntry[],
  directory: string,
): Promise<void> {
  const place = (relative: string): string => path.join(directory, ...relative.split('/'));
  for (const { path: name, kind } of entries) {
    if (kind !== 'link') continue;
    const target = targets.get(name) ?? '';
    try {
      await context.files.link(target, place(name));
    } catch (thrown) {
      // Windows gives links to administrators and developers only: what it points to does as well for a build.
      if (PLATFORMS[context.platform].os !== 'windows') throw thrown;
      const end = resolveInTree(name, targets);
      const source = end.kind === 'inside' ? place(end.path) : undefined;
      if (
        end.kind !== 'inside' ||
        source === undefined ||
        `${name}/`.startsWith(end.path === '' ? '' : `${end.path}/`) ||
        !(await context.files.stat(source))
      )
        context.log(`the link '${name}' to '${target}' is left out: it leads nowhere, or to a folder around it`);
      else await context.files.copy(source, place(name));
    }
  }
}
