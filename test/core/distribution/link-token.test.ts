import { readGateRequest } from '../../../core/distribution/gate-request';
import { createToken, isTokenShaped, TOKEN_LENGTH } from '../../../core/distribution/link-token';
import { gateBaseUrl, linkUrl } from '../../../core/distribution/link-url';
import { storageKey } from '../../../core/storage-key';
import { createSeededRandomness } from '../../fakes/manual-clock';

test('a token holds 192 random bits in base64url', () => {
  const token = createToken({ bytes: (length) => new Uint8Array(length).fill(255), uuid: () => '' });
  expect(token).toBe('_'.repeat(TOKEN_LENGTH));
  expect(Buffer.from(token, 'base64url')).toHaveLength(24);
});

test.each([
  '',
  'short',
  'x'.repeat(TOKEN_LENGTH - 1),
  'x'.repeat(TOKEN_LENGTH + 1),
  `${'x'.repeat(TOKEN_LENGTH - 1)}=`,
  `${'x'.repeat(TOKEN_LENGTH - 1)}\n`,
])('%j is no token', (text) => {
  expect(isTokenShaped(text)).toBe(false);
});

test('of 200,000 mutated tokens none opens a link', () => {
  const randomness = createSeededRandomness('mutations');
  const issued = Array.from({ length: 50 }, () => createToken(randomness));
  const links = new Set(issued.map((token) => storageKey.link(token)));
  expect(links.size).toBe(50);
  const noise = Buffer.from(randomness.bytes(1_200_000));
  const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/. %2e';
  let accepted = 0;
  let looked = 0;
  for (let i = 0; i < 200_000; i++) {
    const token = issued[i % issued.length] ?? '';
    const at = (noise[i * 6] ?? 0) % TOKEN_LENGTH;
    const character = characters[(noise[i * 6 + 1] ?? 0) % characters.length] ?? '';
    const mutated = mutate(token, (noise[i * 6 + 2] ?? 0) % 6, at, character);
    if (mutated === token) continue;
    const read = readGateRequest({ method: 'GET', target: `/d/${mutated}`, headers: {}, callerAddress: undefined });
    if (read.kind !== 'link') continue;
    looked += 1;
    if (read.token !== token && links.has(storageKey.link(read.token))) accepted += 1;
  }
  expect(accepted).toBe(0);
  expect(looked).toBeGreaterThan(80_000);
});

function mutate(token: string, kind: number, at: number, character: string): string {
  const other = (at * 7 + 3) % TOKEN_LENGTH;
  switch (kind) {
    case 0:
      return token.slice(0, at) + character + token.slice(at + 1);
    case 1:
      return token.slice(0, at) + token.slice(at + 1);
    case 2:
      return token.slice(0, at) + character + token.slice(at);
    case 3:
      return token.slice(at) + token.slice(0, at);
    case 4: {
      const flipped = token[at] ?? '';
      return token.slice(0, at) + (flipped === flipped.toUpperCase() ? flipped.toLowerCase() : flipped.toUpperCase()) + token.slice(at + 1);
    }
    default: {
      const letters = [...token];
      [letters[at], letters[other]] = [letters[other] ?? '', letters[at] ?? ''];
      return letters.join('');
    }
  }
}

test.each([
  ['http://127.0.0.1:8722', 'http://127.0.0.1:8722'],
  ['https://downloads.example.org/', 'https://downloads.example.org'],
  ['https://example.org/kit//', 'https://example.org/kit'],
  ['HTTP://[::1]:80/', 'http://[::1]'],
])('a gate at %s', (typed, base) => {
  expect(gateBaseUrl(typed)).toBe(base);
  expect(linkUrl(base, 'T')).toBe(`${base}/d/T`);
});

test.each(['', 'example.org', 'ftp://example.org', 'http://example.org/?a', 'http://example.org/#a', 'javascript:alert(1)'])(
  '%j is no gate',
  (typed) => {
    expect(() => gateBaseUrl(typed)).toThrow(expect.objectContaining({ code: 'base-url-invalid' }) as Error);
  },
);

test('a password in an address is not repeated', () => {
  expect(() => gateBaseUrl('http://user:hunter2@example.org')).toThrow(/^((?!hunter2).)*$/);
});
