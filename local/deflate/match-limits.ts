/** Owns what both ways of compressing agree on: how a repeated string is found, and how long and far it may be (RFC 1951, 3.2.5). */

/** Three would be allowed; four are hashed and compared at once. */
export const SHORTEST_MATCH = 4;
export const LONGEST_MATCH = 258;
export const WINDOW = 32_768;
export const HASH_BITS = 14;
/** After 2^6 positions without a match two are passed over at a time, after twice as many three: photographs are not text. */
export const PATIENCE_BITS = 6;

/** Where four bytes, read as one number, stand in the table. The factor is Knuth's: 2^32 divided by the golden ratio. */
export function hashOf(four: number): number {
  return Math.imul(four, 0x9e3779b1) >>> (32 - HASH_BITS);
}
