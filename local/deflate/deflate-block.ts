/**
 * Owns writing one block of deflate data (RFC 1951, 3.2.3 to 3.2.7) from tokens, in the shortest of the three forms.
 * Finding the tokens is `stable-deflate.ts`.
 */
import { fillCodeLengths, fillCodes } from './huffman-code';

export const MOST_TOKENS = 1 << 15;
const END_OF_BLOCK = 256;
const LITERAL_CODES = 286;
const DISTANCE_CODES = 30;
const LARGEST_STORED = 65_535;

export const LENGTH_EXTRA = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]);
export const DISTANCE_EXTRA = Uint8Array.from({ length: DISTANCE_CODES }, (_, code) => (code < 4 ? 0 : (code >> 1) - 1));
/** The order in which the lengths of the code length code are written. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;

function basesOf(first: number, extra: Uint8Array): Uint16Array {
  const bases = new Uint16Array(extra.length);
  let base = first;
  for (let code = 0; code < extra.length; code++) {
    bases[code] = base;
    base += 1 << extra[code]!;
  }
  return bases;
}

export const LENGTH_BASE = basesOf(3, LENGTH_EXTRA);
LENGTH_BASE[28] = 258;
export const DISTANCE_BASE = basesOf(1, DISTANCE_EXTRA);

function codeOfValue(bases: Uint16Array, last: number): Uint8Array {
  const codes = new Uint8Array(last + 1);
  for (let value = bases[0]!, code = 0; value <= last; value++) {
    while (code + 1 < bases.length && value >= bases[code + 1]!) code++;
    codes[value] = code;
  }
  return codes;
}

/** The code of a match's length, from 3 to 258. */
export const LENGTH_CODE = codeOfValue(LENGTH_BASE, 258);
/** The code of a match's distance, from 1 to 32768. */
export const DISTANCE_CODE = codeOfValue(DISTANCE_BASE, 32_768);

interface CodeTable {
  readonly lengths: Uint8Array;
  readonly codes: Uint16Array;
}

function emptyTable(size: number): CodeTable {
  return { lengths: new Uint8Array(size), codes: new Uint16Array(size) };
}

function fixedTable(lengths: Uint8Array): CodeTable {
  const codes = new Uint16Array(lengths.length);
  fillCodes(lengths, codes);
  return { lengths, codes };
}

const FIXED_LITERALS = fixedTable(new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280));
const FIXED_DISTANCES = fixedTable(new Uint8Array(DISTANCE_CODES).fill(5));

/** Collects tokens and writes them as blocks into one growing output. */
export class BlockWriter {
  /** A literal as its byte; a match as `length << 16 | distance - 1`. */
  readonly tokens = new Uint32Array(MOST_TOKENS);
  tokenCount = 0;
  /** How often each literal, and from 257 on each length code, was added. The one who adds counts. */
  readonly literalFrequencies = new Uint32Array(LITERAL_CODES);
  /** How often each distance code was added. */
  readonly distanceFrequencies = new Uint32Array(DISTANCE_CODES);
  private readonly lengthFrequencies = new Uint32Array(19);
  private readonly literals = emptyTable(LITERAL_CODES);
  private readonly distances = emptyTable(DISTANCE_CODES);
  private readonly codeLengths = emptyTable(19);
  /** The code lengths of a dynamic block, run-length coded: symbol, and from bit 5 on what follows it. */
  private readonly runs = new Uint16Array(LITERAL_CODES + DISTANCE_CODES);
  private output = new Uint8Array(1 << 16);
  private size = 0;
  private bits = 0;
  private bitCount = 0;

  /** Forgets what was written and makes room for `inputBytes` at their worst. */
  begin(inputBytes: number): void {
    const needed = inputBytes + (inputBytes >>> 3) + 1024;
    if (this.output.length < needed) this.output = new Uint8Array(needed * 2);
    this.size = 0;
    this.bits = 0;
    this.bitCount = 0;
    this.tokenCount = 0;
  }

