/** Owns reading the files of a source tree into an archive, and noticing one that changes meanwhile. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { SlipwayError } from '../../core/slipway-error';
import { reading, type TreeFile } from './source-walk';
import { StableDeflate } from '../deflate/stable-deflate';
import { ZIP_MODE, ZipWriter, type ZipSummary } from './zip-writer';

/** What is larger is read and compressed piece by piece. Part of the format: it decides how an entry is written. */
const PIECE_BYTES = 1 << 20;
const TRIES = 3;

/**
 * Writes the files in the order given.
 * @param nodePlatform of this host: Windows keeps no execute bit, there a file that begins with `#!` counts as executable
 * @throws SlipwayError `source-changed`, `source-unreadable`
 */
export async function writeArchive(sink: Writable, files: readonly TreeFile[], nodePlatform: NodeJS.Platform): Promise<ZipSummary> {
  const zip = new ZipWriter(sink);
  const deflate = new StableDeflate();
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  for (const file of files) {
    if (file.sizeBytes > PIECE_BYTES) await addLarge(zip, file, nodePlatform, deflate, buffer);
    else {
      const { mode, data } = file.target === undefined ? readSmall(file, buffer, nodePlatform) : readTarget(file.target);
      const compressed = deflate.compress(data);
      const body = compressed.length < data.length ? compressed : data;
      zip.add(file.path, mode, { sizeBytes: data.length, crc: crc32(data), body });
    }
    if (zip.isFull) await zip.drain();
  }
  return zip.finish();
}

interface Content {
  readonly mode: number;
  readonly data: Uint8Array;
}

function readTarget(target: string): Content {
  return { mode: ZIP_MODE.link, data: Buffer.from(target, 'utf8') };
}

/** Opens a file of the tree, never what a link that took its place meanwhile points to. */
function openFile(file: TreeFile): number {
  return reading(file.absolute, file.path, () => openSync(file.absolute, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)));
}

function withOpen<T>(file: TreeFile, use: (descriptor: number) => T): T {
  const descriptor = openFile(file);
  try {
    return reading(file.absolute, file.path, () => use(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

function isUnchanged(descriptor: number, file: TreeFile, bytesRead: number): boolean {
  const { size, mtimeMs } = fstatSync(descriptor);
  return bytesRead === file.sizeBytes && size === file.sizeBytes && mtimeMs === file.modifiedAtMs;
}

/** Reads a file into `buffer`, again where it changed meanwhile. Valid until the next read. */
function readSmall(file: TreeFile, buffer: Buffer, nodePlatform: NodeJS.Platform): Content {
  let expected = file;
  for (let tries = 1; tries <= TRIES; tries++) {
    const isWhole = withOpen(expected, (descriptor) =>
      isUnchanged(descriptor, expected, readFully(descriptor, buffer, expected.sizeBytes)),
    );
    if (isWhole) {
      const data = buffer.subarray(0, expected.sizeBytes);
      return { mode: modeOf(expected.mode, data, nodePlatform), data };
    }
    const { size: sizeBytes, mtimeMs, mode } = reading(file.absolute, file.path, () => lstatSync(file.absolute));
    if (sizeBytes > buffer.length) break;
    expected = { ...file, sizeBytes, modifiedAtMs: mtimeMs, mode };
  }
  throw changed(file);
}

/** What has been written cannot be taken back, so a large file that changes ends the packing. */
async function addLarge(
  zip: ZipWriter,
  file: TreeFile,
  nodePlatform: NodeJS.Platform,
  deflate: StableDeflate,
  buffer: Buffer,
): Promise<void> {
  const mode = modeOf(file.mode, nodePlatform === 'win32' ? peek(file, 2) : new Uint8Array(0), nodePlatform);
  const descriptor = openFile(file);
  const readPiece = (): number => reading(file.absolute, file.path, () => readFully(descriptor, buffer, PIECE_BYTES));
  const pieces = function* (): Generator<{ readonly sizeBytes: number; readonly crc: number; readonly body: Uint8Array }> {
    let crc = 0;
    let total = 0;
    for (let sizeBytes = readPiece(); sizeBytes > 0; sizeBytes = readPiece()) {
      const piece = buffer.subarray(0, sizeBytes);
      total += sizeBytes;
      crc = crc32(piece, crc);
      yield { sizeBytes, crc, body: deflate.compress(piece, false) };
    }
    if (!isUnchanged(descriptor, file, total)) throw changed(file);
  };
  try {
    await zip.addPieces(file.path, mode, file.sizeBytes, pieces());
  } finally {
    closeSync(descriptor);
  }
}

/** Reads until `length` bytes are there or the file ends. */
function readFully(descriptor: number, buffer: Buffer, length: number): number {
  let filled = 0;
  while (filled < length) {
    const bytesRead = readSync(descriptor, buffer, filled, length - filled, null);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

function changed(file: TreeFile): SlipwayError {
  return new SlipwayError('source-changed', `'${file.path}' changed while it was being packed`, {
    hint: 'stop what writes into the tree, such as a watcher, or leave the file out with .slipwayignore',
    details: { path: file.absolute },
  });
}

/** Nothing but the owner's execute bit travels, so that a umask leaves no trace. */
function modeOf(mode: number, beginning: Uint8Array, nodePlatform: NodeJS.Platform): number {
  const runs = nodePlatform === 'win32' ? beginning[0] === 0x23 && beginning[1] === 0x21 : (mode & 0o100) !== 0;
  return runs ? ZIP_MODE.executable : ZIP_MODE.file;
}

/** Whether a file travels as executable. */
export function isExecutable(file: TreeFile, nodePlatform: NodeJS.Platform): boolean {
  const beginning = nodePlatform === 'win32' ? peek(file, 2) : new Uint8Array(0);
  return modeOf(file.mode, beginning, nodePlatform) === ZIP_MODE.executable;
}

/** The first bytes of a file. */
export function peek(file: TreeFile, length: number): Buffer {
  return withOpen(file, (descriptor) => {
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, readFully(descriptor, buffer, length));
  });
}
