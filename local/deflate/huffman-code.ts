/**
 * Owns making a Huffman code: how often each symbol comes -> how long its code is -> the code itself (RFC 1951, 3.2.2).
 * Whole numbers only, so that every machine finds the same code.
 */

const MOST_SYMBOLS = 288;
/** A frequency and its symbol in one number, so that sorting needs no comparison function. */
const SYMBOL_BITS = 9;
const SYMBOL_MASK = (1 << SYMBOL_BITS) - 1;

const keys = new Uint32Array(MOST_SYMBOLS);
const tree = new Uint32Array(MOST_SYMBOLS);
const countOfLength = new Uint32Array(MOST_SYMBOLS + 1);
const nextCode = new Uint16Array(17);

/**
 * Fills `lengths` with the code length of each symbol, 0 for those that never come.
 * @param longest the longest code allowed; longer ones are shortened at the expense of others
 */
export function fillCodeLengths(frequencies: Uint32Array, longest: number, lengths: Uint8Array): void {
  let used = 0;
  lengths.fill(0);
  for (let symbol = 0; symbol < frequencies.length; symbol++)
    if (frequencies[symbol]! > 0) keys[used++] = (frequencies[symbol]! << SYMBOL_BITS) | symbol;
  if (used === 0) return;
  if (used === 1) {
    lengths[keys[0]! & SYMBOL_MASK] = 1;
    return;
  }
  const sorted = keys.subarray(0, used).sort();
  for (let i = 0; i < used; i++) tree[i] = sorted[i]! >>> SYMBOL_BITS;
  joinLightest(used);
  countLengths(used, longest);
  repairCounts(longest);
  let at = 0;
  for (let length = longest; length > 0; length--)
    for (let left = countOfLength[length]!; left > 0; left--) lengths[sorted[at++]! & SYMBOL_MASK] = length;
}

/** Moffat and Katajainen's in-place construction: `tree` holds weights, then parents, then depths of the inner nodes. */
function joinLightest(used: number): void {
  let node = 0;
  let leaf = 0;
  for (let next = 0; next < used - 1; next++) {
    let weight = 0;
    for (let side = 0; side < 2; side++) {
      if (leaf >= used || (node < next && tree[node]! < tree[leaf]!)) {
        weight += tree[node]!;
        tree[node++] = next;
      } else weight += tree[leaf++]!;
    }
    tree[next] = weight;
  }
  tree[used - 2] = 0;
  for (let next = used - 3; next >= 0; next--) tree[next] = tree[tree[next]!]! + 1;
}

function countLengths(used: number, longest: number): void {
  countOfLength.fill(0);
  let available = 1;
  let node = used - 2;
  for (let depth = 0; available > 0; depth++) {
    let inner = 0;
    for (; node >= 0 && tree[node] === depth; node--) inner++;
    countOfLength[Math.min(depth, longest)]! += available - inner;
    available = 2 * inner;
  }
}

/** After cutting long codes off the sum of 2^-length is above 1: lengthens short ones until it is 1 again. */
function repairCounts(longest: number): void {
  let sum = 0;
  for (let length = longest; length > 0; length--) sum += countOfLength[length]! << (longest - length);
  for (; sum !== 1 << longest; sum--) {
    countOfLength[longest]! -= 1;
    let length = longest - 1;
    while (countOfLength[length] === 0) length--;
    countOfLength[length]! -= 1;
    countOfLength[length + 1]! += 2;
  }
}

/** Fills `codes` with the canonical code of each length, bits reversed as the format wants them. */
export function fillCodes(lengths: Uint8Array, codes: Uint16Array): void {
  countOfLength.fill(0, 0, 17);
  for (const length of lengths) countOfLength[length]! += 1;
  countOfLength[0] = 0;
  let code = 0;
  for (let length = 1; length < 16; length++) {
    code = (code + countOfLength[length - 1]!) << 1;
    nextCode[length] = code;
  }
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol]!;
    if (length > 0) codes[symbol] = reversed(nextCode[length]!++) >>> (16 - length);
  }
}

/** 16 bits, the last first. */
function reversed(value: number): number {
  let bits = ((value & 0x5555) << 1) | ((value >>> 1) & 0x5555);
  bits = ((bits & 0x3333) << 2) | ((bits >>> 2) & 0x3333);
  bits = ((bits & 0x0f0f) << 4) | ((bits >>> 4) & 0x0f0f);
  return ((bits & 0x00ff) << 8) | (bits >>> 8);
}
