/**
 * Owns links to one version of one file that work for the addresses of a list alone. For each a role is assumed under a policy that
 * names both, and its credentials sign: whoever holds the link holds no more than that.
 */
import type { S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, type AssumeRoleCommandOutput, type STSClient } from '@aws-sdk/client-sts';
import { EVERYBODY, type Audience } from '../../core/distribution/addresses/audience';
import type { SignedLink } from '../../core/distribution/hand-out/distribute-directly';
import type { Clock } from '../../core/ports/clock';
import { SlipwayError } from '../../core/slipway-error';
import { awsFailure } from '../aws-failure';
import { getVersion, presign } from '../store/presigned-transfers';
import { rangesThatFit, sessionPolicy, tooLong, type BoundObject } from './session-policy';

/**
 * How long a session may be. Not longer than an hour, for a Lambda that assumes a role chains it: "if you assume a role using role
 * chaining and provide a DurationSeconds parameter value greater than one hour, the operation fails"; nor than the role's own
 * MaxSessionDuration, which is an hour at least: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export const SESSION_SECONDS = { least: 900, most: 3600 } as const;

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
  readonly audience: Audience;
  /** What no session holds is cut. */
  readonly expiresInSeconds: number;
  /** The end of what the link is part of, when that comes first. A second is the least that S3 takes, and then holds beyond it. */
  readonly notAfter?: string;
}

export interface BoundLinks {
  /** @throws SlipwayError `address-list-too-long`, or what STS says */
  sign(request: BoundLinkRequest): Promise<SignedLink>;
  /**
   * Proves by a session that is really made that a link to `key` can be bound to these addresses.
   * @throws SlipwayError `address-list-too-long`, telling how many of them fit
   */
  measure(audience: Audience, key: string): Promise<void>;
}

export function createBoundLinks(options: BoundLinksOptions): BoundLinks {
  const { bucket, clock, linkRoleArn } = options;
  const partition = linkRoleArn.split(':')[1] ?? 'aws';
  return {
    async sign({ key, versionId, file, audience, expiresInSeconds, notAfter }) {
      const policy = sessionPolicy({ partition, bucket, key, versionId }, audience);
      const { credentials, signedBy } = await session(options, key, policy, expiresInSeconds);
      // "If you created a presigned URL using a temporary token, then the URL expires when the token expires":
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html. So the address does not say more than that.
      const mostSeconds = notAfter === undefined ? expiresInSeconds : Math.max(1, secondsUntil(Date.parse(notAfter), clock));
      const seconds = Math.min(expiresInSeconds, mostSeconds, secondsUntil(credentials.expiration.getTime(), clock));
      if (seconds < 1) {
        throw new SlipwayError('service-unavailable', `STS gave a session of '${linkRoleArn}' that is over already`, {
          hint: 'run the command again',
        });
      }
      const signed = await presign(
        { client: options.s3For(credentials), bucket, clock },
        { command: getVersion({ bucket, key, versionId, file }), key, expiresInSeconds: seconds },
      );
      return { ...signed, signedBy };
    },
    async measure(audience, key) {
      const object: BoundObject = { partition, bucket, key, versionId: SAMPLE_VERSION_ID };
      if (audience === EVERYBODY) {
        await session(options, key, sessionPolicy(object, audience));
        return;
      }
      const fitting = rangesThatFit(object, audience);
      if (fitting < audience.length) throw tooLong(audience.length, await rangesThatPack(options, object, audience, fitting));
      if (await packs(options, object, audience)) return;
      throw tooLong(audience.length, await rangesThatPack(options, object, audience, fitting - 1));
    },
  };
}

/** From the whole second at which the signature begins. */
function secondsUntil(endMs: number, clock: Clock): number {
  return Math.floor(endMs / 1000) - Math.floor(clock.nowMs() / 1000);
}

/** The most, from the first, that STS takes; at most `most`. Each step halves what is open: eight calls for a hundred ranges. */
async function rangesThatPack(options: BoundLinksOptions, object: BoundObject, ranges: readonly string[], most: number): Promise<number> {
  // With the text as the limit one call tells.
  if (most > 0 && (await packs(options, object, firstOf(ranges, most)))) return most;
  let [fits, isTooMany] = [0, Math.max(most, 0)];
  while (isTooMany - fits > 1) {
    const middle = (fits + isTooMany) >> 1;
    if (await packs(options, object, firstOf(ranges, middle))) fits = middle;
    else isTooMany = middle;
  }
  return fits;
}

/** An empty list is never tried in place of one: it is no audience. */
function firstOf(ranges: readonly string[], count: number): Audience {
  const [first, ...others] = ranges.slice(0, count);
  if (first === undefined) throw new RangeError('a list without ranges is measured');
  return [first, ...others];
}

/** Whether STS makes a session of it. */
async function packs(options: BoundLinksOptions, object: BoundObject, audience: Audience): Promise<boolean> {
  try {
    await assume(options, object.key, sessionPolicy(object, audience), SESSION_SECONDS.least);
    return true;
  } catch (thrown) {
    if (isPackedTooLarge(thrown)) return false;
    throw failureOf(thrown, options);
  }
}

interface Session {
  readonly credentials: LinkCredentials;
  /** As access logs and CloudTrail name who fetched. */
  readonly signedBy: string;
}

/** @param seconds what it should hold; the session is as long as that where one can be */
async function session(options: BoundLinksOptions, key: string, policy: string, seconds = 0): Promise<Session> {
  const { least, most } = SESSION_SECONDS;
  try {
    return await assume(options, key, policy, Math.min(Math.max(seconds, least), most));
  } catch (thrown) {
    throw failureOf(thrown, options);
  }
}

async function assume({ sts, linkRoleArn }: BoundLinksOptions, key: string, policy: string, seconds: number): Promise<Session> {
  const RoleSessionName = sessionName(key);
  const command = new AssumeRoleCommand({ RoleArn: linkRoleArn, RoleSessionName, Policy: policy, DurationSeconds: seconds });
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