  /** Writes what was collected, which stands for `input` from `start` to `end`. */
  endBlock(input: Uint8Array, start: number, end: number, isLast: boolean): void {
    this.literalFrequencies[END_OF_BLOCK] = 1;
    fillCodeLengths(this.literalFrequencies, 15, this.literals.lengths);
    fillCodeLengths(this.distanceFrequencies, 15, this.distances.lengths);
    const dynamic = this.describeCodes();
    const { dynamicBits, fixedBits, extraBits } = this.bitsOf();
    const compressedBits = Math.min(dynamicBits + dynamic.bits, fixedBits) + extraBits;
    const length = end - start;
    if (8 * (length + 5 * Math.ceil(length / LARGEST_STORED)) <= compressedBits) this.store(input, start, end, isLast);
    else if (fixedBits <= dynamicBits + dynamic.bits) {
      this.put(isLast ? 3 : 2, 3);
      this.writeTokens(FIXED_LITERALS, FIXED_DISTANCES);
    } else {
      fillCodes(this.literals.lengths, this.literals.codes);
      fillCodes(this.distances.lengths, this.distances.codes);
      this.put(isLast ? 5 : 4, 3);
      this.writeCodes(dynamic);
      this.writeTokens(this.literals, this.distances);
    }
    this.tokenCount = 0;
    this.literalFrequencies.fill(0);
    this.distanceFrequencies.fill(0);
  }

  /** An empty stored block, which fills the last byte: what follows may be written by anyone. */
  flush(): void {
    this.put(0, 3);
    this.fillByte();
    for (const byte of [0, 0, 255, 255]) this.output[this.size++] = byte;
  }

  /** What was written since `begin`; valid until the next `begin`. */
  finish(): Uint8Array {
    this.fillByte();
    return this.output.subarray(0, this.size);
  }

  /** The opening of a last block with these code lengths, for one who writes what follows. */
  describe(literals: Uint8Array, distances: Uint8Array): { readonly bytes: Uint8Array; readonly bits: number; readonly bitCount: number } {
    this.begin(0);
    this.literals.lengths.set(literals);
    this.distances.lengths.set(distances);
    const header = this.describeCodes();
    this.put(5, 3);
    this.writeCodes(header);
    return { bytes: this.output.slice(0, this.size), bits: this.bits, bitCount: this.bitCount };
  }

  private put(value: number, count: number): void {
    this.bits |= value << this.bitCount;
    this.bitCount += count;
    if (this.bitCount < 16) return;
    this.output[this.size++] = this.bits;
    this.output[this.size++] = this.bits >>> 8;
    this.bits >>>= 16;
    this.bitCount -= 16;
  }

  private fillByte(): void {
    for (; this.bitCount > 0; this.bitCount -= 8) {
      this.output[this.size++] = this.bits;
      this.bits >>>= 8;
    }
    this.bits = 0;
    this.bitCount = 0;
  }

  private bitsOf(): { readonly dynamicBits: number; readonly fixedBits: number; readonly extraBits: number } {
    let dynamicBits = 0;
    let fixedBits = 0;
    let extraBits = 0;
    for (let symbol = 0; symbol < LITERAL_CODES; symbol++) {
      const count = this.literalFrequencies[symbol]!;
      dynamicBits += count * this.literals.lengths[symbol]!;
      fixedBits += count * FIXED_LITERALS.lengths[symbol]!;
      if (symbol > END_OF_BLOCK) extraBits += count * LENGTH_EXTRA[symbol - 257]!;
    }
    for (let symbol = 0; symbol < DISTANCE_CODES; symbol++) {
      const count = this.distanceFrequencies[symbol]!;
      dynamicBits += count * this.distances.lengths[symbol]!;
      fixedBits += count * 5;
      extraBits += count * DISTANCE_EXTRA[symbol]!;
    }
    return { dynamicBits, fixedBits, extraBits };
  }

  /** Run-length codes the two tables and says what it would take to write them. */
  private describeCodes(): DynamicHeader {
    const literalCount = usedLength(this.literals.lengths, 257);
    const distanceCount = usedLength(this.distances.lengths, 1);
    const runCount = this.findRuns(literalCount, distanceCount);
    fillCodeLengths(this.lengthFrequencies, 7, this.codeLengths.lengths);
    let orderCount = 19;
    while (orderCount > 4 && this.codeLengths.lengths[ORDER[orderCount - 1]!] === 0) orderCount--;
    let bits = 14 + 3 * orderCount;
    for (let symbol = 0; symbol < 19; symbol++)
      bits += this.lengthFrequencies[symbol]! * (this.codeLengths.lengths[symbol]! + runExtraBits(symbol));
    return { literalCount, distanceCount, orderCount, runCount, bits };
  }

