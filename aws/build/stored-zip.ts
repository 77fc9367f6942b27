/**
 * Owns a zip of one file that is not compressed, written while the file is read (PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3).
 * Its bytes depend on nothing but the name and the content. A zip library does the same at a tenth of the speed: it computes the
 * checksum in JavaScript, and a source of gigabytes passes here while somebody waits for the start of their build.
 */
import { crc32 } from 'node:zlib';

const LOCAL_HEADER = 0x04034b50;
const DATA_DESCRIPTOR = 0x08074b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const END_OF_DIRECTORY_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;

const MADE_BY_UNIX = 3 << 8;
const NEEDS_2_0 = 20;
const NEEDS_4_5 = 45;
/** UTF-8 names; size and checksum follow the content. */
const FLAGS = 0x0800 | 0x0008;
/** 1980-01-01, the earliest date of the format. */
const DOS_DATE = 0x0021;
const PLAIN_FILE_MODE = 0o100644;
const LARGEST_32 = 0xffff_ffff;

/**
 * @param sizeBytes of the content; decides whether its numbers are written in 64 bits
 * @param limitBytes the size from which they are; lower in tests
 * @throws RangeError when the content has another size, and whatever reading it throws
 */
export async function* storedZip(
  name: string,
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
  sizeBytes: number,
  limitBytes = LARGEST_32,
): AsyncGenerator<Buffer> {
  const entry = { name: Buffer.from(name, 'utf8'), sizeBytes, isLarge: sizeBytes >= limitBytes };
  const opening = localHeader(entry);
  yield opening;
  let crc = 0;
  let readBytes = 0;
  for await (const chunk of content) {
    crc = crc32(chunk, crc);
    readBytes += chunk.length;
    yield chunk;
  }
  if (readBytes !== sizeBytes) throw new RangeError(`'${name}' has ${readBytes} bytes, expected ${sizeBytes}`);
  const descriptor = dataDescriptor(entry, crc);
  const directoryOffset = opening.length + sizeBytes + descriptor.length;
  const directory = centralHeader(entry, crc);
  yield Buffer.concat([
    descriptor,
    directory,
    endOfDirectory(entry.isLarge || directoryOffset >= limitBytes, directoryOffset, directory.length),
  ]);
}

interface Entry {
  readonly name: Buffer;
  readonly sizeBytes: number;
  readonly isLarge: boolean;
}

/** From `version needed` to the date, as both headers have it. The method is 0, stored; the time is midnight. */
function writeOpening(header: Buffer, at: number, { isLarge }: Entry): void {
  header.writeUInt16LE(isLarge ? NEEDS_4_5 : NEEDS_2_0, at);
  header.writeUInt16LE(FLAGS, at + 2);
  header.writeUInt16LE(DOS_DATE, at + 8);
}

function localHeader(entry: Entry): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(LOCAL_HEADER, 0);
  writeOpening(header, 4, entry);
  // Zero, as they follow; or, where they follow in 64 bits, the sign that they do.
  header.writeUInt32LE(entry.isLarge ? LARGEST_32 : 0, 18);
  header.writeUInt32LE(entry.isLarge ? LARGEST_32 : 0, 22);
  header.writeUInt16LE(entry.name.length, 26);
  const extra = entry.isLarge ? extra64([0n, 0n]) : Buffer.alloc(0);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, entry.name, extra]);
}

function dataDescriptor({ sizeBytes, isLarge }: Entry, crc: number): Buffer {
  const descriptor = Buffer.alloc(isLarge ? 24 : 16);
  descriptor.writeUInt32LE(DATA_DESCRIPTOR, 0);
  descriptor.writeUInt32LE(crc, 4);
  if (isLarge) {
    descriptor.writeBigUInt64LE(BigInt(sizeBytes), 8);
    descriptor.writeBigUInt64LE(BigInt(sizeBytes), 16);
  } else {
    descriptor.writeUInt32LE(sizeBytes, 8);
    descriptor.writeUInt32LE(sizeBytes, 12);
  }
  return descriptor;
}

/** The entry begins at 0, so its place always fits. */
function centralHeader(entry: Entry, crc: number): Buffer {
  const { name, sizeBytes, isLarge } = entry;
  const extra = isLarge ? extra64([BigInt(sizeBytes), BigInt(sizeBytes)]) : Buffer.alloc(0);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(CENTRAL_HEADER, 0);
  header.writeUInt16LE(MADE_BY_UNIX | (isLarge ? NEEDS_4_5 : NEEDS_2_0), 4);
  writeOpening(header, 6, entry);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(isLarge ? LARGEST_32 : sizeBytes, 20);
  header.writeUInt32LE(isLarge ? LARGEST_32 : sizeBytes, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(PLAIN_FILE_MODE * 65_536, 38);
  return Buffer.concat([header, name, extra]);
}

function extra64(numbers: readonly bigint[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * numbers.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * numbers.length, 2);
  for (const [at, number] of numbers.entries()) extra.writeBigUInt64LE(number, 4 + 8 * at);
  return extra;
}

/** The directory may lie beyond the limit although the content lies before it. */
function endOfDirectory(isLarge: boolean, offset: number, sizeBytes: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END_OF_DIRECTORY, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(sizeBytes, 12);
  if (!isLarge) {
    end.writeUInt32LE(offset, 16);
    return end;
  }
  end.writeUInt32LE(LARGEST_32, 16);
  const large = Buffer.alloc(76);
  large.writeUInt32LE(END_OF_DIRECTORY_64, 0);
  large.writeBigUInt64LE(44n, 4);
  large.writeUInt16LE(MADE_BY_UNIX | NEEDS_4_5, 12);
  large.writeUInt16LE(NEEDS_4_5, 14);
  large.writeBigUInt64LE(1n, 24);
  large.writeBigUInt64LE(1n, 32);
  large.writeBigUInt64LE(BigInt(sizeBytes), 40);
  large.writeBigUInt64LE(BigInt(offset), 48);
  large.writeUInt32LE(LOCATOR_64, 56);
  large.writeBigUInt64LE(BigInt(offset + sizeBytes), 64);
  large.writeUInt32LE(1, 72);
  return Buffer.concat([large, end]);
}
