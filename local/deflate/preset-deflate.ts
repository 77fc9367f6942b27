/**
 * Owns compressing a small file in one pass, with a Huffman code that is made beforehand: for source text, or for next to nothing.
 * Making a code for each of ten thousand files would take longer than finding what repeats in them.
 * Whole numbers only, so that every machine gets the same bytes.
 */
import { BlockWriter, DISTANCE_BASE, DISTANCE_CODE, DISTANCE_EXTRA, LENGTH_BASE, LENGTH_CODE, LENGTH_EXTRA } from './deflate-block';
import { fillCodes } from './huffman-code';
import { HASH_BITS, hashOf, LONGEST_MATCH, PATIENCE_BITS, SHORTEST_MATCH, WINDOW } from './match-limits';

const END_OF_BLOCK = 256;
/** Up to here the fixed code of the format, which needs no description, is the shorter one. */
const FIXED_UP_TO_BYTES = 1000;
const LARGEST_POSITION = 0x7fff_ffff;

/**
 * The length of each literal's code, a hexadecimal digit each, then of the end of the block and of each match length.
 * Taken from Python, TypeScript, JavaScript, Markdown and JSON files in equal parts, Python three times.
 * Part of the format: with other numbers the same source gets another digest. At most 12 bits, and 10 for distances, so that
 * a code and what is pending never need more than 32.
 */
const SOURCE_LITERALS = [
  'ccccccccc96ccccccccccccccccccccc4c79ccc7779c77678889cccccc78c7cc',
  'c8c898ccc8cc99888c888cccccc8c9c885766477759866556c55568787c8c8cc',
  'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',
  'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',
  'cc45556666777788c9cccccccccccc',
].join('');
const SOURCE_DISTANCES = '5aaa8766554444444444455556677a';

interface Code {
  /** The bits before the first token: kind of block, and the code's description. */
  readonly opening: { readonly bytes: Uint8Array; readonly bits: number; readonly bitCount: number };
  readonly literalCodes: Uint16Array;
  readonly literalBits: Uint8Array;
  /** By match length: its code with its extra bits behind it. */
  readonly matchCodes: Uint32Array;
  readonly matchBits: Uint8Array;
  readonly distanceCodes: Uint16Array;
  readonly distanceBits: Uint8Array;
}

function makeCode(literalBits: Uint8Array, distanceBits: Uint8Array, opening: Code['opening']): Code {
  const literalCodes = new Uint16Array(literalBits.length);
  const distanceCodes = new Uint16Array(distanceBits.length);
  fillCodes(literalBits, literalCodes);
  fillCodes(distanceBits, distanceCodes);
  const matchCodes = new Uint32Array(LONGEST_MATCH + 1);
  const matchBits = new Uint8Array(LONGEST_MATCH + 1);
  for (let length = SHORTEST_MATCH; length <= LONGEST_MATCH; length++) {
    const code = LENGTH_CODE[length]!;
    const symbol = END_OF_BLOCK + 1 + code;
    matchCodes[length] = literalCodes[symbol]! | ((length - LENGTH_BASE[code]!) << literalBits[symbol]!);
    matchBits[length] = literalBits[symbol]! + LENGTH_EXTRA[code]!;
  }
  return { opening, literalCodes, literalBits, matchCodes, matchBits, distanceCodes, distanceBits };
}

function digits(text: string): Uint8Array {
  return Uint8Array.from(text, (digit) => parseInt(digit, 16));
}

/** The format's own code: RFC 1951, 3.2.6. */
function fixedCode(): Code {
  const literals = new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280);
  return makeCode(literals, new Uint8Array(30).fill(5), { bytes: new Uint8Array(0), bits: 3, bitCount: 3 });
}

function sourceCode(): Code {
  const literals = digits(SOURCE_LITERALS);
  const distances = digits(SOURCE_DISTANCES);
  return makeCode(literals, distances, new BlockWriter().describe(literals, distances));
}

