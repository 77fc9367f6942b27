/**
 * Owns writing `.tar.gz`: the same entries give the same bytes on any host, at any time.
 * No owner, no name of the host, one time for all, and a gzip header that says neither.
 */
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Header, Pax } from 'tar';
import type { PackageEntry } from './package-entry';

const BLOCK_BYTES = 512;
/** Level 9 gains under 1 % on compiled programs and takes three times as long. */
const LEVEL = 6;

/** @param open the content of a file entry; opened one after the other */
export async function writeTarGz(
  entries: readonly PackageEntry[],
  open: (entry: PackageEntry) => Readable,
  epochSeconds: number,
  sink: Writable,
): Promise<void> {
  await pipeline(Readable.from(tarBlocks(entries, open, epochSeconds)), createGzip({ level: LEVEL }), anonymousGzip, sink);
}

async function* tarBlocks(
  entries: readonly PackageEntry[],
  open: (entry: PackageEntry) => Readable,
  epochSeconds: number,
): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    yield* headerBlocks(entry, epochSeconds);
    if (entry.kind !== 'file') continue;
    let written = 0;
    for await (const chunk of open(entry) as AsyncIterable<Uint8Array>) {
      written += chunk.length;
      yield chunk;
    }
    if (written !== entry.sizeBytes) throw new Error(`'${entry.path}' has ${written} bytes instead of ${entry.sizeBytes}`);
    const rest = written % BLOCK_BYTES;
    if (rest > 0) yield new Uint8Array(BLOCK_BYTES - rest);
  }
  yield new Uint8Array(2 * BLOCK_BYTES);
}

function headerBlocks(entry: PackageEntry, epochSeconds: number): readonly Uint8Array[] {
  const isDirectory = entry.kind === 'directory';
  const data = {
    path: isDirectory ? `${entry.path}/` : entry.path,
    mode: isDirectory || entry.isExecutable || entry.kind === 'link' ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    size: entry.kind === 'file' ? entry.sizeBytes : 0,
    mtime: new Date(epochSeconds * 1000),
    type: isDirectory ? ('Directory' as const) : entry.kind === 'link' ? ('SymbolicLink' as const) : ('File' as const),
    ...(entry.target === undefined ? {} : { linkpath: entry.target }),
  };
  const block = Buffer.alloc(BLOCK_BYTES);
  const isTooLong = new Header(data).encode(block);
  if (!isTooLong) return [block];
  const long = { path: data.path, ...(data.linkpath === undefined ? {} : { linkpath: data.linkpath }), size: data.size };
  return [new Pax(long).encode(), block];
}

/** Byte 9 of a gzip header names the system that wrote it; 255 says unknown. Its time is zero already. */
async function* anonymousGzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let position = 0;
  for await (const chunk of chunks) {
    const at = 9 - position;
    if (at >= 0 && at < chunk.length) chunk[at] = 255;
    position += chunk.length;
    yield chunk;
  }
}
