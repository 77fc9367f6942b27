/**
 * Owns writing a zip whose bytes depend on nothing but what goes in: fixed dates, Unix modes, UTF-8 names, no extra fields
 * but ZIP64 where a number needs it (PKWARE APPNOTE 6.3.9). Hashes what it writes. Knows nothing of files, and compresses nothing.
 */
import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';

/** 1980-01-01 00:00, the earliest date of the format, as constants: made from a Date it would change with the time zone. */
const DOS_DATE = 0x0021;
const DOS_TIME = 0;
const MADE_BY_UNIX = (3 << 8) | 30;
const NEEDS_2_0 = 20;
const NEEDS_4_5 = 45;
const FLAG_UTF8 = 0x0800;
const FLAG_SIZES_FOLLOW = 0x0008;
const STORED = 0;
const DEFLATED = 8;
const LARGEST_32 = 0xffff_ffff;
const LARGEST_16 = 0xffff;
/** A streamed file of this size or more gets 64-bit sizes; below it, compressed data cannot outgrow 32 bits either. */
const ZIP64_FROM_BYTES = 0xff00_0000;
const CHUNK_BYTES = 1 << 20;
/** The empty block that ends deflate data. */
const LAST_BLOCK = Uint8Array.of(3, 0);

/** The type and permission bits that an entry carries: see stat(2). */
export const ZIP_MODE = { file: 0o100644, executable: 0o100755, link: 0o120777 } as const;

interface CentralEntry {
  readonly name: Buffer;
  readonly mode: number;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressedBytes: number;
  readonly sizeBytes: number;
  readonly offset: number;
}

export interface ZipSummary {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * Writes entries in the order in which they are added. Call `drain` now and then: what is added is kept until it is written.
 * Neither checks names nor refuses duplicates.
 */
export class ZipWriter {
  private readonly hash = createHash('sha256');
  private readonly central: CentralEntry[] = [];
  private readonly full: Buffer[] = [];
  private chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  private chunkUsed = 0;
  private offset = 0;
  private pending: Promise<void> = Promise.resolve();
  /** The sizes from which the 64-bit forms are written; lower in tests. */
  private readonly limits: { readonly entries: number; readonly bytes: number; readonly streamBytes: number };

  constructor(
    private readonly sink: Writable,
    limits: { readonly entries?: number; readonly bytes?: number; readonly streamBytes?: number } = {},
  ) {
    this.limits = { entries: LARGEST_16, bytes: LARGEST_32, streamBytes: ZIP64_FROM_BYTES, ...limits };
  }

  /** Whether enough is kept to be worth a `drain`. */
  get isFull(): boolean {
    return this.full.length > 0;
  }

  /** Adds a whole entry. A body as long as the content is the content itself. */
  add(path: string, mode: number, content: { readonly sizeBytes: number; readonly crc: number; readonly body: Uint8Array }): void {
    const { sizeBytes, crc, body } = content;
    const name = Buffer.from(path, 'utf8');
    const method = body.length < sizeBytes ? DEFLATED : STORED;
    const entry = { name, mode, flags: FLAG_UTF8, method, crc, compressedBytes: body.length, sizeBytes, offset: this.offset };
    this.central.push(entry);
    this.append(localHeader(entry, false));
    this.append(name);
    this.append(body);
  }

  /**
   * Adds an entry that comes piece by piece; its sizes are written behind it.
   * @param expectedBytes decides whether they are written in 64 bits
   * @param pieces deflate data, of which none is the last
   */
  async addPieces(
    path: string,
    mode: number,
    expectedBytes: number,
    pieces: Iterable<{ readonly sizeBytes: number; readonly crc: number; readonly body: Uint8Array }>,
  ): Promise<void> {
    const isLarge = expectedBytes >= this.limits.streamBytes;
    const opening = { name: Buffer.from(path, 'utf8'), mode, flags: FLAG_UTF8 | FLAG_SIZES_FOLLOW, method: DEFLATED, offset: this.offset };
    this.append(localHeader({ ...opening, crc: 0, compressedBytes: 0, sizeBytes: 0 }, isLarge));
    this.append(opening.name);
    if (isLarge) this.append(Uint8Array.from([1, 0, 16, 0, ...new Array<number>(16).fill(0)]));
    const dataStart = this.offset;
    let crc = 0;
    let sizeBytes = 0;
    for (const piece of pieces) {
      // The checksum of all so far, as the maker of the pieces read them in order.
      crc = piece.crc;
      sizeBytes += piece.sizeBytes;
      this.append(piece.body);
      if (this.isFull) await this.drain();
    }
    this.append(LAST_BLOCK);
    const entry: CentralEntry = { ...opening, crc, compressedBytes: this.offset - dataStart, sizeBytes };
    this.central.push(entry);
    this.append(dataDescriptor(entry, isLarge));
  }

  /** Hands on what is full. Waits for what was handed on before, so that at most two rounds are in memory. */
  async drain(): Promise<void> {
    await this.pending;
    this.pending = this.writeFull();
    // A failure is met by the next await; without this it would count as unhandled until then.
    this.pending.catch(() => undefined);
  }

  private async writeFull(): Promise<void> {
    for (const chunk of this.full.splice(0)) {
      this.hash.update(chunk);
      await new Promise<void>((resolve, reject) => {
        this.sink.write(chunk, (error) => {
          if (error) reject(error);
          else resolve();
        });
      });
    }
  }

  /** Writes the directory of the archive. Does not end the sink. */
  async finish(): Promise<ZipSummary> {
    const directoryOffset = this.offset;
    for (const entry of this.central) {
      const extra = this.zip64Extra(entry);
      this.append(centralHeader(entry, extra.length, this.limits.bytes));
      this.append(entry.name);
      this.append(extra);
      if (this.isFull) await this.drain();
    }
    this.append(this.endRecords(directoryOffset, this.offset - directoryOffset));
    this.full.push(this.chunk.subarray(0, this.chunkUsed));
    this.chunkUsed = 0;
    await this.drain();
    await this.pending;
    return { sha256: this.hash.digest('hex'), sizeBytes: this.offset };
  }

