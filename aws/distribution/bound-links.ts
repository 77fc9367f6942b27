/**
 * Owns links to one version of one file that work for the addresses of a list alone. For each a role is assumed under a policy that
 * names both, and its credentials sign: whoever holds the link holds no more than that.
 */
import type { S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, type AssumeRoleCommandOutput, type STSClient } from '@aws-sdk/client-sts';
import type { Clock } from '../../core/ports/clock';
import { SlipwayError } from '../../core/slipway-error';
import { awsFailure } from '../aws-failure';
import { getVersion, presign } from '../store/presigned-transfers';
import { rangesThatFit, sessionPolicy, tooLong, type BoundObject } from './session-policy';

/** The shortest that AssumeRole gives; a redirect is followed at once. */
export const LINK_SECONDS = 900;

/** As long and as varied as those that S3 gives: what it does to the packed size is what theirs will do. */
const SAMPLE_VERSION_ID = 'uGkXw3Zq7rLtVb0NcYs9HfJmE5aTd2Po';

export interface LinkCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

export interface BoundLinksOptions {
  readonly sts: Pick<STSClient, 'send'>;
  /** A client with these credentials, and with the dual-stack endpoint where the deployment wants it. Makes no call. */
  readonly s3For: (credentials: LinkCredentials) => S3Client;
  readonly linkRoleArn: string;
  readonly bucket: string;
  readonly clock: Clock;
}

export interface BoundLinkRequest {
  readonly key: string;
  readonly versionId: string;
  /** The name that the download gets. */
  readonly file: string;
  /** CIDR notation; empty allows every address. */
  readonly allowedRanges: readonly string[];
  /** At most {@link LINK_SECONDS}; more is cut. */
  readonly expiresInSeconds: number;
}

export interface BoundLink {
  readonly url: string;
  readonly expiresAt: string;
  /** The session, as access logs and CloudTrail name who fetched. */
  readonly signedBy: string;
}

export interface BoundLinks {
  /** @throws SlipwayError `address-list-too-long`, or what STS says */
  sign(request: BoundLinkRequest): Promise<BoundLink>;
  /**
   * Proves by a session that is really made that a link to `key` can be bound to these ranges.
   * @throws SlipwayError `address-list-too-long`, telling how many of them fit
   */
  measure(allowedRanges: readonly string[], key: string): Promise<void>;
}

export function createBoundLinks(options: BoundLinksOptions): BoundLinks {
  const { bucket, clock, linkRoleArn } = options;
  const partition = linkRoleArn.split(':')[1] ?? 'aws';
  return {
    async sign({ key, versionId, file, allowedRanges, expiresInSeconds }) {
      const policy = sessionPolicy({ partition, bucket, key, versionId }, allowedRanges);
      const { credentials, signedBy } = await assume(options, key, policy).catch((thrown: unknown) => {
        throw failureOf(thrown, options);
      });
      const signed = await presign(
        { client: options.s3For(credentials), bucket, clock },
        { command: getVersion({ bucket, key, versionId, file }), key, expiresInSeconds: Math.min(expiresInSeconds, LINK_SECONDS) },
      );
      return { ...signed, signedBy };
    },
    async measure(allowedRanges, key) {
      const object: BoundObject = { partition, bucket, key, versionId: SAMPLE_VERSION_ID };
      const fitting = rangesThatFit(object, allowedRanges);
      if (fitting < allowedRanges.length)
        throw tooLong(allowedRanges.length, await rangesThatPack(options, object, allowedRanges, fitting));
      if (await packs(options, object, allowedRanges)) return;
      throw tooLong(allowedRanges.length, await rangesThatPack(options, object, allowedRanges, fitting - 1));
    },
  };
}

/** The most, from the first, that STS takes; at most `most`. Each step halves what is open: eight calls for a hundred ranges. */
async function rangesThatPack(options: BoundLinksOptions, object: BoundObject, ranges: readonly string[], most: number): Promise<number> {
  // With the text as the limit one call tells.
  if (most > 0 && (await packs(options, object, ranges.slice(0, most)))) return most;
  let [fits, isTooMany] = [0, Math.max(most, 0)];
  while (isTooMany - fits > 1) {
    const middle = (fits + isTooMany) >> 1;
    if (await packs(options, object, ranges.slice(0, middle))) fits = middle;
    else isTooMany = middle;
  }
  return fits;
}

/** Whether STS makes a session of it. An empty list is never tried in place of one: it would allow everybody. */
async function packs(options: BoundLinksOptions, object: BoundObject, ranges: readonly string[]): Promise<boolean> {
  try {
    await assume(options, object.key, sessionPolicy(object, ranges));
    return true;
  } catch (thrown) {
    if (isPackedTooLarge(thrown)) return false;
    throw failureOf(thrown, options);
  }
}

interface Session {
  readonly credentials: LinkCredentials;
  readonly signedBy: string;
}

async function assume({ sts, linkRoleArn }: BoundLinksOptions, key: string, policy: string): Promise<Session> {
  const RoleSessionName = sessionName(key);
  const command = new AssumeRoleCommand({ RoleArn: linkRoleArn, RoleSessionName, Policy: policy, DurationSeconds: LINK_SECONDS });
  const { Credentials, AssumedRoleUser }: AssumeRoleCommandOutput = await sts.send(command);
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined || Expiration === undefined) {
    throw new SlipwayError('service-unavailable', `STS answered AssumeRole of '${linkRoleArn}' without credentials`, {
      hint: 'run the command again',
    });
  }
  return {
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken, expiration: Expiration },
    signedBy: AssumedRoleUser?.Arn ?? `${linkRoleArn}/${RoleSessionName}`,
  };
}

/** `distributions/<distId>/<file>`: the distribution is what an access log should tell. 2 to 64 of [\w+=,.@-]. */
function sessionName(key: string): string {
  return `slipway-${key.split('/')[1] ?? 'link'}`.replaceAll(/[^\w+=,.@-]/g, '-').slice(0, 64);
}

/** `PackedPolicyTooLarge`: the packed form of policy and tags exceeds its limit, which AWS tells as a share alone. */
function isPackedTooLarge(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown && String(thrown.name).startsWith('PackedPolicyTooLarge');
}

function failureOf(thrown: unknown, { linkRoleArn }: BoundLinksOptions): SlipwayError {
  if (isPackedTooLarge(thrown)) {
    return new SlipwayError('address-list-too-long', 'the list of address ranges no longer fits into a link', {
      hint: 'run slipway distribute again with fewer of --allowed-ips',
      cause: thrown,
    });
  }
  return awsFailure(thrown, { service: 'STS', operation: `AssumeRole of '${linkRoleArn}'` });
}
