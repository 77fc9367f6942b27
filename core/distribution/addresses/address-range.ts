/**
 * Owns address ranges: how they are typed, merged, written and matched.
 * Which ranges a target refuses belongs to `reserved-range.ts`; who may fetch what to `gate-decision.ts`.
 */
import ipaddr from 'ipaddr.js';
import { isSlipwayError, SlipwayError } from '../../slipway-error';

export type AddressFamily = 4 | 6;

export interface Address {
  readonly family: AddressFamily;
  readonly value: bigint;
}

/** All addresses that share the first `prefixLength` bits of `first`; the bits after them are zero. */
export interface AddressRange {
  readonly family: AddressFamily;
  readonly first: bigint;
  readonly prefixLength: number;
}

interface Interval {
  readonly first: bigint;
  readonly last: bigint;
}

const WIDTH: Readonly<Record<AddressFamily, number>> = { 4: 32, 6: 128 };

/** `::ffff:0:0/96`: IPv4 addresses in IPv6 spelling, as dual-stack sockets report them (RFC 4291, 2.5.5.2). */
const MAPPED_PREFIX = 0xffffn << 32n;
const MAPPED_PREFIX_LENGTH = 96;

/**
 * Reads the address of a caller. An IPv4-mapped IPv6 address is the IPv4 address; a zone id is dropped,
 * because it names an interface of this machine and not the caller.
 * @returns undefined for anything else
 */
export function parseAddress(text: string): Address | undefined {
  const withoutZone = text.replace(/%[^%]*$/, '');
  const address = readAddress(withoutZone);
  return address === undefined ? undefined : unmapped(address);
}

/**
 * Reads one range as a person types it: an address, or CIDR notation.
 * @throws SlipwayError `address-range-invalid`; with host bits set, the hint says which range was meant
 */
export function parseAddressRange(text: string): AddressRange {
  const typed = text.trim();
  const slash = typed.indexOf('/');
  const addressText = slash < 0 ? typed : typed.slice(0, slash);
  const address = readAddress(addressText);
  if (address === undefined) throw invalid(typed, whyNoAddress(addressText));
  const prefixLength = slash < 0 ? WIDTH[address.family] : readPrefixLength(typed, typed.slice(slash + 1), address.family);
  const first = firstOf(address.value, prefixLength, address.family);
  const range = unmappedRange({ family: address.family, first, prefixLength });
  if (first !== address.value) {
    throw invalid(typed, {
      reason: 'it has bits set behind its prefix',
      hint: `write ${formatRange(range)} for the range, or ${addressText} for the one address`,
    });
  }
  return range;
}

/**
 * Reads a whole list; every value that cannot be read is named at once.
 * @throws SlipwayError `address-range-invalid`
 */
export function parseAddressRanges(texts: readonly string[]): readonly AddressRange[] {
  const ranges: AddressRange[] = [];
  const problems: SlipwayError[] = [];
  for (const text of texts) {
    try {
      ranges.push(parseAddressRange(text));
    } catch (thrown) {
      if (!isSlipwayError(thrown)) throw thrown;
      problems.push(thrown);
    }
  }
  const [first] = problems;
  if (first === undefined) return ranges;
  if (problems.length === 1) throw first;
  throw new SlipwayError('address-range-invalid', problems.map((problem) => problem.message).join('; '), {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    details: { problems: problems.map((problem) => ({ ...problem.details, hint: problem.hint ?? null })) },
  });
}

/** The fewest ranges that hold exactly the same addresses: IPv4 before IPv6, ascending. Never more than came in. */
export function mergeRanges(ranges: readonly AddressRange[]): readonly AddressRange[] {
  return ([4, 6] as const).flatMap((family) => coalesce(ranges, family).flatMap((interval) => cidrsOf(interval, family)));
}

/** CIDR notation with the shortest spelling of the address: `203.0.113.7/32`, `2001:db8::/48`. */
export function formatRange(range: AddressRange): string {
  return `${formatAddress({ family: range.family, value: range.first })}/${range.prefixLength}`;
}