  private append(bytes: Uint8Array): void {
    this.offset += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const length = Math.min(bytes.length - at, CHUNK_BYTES - this.chunkUsed);
      this.chunk.set(length === bytes.length ? bytes : bytes.subarray(at, at + length), this.chunkUsed);
      this.chunkUsed += length;
      at += length;
      if (this.chunkUsed < CHUNK_BYTES) continue;
      this.full.push(this.chunk);
      this.chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      this.chunkUsed = 0;
    }
  }

  /** The numbers that do not fit into 32 bits, in the order that the format fixes. */
  private zip64Extra({ sizeBytes, compressedBytes, offset }: CentralEntry): Buffer {
    const { bytes } = this.limits;
    if (sizeBytes < bytes && compressedBytes < bytes && offset < bytes) return NO_BYTES;
    const large = [sizeBytes, compressedBytes, offset].filter((number) => number >= bytes);
    const extra = Buffer.alloc(4 + 8 * large.length);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(8 * large.length, 2);
    for (const [i, number] of large.entries()) extra.writeBigUInt64LE(BigInt(number), 4 + 8 * i);
    return extra;
  }

  private endRecords(offset: number, sizeBytes: number): Buffer {
    const count = this.central.length;
    const isZip64 = count >= this.limits.entries || offset >= this.limits.bytes || sizeBytes >= this.limits.bytes;
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(isZip64 ? LARGEST_16 : count, 8);
    end.writeUInt16LE(isZip64 ? LARGEST_16 : count, 10);
    end.writeUInt32LE(isZip64 ? LARGEST_32 : sizeBytes, 12);
    end.writeUInt32LE(isZip64 ? LARGEST_32 : offset, 16);
    if (!isZip64) return end;
    const large = Buffer.alloc(76);
    large.writeUInt32LE(0x06064b50, 0);
    large.writeBigUInt64LE(44n, 4);
    large.writeUInt16LE(MADE_BY_UNIX, 12);
    large.writeUInt16LE(NEEDS_4_5, 14);
    large.writeBigUInt64LE(BigInt(count), 24);
    large.writeBigUInt64LE(BigInt(count), 32);
    large.writeBigUInt64LE(BigInt(sizeBytes), 40);
    large.writeBigUInt64LE(BigInt(offset), 48);
    large.writeUInt32LE(0x07064b50, 56);
    large.writeBigUInt64LE(BigInt(offset + sizeBytes), 64);
    large.writeUInt32LE(1, 72);
    return Buffer.concat([large, end]);
  }
}

/** The fields that the local and the central header share, from `version needed` on. */
function writeSharedFields(header: Buffer, at: number, entry: CentralEntry, needs: number): void {
  header.writeUInt16LE(needs, at);
  header.writeUInt16LE(entry.flags, at + 2);
  header.writeUInt16LE(entry.method, at + 4);
  header.writeUInt16LE(DOS_TIME, at + 6);
  header.writeUInt16LE(DOS_DATE, at + 8);
}

/** Reused: ten thousand small buffers are work for the garbage collector. What is in one is copied before the next is made. */
const localScratch = Buffer.alloc(30);
const centralScratch = Buffer.alloc(46);
const NO_BYTES = Buffer.alloc(0);

function localHeader(entry: CentralEntry, isLarge: boolean): Buffer {
  const header = localScratch;
  header.writeUInt32LE(0x04034b50, 0);
  writeSharedFields(header, 4, entry, isLarge ? NEEDS_4_5 : NEEDS_2_0);
  header.writeUInt32LE(entry.crc, 14);
  header.writeUInt32LE(isLarge ? LARGEST_32 : entry.compressedBytes, 18);
  header.writeUInt32LE(isLarge ? LARGEST_32 : entry.sizeBytes, 22);
  header.writeUInt16LE(entry.name.length, 26);
  header.writeUInt16LE(isLarge ? 20 : 0, 28);
  return header;
}

function dataDescriptor(entry: CentralEntry, isLarge: boolean): Buffer {
  const descriptor = Buffer.alloc(isLarge ? 24 : 16);
  descriptor.writeUInt32LE(0x08074b50, 0);
  descriptor.writeUInt32LE(entry.crc, 4);
  if (isLarge) {
    descriptor.writeBigUInt64LE(BigInt(entry.compressedBytes), 8);
    descriptor.writeBigUInt64LE(BigInt(entry.sizeBytes), 16);
  } else {
    descriptor.writeUInt32LE(entry.compressedBytes, 8);
    descriptor.writeUInt32LE(entry.sizeBytes, 12);
  }
  return descriptor;
}

function centralHeader(entry: CentralEntry, extraLength: number, limitBytes: number): Buffer {
  const fitting = (number: number): number => (number >= limitBytes ? LARGEST_32 : number);
  const header = centralScratch;
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(MADE_BY_UNIX, 4);
  writeSharedFields(header, 6, entry, extraLength > 0 ? NEEDS_4_5 : NEEDS_2_0);
  header.writeUInt32LE(entry.crc, 16);
  header.writeUInt32LE(fitting(entry.compressedBytes), 20);
  header.writeUInt32LE(fitting(entry.sizeBytes), 24);
  header.writeUInt16LE(entry.name.length, 28);
  header.writeUInt16LE(extraLength, 30);
  header.writeUInt32LE(entry.mode * 65_536, 38);
  header.writeUInt32LE(fitting(entry.offset), 42);
  return header;
}