  private findRuns(literalCount: number, distanceCount: number): number {
    const { runs, lengthFrequencies } = this;
    const total = literalCount + distanceCount;
    const lengthAt = (i: number): number => (i < literalCount ? this.literals.lengths[i]! : this.distances.lengths[i - literalCount]!);
    let count = 0;
    const emit = (symbol: number, extra: number): void => {
      runs[count++] = symbol | (extra << 5);
      lengthFrequencies[symbol]!++;
    };
    lengthFrequencies.fill(0);
    for (let i = 0; i < total;) {
      const value = lengthAt(i);
      let run = 1;
      while (i + run < total && lengthAt(i + run) === value) run++;
      i += run;
      if (value === 0) {
        for (; run >= 11; run -= Math.min(run, 138)) emit(18, Math.min(run, 138) - 11);
        if (run >= 3) {
          emit(17, run - 3);
          run = 0;
        }
      } else {
        emit(value, 0);
        for (run--; run >= 3; run -= Math.min(run, 6)) emit(16, Math.min(run, 6) - 3);
      }
      for (; run > 0; run--) emit(value, 0);
    }
    return count;
  }

  private writeCodes(header: DynamicHeader): void {
    const { lengths, codes } = this.codeLengths;
    fillCodes(lengths, codes);
    this.put(header.literalCount - 257, 5);
    this.put(header.distanceCount - 1, 5);
    this.put(header.orderCount - 4, 4);
    for (let i = 0; i < header.orderCount; i++) this.put(lengths[ORDER[i]!]!, 3);
    for (let i = 0; i < header.runCount; i++) {
      const symbol = this.runs[i]! & 31;
      this.put(codes[symbol]!, lengths[symbol]!);
      this.put(this.runs[i]! >>> 5, runExtraBits(symbol));
    }
  }

  /** The hot loop: everything in locals, and bits written out before more than 15 of them could be lost. */
  private writeTokens({ lengths: ll, codes: lc }: CodeTable, { lengths: dl, codes: dc }: CodeTable): void {
    const { tokens, output, tokenCount } = this;
    let { bits, bitCount, size } = this;
    for (let i = 0; i < tokenCount; i++) {
      const token = tokens[i]!;
      if (token < 256) {
        bits |= lc[token]! << bitCount;
        bitCount += ll[token]!;
      } else {
        const length = token >>> 16;
        const lengthCode = LENGTH_CODE[length]!;
        bits |= lc[257 + lengthCode]! << bitCount;
        bitCount += ll[257 + lengthCode]!;
        if (bitCount >= 16) {
          output[size++] = bits;
          output[size++] = bits >>> 8;
          bits >>>= 16;
          bitCount -= 16;
        }
        bits |= (length - LENGTH_BASE[lengthCode]!) << bitCount;
        bitCount += LENGTH_EXTRA[lengthCode]!;
        if (bitCount >= 16) {
          output[size++] = bits;
          output[size++] = bits >>> 8;
          bits >>>= 16;
          bitCount -= 16;
        }
        const distance = (token & 0xffff) + 1;
        const distanceCode = DISTANCE_CODE[distance]!;
        bits |= dc[distanceCode]! << bitCount;
        bitCount += dl[distanceCode]!;
        if (bitCount >= 16) {
          output[size++] = bits;
          output[size++] = bits >>> 8;
          bits >>>= 16;
          bitCount -= 16;
        }
        bits |= (distance - DISTANCE_BASE[distanceCode]!) << bitCount;
        bitCount += DISTANCE_EXTRA[distanceCode]!;
      }
      if (bitCount >= 16) {
        output[size++] = bits;
        output[size++] = bits >>> 8;
        bits >>>= 16;
        bitCount -= 16;
      }
    }
    this.bits = bits;
    this.bitCount = bitCount;
    this.size = size;
    this.put(lc[END_OF_BLOCK]!, ll[END_OF_BLOCK]!);
  }

  private store(input: Uint8Array, start: number, end: number, isLast: boolean): void {
    for (let at = start; at < end || at === start; at += LARGEST_STORED) {
      const stop = Math.min(at + LARGEST_STORED, end);
      this.put(isLast && stop === end ? 1 : 0, 3);
      this.fillByte();
      const length = stop - at;
      for (const byte of [length, length >>> 8, ~length, ~length >>> 8]) this.output[this.size++] = byte;
      this.output.set(input.subarray(at, stop), this.size);
      this.size += length;
    }
  }
}

interface DynamicHeader {
  readonly literalCount: number;
  readonly distanceCount: number;
  readonly orderCount: number;
  readonly runCount: number;
  readonly bits: number;
}

function usedLength(lengths: Uint8Array, least: number): number {
  let count = lengths.length;
  while (count > least && lengths[count - 1] === 0) count--;
  return count;
}

function runExtraBits(symbol: number): number {
  return symbol === 16 ? 2 : symbol === 17 ? 3 : symbol === 18 ? 7 : 0;
}
