import fc from 'fast-check';
import { createByteSearch, SHORTEST_NEEDLE } from '../../../core/inspection/byte-search';

/** Few letters, so that hits are many and overlap. */
const text = (min: number, max: number) => fc.stringMatching(new RegExp(`^[ab\\0]{${min},${max}}$`));

test('finds what a plain search finds', () => {
  fc.assert(
    fc.property(fc.array(text(SHORTEST_NEEDLE, 7), { minLength: 1, maxLength: 6 }), text(0, 120), (words, haystack) => {
      const bytes = Buffer.from(haystack, 'latin1');
      const hits: string[] = [];
      createByteSearch(words.map((word) => Buffer.from(word, 'latin1'))).scan(bytes, 0, bytes.length, (at, needle) =>
        hits.push(`${at} ${needle}`),
      );
      const expected = [...haystack].flatMap((_, at) =>
        words.flatMap((word, needle) => (haystack.startsWith(word, at) ? [`${at} ${needle}`] : [])),
      );
      expect(hits.sort()).toEqual(expected.sort());
    }),
  );
});

test('a range limits where needles begin, not where they end', () => {
  const hits: number[] = [];
  createByteSearch([Buffer.from('abcdef')]).scan(Buffer.from('abcdef-abcdef-abcdef'), 1, 8, (at) => hits.push(at));
  expect(hits).toEqual([7]);
});

test('a needle that is too short is refused', () => {
  expect(() => createByteSearch([Buffer.from('abc')])).toThrow(RangeError);
});