export class PresetDeflate {
  private readonly fixed = fixedCode();
  private readonly source = sourceCode();
  private readonly lastSeen = new Int32Array(1 << HASH_BITS);
  /** Positions go on counting from input to input, so that the table need not be emptied. */
  private firstPosition = 1;
  private output = new Uint8Array(1 << 17);

  /**
   * Compresses a whole file. Good for source text, poor for anything else: look at what comes out.
   * @returns valid until the next call
   */
  compress(input: Uint8Array): Uint8Array {
    const needed = 2 * input.length + 256;
    if (this.output.length < needed) this.output = new Uint8Array(2 * needed);
    if (this.firstPosition > LARGEST_POSITION - input.length) {
      this.lastSeen.fill(0);
      this.firstPosition = 1;
    }
    const size = this.write(input, input.length <= FIXED_UP_TO_BYTES ? this.fixed : this.source);
    this.firstPosition += input.length;
    return this.output.subarray(0, size);
  }

  /** The hot loop: everything in locals, and bits written out before they could be lost. */
  // eslint-disable-next-line max-lines-per-function -- a call per token would double the time
  private write(input: Uint8Array, code: Code): number {
    const { literalCodes, literalBits, matchCodes, matchBits, distanceCodes, distanceBits, opening } = code;
    const { lastSeen, firstPosition, output } = this;
    const words = new DataView(input.buffer, input.byteOffset, input.length);
    const length = input.length;
    const hashable = length - SHORTEST_MATCH;
    output.set(opening.bytes);
    let size = opening.bytes.length;
    let { bits, bitCount } = opening;
    let misses = 0;
    for (let at = 0; at < length;) {
      let skip = 0;
      if (at <= hashable) {
        const four = words.getInt32(at, true);
        const slot = hashOf(four);
        const earlier = lastSeen[slot]! - firstPosition;
        lastSeen[slot] = at + firstPosition;
        if (earlier >= 0 && at - earlier <= WINDOW && words.getInt32(earlier, true) === four) {
          const longest = length - at < LONGEST_MATCH ? length - at : LONGEST_MATCH;
          let matched = SHORTEST_MATCH;
          while (matched < longest && input[earlier + matched] === input[at + matched]) matched++;
          bits |= matchCodes[matched]! << bitCount;
          bitCount += matchBits[matched]!;
          if (bitCount >= 16) {
            output[size++] = bits;
            output[size++] = bits >>> 8;
            bits >>>= 16;
            bitCount -= 16;
          }
          const distance = at - earlier;
          const distanceCode = DISTANCE_CODE[distance]!;
          bits |= distanceCodes[distanceCode]! << bitCount;
          bitCount += distanceBits[distanceCode]!;
          if (bitCount >= 16) {
            output[size++] = bits;
            output[size++] = bits >>> 8;
            bits >>>= 16;
            bitCount -= 16;
          }
          bits |= (distance - DISTANCE_BASE[distanceCode]!) << bitCount;
          bitCount += DISTANCE_EXTRA[distanceCode]!;
          if (bitCount >= 16) {
            output[size++] = bits;
            output[size++] = bits >>> 8;
            bits >>>= 16;
            bitCount -= 16;
          }
          const stop = at + matched < hashable ? at + matched : hashable;
          for (let inside = at + 1; inside < stop; inside++) lastSeen[hashOf(words.getInt32(inside, true))] = inside + firstPosition;
          at += matched;
          misses = 0;
          continue;
        }
        skip = misses++ >>> PATIENCE_BITS;
      }
      do {
        const literal = input[at++]!;
        bits |= literalCodes[literal]! << bitCount;
        bitCount += literalBits[literal]!;
        if (bitCount >= 16) {
          output[size++] = bits;
          output[size++] = bits >>> 8;
          bits >>>= 16;
          bitCount -= 16;
        }
      } while (skip-- > 0 && at < length);
    }
    bits |= literalCodes[END_OF_BLOCK]! << bitCount;
    bitCount += literalBits[END_OF_BLOCK]!;
    for (; bitCount > 0; bitCount -= 8) {
      output[size++] = bits;
      bits >>>= 8;
    }
    return size;
  }
}
