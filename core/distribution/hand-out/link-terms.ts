/**
 * Owns what may be asked of a link: its kind, how long it holds, how often and from where it is used. What no link can keep is refused
 * here, before anything is copied, with the limit and what does keep it. Handing out belongs to `distribute.ts`.
 */
import {
  formatRange,
  mergeRanges,
  parseAddressRanges,
  rangeWarnings,
  type AddressFamily,
  type AddressRange,
} from '../addresses/address-range';
import { audienceOf, type Audience } from '../addresses/audience';
import { EXPIRES_HOURS, MOST_DOWNLOADS } from '../distribution';
import type { DistributeRequest } from '../distribution-service';
import { assertRangesAccepted, type RangeRule } from '../addresses/reserved-range';
import { SlipwayError } from '../../slipway-error';

/**
 * A direct link lives as long as the session that signed it, and the function that signs has a session itself: "Role chaining limits
 * your … role session to a maximum of one hour." https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export const MOST_DIRECT_HOURS = 1;

export interface LinkTermsPorts {
  /** What `me` stands for. */
  ownAddresses(): Promise<readonly string[]>;
  readonly rangeRule: RangeRule;
  /** By which callers can reach a link. Default: both. */
  readonly addressFamilies?: readonly AddressFamily[];
  readonly linkKinds: readonly DistributeRequest['link'][];
}

export interface LinkTerms {
  /** CIDR notation, merged and sorted. Empty: every address. */
  readonly allowedRanges: readonly string[];
  /** The same, with everybody by name. */
  readonly audience: Audience;
  readonly warnings: readonly string[];
}

/** Hours that a link of this kind holds where nobody says how many. */
export function usualHours(link: DistributeRequest['link']): number {
  return link === 'direct' ? MOST_DIRECT_HOURS : EXPIRES_HOURS.usual;
}

/**
 * @throws SlipwayError `link-kind-unavailable`, `expiry-out-of-range`, `direct-link-too-long`, `max-downloads-out-of-range`,
 *   `downloads-not-counted`, `address-range-invalid`, `address-range-refused`
 */
export async function readLinkTerms(ports: LinkTermsPorts, request: DistributeRequest): Promise<LinkTerms> {
  assertKind(ports, request);
  assertHours(request);
  assertCount(request);
  const ranges = parseAddressRanges(await readAddresses(ports, request.allowedIps));
  assertRangesAccepted(ranges, ports.rangeRule);
  const merged = mergeRanges(ranges);
  assertReachable(merged, ports.addressFamilies);
  const allowedRanges = merged.map(formatRange);
  return { allowedRanges, audience: audienceOf({ allowedRanges }), warnings: rangeWarnings(merged, ports.addressFamilies) };
}

/** A list of which no range can ever match is a mistake, and no link for nobody. */
function assertReachable(ranges: readonly AddressRange[], families: readonly AddressFamily[] | undefined): void {
  if (families === undefined || ranges.length === 0 || ranges.some((range) => families.includes(range.family))) return;
  const [family, other] = families.includes(4) ? [4, 6] : [6, 4];
  throw new SlipwayError(
    'address-range-refused',
    `'${ranges.map(formatRange).join(',')}' cannot be used: links of this target are reached by IPv${family} alone`,
    {
      hint: `name the IPv${family} addresses that the callers come from, or deploy with dualStack: true for both`,
      details: { ranges: ranges.map((range) => ({ range: formatRange(range), reason: `it is IPv${other}` })) },
    },
  );
}

function assertKind({ linkKinds }: LinkTermsPorts, { link }: DistributeRequest): void {
  if (linkKinds.includes(link)) return;
  const why = link === 'direct' ? ': they lead straight to S3, and here is none' : '';
  const elsewhere = link === 'direct' ? '; --target aws makes direct ones' : '';
  throw new SlipwayError('link-kind-unavailable', `this target makes no '${link}' links${why}`, {
    hint: `use --link ${linkKinds.join(' or --link ')}: it holds up to ${EXPIRES_HOURS.most} hours and can be revoked${elsewhere}`,
    details: { link, linkKinds },
  });
}

function assertHours({ link, expiresHours }: DistributeRequest): void {
  const { least, most } = EXPIRES_HOURS;
  if (!Number.isInteger(expiresHours) || expiresHours < least || expiresHours > most) {
    throw new SlipwayError('expiry-out-of-range', `a link cannot hold '${expiresHours}' hours`, {
      hint: `use --expires-hours with whole hours from ${least} to ${most}`,
    });
  }
  if (link !== 'direct' || expiresHours <= MOST_DIRECT_HOURS) return;
  throw new SlipwayError(
    'direct-link-too-long',
    `a direct link cannot hold '${expiresHours}' hours: the session that signs it ends after ${MOST_DIRECT_HOURS}`,
    {
      hint: `use --link gate, which holds up to ${most} hours, or --expires-hours ${MOST_DIRECT_HOURS}`,
      details: { askedHours: expiresHours, mostHours: MOST_DIRECT_HOURS, otherLink: 'gate', mostHoursOfOther: most },
    },
  );
}

function assertCount({ link, maxDownloads }: DistributeRequest): void {
  if (maxDownloads === undefined) return;
  if (!Number.isInteger(maxDownloads) || maxDownloads < 1 || maxDownloads > MOST_DOWNLOADS) {
    throw new SlipwayError('max-downloads-out-of-range', `a link cannot permit '${maxDownloads}' downloads`, {
      hint: `use --max-downloads with a number from 1 to ${MOST_DOWNLOADS}, or leave it out`,
    });
  }
  if (link !== 'direct') return;
  throw new SlipwayError('downloads-not-counted', `a direct link cannot end after '${maxDownloads}' downloads: nobody counts them`, {
    hint: 'use --link gate, which counts each download, or leave out --max-downloads',
    details: { otherLink: 'gate' },
  });
}

/** As typed, with `me` spelled out. A list that was given and comes to nothing is a mistake, and never everybody. */
async function readAddresses(ports: LinkTermsPorts, allowedIps: readonly string[]): Promise<readonly string[]> {
  const typed = allowedIps.map((text) => text.trim()).filter((text) => text !== '');
  const own = typed.includes('me') ? await ports.ownAddresses() : [];
  const addresses = [...typed.filter((text) => text !== 'me'), ...own];
  const isMeLost = typed.includes('me') && own.length === 0;
  if (!isMeLost && (addresses.length > 0 || allowedIps.length === 0)) return addresses;
  if (isMeLost)
    throw new SlipwayError('address-range-invalid', "'me' is no address: this machine's own could not be found out", {
      hint: 'name the address by which you reach the internet with --allowed-ips',
      details: { value: 'me' },
    });
  throw new SlipwayError('address-range-invalid', `the list of allowed addresses names nobody: '${allowedIps.join(',')}'`, {
    hint: 'name at least one address, or leave out --allowed-ips (in slipway.yaml: allowed-ips) to allow everybody',
    details: { value: allowedIps.join(',') },
  });
}
