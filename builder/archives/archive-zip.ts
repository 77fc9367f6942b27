/**
 * Owns writing `.zip`: the same entries give the same bytes on any host, in any time zone, at any time.
 */
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { PackageEntry } from './package-entry';

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
  const time = { mtime: new UtcDate(epochSeconds * 1000), forceDosTimestamp: true };
  for (const entry of entries) {
    if (entry.kind === 'directory') {
      zip.addEmptyDirectory(entry.path, { ...time, mode: 0o40755 });
    } else if (entry.kind === 'link') {
      zip.addBuffer(Buffer.from(entry.target ?? ''), entry.path, { ...time, mode: LINK_TYPE | 0o777, compress: false });
    } else {
      const mode = FILE_TYPE | (entry.isExecutable ? 0o755 : 0o644);
      zip.addReadStreamLazy(entry.path, { ...time, mode, size: entry.sizeBytes }, (give) => {
        // yazl does not listen for errors of a stream that it was given.
        give(
          null,
          open(entry).on('error', (error) => zip.emit('error', error)),
        );
      });
    }
  }
  zip.end();
  const output = zip.outputStream as Readable;
  zip.on('error', (error: Error) => output.destroy(error));
  await pipeline(output, sink);
}
