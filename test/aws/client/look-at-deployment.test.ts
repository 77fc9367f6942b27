/** Looking at a deployment from the outside: the first thing that is missing ends it, and nothing is thrown. */
import { credentialSource } from '../../../aws/client/credential-source';
import { lookAtDeployment, type ExaminePorts } from '../../../aws/client/look-at-deployment';
import type { DeploymentConfig } from '../../../core/deployment/deployment-config';
import { SlipwayError } from '../../../core/slipway-error';
import { sdkError } from '../../fakes/sdk-client';

const config = { stage: 'prod' } as DeploymentConfig;
const identity = { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/ada', source: 'somewhere' };
let asked: string[];
const noted =
  <T>(name: string, answer: T | Error) =>
  () => {
    asked.push(name);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };

function portsWith(change: Partial<ExaminePorts> = {}): ExaminePorts {
  let nowMs = 1_000;
  return {
    stage: 'prod',
    clientVersion: '1.0.0',
    clock: { nowMs: () => (nowMs += 50) },
    region: noted('region', 'eu-central-1'),
    identity: noted('identity', identity),
    findDeployment: noted('deployment', config),
    ask: noted('ask', undefined),
    quotas: noted('quotas', []),
    ...change,
  };
}

beforeEach(() => {
  asked = [];
});

test('all of it, one after the other', async () => {
  await expect(lookAtDeployment(portsWith())).resolves.toEqual({
    stage: 'prod',
    clientVersion: '1.0.0',
    region: 'eu-central-1',
    credentials: identity,
    config,
    answerMs: 50,
    quotas: [],
    problems: {},
  });
  expect(asked).toEqual(['region', 'identity', 'deployment', 'ask', 'quotas']);
});

test.each<[string, Partial<ExaminePorts>, string, string, number]>([
  ['no region', { region: () => Promise.reject(new Error('Region is missing')) }, 'region', 'region-missing', 0],
  ['no credentials', { identity: () => Promise.reject(sdkError('CredentialsProviderError')) }, 'credentials', 'credentials-missing', 1],
  [
    'an expired token',
    { identity: () => Promise.reject(sdkError('ExpiredToken', { status: 403 })) },
    'credentials',
    'credentials-expired',
    1,
  ],
  [
    'no deployment',
    { findDeployment: () => Promise.reject(new SlipwayError('deployment-not-found', 'there is no stage')) },
    'deployment',
    'deployment-not-found',
    2,
  ],
  [
    'another version',
    { findDeployment: () => Promise.reject(new SlipwayError('deployment-mismatch', 'not understood')) },
    'deployment',
    'deployment-mismatch',
    2,
  ],
])('%s ends it with its own code', async (_what, change, subject, code, calls) => {
  const { problems } = await lookAtDeployment(portsWith(change));
  expect(problems).toEqual({ [subject]: expect.objectContaining({ code }) as unknown });
  expect(asked).toHaveLength(calls);
});

test('a call that is denied, and quotas that may not be read, keep nothing else from being told', async () => {
  const denied = () => Promise.reject(sdkError('AccessDeniedException', { status: 403 }));
  const facts = await lookAtDeployment(portsWith({ ask: denied, quotas: denied }));
  expect(facts).toMatchObject({ config, problems: { calls: { code: 'access-denied' }, quotas: { code: 'access-denied' } } });
  expect(facts).not.toHaveProperty('answerMs');
});

test.each<[object, string | undefined, string]>([
  [{ $source: { CREDENTIALS_ENV_VARS: 'g' } }, 'release', 'the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'],
  [{ $source: { CREDENTIALS_PROFILE: 'n' } }, undefined, "profile 'default', by its access key"],
  [{ $source: { CREDENTIALS_SSO: 's', CREDENTIALS_PROFILE_SSO: 'r' } }, 'release', "profile 'release', by IAM Identity Center"],
  [
    { $source: { CREDENTIALS_STS_ASSUME_ROLE: 'i', CREDENTIALS_PROFILE_SOURCE_PROFILE: 'o' } },
    'release',
    "profile 'release', by its source_profile",
  ],
  [{ $source: { CREDENTIALS_IMDS: '0' } }, undefined, 'the instance that this runs on'],
  [{}, undefined, 'a source that the SDK does not name'],
])('what the SDK notes on credentials is said in words: %j', (credentials, profile, words) => {
  expect(credentialSource(credentials, profile)).toBe(words);
});
