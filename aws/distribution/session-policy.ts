/**
 * Owns the text of the policy under which a link is signed. S3 evaluates it when the link is used, against whoever uses it.
 * Pure. Everything is allowed by name and nothing denied: whatever gets lost on the way closes the link, and opens none.
 */
import { formatRange, parseAddressRange } from '../../core/distribution/addresses/address-range';
import { assertAudience, EVERYBODY, type Audience } from '../../core/distribution/addresses/audience';
import { SlipwayError } from '../../core/slipway-error';

/** Of the text. STS packs it as well, and that limit is known to STS alone: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const LONGEST_POLICY = 2048;
/** U+0020 to U+00FF: the pattern of `Policy` on the same page. Tabs and line ends, which it has too, are in none of ours. */
const POLICY_TEXT = /^[\u0020-\u00FF]+$/;

export interface BoundObject {
  /** `aws`, `aws-cn`, `aws-us-gov`: the second part of an ARN. */
  readonly partition: string;
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
}

/**
 * @throws SlipwayError `address-list-too-long`, telling how many ranges fit; `address-range-invalid`; `internal` for a list that is
 *   empty, which is a list that got lost: everybody is asked for by name
 */
export function sessionPolicy(object: BoundObject, audience: Audience): string {
  assertAudience(audience);
  const ranges = shortestOf(audience);
  const policy = policyText(object, ranges);
  if (policy.length > LONGEST_POLICY) throw tooLong(audience.length, rangesThatFit(object, audience));
  if (!POLICY_TEXT.test(policy)) {
    throw new SlipwayError('internal', `the policy of '${object.key}' holds characters that STS refuses`);
  }
  return policy;
}

/** How many ranges, from the first, the text has room for. */
export function rangesThatFit(object: BoundObject, audience: Audience): number {
  const ranges = shortestOf(audience) ?? [];
  const empty = policyText(object, ranges.slice(0, 1)).length - JSON.stringify(ranges.slice(0, 1)).length;
  let length = empty + '[]'.length;
  let fitting = 0;
  for (const range of ranges) {
    length += JSON.stringify(range).length + (fitting === 0 ? 0 : ','.length);
    if (length > LONGEST_POLICY) break;
    fitting += 1;
  }
  return fitting;
}

export function tooLong(count: number, fitting: number): SlipwayError {
  return new SlipwayError('address-list-too-long', `a link cannot be bound to '${count}' address ranges: ${fitting} of them fit`, {
    hint: `name at most ${fitting}, such as one range for neighbours, or make one link for each group of addresses`,
    details: { rangeCount: count, fittingCount: fitting },
  });
}

/**
 * Undefined ranges are everybody. No list of all addresses stands for them: a request through a VPC endpoint has no `aws:SourceIp`, and
 * would be denied. An empty list is written as it is, and no address is in it.
 */
function policyText({ partition, bucket, key, versionId }: BoundObject, ranges: readonly string[] | undefined): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 's3:GetObjectVersion',
        Resource: `arn:${partition}:s3:::${literal(bucket)}/${literal(key)}`,
        Condition: {
          StringEquals: { 's3:VersionId': literal(versionId) },
          Bool: { 'aws:SecureTransport': 'true' },
          ...(ranges === undefined ? {} : { IpAddress: { 'aws:SourceIp': ranges } }),
        },
      },
    ],
  });
}

/** `*`, `?` and `${` stand for others: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars */
function literal(text: string): string {
  return text.replaceAll(/[*?$]/g, (character) => `\${${character}}`);
}

function shortestOf(audience: Audience): readonly string[] | undefined {
  return audience === EVERYBODY ? undefined : audience.map(shortest);
}

/** One address needs no prefix length, and the letters that it saves are room for others. What is no range stops here. */
function shortest(text: string): string {
  const range = parseAddressRange(text);
  return formatRange(range).replace(range.family === 4 ? /\/32$/ : /\/128$/, '');
}
