/**
 * Owns compressing bytes so that every machine gets the same bytes: deflate (RFC 1951) in whole-number arithmetic.
 * zlib cannot promise that: its output differs between versions, between processors and between the builds that Node is shipped with.
 * Greedy, with one earlier place per hash. Small files go through `preset-deflate.ts`, which is faster still.
 * Figures: docs/decisions/006-source-archive.md.
 */
import { BlockWriter, DISTANCE_CODE, LENGTH_CODE, MOST_TOKENS } from './deflate-block';
import { HASH_BITS, hashOf, LONGEST_MATCH, PATIENCE_BITS, SHORTEST_MATCH, WINDOW } from './match-limits';
import { PresetDeflate } from './preset-deflate';

const FIRST_LENGTH_CODE = 257;
/** Up to here a file is tried with a code made beforehand. */
const PRESET_UP_TO_BYTES = 1 << 16;
/** What that does not bring below three fifths is not source text, and gets a code of its own. Tiny files have no room for one. */
const POOR_RATIO = 0.6;
const TINY_BYTES = 1000;
const LARGEST_POSITION = 0x7fff_ffff;

export class StableDeflate {
  private readonly blocks = new BlockWriter();
  private readonly preset = new PresetDeflate();
  private readonly lastSeen = new Int32Array(1 << HASH_BITS);
  /** Positions go on counting from input to input, so that the table need not be emptied: what is below is of an earlier one. */
  private firstPosition = 1;

  /**
   * Compresses one piece on its own. Pieces written one after the other make one stream; the last must say so.
   * @returns valid until the next call
   */
  compress(input: Uint8Array, isLast = true): Uint8Array {
    if (!isLast || input.length > PRESET_UP_TO_BYTES) return this.compressBlocks(input, isLast);
    const quick = this.preset.compress(input);
    if (input.length <= TINY_BYTES || quick.length < POOR_RATIO * input.length) return quick;
    const thorough = this.compressBlocks(input, true);
    return thorough.length < quick.length ? thorough : quick;
  }

  /** With a code of its own for every block. */
  private compressBlocks(input: Uint8Array, isLast: boolean): Uint8Array {
    const { blocks } = this;
    blocks.begin(input.length);
    if (this.firstPosition > LARGEST_POSITION - input.length) {
      this.lastSeen.fill(0);
      this.firstPosition = 1;
    }
    let start = 0;
    while (start < input.length) {
      const end = this.collect(input, start);
      blocks.endBlock(input, start, end, isLast && end === input.length);
      start = end;
    }
    if (input.length === 0 && isLast) blocks.endBlock(input, 0, 0, true);
    if (!isLast) blocks.flush();
    this.firstPosition += input.length;
    return blocks.finish();
  }

  /** Finds the tokens of one block that begins at `start`, and says where it ends. */
  private collect(input: Uint8Array, start: number): number {
    const { lastSeen, firstPosition } = this;
    const { tokens, literalFrequencies, distanceFrequencies } = this.blocks;
    const words = new DataView(input.buffer, input.byteOffset, input.length);
    const length = input.length;
    const hashable = length - SHORTEST_MATCH;
    let count = 0;
    let at = start;
    let misses = 0;
    while (at <= hashable && count < MOST_TOKENS) {
      const four = words.getInt32(at, true);
      const slot = hashOf(four);
      const earlier = lastSeen[slot]! - firstPosition;
      lastSeen[slot] = at + firstPosition;
      if (earlier >= 0 && at - earlier <= WINDOW && words.getInt32(earlier, true) === four) {
        const longest = length - at < LONGEST_MATCH ? length - at : LONGEST_MATCH;
        let matched = SHORTEST_MATCH;
        while (matched < longest && input[earlier + matched] === input[at + matched]) matched++;
        tokens[count++] = (matched << 16) | (at - earlier - 1);
        literalFrequencies[FIRST_LENGTH_CODE + LENGTH_CODE[matched]!]!++;
        distanceFrequencies[DISTANCE_CODE[at - earlier]!]!++;
        const stop = at + matched < hashable ? at + matched : hashable;
        for (let inside = at + 1; inside < stop; inside++) lastSeen[hashOf(words.getInt32(inside, true))] = inside + firstPosition;
        at += matched;
        misses = 0;
      } else {
        let skip = misses++ >>> PATIENCE_BITS;
        do {
          const literal = input[at++]!;
          tokens[count++] = literal;
          literalFrequencies[literal]!++;
        } while (skip-- > 0 && at < length && count < MOST_TOKENS);
      }
    }
    while (at > hashable && at < length && count < MOST_TOKENS) {
      const literal = input[at++]!;
      tokens[count++] = literal;
      literalFrequencies[literal]!++;
    }
    this.blocks.tokenCount = count;
    return at;
  }
}
