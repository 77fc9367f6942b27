/** The text of the policy of a link: what it names, how long it may get, and that it never opens more. */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import fc from 'fast-check';
import { LONGEST_POLICY, rangesThatFit, sessionPolicy, type BoundObject } from '../../../aws/distribution/session-policy';
import { audienceOf, EVERYBODY } from '../../../core/distribution/addresses/audience';
import { isSlipwayError } from '../../../core/slipway-error';

const OBJECT: BoundObject = {
  partition: 'aws',
  bucket: 'slipway-prod-artifacts-111122223333',
  key: 'distributions/0123456789abcdef/fieldkit-windows-x86_64.zip',
  versionId: 'uGkXw3Zq7rLtVb0NcYs9HfJmE5aTd2Po',
};

interface Policy {
  readonly Version: string;
  readonly Statement: readonly Readonly<Record<string, unknown>>[];
}
const parsed = (policy: string) => JSON.parse(policy) as Policy;

const ipv4 = fc.tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 1, max: 32 })).map(([value, length]) => {
  const first = length === 32 ? value : Math.floor(value / 2 ** (32 - length)) * 2 ** (32 - length);
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${length}`;
});
const ipv6 = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 })
  .map((groups) => `2001:db8:${groups.map((group) => group.toString(16)).join(':')}::/96`);
const ranges = fc.array(fc.oneof(ipv4, ipv6), { maxLength: 130 });

test('it allows one version of one file, over TLS, from the addresses of the list, and nothing else', () => {
  expect(parsed(sessionPolicy(OBJECT, ['198.51.100.0/24', '203.0.113.7/32', '2001:db8::/48', '2001:db8::7/128']))).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 's3:GetObjectVersion',
        Resource: `arn:aws:s3:::${OBJECT.bucket}/${OBJECT.key}`,
        Condition: {
          StringEquals: { 's3:VersionId': OBJECT.versionId },
          Bool: { 'aws:SecureTransport': 'true' },
          IpAddress: { 'aws:SourceIp': ['198.51.100.0/24', '203.0.113.7', '2001:db8::/48', '2001:db8::7'] },
        },
      },
    ],
  });
});

test('everybody is asked for by name', () => {
  expect(parsed(sessionPolicy(OBJECT, EVERYBODY)).Statement[0]?.Condition).not.toHaveProperty('IpAddress');
});

test.each([[], undefined, null, '', 'Everybody', {}])('a list that got lost, such as %j, is no policy: everybody has a name', (lost) => {
  expect(() => sessionPolicy(OBJECT, lost as never)).toThrow(expect.objectContaining({ code: 'internal' }) as Error);
});

test.each(['', '*', '0.0.0.0/33', '203.0.113.1/24', 'me'])("'%s' in the list stops the link, and is never left out", (text) => {
  expect(() => sessionPolicy(OBJECT, ['203.0.113.7/32', text])).toThrow(
    expect.objectContaining({ code: 'address-range-invalid' }) as Error,
  );
});

test('characters that stand for others are those characters', () => {
  const { Statement } = parsed(sessionPolicy({ ...OBJECT, key: 'distributions/d/a*b?${aws:userid}.zip', versionId: 'v*' }, EVERYBODY));
  expect(Statement[0]?.Resource).toBe(`arn:aws:s3:::${OBJECT.bucket}/distributions/d/a\${*}b\${?}\${$}{aws:userid}.zip`);
  expect(Statement[0]?.Condition).toMatchObject({ StringEquals: { 's3:VersionId': 'v${*}' } });
});

test('other partitions have other names', () => {
  expect(sessionPolicy({ ...OBJECT, partition: 'aws-us-gov' }, EVERYBODY)).toContain('arn:aws-us-gov:s3:::');
});

test('a key with letters that STS refuses is refused here', () => {
  expect(() => sessionPolicy({ ...OBJECT, key: 'distributions/d/Ω.zip' }, EVERYBODY)).toThrow(/characters that STS refuses/);
});

test('whatever the list: it is all there and within the limit, or refused with the number that fits', () => {
  fc.assert(
    fc.property(ranges, (list) => {
      const fitting = rangesThatFit(OBJECT, audienceOf({ allowedRanges: list }));
      try {
        const policy = sessionPolicy(OBJECT, audienceOf({ allowedRanges: list }));
        expect(policy.length).toBeLessThanOrEqual(LONGEST_POLICY);
        expect(policy).toMatch(/^[\x20-\xff]+$/);
        expect(fitting).toBe(list.length);
        const condition = parsed(policy).Statement[0]?.Condition as { IpAddress?: { 'aws:SourceIp': readonly string[] } };
        expect(condition.IpAddress?.['aws:SourceIp'].length ?? 0).toBe(list.length);
      } catch (thrown) {
        if (!isSlipwayError(thrown)) throw thrown;
        expect(thrown).toMatchObject({ code: 'address-list-too-long', details: { rangeCount: list.length, fittingCount: fitting } });
        expect(thrown.message).toContain(`'${list.length}'`);
        expect(sessionPolicy(OBJECT, audienceOf({ allowedRanges: list.slice(0, fitting) })).length).toBeLessThanOrEqual(LONGEST_POLICY);
        expect(() => sessionPolicy(OBJECT, audienceOf({ allowedRanges: list.slice(0, fitting + 1) }))).toThrow();
      }
    }),
    { numRuns: 200 },
  );
});

test('about eighty IPv4 ranges fit, and about sixty of IPv6', () => {
  const fourth = Array.from({ length: 200 }, (_, at) => `203.0.${at}.128/25`);
  const sixth = Array.from({ length: 200 }, (_, at) => `2001:db8:${(0x1000 + at).toString(16)}:a000::/52`);
  expect(rangesThatFit(OBJECT, audienceOf({ allowedRanges: fourth }))).toBeGreaterThan(79);
  expect(rangesThatFit(OBJECT, audienceOf({ allowedRanges: sixth }))).toBeGreaterThan(60);
});

describe('as IAM evaluates it', () => {
  const ARN = `arn:aws:s3:::${OBJECT.bucket}/${OBJECT.key}`;
  const identityPolicy = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:GetObjectVersion', Resource: `arn:aws:s3:::${OBJECT.bucket}/distributions/*` }],
  };
  const asked = {
    action: 's3:GetObjectVersion',
    resource: ARN,
    context: { 's3:VersionId': OBJECT.versionId, 'aws:SecureTransport': 'true', 'aws:SourceIp': '203.0.113.9' } as Record<string, string>,
  };
  const without = (key: string) => Object.fromEntries(Object.entries(asked.context).filter(([name]) => name !== key));

  async function isAllowed(policy: string, { action, resource, context }: typeof asked): Promise<boolean> {
    const answer = await runSimulation(
      {
        request: {
          principal: 'arn:aws:sts::111122223333:assumed-role/link/slipway-0123456789abcdef',
          action,
          resource: { resource, accountId: '111122223333' },
          contextVariables: context,
        },
        sessionPolicy: JSON.parse(policy) as unknown,
        identityPolicies: [{ name: 'link', policy: identityPolicy }],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        resourcePolicy: undefined,
      },
      {},
    );
    if (answer.resultType === 'error') throw new Error(JSON.stringify(answer));
    return answer.overallResult === 'Allowed';
  }

  const bound = sessionPolicy(OBJECT, ['198.51.100.0/24', '203.0.113.0/24']);

  test('the version, from an address of the list, over TLS', async () => {
    expect(await isAllowed(bound, asked)).toBe(true);
    expect(await isAllowed(sessionPolicy(OBJECT, EVERYBODY), { ...asked, context: without('aws:SourceIp') })).toBe(true);
  });

  test.each([
    ['another version', { ...asked, context: { ...asked.context, 's3:VersionId': 'another' } }],
    ['no version', { ...asked, context: without('s3:VersionId') }],
    ['another address', { ...asked, context: { ...asked.context, 'aws:SourceIp': '203.0.114.9' } }],
    ['an address that is not known, as behind a VPC endpoint', { ...asked, context: without('aws:SourceIp') }],
    ['no TLS', { ...asked, context: { ...asked.context, 'aws:SecureTransport': 'false' } }],
    ['another file', { ...asked, resource: ARN.replace('windows', 'linux') }],
    ['another action', { ...asked, action: 's3:GetObject' }],
    ['writing', { ...asked, action: 's3:PutObject' }],
  ])('%s: denied', async (_, request) => {
    expect(await isAllowed(bound, request)).toBe(false);
  });
});
