import { createToken, isTokenShaped, TOKEN_LENGTH } from '../../../core/distribution/link-token';
import { gateBaseUrl, linkUrl } from '../../../core/distribution/link-url';

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
