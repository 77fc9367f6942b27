/**
 * Owns the address ranges that never reach a public gate: private, shared, link-local and the like.
 * A target on the internet refuses them; on a LAN they are what one needs.
 */
import { formatRange, isWithin, mergeRanges, parseAddressRange, type AddressRange } from './address-range';
import { SlipwayError } from '../slipway-error';

/** What a target accepts. `any`: also the addresses of a LAN. `public`: only what the internet routes, and never everybody. */
export type RangeRule = 'any' | 'public';

interface ReservedRange {
  readonly range: AddressRange;
  readonly what: string;
}

/** IANA's special-purpose address registries, as of 2025; documentation ranges stay allowed, examples use them. */
const RESERVED: readonly ReservedRange[] = [
  ['0.0.0.0/8', 'an address of this network (RFC 791)'],
  ['10.0.0.0/8', 'private (RFC 1918)'],
  ['100.64.0.0/10', 'shared by a carrier (RFC 6598)'],
  ['127.0.0.0/8', 'loopback (RFC 1122)'],
  ['169.254.0.0/16', 'link-local (RFC 3927)'],
  ['172.16.0.0/12', 'private (RFC 1918)'],
  ['192.168.0.0/16', 'private (RFC 1918)'],
  ['224.0.0.0/4', 'multicast (RFC 5771)'],
  ['240.0.0.0/4', 'reserved (RFC 1112)'],
  ['::/128', 'the unspecified address (RFC 4291)'],
  ['::1/128', 'loopback (RFC 4291)'],
  ['fc00::/7', 'private (RFC 4193)'],
  ['fe80::/10', 'link-local (RFC 4291)'],
  ['ff00::/8', 'multicast (RFC 4291)'],
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
  const reserved = RESERVED.find((candidate) => isWithin(range, candidate.range));
  return reserved === undefined ? undefined : `it is ${reserved.what}, and a caller on the internet never comes from there`;
}
