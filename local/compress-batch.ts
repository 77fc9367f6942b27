/** Owns compressing many small files in one go: what is sent to a compressing thread, and what comes back. The bytes never depend on the batch. */
import { crc32 } from 'node:zlib';
import type { StableDeflate } from './stable-deflate';

export interface Batch {
  /** The segments, one behind the other. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** How many bytes each has. */
  readonly lengths: readonly number[];
  /** Each segment is a file of its own, kept as it is where compressing gains nothing. Otherwise pieces of one file, of which none is the last. */
  readonly areWholeFiles: boolean;
}

export interface CompressedBatch {
  readonly data: Uint8Array<ArrayBuffer>;
  /** A file that is as long as before was kept as it is. */
  readonly lengths: readonly number[];
  /** Of each segment before it was compressed. */
  readonly crcs: readonly number[];
}

export function compressBatch(deflate: StableDeflate, batch: Batch): CompressedBatch {
  // Pieces of a file may grow by what frames them.
  const room = batch.areWholeFiles ? batch.data.length : batch.data.length + (batch.data.length >>> 8) + 64 * batch.lengths.length;
  const data = new Uint8Array(room);
  const lengths: number[] = [];
  const crcs: number[] = [];
  let from = 0;
  let to = 0;
  for (const length of batch.lengths) {
    const segment = batch.data.subarray(from, from + length);
    const compressed = deflate.compress(segment, batch.areWholeFiles);
    const body = batch.areWholeFiles && compressed.length >= length ? segment : compressed;
    data.set(body, to);
    lengths.push(body.length);
    crcs.push(crc32(segment));
    from += length;
    to += body.length;
  }
  return { data: data.subarray(0, to), lengths, crcs };
}