export function formatAddress(address: Address): string {
  const bytes: number[] = [];
  for (let shift = WIDTH[address.family] - 8; shift >= 0; shift -= 8) bytes.push(Number((address.value >> BigInt(shift)) & 0xffn));
  return ipaddr.fromByteArray(bytes).toString();
}

/** Whether every address of `inner` is one of `outer`. */
export function isWithin(inner: AddressRange, outer: AddressRange): boolean {
  return inner.family === outer.family && inner.first >= outer.first && lastOf(inner) <= lastOf(outer);
}

/**
 * Whether one of the ranges holds the address. Reads as few of them as a search needs: a list of 10,000 costs no more than 14.
 * @param sorted as {@link mergeRanges} orders them, in CIDR notation. In another order an address may be missed, never let in
 * @throws SlipwayError `address-range-invalid`
 */
export function rangesInclude(sorted: readonly string[], address: Address): boolean {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = parseAddressRange(sorted[middle] ?? '');
    const isBefore = address.family === range.family ? address.value < range.first : address.family < range.family;
    const isAfter = address.family === range.family ? address.value > lastOf(range) : address.family > range.family;
    if (isBefore) high = middle - 1;
    else if (isAfter) low = middle + 1;
    else return true;
  }
  return false;
}

/** @param sorted as {@link mergeRanges} orders them: IPv4 first */
export function rangesHaveFamily(sorted: readonly string[], family: AddressFamily): boolean {
  const text = family === 4 ? sorted[0] : sorted.at(-1);
  return text !== undefined && parseAddressRange(text).family === family;
}

/**
 * What a person should know about a list that is correct, one sentence each.
 * @param families by which callers can come
 */
export function rangeWarnings(ranges: readonly AddressRange[], families: readonly AddressFamily[] = [4, 6]): readonly string[] {
  if (ranges.length === 0) return [];
  const missing = families.filter((family) => !ranges.some((range) => range.family === family));
  const useless = ranges.filter((range) => !families.includes(range.family));
  return [
    ...(ranges.some((range) => range.prefixLength === 0) ? ['a range ends in /0: every address of its family can download'] : []),
    ...missing.map((family) => {
      const [other, own] = [`IPv${family === 4 ? 6 : 4}`, `IPv${family}`];
      return `all allowed ranges are ${other}: a caller who comes by ${own} is denied; add the ${own} ranges of the same network`;
    }),
    ...(useless.length === 0
      ? []
      : [`nobody comes by IPv${useless[0]?.family ?? 6} here: ${useless.map(formatRange).join(', ')} lets nobody in`]),
  ];
}

/**
 * Strict spelling. `ipaddr.js` 2.5 alone reads octal and hexadecimal parts behind an IPv6 prefix, and takes `::1.2.3.4`
 * for a mapped address: an IPv4 tail is judged and turned into groups before it sees it.
 */
function readAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return toAddress(4, ipaddr.IPv4.parse(text).toByteArray());
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  const tailStart = text.lastIndexOf(':') + 1;
  const tail = text.slice(tailStart);
  if (!tail.includes('.')) return toAddress(6, ipaddr.IPv6.parse(text).toByteArray());
  if (!ipaddr.IPv4.isValidFourPartDecimal(tail)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(tail).toByteArray();
  const groups = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  return toAddress(6, ipaddr.IPv6.parse(text.slice(0, tailStart) + groups).toByteArray());
}

function toAddress(family: AddressFamily, bytes: readonly number[]): Address {
  return { family, value: bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) };
}

function unmapped(address: Address): Address {
  const isMapped = address.family === 6 && address.value >> 32n === MAPPED_PREFIX >> 32n;
  return isMapped ? { family: 4, value: address.value & 0xffff_ffffn } : address;
}

