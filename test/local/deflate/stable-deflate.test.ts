import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { StableDeflate } from '../../../local/deflate/stable-deflate';
import { chance } from '../../fakes/random-tree';

/** Text with words that come back, as source has. */
function text(sizeBytes: number, seed = 1): Buffer {
  const next = chance(seed);
  const words = Array.from({ length: 300 }, () => Math.floor(next() * 2 ** 40).toString(36));
  let made = '';
  while (made.length < sizeBytes) made += `${words[Math.floor(next() * next() * words.length)] ?? ''}${next() < 0.2 ? '\n' : ' '}`;
  return Buffer.from(made.slice(0, sizeBytes));
}

function noise(sizeBytes: number): Buffer {
  const next = chance(7);
  return Buffer.from(Array.from({ length: sizeBytes }, () => Math.floor(next() * 256)));
}

test.each([
  ['nothing', Buffer.alloc(0)],
  ['a byte', Buffer.from('a')],
  ['three bytes', Buffer.from('abc')],
  ['four bytes', Buffer.from('abcd')],
  ['one byte many times', Buffer.alloc(300_000, 'x')],
  ['a match of the longest length at the largest distance', Buffer.concat([text(258, 3), noise(32_768 - 258), text(258, 3)])],
  ['text of many blocks', text(900_000)],
  ['noise larger than a stored block', noise(200_000)],
  ['noise and text in turn', Buffer.concat([noise(50_000), text(50_000), noise(50_000), text(50_000)])],
  [
    'a skewed alphabet, whose code would be too long',
    Buffer.concat(Array.from({ length: 22 }, (_, i) => Buffer.alloc(2 ** Math.min(i, 17), i * 7))),
  ],
])('%s comes back', (_, input) => {
  expect(inflateRawSync(new StableDeflate().compress(input)).equals(input)).toBe(true);
});

test('any bytes come back, whatever was compressed before', () => {
  const deflate = new StableDeflate();
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.array(fc.constantFrom(1, 2, 3), { maxLength: 600 }).map((bytes) => Uint8Array.from(bytes)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const input = Buffer.concat(pieces);
      const output = Buffer.from(deflate.compress(input));
      return inflateRawSync(output).equals(input) && output.equals(Buffer.from(new StableDeflate().compress(input)));
    }),
    { numRuns: 300 },
  );
});

test('frequencies of a Fibonacci series keep to 15 bits', () => {
  const parts: Buffer[] = [];
  for (let i = 0, a = 1, b = 1; i < 20; i++, [a, b] = [b, a + b]) parts.push(Buffer.from(Array.from({ length: a }, () => 100 + i)));
  const shuffled = Buffer.concat(parts);
  const next = chance(5);
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j] ?? 0, shuffled[i] ?? 0];
  }
  expect(inflateRawSync(new StableDeflate().compress(shuffled)).equals(shuffled)).toBe(true);
});

test('pieces that are compressed apart make one stream', () => {
  const input = text(700_000, 9);
  const deflate = new StableDeflate();
  const pieces = [0, 100_000, 100_001, 400_000].map((from, i, all) =>
    Buffer.from(deflate.compress(input.subarray(from, all[i + 1] ?? input.length), i === 3)),
  );
  expect(inflateRawSync(Buffer.concat(pieces)).equals(input)).toBe(true);
});

test.each([1, 3, 4, 5, 999, 1000, 1001, 20_000, 65_535, 65_536, 65_537])(
  'a file of %i bytes comes back, be it text or noise',
  (sizeBytes) => {
    const deflate = new StableDeflate();
    for (const input of [text(sizeBytes), noise(sizeBytes), Buffer.alloc(sizeBytes, 255)])
      expect(inflateRawSync(deflate.compress(input)).equals(input)).toBe(true);
  },
);

test('positions start over before they overflow', () => {
  const deflate = new StableDeflate();
  const [small, large] = [text(5_000), text(100_000)];
  const before = [small, large].map((input) => Buffer.from(deflate.compress(input)));
  for (const table of [deflate, Reflect.get(deflate, 'preset') as object]) Reflect.set(table, 'firstPosition', 0x7fff_ffff - 10);
  expect([small, large].map((input) => Buffer.from(deflate.compress(input)))).toEqual(before);
});

test.each([
  ['a code made beforehand', text(30_000, 4), '981c68e565f6940fac294cce507caf406feb2300ba12e75e69e8ce6db73080ad'],
  [
    'a code of its own',
    Buffer.concat([text(200_000, 4), noise(3_000), Buffer.alloc(5_000)]),
    '3139e90a25c3b02287f13ec0868b3081f09d47a6a5389823bf7d8027bb8beead',
  ],
])('with %s the bytes are those of every other machine', (_, input, expected) => {
  expect(createHash('sha256').update(new StableDeflate().compress(input)).digest('hex')).toBe(expected);
});

test('source gets about as small as zlib makes it', () => {
  const source = readFileSync(require.resolve('typescript'));
  const deflate = new StableDeflate();
  let [own, byZlib] = [0, 0];
  for (const [start, sizeBytes] of [[0, 1_000_000], ...Array.from({ length: 40 }, (_, i) => [200_000 * i, 300 * (i + 1)])] as const) {
    const input = source.subarray(start, (start ?? 0) + (sizeBytes ?? 0));
    own += deflate.compress(input).length;
    byZlib += deflateRawSync(input).length;
  }
  expect(own / byZlib).toBeLessThan(1.2);
});
