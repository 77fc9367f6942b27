/**
 * Owns bounds-checked reading of numbers and strings from a file's bytes, for the readers of executable formats.
 * The bytes may be truncated or hostile: whatever lies outside them is {@link OutOfBounds}, thrown and caught by those readers.
 */

/** Thrown for a read outside the bytes. Never leaves the readers of `elf.ts`, `mach-o.ts` and `pe.ts`. */
class OutOfBounds extends RangeError {
  override readonly name = 'OutOfBounds';
}

export interface ByteReader {
  readonly length: number;
  u8(offset: number): number;
  u16(offset: number): number;
  u32(offset: number): number;
  /** Exact up to 2^53; larger values lie outside every file and are out of bounds. */
  u64(offset: number): number;
  /** Up to the next zero byte, at most `limit` bytes; bytes that are no UTF-8 become U+FFFD. */
  text(offset: number, limit?: number): string;
}

const LONGEST_NAME = 4096;

/** @param isLittleEndian the byte order of every number that is read */
export function createByteReader(bytes: Uint8Array, isLittleEndian: boolean): ByteReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = (offset: number, size: number): number => {
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + size > bytes.length) throw new OutOfBounds(`no ${size} bytes at ${offset}`);
    return offset;
  };
  return {
    length: bytes.length,
    u8: (offset) => view.getUint8(at(offset, 1)),
    u16: (offset) => view.getUint16(at(offset, 2), isLittleEndian),
    u32: (offset) => view.getUint32(at(offset, 4), isLittleEndian),
    u64: (offset) => {
      const value = view.getBigUint64(at(offset, 8), isLittleEndian);
      if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new OutOfBounds(`${value} lies outside every file`);
      return Number(value);
    },
    text: (offset, limit = LONGEST_NAME) => {
      const start = at(offset, 1);
      const window = bytes.subarray(start, start + limit);
      const end = window.indexOf(0);
      if (end < 0 && window.length < limit) throw new OutOfBounds(`the name at ${offset} does not end`);
      return new TextDecoder().decode(end < 0 ? window : window.subarray(0, end));
    },
  };
}

/** Runs a part of a reader; what it threw as out of bounds becomes `undefined`, anything else stays an error. */
export function withinBounds<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof OutOfBounds) return undefined;
    throw thrown;
  }
}
