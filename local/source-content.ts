/** Owns reading the files of a source tree into an archive, and noticing one that changes meanwhile. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { SlipwayError } from '../core/slipway-error';
import type { CompressedBatch } from './compress-batch';
import type { Compressor } from './compressor';
import { reading, type TreeFile } from './source-walk';
import { ZIP_MODE, ZipWriter, type ZipSummary } from './zip-writer';

/** What is larger is read and compressed piece by piece. Part of the format: it decides how an entry is written. */
const PIECE_BYTES = 1 << 20;
const TRIES = 3;

/**
 * Writes the files in the order given.
 * @param nodePlatform of this host: Windows keeps no execute bit, there a file that begins with `#!` counts as executable
 * @throws SlipwayError `source-changed`, `source-unreadable`
 */
export async function writeArchive(
  sink: Writable,
  files: readonly TreeFile[],
  nodePlatform: NodeJS.Platform,
  compressor: Compressor,
): Promise<ZipSummary> {
  const zip = new ZipWriter(sink);
  const batches = new BatchQueue(zip, compressor);
  for (const file of files) {
    if (file.sizeBytes <= PIECE_BYTES) {
      if (!batches.hasRoomFor(file)) await batches.send();
      batches.add(file, nodePlatform);
    } else {
      await batches.finish();
      await addLarge(zip, file, nodePlatform, compressor);
    }
  }
  await batches.finish();
  return zip.finish();
}

interface BatchMember {
  readonly path: string;
  readonly mode: number;
  readonly sizeBytes: number;
}

/** Collects small files, has them compressed together, and writes them in the order in which they came. */
class BatchQueue {
  private buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
  private used = 0;
  private members: BatchMember[] = [];
  private readonly underWay: { readonly members: readonly BatchMember[]; readonly answer: Promise<CompressedBatch> }[] = [];

  constructor(
    private readonly zip: ZipWriter,
    private readonly compressor: Compressor,
  ) {}

  hasRoomFor(file: TreeFile): boolean {
    return this.used + file.sizeBytes <= PIECE_BYTES;
  }

  add(file: TreeFile, nodePlatform: NodeJS.Platform): void {
    const room = this.buffer.subarray(this.used);
    const { mode, sizeBytes } = file.target === undefined ? readSmall(file, room, nodePlatform) : readTarget(file.target, room);
    this.members.push({ path: file.path, mode, sizeBytes });
    this.used += sizeBytes;
  }

  async finish(): Promise<void> {
    await this.send();
    while (this.underWay.length > 0) await this.writeFirst();
  }

  /** Has compressed what was collected, and waits where too much is under way. */
  async send(): Promise<void> {
    if (this.members.length === 0) return;
    const answer = this.compressor.compress({
      data: this.buffer.subarray(0, this.used),
      lengths: this.members.map(({ sizeBytes }) => sizeBytes),
      areWholeFiles: true,
    });
    // Met when its turn comes; without this a failure would count as unhandled until then.
    answer.catch(() => undefined);
    this.underWay.push({ members: this.members, answer });
    this.members = [];
    this.used = 0;
    this.buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
    while (this.underWay.length >= this.compressor.width) await this.writeFirst();
  }

  private async writeFirst(): Promise<void> {
    const first = this.underWay.shift();
    if (first === undefined) return;
    const { data, lengths, crcs } = await first.answer;
    let at = 0;
    for (const [i, { path, mode, sizeBytes }] of first.members.entries()) {
      const length = lengths[i] ?? 0;
      this.zip.add(path, mode, { sizeBytes, crc: crcs[i] ?? 0, body: data.subarray(at, at + length) });
      at += length;
    }
    if (this.zip.isFull) await this.zip.drain();
  }
}

interface Content {
  readonly mode: number;
  readonly sizeBytes: number;
}

function readTarget(target: string, room: Buffer): Content {
  return { mode: ZIP_MODE.link, sizeBytes: room.write(target, 'utf8') };
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

/** Reads a file into the beginning of `room`, again where it changed meanwhile. */
function readSmall(file: TreeFile, room: Buffer, nodePlatform: NodeJS.Platform): Content {
  let expected = file;
  for (let tries = 1; tries <= TRIES; tries++) {
    const isWhole = withOpen(expected, (descriptor) => isUnchanged(descriptor, expected, readFully(descriptor, room, expected.sizeBytes)));
    if (isWhole) return { mode: modeOf(expected.mode, room.subarray(0, expected.sizeBytes), nodePlatform), sizeBytes: expected.sizeBytes };
    const { size: sizeBytes, mtimeMs, mode } = reading(file.absolute, file.path, () => lstatSync(file.absolute));
    if (sizeBytes > room.length) break;
    expected = { ...file, sizeBytes, modifiedAtMs: mtimeMs, mode };
  }
  throw changed(file);
}

/** What has been written cannot be taken back, so a large file that changes ends the packing. */
async function addLarge(zip: ZipWriter, file: TreeFile, nodePlatform: NodeJS.Platform, compressor: Compressor): Promise<void> {
  const mode = modeOf(file.mode, nodePlatform === 'win32' ? peek(file, 2) : new Uint8Array(0), nodePlatform);
  const descriptor = openFile(file);
  try {
    await zip.addPieces(file.path, mode, file.sizeBytes, compressPieces(descriptor, file, compressor));
  } finally {
    closeSync(descriptor);
  }
}

/** Pieces of a large file in order, some of them under way ahead of the one that is written. */
async function* compressPieces(
  descriptor: number,
  file: TreeFile,
  compressor: Compressor,
): AsyncGenerator<{ readonly sizeBytes: number; readonly crc: number; readonly body: Uint8Array }> {
  const underWay: { readonly sizeBytes: number; readonly crc: number; readonly answer: Promise<CompressedBatch> }[] = [];
  let crc = 0;
  let total = 0;
  for (let isEnd = false; !isEnd || underWay.length > 0;) {
    if (!isEnd && underWay.length < compressor.width) {
      const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
      const sizeBytes = reading(file.absolute, file.path, () => readFully(descriptor, buffer, PIECE_BYTES));
      isEnd = sizeBytes < PIECE_BYTES;
      total += sizeBytes;
      if (sizeBytes === 0) continue;
      const data = buffer.subarray(0, sizeBytes);
      crc = crc32(data, crc);
      const answer = compressor.compress({ data, lengths: [sizeBytes], areWholeFiles: false });
      answer.catch(() => undefined);
      underWay.push({ sizeBytes, crc, answer });
    } else {
      const first = underWay.shift();
      if (first !== undefined) yield { sizeBytes: first.sizeBytes, crc: first.crc, body: (await first.answer).data };
    }
  }
  if (!isUnchanged(descriptor, file, total)) throw changed(file);
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
