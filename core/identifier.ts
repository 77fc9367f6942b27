/** Owns the ids of builds and distributions: 16 characters of Crockford base32 (80 bits). */
import { createHash } from 'node:crypto';
import { z } from 'zod';

/** Crockford's alphabet: no I, L, O, U. https://www.crockford.com/base32.html */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ID_LENGTH = 16;

export const IdSchema = z.string().regex(/^[0-9a-hjkmnp-tv-z]{16}$/, 'an id has 16 characters of Crockford base32');

/** The first 80 bits of `bytes`, 5 bits a character, most significant first. */
export function idFromBytes(bytes: Uint8Array): string {
  if (bytes.length < 10) throw new RangeError('an id needs 10 bytes');
  let id = '';
  let bits = 0;
  let bitCount = 0;
  for (const byte of bytes.subarray(0, 10)) {
    bits = (bits << 8) | byte;
    bitCount += 8;
    while (bitCount >= 5) {
      bitCount -= 5;
      id += ALPHABET[(bits >> bitCount) & 31];
    }
    bits &= (1 << bitCount) - 1;
  }
  return id.slice(0, ID_LENGTH);
}

/** The build id that a request leads to: the same request, resent, is the same build. */
export function buildIdOfRequest(requestId: string): string {
  return idFromBytes(createHash('sha256').update(`slipway-build:${requestId}`).digest());
}

/**
 * Reads what a person typed: upper case, and the letters that Crockford's base32 reads as digits.
 * @returns the canonical spelling; it may be a prefix of an id
 */
export function normalizeId(typed: string): string {
  return typed.toLowerCase().replace(/[il]/g, '1').replace(/o/g, '0').replace(/-/g, '');
}
