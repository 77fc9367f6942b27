/**
 * Owns the token of a link: 192 random bits, unguessable, written in base64url.
 * Only its digest becomes a key (`storage-key.ts`); the token itself is kept by the LinkTokens port alone.
 */
import type { Randomness } from '../ports/clock';

/** A multiple of three, so that no character holds unused bits: every spelling is another token. */
const TOKEN_BYTES = 24;
export const TOKEN_LENGTH = (TOKEN_BYTES / 3) * 4;

const TOKEN_PATTERN = new RegExp(`^[A-Za-z0-9_-]{${TOKEN_LENGTH}}$`);

export function createToken(randomness: Randomness): string {
  return Buffer.from(randomness.bytes(TOKEN_BYTES)).toString('base64url');
}

/** Whether it can be a token at all: what cannot costs no look into the ledger. */
export function isTokenShaped(text: string): boolean {
  return TOKEN_PATTERN.test(text);
}
