/** Links under a session of their own: what is assumed, who signs, and how a list that is too long is told. */
import { S3Client } from '@aws-sdk/client-s3';
import { createBoundLinks, type LinkCredentials } from '../../../aws/distribution/bound-links';
import { audienceOf, EVERYBODY } from '../../../core/distribution/addresses/audience';
import { createFakeSdk, sdkError } from '../../fakes/sdk-client';
import { createManualClock } from '../../fakes/manual-clock';

const ROLE = 'arn:aws:iam::111122223333:role/link';
const KEY = 'distributions/0123456789abcdef/fieldkit-windows-x86_64.zip';
const LINK = { key: KEY, versionId: 'v1', file: 'fieldkit-windows-x86_64.zip', expiresInSeconds: 900 };

const NOW_MS = Date.parse('2026-11-21T08:00:00Z');
const sessionUntil = (Expiration: Date) => ({
  Credentials: { AccessKeyId: 'ASIALINK', SecretAccessKey: 's', SessionToken: 't', Expiration },
  AssumedRoleUser: { Arn: 'arn:aws:sts::111122223333:assumed-role/link/slipway-0123456789abcdef' },
});
const session = sessionUntil(new Date('2026-11-21T08:15:00Z'));
const tooLarge = sdkError('PackedPolicyTooLargeException', { message: 'PackedPolicySize exceeds 100 percent' });
const rangesIn = (policy: unknown) => String(policy).match(/\d+\.\d+\.\d+\.\d+/g)?.length ?? 0;

interface World {
  readonly isDualStack?: boolean;
  readonly now?: string;
  readonly role?: string;
}

function linksWith(answer: (policy: string, seconds: number) => unknown = () => session, world: World = {}) {
  const { isDualStack = false, now = '2026-11-21T08:00:00Z', role = ROLE } = world;
  const sts = createFakeSdk((_name, input) => answer(String(input.Policy), Number(input.DurationSeconds)));
  const links = createBoundLinks({
    sts,
    s3For: (credentials: LinkCredentials) =>
      new S3Client({ region: 'eu-central-1', credentials, useDualstackEndpoint: isDualStack, requestChecksumCalculation: 'WHEN_REQUIRED' }),
    linkRoleArn: role,
    bucket: 'artifacts',
    clock: createManualClock(now),
  });
  return { sts, links };
}

const manyRanges = (count: number) => audienceOf({ allowedRanges: Array.from({ length: count }, (_, at) => `203.0.${at}.128/25`) });

