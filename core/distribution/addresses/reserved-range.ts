/**
 * Owns the address ranges that never reach a public gate: private, shared, link-local and the like.
 * A target on the internet refuses them; on a LAN they are what one needs.
 */
import { formatRange, isWithin, mergeRanges, parseAddressRange, type AddressRange } from './address-range';
import { SlipwayError } from '../../slipway-error';

/** What a target accepts. `any`: also the addresses of a LAN. `public`: only what the internet routes, and never everybody. */
export type RangeRule = 'any' | 'public';

interface ReservedRange {
  readonly range: AddressRange;
  readonly what: string;
}

/**
 * What IANA's registries say is not reached from the internet, the narrower before the wider that holds it, as of 2025:
 * https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry, and for the last three rows
 * …/ipv6-address-space: callers come from 2000::/3. Documentation ranges stay allowed, because examples use them, and so does what
 * routers may still carry: 6to4 and Teredo.
 */
const RESERVED: readonly ReservedRange[] = [
  ['0.0.0.0/8', 'of this network (RFC 791)'],
  ['10.0.0.0/8', 'private (RFC 1918)'],
  ['100.64.0.0/10', 'shared by the customers of a carrier (RFC 6598)'],
  ['127.0.0.0/8', 'loopback (RFC 1122)'],
  ['169.254.0.0/16', 'link-local (RFC 3927)'],
  ['172.16.0.0/12', 'private (RFC 1918)'],
  ['192.0.0.0/24', 'kept for protocols (RFC 6890)'],
  ['192.168.0.0/16', 'private (RFC 1918)'],
  ['198.18.0.0/15', 'kept for benchmarks (RFC 2544)'],
  ['224.0.0.0/4', 'multicast (RFC 5771)'],
  ['240.0.0.0/4', 'reserved (RFC 1112)'],
  ['::/128', 'the unspecified address (RFC 4291)'],
  ['::1/128', 'loopback (RFC 4291)'],
  ['64:ff9b::/96', 'how a translator writes IPv4 addresses (RFC 6052)'],
  ['64:ff9b:1::/48', 'how a translator writes IPv4 addresses (RFC 8215)'],
  ['100::/64', 'where packets are discarded (RFC 6666)'],
  ['2001:2::/48', 'kept for benchmarks (RFC 5180)'],
  ['2001:10::/28', 'no address of a network (RFC 4843)'],
  ['2001:20::/28', 'no address of a network (RFC 7343)'],
  ['5f00::/16', 'kept for segment routing (RFC 9602)'],
  ['fc00::/7', 'private (RFC 4193)'],
  ['fe80::/10', 'link-local (RFC 4291)'],
  ['fec0::/10', 'private (RFC 3879)'],
  ['ff00::/8', 'multicast (RFC 4291)'],
  ['::/3', 'given to nobody (RFC 4291)'],
  ['4000::/2', 'given to nobody (RFC 4291)'],
  ['8000::/1', 'given to nobody (RFC 4291)'],
].map(([text, what]) => ({ range: parseAddressRange(text ?? ''), what: what ?? '' }));

/**
 * @throws SlipwayError `address-range-refused`, naming every range that the rule does not accept, and why
 */
export function assertRangesAccepted(ranges: readonly AddressRange[], rule: RangeRule): void {
  if (rule === 'any') return;
  const problems = [...ranges, ...mergeRanges(ranges)].flatMap((range) => {
    const reason = whyRefused(range);
    return reason === undefined ? [] : [{ range: formatRange(range), reason }];
  });
  const distinct = problems.filter((problem, index) => problems.findIndex((other) => other.range === problem.range) === index);
  if (distinct.length === 0) return;
  throw new SlipwayError(
    'address-range-refused',
    distinct.map((problem) => `'${problem.range}' cannot be used: ${problem.reason}`).join('; '),
    {
      hint: 'use the public addresses that the callers come from (their NAT gateway or VPN exit); --allowed-ips me is yours',
      details: { ranges: distinct },
    },
  );
}

function whyRefused(range: AddressRange): string | undefined {
  if (range.prefixLength === 0) return `it holds every IPv${range.family} address: leave out --allowed-ips to allow everybody`;
  const around = RESERVED.find((candidate) => isWithin(range, candidate.range));
  if (around !== undefined) return `it is ${around.what}, and a caller on the internet never comes from there`;
  // The rest of it may be meant; what was meant by this part is no address of a caller.
  const inside = RESERVED.find((candidate) => isWithin(candidate.range, range));
  return inside && `it holds '${formatRange(inside.range)}', which is ${inside.what}: write the public ranges beside it alone`;
}
