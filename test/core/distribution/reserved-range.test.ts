import { parseAddressRanges } from '../../../core/distribution/address-range';
import { assertRangesAccepted } from '../../../core/distribution/reserved-range';

test.each([
  ['10.1.0.0/16', 'private'],
  ['172.31.0.0/16', 'private'],
  ['192.168.1.7', 'private'],
  ['100.64.0.0/10', 'shared'],
  ['100.127.255.255', 'shared'],
  ['169.254.169.254', 'link-local'],
  ['127.0.0.1', 'loopback'],
  ['::1', 'loopback'],
  ['fd00::/8', 'private'],
  ['fe80::/64', 'link-local'],
  ['::ffff:10.0.0.1', 'private'],
  ['0.0.0.0/0', 'every IPv4 address'],
  ['::/0', 'every IPv6 address'],
])('a public target refuses %s and says why', (text, reason) => {
  expect(() => assertRangesAccepted(parseAddressRanges([text]), 'public')).toThrow(
    expect.objectContaining({ code: 'address-range-refused', message: expect.stringContaining(reason) as unknown }) as Error,
  );
  expect(() => assertRangesAccepted(parseAddressRanges([text]), 'any')).not.toThrow();
});

test('halves that together are everybody are refused too, and each problem is named once', () => {
  expect(() => assertRangesAccepted(parseAddressRanges(['0.0.0.0/1', '128.0.0.0/1', '10.0.0.0/8', '10.0.0.0/8']), 'public')).toThrow(
    /^'10\.0\.0\.0\/8' cannot be used: [^;]*; '0\.0\.0\.0\/0' cannot be used: [^;]*$/,
  );
});

test.each(['203.0.113.0/24', '11.0.0.0/8', '172.32.0.0/16', '100.128.0.0/16', '2001:db8::/32', '8.8.8.8'])('%s is accepted', (text) => {
  expect(() => assertRangesAccepted(parseAddressRanges([text]), 'public')).not.toThrow();
});