test('each link has a session of its own, for its version and its addresses', async () => {
  const { sts, links } = linksWith();
  const { url, expiresAt, signedBy } = await links.sign({ ...LINK, audience: ['203.0.113.0/24'] });
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

test.each([
  ['a redirect of a minute has the shortest session', 60, 900, '60', '2026-11-21T08:01:00.000Z'],
  ['half an hour has a session of its own length', 1800, 1800, '1800', '2026-11-21T08:30:00.000Z'],
  ['an hour is the most that a chained session holds', 3600, 3600, '3600', '2026-11-21T09:00:00.000Z'],
  ['a day is cut to that', 86_400, 3600, '3600', '2026-11-21T09:00:00.000Z'],
])('%s', async (_, expiresInSeconds, sessionSeconds, signedSeconds, end) => {
  const { sts, links } = linksWith((_policy, seconds) => sessionUntil(new Date(NOW_MS + seconds * 1000)));
  const { url, expiresAt } = await links.sign({ ...LINK, audience: EVERYBODY, expiresInSeconds });
  expect(sts.sent[0]?.input.DurationSeconds).toBe(sessionSeconds);
  expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe(signedSeconds);
  expect(expiresAt).toBe(end);
});

describe('a link holds until the first of three ends, and its address says the same:', () => {
  test.each([
    ['STS gives less than was asked for', '2026-11-21T08:20:00Z', 3600, '2026-11-21T08:20:00.000Z'],
    ['STS gives part of a second', '2026-11-21T08:20:00.900Z', 3600, '2026-11-21T08:20:00.000Z'],
    ['the session would hold longer', '2026-11-21T20:00:00Z', 3600, '2026-11-21T09:00:00.000Z'],
    ['less is asked for', '2026-11-21T09:00:00Z', 1200, '2026-11-21T08:20:00.000Z'],
  ])('%s', async (_, expiration, expiresInSeconds, end) => {
    const { links } = linksWith(() => sessionUntil(new Date(expiration)));
    const { url, expiresAt } = await links.sign({ ...LINK, audience: EVERYBODY, expiresInSeconds });
    expect(expiresAt).toBe(end);
    const { searchParams } = new URL(url);
    expect(searchParams.get('X-Amz-Date')).toBe('20261121T080000Z');
    expect(NOW_MS + Number(searchParams.get('X-Amz-Expires')) * 1000).toBe(Date.parse(end));
  });

  test('the signature begins with a whole second, and the end is counted from there', async () => {
    const { links } = linksWith((_policy, seconds) => sessionUntil(new Date(NOW_MS + seconds * 1000)), { now: '2026-11-21T08:00:00.999Z' });
    const { expiresAt } = await links.sign({ ...LINK, audience: EVERYBODY, expiresInSeconds: 3600 });
    expect(expiresAt).toBe('2026-11-21T09:00:00.000Z');
  });

  test.each([
    ['a minute before its end', '2026-11-21T08:01:30.000Z', '60', '2026-11-21T08:01:00.000Z'],
    ['in its last minute', '2026-11-21T08:00:20.000Z', '20', '2026-11-21T08:00:20.000Z'],
    ['between two seconds', '2026-11-21T08:00:20.900Z', '20', '2026-11-21T08:00:20.000Z'],
    ['in its last second', '2026-11-21T08:00:00.300Z', '1', '2026-11-21T08:00:01.000Z'],
    ['that ended while it was signed', '2026-11-21T07:59:59.000Z', '1', '2026-11-21T08:00:01.000Z'],
  ])('a redirect of a link %s', async (_, notAfter, signedSeconds, end) => {
    const { links } = linksWith();
    const { url, expiresAt } = await links.sign({ ...LINK, audience: EVERYBODY, expiresInSeconds: 60, notAfter });
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe(signedSeconds);
    expect(expiresAt).toBe(end);
  });

  test('a session that is over signs nothing', async () => {
    const { links } = linksWith(() => sessionUntil(new Date(NOW_MS)));
    await expect(links.sign({ ...LINK, audience: EVERYBODY })).rejects.toMatchObject({ code: 'service-unavailable' });
  });
});

test.each([[], undefined, null, '', 'everyone', ['']])('a list that got lost, such as %j, is never signed for', async (lost) => {
  const { sts, links } = linksWith();
  await expect(links.sign({ ...LINK, audience: lost as never })).rejects.toMatchObject({ name: 'SlipwayError' });
  await expect(links.measure(lost as never, KEY)).rejects.toThrow();
  expect(sts.sent).toEqual([]);
});

test('with dual-stack, IPv6 reaches it', async () => {
  const { url } = await linksWith(() => session, { isDualStack: true }).links.sign({ ...LINK, audience: ['2001:db8::/48'] });
  expect(new URL(url).hostname).toBe('artifacts.s3.dualstack.eu-central-1.amazonaws.com');
});

test.each(['aws-cn', 'aws-us-gov'])('the policy is of the partition of the role: %s', async (partition) => {
  const { sts, links } = linksWith(() => session, { role: ROLE.replace('aws', partition) });
  await links.sign({ ...LINK, audience: EVERYBODY });
  expect(sts.sent[0]?.input.Policy).toContain(`"arn:${partition}:s3:::artifacts/`);
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
  await expect(links.sign({ ...LINK, audience: ['203.0.113.0/24'] })).rejects.toMatchObject({ code: 'address-list-too-long' });
});

test.each([
  [sdkError('AccessDenied', { status: 403 }), 'access-denied'],
  [sdkError('Throttling'), 'service-unavailable'],
])('%s of STS passes as what it is', async (thrown, code) => {
  const { links } = linksWith(() => thrown);
  const message = expect.stringContaining(`AssumeRole of '${ROLE}'`) as string;
  await expect(links.sign({ ...LINK, audience: EVERYBODY })).rejects.toMatchObject({ code, message });
  await expect(links.measure(EVERYBODY, KEY)).rejects.toMatchObject({ code, message });
});

test('an answer without credentials signs nothing', async () => {
  const { links } = linksWith(() => ({}));
  await expect(links.sign({ ...LINK, audience: EVERYBODY })).rejects.toMatchObject({ code: 'service-unavailable' });
});
