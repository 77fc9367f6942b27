import {
  formatAddress,
  formatRange,
  mergeRanges,
  parseAddress,
  parseAddressRange,
  parseAddressRanges,
  rangesHaveFamily,
  rangesInclude,
  rangeWarnings,
} from '../../../../core/distribution/addresses/address-range';
import { startProcessorClock } from '../../../fakes/processor-time';

const merged = (...texts: readonly string[]) => mergeRanges(parseAddressRanges(texts)).map(formatRange);

test.each([
  ['203.0.113.7', '203.0.113.7/32'],
  [' 203.0.113.7 ', '203.0.113.7/32'],
  ['203.0.113.0/24', '203.0.113.0/24'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['2001:DB8:0:0::1', '2001:db8::1/128'],
  ['2001:db8::/32', '2001:db8::/32'],
  ['::/0', '::/0'],
  ['::ffff:203.0.113.7', '203.0.113.7/32'],
  ['::ffff:cb00:7107', '203.0.113.7/32'],
  ['::ffff:203.0.113.0/120', '203.0.113.0/24'],
])('reads %s as %s', (text, canonical) => {
  expect(formatRange(parseAddressRange(text))).toBe(canonical);
});

test.each([
  ['203.0.113.7/24', 'bits set behind its prefix', 'write 203.0.113.0/24 for the range, or 203.0.113.7 for the one address'],
  ['2001:db8::1/32', 'bits set', 'write 2001:db8::/32 for the range'],
  ['::ffff:203.0.113.7/120', 'bits set', 'write 203.0.113.0/24'],
  ['203.0.113.0/33', "'33' is no prefix length of IPv4", 'from 0 to 32'],
  ['2001:db8::/129', "'129' is no prefix length of IPv6", 'from 0 to 128'],
  ['203.0.113.0/', "'' is no prefix length", 'from 0 to 32'],
  ['203.0.113.0/08', "'08' is no prefix", 'from 0 to 32'],
  ['203.0.113.0/24/8', "'24/8' is no prefix", 'from 0 to 32'],
  ['203.0.113.0/255.255.255.0', 'is no prefix length', '203.0.113.0/24'],
  ['203.0.113.1-203.0.113.9', 'from-to', 'CIDR'],
  ['203.0.113.*', 'wildcard', 'CIDR'],
  ['010.0.0.1', 'octal', '203.0.113.7'],
  ['::ffff:010.0.0.1', 'octal', '203.0.113.7'],
  ['::ffff:0x7f.0.0.1', 'no IPv4 or IPv6', '203.0.113.7'],
  ['10.1', 'no IPv4 or IPv6', '203.0.113.7'],
  ['3405803783', 'no IPv4 or IPv6', '203.0.113.7'],
  ['256.0.0.1', 'no IPv4 or IPv6', '203.0.113.7'],
  ['fe80::1%eth0', 'zone id', "'%'"],
  ['[::1]', 'no IPv4 or IPv6', '203.0.113.7'],
  ['office.example', 'names are not looked up', '203.0.113.7'],
  ['', 'no IPv4 or IPv6', '203.0.113.7'],
  ['1::2::3', 'no IPv4 or IPv6', '203.0.113.7'],
])('refuses %p, quotes it, and says what to write', (text, reason, hint) => {
  expect(() => parseAddressRange(text)).toThrow(
    expect.objectContaining({
      code: 'address-range-invalid',
      message: expect.stringContaining(`'${text}' is no address range: `) as unknown,
      hint: expect.stringContaining(hint) as unknown,
    }) as Error,
  );
  expect(() => parseAddressRange(text)).toThrow(reason);
});

test('a list names every value that cannot be read at once', () => {
  expect(() => parseAddressRanges(['203.0.113.7', 'x', '10.0.0.1/8'])).toThrow(
    "'x' is no address range: names are not looked up; '10.0.0.1/8' is no address range: it has bits set behind its prefix",
  );
});

test('a long value is cut in the message', () => {
  expect(() => parseAddressRange('9'.repeat(5000))).toThrow(/^.{1,200}$/);
});

test.each([
  ['duplicates', ['10.0.0.1', '10.0.0.1/32', '::ffff:10.0.0.1'], ['10.0.0.1/32']],
  ['overlaps', ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3'], ['10.0.0.0/8']],
  ['neighbours', ['10.0.0.0/25', '10.0.0.128/25'], ['10.0.0.0/24']],
  ['neighbours that make no block', ['10.0.0.1', '10.0.0.2'], ['10.0.0.1/32', '10.0.0.2/32']],
  ['the whole of IPv4', ['128.0.0.0/1', '0.0.0.0/1'], ['0.0.0.0/0']],
  ['the ends of IPv6', ['ffff::/16', '::'], ['::/128', 'ffff::/16']],
  ['families apart, IPv4 first', ['2001:db8::/33', '9.0.0.0/8', '2001:db8:8000::/33'], ['9.0.0.0/8', '2001:db8::/32']],
  ['nothing', [], []],
])('merges %s', (_what, texts, expected) => {
  expect(merged(...texts)).toEqual(expected);
});

test.each([
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::FFFF:CB00:7107', '203.0.113.7'],
  ['2001:0db8::0001', '2001:db8::1'],
  ['::203.0.113.7', '::cb00:7107'],
])('a caller at %s is %s', (text, canonical) => {
  const address = parseAddress(text);
  expect(address && formatAddress(address)).toBe(canonical);
});

test.each(['', 'unix:', '203.0.113.7:443', '203.0.113.7, 10.0.0.1', '1.2.3', '0x7f.0.0.1', 'fe80::1%a%b'])('%p is no caller', (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

test('only a list without IPv6 is warned about, and /0', () => {
  expect(rangeWarnings(parseAddressRanges(['10.0.0.0/8']))).toEqual([expect.stringContaining('denied')]);
  expect(rangeWarnings(parseAddressRanges(['10.0.0.0/8', '2001:db8::/32']))).toEqual([]);
  expect(rangeWarnings(parseAddressRanges(['0.0.0.0/0', '::1']))).toEqual([expect.stringContaining('every address')]);
  expect(rangeWarnings(parseAddressRanges(['0.0.0.0/0']))).toHaveLength(2);
  expect(rangeWarnings([])).toEqual([]);
});

test('a list of 10,000 ranges is read, merged and matched without a pause', () => {
  const texts = Array.from({ length: 10_000 }, (_, i) =>
    i % 2 === 0 ? `10.${i >> 8}.${i & 255}.0/25` : `2001:db8:${i.toString(16)}::/48`,
  );
  const readMs = startProcessorClock();
  const stored = mergeRanges(parseAddressRanges(texts)).map(formatRange);
  expect(readMs()).toBeLessThan(4_000);
  expect(stored).toHaveLength(10_000);
  const matchMs = startProcessorClock();
  for (let i = 0; i < 100; i++) {
    expect(rangesInclude(stored, parseAddress(`2001:db8:${(2 * i + 1).toString(16)}::5`) ?? { family: 4, value: 0n })).toBe(true);
  }
  expect(matchMs()).toBeLessThan(1_000);
});

test('which families a list has', () => {
  const families = (...texts: readonly string[]) => ([4, 6] as const).filter((family) => rangesHaveFamily(merged(...texts), family));
  expect(families()).toEqual([]);
  expect(families('10.0.0.0/8')).toEqual([4]);
  expect(families('::1', '2001:db8::/32')).toEqual([6]);
  expect(families('::1', '10.0.0.0/8')).toEqual([4, 6]);
});

test('a list in another order lets nobody in who is not in it', () => {
  const shuffled = ['10.0.9.0/24', '::1/128', '10.0.1.0/24'];
  for (const text of ['10.0.2.1', '::2', '9.255.255.255']) {
    expect(rangesInclude(shuffled, parseAddress(text) ?? { family: 4, value: 0n })).toBe(false);
  }
});
