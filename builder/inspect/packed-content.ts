/**
 * Owns the way into what is packed inside a file, so far as plain means lead there: zip files (wheels, zipapps, libraries of frozen
 * programs), gzip files, and what PyInstaller appends to its executables.
 * Content that does not unpack is passed over: whether it is sound is not this file's question.
 */
import { buffer as wholeOf } from 'node:stream/consumers';
import { gunzipSync, inflateSync, type ZlibOptions } from 'node:zlib';
import yauzl from 'yauzl';
import { readPyInstallerArchive } from './pyinstaller-archive';

export interface PackedContent {
  /** Inside the file; empty where the format keeps no names. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Unpacked and loaded when the program starts: an executable among it counts as shipped. */
  readonly isLoaded: boolean;
}

/** Against files made to unpack to more than memory holds. */
const MOST_BYTES_PER_PART = 64 * 1024 * 1024;
const MOST_BYTES_PER_FILE = 1024 * 1024 * 1024;
const MOST_STREAMS = 50_000;

const ZIP_LOCAL_HEADER = 0x504b0304;
const ZIP_END_RECORD_BYTES = 22;
const ZLIB_LEVELS: ReadonlySet<number> = new Set([0x01, 0x5e, 0x9c, 0xda]);

/** @param bytes the whole file */
export async function* unpackContent(bytes: Uint8Array): AsyncGenerator<PackedContent> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < ZIP_END_RECORD_BYTES) return;
  if (isZipAtEnd(buffer)) yield* unzip(buffer.subarray(zipStart(buffer)));
  else if (buffer.readUInt32BE(0) === ZIP_LOCAL_HEADER) yield* unzip(buffer);
  else if (buffer[0] === 0x1f && buffer[1] === 0x8b) yield* gunzip(buffer);
  else yield* unpackFrozen(buffer);
}

/** A zip file ends with the end record of its directory: also one that begins with a script's first line, as a zipapp does. */
function isZipAtEnd(buffer: Buffer): boolean {
  return buffer.readUInt32BE(buffer.length - ZIP_END_RECORD_BYTES) === 0x504b0506;
}

/** Places in a zip file may be counted from behind what was put before it. */
function zipStart(buffer: Buffer): number {
  const end = buffer.length - ZIP_END_RECORD_BYTES;
  const [directoryBytes, directoryAt] = [buffer.readUInt32LE(end + 12), buffer.readUInt32LE(end + 16)];
  return Math.max(0, end - directoryBytes - directoryAt);
}

async function* unzip(buffer: Buffer): AsyncGenerator<PackedContent> {
  let left = MOST_BYTES_PER_FILE;
  try {
    const zip = await yauzl.fromBufferPromise(buffer, { lazyEntries: true });
    for await (const entry of zip.eachEntry()) {
      left -= entry.uncompressedSize;
      if (left < 0) return;
      if (entry.fileName.endsWith('/') || entry.isEncrypted() || entry.uncompressedSize > MOST_BYTES_PER_PART) continue;
      yield { name: entry.fileName, bytes: await wholeOf(await zip.openReadStreamPromise(entry)), isLoaded: false };
    }
  } catch {
    // No sound zip file, or not from here on.
  }
}

function* gunzip(buffer: Buffer): Generator<PackedContent> {
  try {
    yield { name: '', bytes: gunzipSync(buffer, { maxOutputLength: MOST_BYTES_PER_PART }), isLoaded: false };
  } catch {
    // Not gzip after all, cut short, or larger than is looked into.
  }
}

/** PyInstaller's archive by its table; the modules in its PYZ, whose table is Python's own affair, by trying. */
function* unpackFrozen(buffer: Buffer): Generator<PackedContent> {
  for (const { name, bytes } of readPyInstallerArchive(buffer) ?? []) {
    if (!name.endsWith('.pyz')) yield { name, bytes, isLoaded: true };
    else for (const module of inflateStreams(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))) yield { ...module, name };
  }
}

/** Tries each place where a zlib stream may begin; a wrong guess fails within a few bytes. */
function* inflateStreams(buffer: Buffer): Generator<PackedContent> {
  let left = MOST_BYTES_PER_FILE;
  let tries = MOST_STREAMS;
  for (let at = buffer.indexOf(0x78); at >= 0 && left > 0 && tries > 0; at = buffer.indexOf(0x78, at)) {
    if (!ZLIB_LEVELS.has(buffer[at + 1] ?? 0)) {
      at += 1;
      continue;
    }
    tries -= 1;
    const stream = inflateAt(buffer, at);
    if (stream === undefined) {
      at += 2;
      continue;
    }
    left -= stream.bytes.length;
    yield { name: '', bytes: stream.bytes, isLoaded: false };
    at += Math.max(2, stream.packedBytes);
  }
}

/** With `info`, zlib also says how much it read; Node's types do not know of it. */
const inflateWithInfo = inflateSync as unknown as (
  buffer: Buffer,
  options: ZlibOptions & { readonly info: true },
) => { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };

function inflateAt(buffer: Buffer, at: number): { readonly bytes: Uint8Array; readonly packedBytes: number } | undefined {
  try {
    const { buffer: bytes, engine } = inflateWithInfo(buffer.subarray(at), { info: true, maxOutputLength: MOST_BYTES_PER_PART });
    return { bytes, packedBytes: engine.bytesWritten };
  } catch {
    return undefined;
  }
}
