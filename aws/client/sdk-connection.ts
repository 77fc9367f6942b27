/**
 * Owns how SDK clients of the command line reach AWS: region, profile, proxy, tries.
 * Credentials are the SDK's own chain (environment, profiles, SSO, web identity, instance roles); nothing here reads any.
 */
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';

export interface AwsPlace {
  readonly region?: string;
  readonly profile?: string;
}

/** What every SDK client takes in its constructor. */
export interface SdkConnection {
  readonly region?: string;
  readonly profile?: string;
  readonly maxAttempts: number;
  readonly requestHandler: NodeHttpHandler;
  /** In the user agent of every call, so that an account's owner finds Slipway's in CloudTrail. */
  readonly userAgentAppId: string;
}

const MOST_ATTEMPTS = 5;
const CONNECT_TIMEOUT_MS = 10_000;
/** A Lambda may take its time; its own limit ends it. */
const ANSWER_TIMEOUT_MS = 15 * 60_000;

/**
 * The SDK reads no proxy from the environment: https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/node-configuring-proxies.html
 * `HTTPS_PROXY` and `NO_PROXY` count as everywhere else, for AWS as a whole; an endpoint of one's own is reached without a proxy.
 */
export function connectSdk({ region, profile }: AwsPlace): SdkConnection {
  const proxy = getProxyForUrl(`https://sts.${region ?? 'us-east-1'}.amazonaws.com/`);
  return {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    maxAttempts: MOST_ATTEMPTS,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: ANSWER_TIMEOUT_MS,
      ...(proxy === '' ? {} : { httpsAgent: new HttpsProxyAgent(proxy) }),
    }),
    userAgentAppId: 'slipway',
  };
}
