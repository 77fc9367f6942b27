/** Links under a session of their own: what is assumed, who signs, and how a list that is too long is told. */
import { S3Client } from '@aws-sdk/client-s3';
import { createBoundLinks, type LinkCredentials } from '../../../aws/distribution/bound-links';
import { createFakeSdk, sdkError } from '../../fakes/sdk-client';
import { createManualClock } from '../../fakes/manual-clock';

const ROLE = 'arn:aws:iam::111122223333:role/link';
const KEY = 'distributions/0123456789abcdef/fieldkit-windows-x86_64.zip';
const LINK = { key: KEY, versionId: 'v1', file: 'fieldkit-windows-x86_64.zip', expiresInSeconds: 900 };

const session = {
  Credentials: { AccessKeyId: 'ASIALINK', SecretAccessKey: 's', SessionToken: 't', Expiration: new Date('2026-11-21T08:15:00Z') },
  AssumedRoleUser: { Arn: 'arn:aws:sts::111122223333:assumed-role/link/slipway-0123456789abcdef' },
};
const tooLarge = sdkError('PackedPolicyTooLargeException', { message: 'PackedPolicySize exceeds 100 percent' });
const rangesIn = (policy: unknown) => String(policy).match(/\d+\.\d+\.\d+\.\d+/g)?.length ?? 0;

function linksWith(answer: (policy: string) => unknown = () => session, isDualStack = false) {
  const sts = createFakeSdk((_name, input) => answer(String(input.Policy)));
  const links = createBoundLinks({
    sts,
    s3For: (credentials: LinkCredentials) =>
      new S3Client({ region: 'eu-central-1', credentials, useDualstackEndpoint: isDualStack, requestChecksumCalculation: 'WHEN_REQUIRED' }),
    linkRoleArn: ROLE,
    bucket: 'artifacts',
    clock: createManualClock('2026-11-21T08:00:00Z'),
  });
  return { sts, links };
}

const manyRanges = (count: number) => Array.from({ length: count }, (_, at) => `203.0.${at}.128/25`);

test('each link has a session of its own, for its version and its addresses', async () => {
  const { sts, links } = linksWith();
  const { url, expiresAt, signedBy } = await links.sign({ ...LINK, allowedRanges: ['203.0.113.0/24'] });
  expect(sts.sent).toMatchObject([
    { name: 'AssumeRole', input: { RoleArn: ROLE, RoleSessionName: 'slipway-0123456789abcdef', DurationSeconds: 900 } },
  ]);
  expect(JSON.parse(String(sts.sent[0]?.input.Policy))).toMatchObject({
    Statement: [
      {
        Resource: `arn:aws:s3:::artifacts/${KEY}`,
        Condition: { StringEquals: { 's3:VersionId': 'v1' }, IpAddress: { 'aws:SourceIp': ['203.0.113.0/24'] } },
      },
    ],
  });
  const { hostname, searchParams } = new URL(url);
  expect(hostname).toBe('artifacts.s3.eu-central-1.amazonaws.com');
  expect(searchParams.get('X-Amz-Credential')).toMatch(/^ASIALINK\//);
  expect(searchParams.get('versionId')).toBe('v1');
  expect(searchParams.get('response-content-disposition')).toBe('attachment; filename="fieldkit-windows-x86_64.zip"');
  expect(expiresAt).toBe('2026-11-21T08:15:00.000Z');
  expect(signedBy).toBe(session.AssumedRoleUser.Arn);
});

test('no link outlives its session', async () => {
  const { links } = linksWith();
  const { url, expiresAt } = await links.sign({ ...LINK, allowedRanges: [], expiresInSeconds: 86_400 });
  expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('900');
  expect(expiresAt).toBe('2026-11-21T08:15:00.000Z');
});

test('with dual-stack, IPv6 reaches it', async () => {
  const { url } = await linksWith(() => session, true).links.sign({ ...LINK, allowedRanges: ['2001:db8::/48'] });
  expect(new URL(url).hostname).toBe('artifacts.s3.dualstack.eu-central-1.amazonaws.com');
});

test('a list that fits is proved by one session, with the whole list', async () => {
  const { sts, links } = linksWith();
  await links.measure(manyRanges(70), KEY);
  expect(sts.sent).toHaveLength(1);
  expect(rangesIn(sts.sent[0]?.input.Policy)).toBe(70);
});

test('a text that is too long is refused with the number that STS would take', async () => {
  const { sts, links } = linksWith();
  await expect(links.measure(manyRanges(200), KEY)).rejects.toMatchObject({ code: 'address-list-too-long' });
  const tried = rangesIn(sts.sent[0]?.input.Policy);
  expect(sts.sent).toHaveLength(1);
  await expect(links.measure(manyRanges(200), KEY)).rejects.toMatchObject({ details: { rangeCount: 200, fittingCount: tried } });
  expect(tried).toBeGreaterThan(79);
});

test.each([1, 2, 37, 62, 69])('where STS packs only %d of 70, that is the number', async (most) => {
  const { sts, links } = linksWith((policy) => (rangesIn(policy) > most ? tooLarge : session));
  await expect(links.measure(manyRanges(70), KEY)).rejects.toMatchObject({
    code: 'address-list-too-long',
    details: { rangeCount: 70, fittingCount: most },
    hint: expect.stringContaining(`at most ${most}`) as string,
  });
  expect(sts.sent.length).toBeLessThan(10);
  // An empty list would be a session for everybody.
  expect(sts.sent.every(({ input }) => rangesIn(input.Policy) > 0)).toBe(true);
});

test('a link whose list no longer packs is refused, not opened', async () => {
  const { links } = linksWith(() => tooLarge);
  await expect(links.sign({ ...LINK, allowedRanges: ['203.0.113.0/24'] })).rejects.toMatchObject({ code: 'address-list-too-long' });
});

test.each([
  [sdkError('AccessDenied', { status: 403 }), 'access-denied'],
  [sdkError('Throttling'), 'service-unavailable'],
])('%s of STS passes as what it is', async (thrown, code) => {
  const { links } = linksWith(() => thrown);
  const message = expect.stringContaining(`AssumeRole of '${ROLE}'`) as string;
  await expect(links.sign({ ...LINK, allowedRanges: [] })).rejects.toMatchObject({ code, message });
  await expect(links.measure([], KEY)).rejects.toMatchObject({ code, message });
});

test('an answer without credentials signs nothing', async () => {
  const { links } = linksWith(() => ({}));
  await expect(links.sign({ ...LINK, allowedRanges: [] })).rejects.toMatchObject({ code: 'service-unavailable' });
});
