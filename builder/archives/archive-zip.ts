/**
 * Owns writing `.zip`: the same entries give the same bytes on any host, in any time zone, at any time.
 */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { PackageEntry } from '../assemble';

/** Zip times are local time without a zone. yazl takes them by the local getters, so these answer in UTC. */
class UtcDate extends Date {
  override getFullYear = () => this.getUTCFullYear();
  override getMonth = () => this.getUTCMonth();
  override getDate = () => this.getUTCDate();
  override getHours = () => this.getUTCHours();
  override getMinutes = () => this.getUTCMinutes();
  override getSeconds = () => this.getUTCSeconds();
}

const FILE_TYPE = 0o100000;
const LINK_TYPE = 0o120000;

/** @param open the content of a file entry; opened one after the other */
export async function writeZip(
  entries: readonly PackageEntry[],
  open: (entry: PackageEntry) => Readable,
  epochSeconds: number,
  sink: Writable,
): Promise<void> {
  const zip = new ZipFile();
  const failed = new Promise<never>((_, reject) => zip.on('error', reject));
  const time = { mtime: new UtcDate(epochSeconds * 1000), forceDosTimestamp: true };
  for (const entry of entries) {
    if (entry.kind === 'directory') {
      zip.addEmptyDirectory(entry.path, { ...time, mode: 0o40755 });
    } else if (entry.kind === 'link') {
      zip.addBuffer(Buffer.from(entry.target ?? ''), entry.path, { ...time, mode: LINK_TYPE | 0o777, compress: false });
    } else {
      const mode = FILE_TYPE | (entry.isExecutable ? 0o755 : 0o644);
      zip.addReadStreamLazy(entry.path, { ...time, mode, size: entry.sizeBytes }, (give) => give(null, open(entry)));
    }
  }
  zip.end();
  await Promise.race([copy(zip.outputStream as Readable, sink), failed]);
}

async function copy(source: Readable, sink: Writable): Promise<void> {
  for await (const chunk of source as AsyncIterable<Buffer>) {
    if (!sink.write(chunk)) await once(sink, 'drain');
  }
  sink.end();
}
