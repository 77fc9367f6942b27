import { formatRange, parseAddressRange, parseAddressRanges, rangeWarnings } from '../../../../core/distribution/addresses/address-range';
import { readLinkTerms } from '../../../../core/distribution/hand-out/link-terms';
import { assertRangesAccepted } from '../../../../core/distribution/addresses/reserved-range';

const judge = (...texts: readonly string[]) => assertRangesAccepted(parseAddressRanges(texts), 'public');

test.each([
  ['10.1.0.0/16', 'private'],
  ['172.31.0.0/16', 'private'],
  ['192.168.1.7', 'private'],
  ['100.64.0.0/10', 'shared'],
  ['100.127.255.255', 'shared'],
  ['169.254.169.254', 'link-local'],
  ['127.0.0.1', 'loopback'],
  ['0.0.0.0', 'of this network'],
  ['192.0.0.8', 'protocols'],
  ['198.19.255.0/24', 'benchmarks'],
  ['239.1.2.3', 'multicast'],
  ['255.255.255.255', 'reserved'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['64:ff9b::203.0.113.7', 'translator'],
  ['100::/64', 'discarded'],
  ['2001:2:0:7::/64', 'benchmarks'],
  ['fd00::/8', 'private'],
  ['fe80::/64', 'link-local'],
  ['fec0::/10', 'private'],
  ['ff02::1', 'multicast'],
  ['::ffff:10.0.0.1', 'private'],
  ['4000::/16', 'given to nobody'],
  ['0.0.0.0/0', 'every IPv4 address'],
  ['::/0', 'every IPv6 address'],
])('a public target refuses %s and says why', (text, reason) => {
  expect(() => judge(text)).toThrow(
    expect.objectContaining({
      code: 'address-range-refused',
      message: expect.stringContaining(reason) as unknown,
      hint: expect.stringContaining('public addresses that the callers come from') as unknown,
    }) as Error,
  );
  expect(() => assertRangesAccepted(parseAddressRanges([text]), 'any')).not.toThrow();
});

test.each([
  ['8.0.0.0/5', '10.0.0.0/8', 'private'],
  ['172.0.0.0/8', '172.16.0.0/12', 'private'],
  ['192.0.0.0/8', '192.0.0.0/24', 'kept for protocols'],
  ['100.0.0.0/8', '100.64.0.0/10', 'shared'],
  ['0.0.0.0/1', '0.0.0.0/8', 'of this network'],
  ['128.0.0.0/1', '169.254.0.0/16', 'link-local'],
  ['2000::/3', '2001:2::/48', 'kept for benchmarks'],
])('a public target refuses %s, for %s in it is no address of a caller', (text, inside, what) => {
  expect(() => judge(text)).toThrow(`'${text}' cannot be used: it holds '${inside}', which is ${what}`);
});

test('halves that together are everybody are refused too, and each problem is named once', () => {
  const problems = (...texts: readonly string[]) => {
    try {
      judge(...texts);
      return [];
    } catch (thrown) {
      return (thrown as { details: { ranges: readonly { range: string }[] } }).details.ranges.map(({ range }) => range);
    }
  };
  expect(problems('0.0.0.0/1', '128.0.0.0/1', '10.0.0.0/8', '10.0.0.0/8')).toEqual(['0.0.0.0/1', '128.0.0.0/1', '10.0.0.0/8', '0.0.0.0/0']);
  expect(problems('::/1', '8000::/1')).toContain('::/0');
  // Public neighbours of a private range stay what they are.
  expect(problems('8.0.0.0/7', '11.0.0.0/8', '12.0.0.0/6')).toEqual([]);
});

test.each([
  '203.0.113.0/24',
  '11.0.0.0/8',
  '172.32.0.0/16',
  '100.128.0.0/16',
  '2001:db8::/32',
  '8.8.8.8',
  '2600::/12',
  '2002:cb00:7107::/48',
])('%s is accepted', (text) => {
  expect(() => judge(text)).not.toThrow();
});

test.each([
  ['IPv4 alone where both come', ['203.0.113.0/24'], [4, 6], ['all allowed ranges are IPv4: a caller who comes by IPv6 is denied']],
  ['IPv6 alone where both come', ['2001:db8::/48'], [4, 6], ['all allowed ranges are IPv6: a caller who comes by IPv4 is denied']],
  ['IPv4 alone where nobody comes by IPv6', ['203.0.113.0/24'], [4], []],
  [
    'both where nobody comes by IPv6',
    ['203.0.113.0/24', '2001:db8::/48'],
    [4],
    ['nobody comes by IPv6 here: 2001:db8::/48 lets nobody in'],
  ],
  ['both where both come', ['203.0.113.0/24', '2001:db8::/48'], [4, 6], []],
  ['everybody', [], [4, 6], []],
] as const)('warned about: %s', (_what, texts, families, expected) => {
  const warnings = rangeWarnings(parseAddressRanges(texts), families);
  expect(warnings).toEqual(expected.map((text) => expect.stringContaining(text) as unknown));
});

test('a list that nobody can match is refused where links are reached by IPv4 alone', async () => {
  const terms = (addressFamilies: readonly (4 | 6)[], ...allowedIps: string[]) =>
    readLinkTerms(
      { ownAddresses: () => Promise.resolve([]), rangeRule: 'public', linkKinds: ['gate'], addressFamilies },
      { from: { build: 'latest' }, expiresHours: 1, allowedIps, link: 'gate', allowSecrets: [] },
    );
  await expect(terms([4], '2001:db8::/48', '2001:db8:1::/48')).rejects.toMatchObject({
    code: 'address-range-refused',
    message: "'2001:db8::/47' cannot be used: links of this target are reached by IPv4 alone",
    hint: expect.stringContaining('dualStack: true') as unknown,
  });
  expect((await terms([4, 6], '2001:db8::/48')).allowedRanges).toEqual(['2001:db8::/48']);
  expect((await terms([4])).allowedRanges).toEqual([]);
  expect((await terms([4], '2001:db8::/48', '203.0.113.7')).warnings).toEqual([expect.stringContaining('2001:db8::/48 lets nobody in')]);
});

test('what is refused is refused in every spelling', () => {
  for (const text of ['10.0.0.0/8', '::ffff:10.0.0.0/104', '::FFFF:0A00:0/104']) {
    expect(formatRange(parseAddressRange(text))).toBe('10.0.0.0/8');
    expect(() => judge(text)).toThrow("'10.0.0.0/8' cannot be used: it is private");
  }
});