function unmappedRange(range: AddressRange): AddressRange {
  if (range.family === 4 || range.prefixLength < MAPPED_PREFIX_LENGTH) return range;
  const address = unmapped({ family: 6, value: range.first });
  return address.family === 4 ? { family: 4, first: address.value, prefixLength: range.prefixLength - MAPPED_PREFIX_LENGTH } : range;
}

function readPrefixLength(typed: string, text: string, family: AddressFamily): number {
  if (/^(0|[1-9]\d{0,2})$/.test(text) && Number(text) <= WIDTH[family]) return Number(text);
  const mask = ipaddr.IPv4.isValidFourPartDecimal(text) ? ipaddr.IPv4.parse(text).prefixLengthFromSubnetMask() : null;
  const hint =
    mask === null
      ? `write a prefix length from 0 to ${WIDTH[family]} after the slash`
      : `write the mask as a prefix length: ${typed.slice(0, typed.indexOf('/'))}/${mask}`;
  throw invalid(typed, { reason: `'${text}' is no prefix length of IPv${family}`, hint });
}

function whyNoAddress(text: string): { readonly reason: string; readonly hint: string } {
  const hint = 'write an address such as 203.0.113.7 or 2001:db8::7, or a range such as 203.0.113.0/24';
  if (text.includes('%')) return { reason: 'a zone id names an interface of one machine', hint: `leave out '%' and what follows it` };
  if (/^[\d.]+\s*-\s*[\d.]+$/.test(text)) return { reason: 'it is written as from-to', hint: 'write it in CIDR notation: 203.0.113.0/24' };
  if (/^\d[\d.]*\.\*/.test(text)) return { reason: 'it holds a wildcard', hint: 'write it in CIDR notation: 203.0.113.0/24' };
  if (text.includes('.') && /(^|[.:])0\d+(\.|$)/.test(text))
    return { reason: 'a part starts with 0, which some programs read as octal', hint };
  if (/^[a-z][a-z0-9.-]*$/i.test(text) && !text.includes(':')) return { reason: 'names are not looked up', hint };
  return { reason: 'it is no IPv4 or IPv6 address', hint };
}

function invalid(typed: string, why: { readonly reason: string; readonly hint: string }): SlipwayError {
  const shown = typed.length > 80 ? `${typed.slice(0, 80)}…` : typed;
  return new SlipwayError('address-range-invalid', `'${shown}' is no address range: ${why.reason}`, {
    hint: why.hint,
    details: { value: shown },
  });
}

function firstOf(value: bigint, prefixLength: number, family: AddressFamily): bigint {
  const hostBits = BigInt(WIDTH[family] - prefixLength);
  return (value >> hostBits) << hostBits;
}

function lastOf(range: AddressRange): bigint {
  return range.first + (1n << BigInt(WIDTH[range.family] - range.prefixLength)) - 1n;
}

/** Ascending, neither overlapping nor adjacent. */
function coalesce(ranges: readonly AddressRange[], family: AddressFamily): readonly Interval[] {
  const sorted = ranges
    .filter((range) => range.family === family)
    .map((range) => ({ first: range.first, last: lastOf(range) }))
    .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const merged: Interval[] = [];
  for (const interval of sorted) {
    const previous = merged.at(-1);
    if (previous === undefined || interval.first > previous.last + 1n) merged.push(interval);
    else if (interval.last > previous.last) merged[merged.length - 1] = { first: previous.first, last: interval.last };
  }
  return merged;
}

/** The largest aligned blocks from the left: the fewest that fill the interval. */
function cidrsOf(interval: Interval, family: AddressFamily): readonly AddressRange[] {
  const ranges: AddressRange[] = [];
  let first = interval.first;
  while (first <= interval.last) {
    let hostBits = 0;
    while (hostBits < WIDTH[family]) {
      const size = 1n << BigInt(hostBits + 1);
      if (first % size !== 0n || first + size - 1n > interval.last) break;
      hostBits += 1;
    }
    ranges.push({ family, first, prefixLength: WIDTH[family] - hostBits });
    first += 1n << BigInt(hostBits);
  }
  return ranges;
}
