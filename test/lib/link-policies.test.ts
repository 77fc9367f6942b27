/**
 * What a link lets through, as IAM evaluates it: the session policies that the code really sent to STS, for a redirect of the gate and for
 * a direct link, together with the synthesized policy of the link role and the policy of the bucket. Each alone proves little:
 * a session has what all of them allow and none denies.
 */
import { Readable } from 'node:stream';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { S3Client } from '@aws-sdk/client-s3';
import { createBoundLinks, SESSION_SECONDS } from '../../aws/distribution/bound-links';
import { audienceOf } from '../../core/distribution/addresses/audience';
import { distribute } from '../../core/distribution/hand-out/distribute';
import { distributeDirectly } from '../../core/distribution/hand-out/distribute-directly';
import type { DistributeRequest } from '../../core/distribution/distribution-service';
import { storageKey } from '../../core/storage-key';
import { createHandler as createGate } from '../../lambda/handlers/gate';
import { createMemoryArtifactStore } from '../fakes/artifact-store-memory';
import { storeBuild } from '../fakes/distributions';
import { CONTEXT, createLambdaWorld } from '../fakes/lambda';
import { createMemoryLedger } from '../fakes/ledger-memory';
import { createMemoryLinkTokens } from '../fakes/link-tokens-memory';
import { createManualClock, createSeededRandomness } from '../fakes/manual-clock';
import { createFakeSdk } from '../fakes/sdk-client';
import { principalsOf, type PolicyDocument } from './principals';
import { resolverOf } from './resolved-template';
import { ACCOUNT, resourcesOf, synthesize, templateOf } from './synthesized-stage';

const synthesized = synthesize();
const control = templateOf(synthesized, 'Control');
const storage = templateOf(synthesized, 'Storage');
const linkRole = principalsOf(synthesized).find(({ name }) => name === 'link');
const [roleResource] = resourcesOf(control, 'AWS::IAM::Role').filter(({ id }) => id.startsWith('LinkRole'));
const ROLE = `arn:aws:iam::${ACCOUNT}:role/${roleResource?.id ?? ''}`;
const [bucketResource] = resourcesOf(storage, 'AWS::S3::BucketPolicy').filter(({ id }) => id.startsWith('Artifacts'));
const { PolicyDocument: bucketPolicy } = resolverOf(synthesized, storage)(bucketResource?.Properties) as { PolicyDocument: PolicyDocument };
const BUCKET = 'artifacts';
const FILE = 'fieldkit-linux-x86_64.tar.gz';

interface Captured {
  readonly name: string;
  readonly policy: string;
  readonly seconds: number;
  readonly roleArn: string;
  readonly key: string;
  readonly versionId: string;
}

/** Makes a link of each kind by the use-cases themselves, and keeps what STS was asked for. */
async function capture(allowedIps: readonly string[]): Promise<readonly Captured[]> {
  const clock = createManualClock('2026-03-01T00:00:00Z');
  const randomness = createSeededRandomness();
  const sts = createFakeSdk((_name, input) => {
    const Expiration = new Date(clock.nowMs() + Number(input.DurationSeconds) * 1000);
    return { Credentials: { AccessKeyId: 'ASIALINK', SecretAccessKey: 's', SessionToken: 't', Expiration } };
  });
  const s3For = (credentials: object) => new S3Client({ region: 'eu-central-1', credentials: credentials as never });
  const links = createBoundLinks({ sts, s3For, linkRoleArn: ROLE, bucket: BUCKET, clock });
  const ledger = createMemoryLedger();
  const store = createMemoryArtifactStore();
  await storeBuild({ ledger, store });
  const ports = {
    ...{ ledger, store, clock, randomness, tokens: createMemoryLinkTokens() },
    findBuild: async (id: string) => (await ledger.read(storageKey.buildRecord(id)))?.body as never,
    readFile: () => Promise.reject(new Error('no file here')),
    streamOf: (bytes: Uint8Array) => Readable.from([bytes]),
    ownAddresses: () => Promise.resolve([]),
    sign: (link: Parameters<typeof links.sign>[0]) => links.sign(link),
    rangeRule: 'public',
    linkKinds: ['gate', 'direct'],
  } as const;
  const request: DistributeRequest = { from: { build: 'b0000000000000aa' }, expiresHours: 1, allowedIps, link: 'gate', allowSecrets: [] };

  const byGate = await distribute(ports, request);
  const gate = createGate({ ...createLambdaWorld(clock), ledger, randomness, sign: ports.sign });
  const http = { method: 'GET', sourceIp: allowedIps.length === 0 ? '192.0.2.1' : '203.0.113.7' };
  const event = { version: '2.0', rawPath: `/d/${byGate.token}/${FILE}`, rawQueryString: '', headers: { host: 'gate.example' } };
  const { statusCode } = await gate({ ...event, requestContext: { http, domainName: 'gate.example' } }, CONTEXT);
  expect(statusCode).toBe(302);
  const direct = await distributeDirectly(ports, { ...request, link: 'direct' });

  return [byGate.distribution, direct.distribution].map(({ link, distId, files }, at): Captured => {
    const { Policy, DurationSeconds, RoleArn } = sts.sent[at]?.input ?? {};
    return {
      name: link === 'gate' ? 'a redirect of the gate' : 'a direct link',
      policy: String(Policy),
      seconds: Number(DurationSeconds),
      roleArn: String(RoleArn),
      key: storageKey.distributionFile(distId, FILE),
      versionId: files.find(({ file }) => file === FILE)?.versionId ?? '',
    };
  });
}

interface Ask {
  readonly action?: string;
  readonly resource?: string;
  /** Undefined values are left out. */
  readonly context?: Readonly<Record<string, string | undefined>>;
}

/** @param sessionPolicy absent: a session that was assumed without one */
async function isAllowed(sessionPolicy: unknown, { action = 's3:GetObjectVersion', resource, context = {} }: Ask): Promise<boolean> {
  const defaults = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3', 'aws:SourceIp': '203.0.113.7' };
  const asked = Object.entries({ ...defaults, ...context }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:sts::${ACCOUNT}:assumed-role/${roleResource?.id ?? ''}/slipway-0123456789abcdef`,
        action,
        resource: { resource: resource ?? '', accountId: ACCOUNT },
        contextVariables: Object.fromEntries(asked),
      },
      ...(sessionPolicy === undefined ? {} : { sessionPolicy }),
      identityPolicies: (linkRole?.policies ?? []).map((policy, at) => ({ name: `link-${at}`, policy })),
      resourcePolicy: bucketPolicy,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (answer.resultType === 'error') throw new Error(JSON.stringify(answer));
  return answer.resultType === 'single' && answer.overallResult === 'Allowed';
}

const KINDS = [0, 1] as const;
const RANGES = ['203.0.113.0/25', '198.51.100.7', '2001:db8:1::/48'];
let bound: readonly Captured[] = [];
let open: readonly Captured[] = [];
beforeAll(async () => {
  bound = await capture(RANGES);
  open = await capture([]);
});

const arnOf = ({ key }: Captured) => `arn:aws:s3:::${BUCKET}/${key}`;
const parsed = ({ policy }: Captured) => JSON.parse(policy) as PolicyDocument;
/** Asks for the link's own file, but for what is changed. */
const ask = (link: Captured, { context, ...change }: Ask = {}) =>
  isAllowed(parsed(link), { resource: arnOf(link), ...change, context: { 's3:VersionId': link.versionId, ...context } });

describe.each([
  ['a redirect of the gate', 0, SESSION_SECONDS.least],
  ['a direct link', 1, SESSION_SECONDS.most],
] as const)('%s', (name, at, seconds) => {
  const link = () => {
    const found = bound[at];
    if (found?.name !== name) throw new Error(`'${found?.name ?? 'nothing'}' was captured for '${name}'`);
    return found;
  };

  test('is signed by a session of the synthesized role, as long as such a link may hold', () => {
    expect(link()).toMatchObject({ roleArn: ROLE, seconds });
    expect(roleResource?.Properties).toMatchObject({ MaxSessionDuration: SESSION_SECONDS.most });
  });

  test.each([
    ['the first address of a range', '203.0.113.0'],
    ['the last address of a range', '203.0.113.127'],
    ['the one address', '198.51.100.7'],
    ['the first address of IPv6', '2001:db8:1::'],
    ['the last address of IPv6', '2001:db8:1:ffff:ffff:ffff:ffff:ffff'],
  ])('lets through %s', async (_, address) => {
    expect(await ask(link(), { context: { 'aws:SourceIp': address } })).toBe(true);
  });

  test.each([
    ['the address before a range', '203.0.112.255'],
    ['the address after a range', '203.0.113.128'],
    ['the address before the one', '198.51.100.6'],
    ['the address after the one', '198.51.100.8'],
    ['the address of IPv6 before a range', '2001:db8:0:ffff:ffff:ffff:ffff:ffff'],
    ['the address of IPv6 after a range', '2001:db8:2::'],
    ['an address that is not known, as behind a VPC endpoint', undefined],
  ])('stays closed for %s', async (_, address) => {
    expect(await ask(link(), { context: { 'aws:SourceIp': address } })).toBe(false);
  });

  test.each([
    ['without TLS', { context: { 'aws:SecureTransport': 'false' } }],
    ['where nobody knows of TLS', { context: { 'aws:SecureTransport': undefined } }],
    ['with a TLS that is too old', { context: { 's3:TlsVersion': '1.1' } }],
    ['for another version', { context: { 's3:VersionId': 'another' } }],
    ['for no version', { context: { 's3:VersionId': undefined } }],
    ['for the newest version, by an action of its own', { action: 's3:GetObject', context: { 's3:VersionId': undefined } }],
    ['for another file of the distribution', { resource: `arn:aws:s3:::${BUCKET}/distributions/0123456789abcdef/manifest.json` }],
    ['for the same file of another distribution', { resource: `arn:aws:s3:::${BUCKET}/distributions/fedcba9876543210/${FILE}` }],
    ['for what lies outside of distributions', { resource: `arn:aws:s3:::${BUCKET}/links/x.json` }],
  ])('stays closed %s', async (_, change: Ask) => {
    expect(await ask(link(), change)).toBe(false);
  });

  test('stays closed for a longer key, and for the same key of another bucket', async () => {
    expect(await ask(link(), { resource: `${arnOf(link())}.sha256` })).toBe(false);
    expect(await ask(link(), { resource: arnOf(link()).replace(`:::${BUCKET}/`, ':::another/') })).toBe(false);
  });

  test.each([
    's3:GetObject',
    's3:GetObjectAcl',
    's3:GetObjectVersionAcl',
    's3:GetObjectTagging',
    's3:GetObjectVersionTagging',
    's3:GetObjectAttributes',
    's3:GetObjectVersionAttributes',
    's3:PutObject',
    's3:PutObjectAcl',
    's3:PutObjectVersionAcl',
    's3:DeleteObject',
    's3:DeleteObjectVersion',
    's3:RestoreObject',
  ])('permits no %s of its file', async (action) => {
    expect(await ask(link(), { action })).toBe(false);
  });

  test.each(['s3:ListBucket', 's3:ListBucketVersions', 's3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:GetBucketLocation'])(
    'permits no %s',
    async (action) => {
      const context = { 's3:VersionId': undefined, 's3:prefix': 'distributions/' };
      expect(await ask(link(), { action, resource: `arn:aws:s3:::${BUCKET}`, context })).toBe(false);
    },
  );

  test('for everybody lets everybody through, by TLS, to that version alone', async () => {
    const everybody = open[at];
    if (everybody === undefined) throw new Error('nothing was captured');
    expect(parsed(everybody).Statement[0]?.Condition).not.toHaveProperty('IpAddress');
    for (const address of ['192.0.2.1', '2001:db8:ffff::1', undefined])
      expect(await ask(everybody, { context: { 'aws:SourceIp': address } })).toBe(true);
    expect(await ask(everybody, { context: { 'aws:SecureTransport': 'false' } })).toBe(false);
    expect(await ask(everybody, { context: { 's3:VersionId': 'another' } })).toBe(false);
  });
});

describe('a list that got lost on its way', () => {
  /** The generated policy with something else in place of its addresses, or of its whole condition. */
  const withAddresses = (link: Captured, addresses: unknown) => {
    const policy = parsed(link);
    const Statement = policy.Statement.map((statement) => ({
      ...statement,
      Condition: { ...statement.Condition, IpAddress: { 'aws:SourceIp': addresses } },
    }));
    return { ...policy, Statement };
  };

  test.each(KINDS)('closes the link where the policy is left with none (%d)', async (at) => {
    const link = bound[at];
    if (link === undefined) throw new Error('nothing was captured');
    const own = { resource: arnOf(link), context: { 's3:VersionId': link.versionId } };
    expect(await isAllowed(withAddresses(link, RANGES), own)).toBe(true);
    expect(await isAllowed(withAddresses(link, []), own)).toBe(false);
  });

  test.each(KINDS)('closes the link where the statement is lost with it (%d)', async (at) => {
    const link = bound[at];
    if (link === undefined) throw new Error('nothing was captured');
    const own = { resource: arnOf(link), context: { 's3:VersionId': link.versionId } };
    // Nothing is denied by name, so there is no denial to lose.
    expect(parsed(link).Statement.map(({ Effect }) => Effect)).toEqual(['Allow']);
    const other = { Effect: 'Allow', Action: 's3:GetObjectVersion', Resource: `arn:aws:s3:::${BUCKET}/none` };
    expect(await isAllowed({ Version: '2012-10-17', Statement: [other] }, own)).toBe(false);
  });

  test('is no record that stands for everybody: it says so by an empty list, and a record without one is none', () => {
    expect(audienceOf({ allowedRanges: [] })).toBe('everybody');
    expect(() => audienceOf({ allowedRanges: undefined })).toThrow(/lost its list/);
  });
});

describe('the link role by itself, as a session without a policy would have it', () => {
  const context = { 's3:VersionId': 'v1' };

  test('reads versions of copies by TLS, and nothing else', async () => {
    const copy = `arn:aws:s3:::${BUCKET}/distributions/0123456789abcdef/${FILE}`;
    expect(await isAllowed(undefined, { resource: copy, context })).toBe(true);
    expect(await isAllowed(undefined, { resource: copy, context: { ...context, 'aws:SecureTransport': 'false' } })).toBe(false);
    for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:GetObjectVersionAcl'])
      expect([action, await isAllowed(undefined, { action, resource: copy, context })]).toEqual([action, false]);
    expect(await isAllowed(undefined, { action: 's3:ListBucket', resource: `arn:aws:s3:::${BUCKET}` })).toBe(false);
  });

  test.each([
    'records/distributions/x.json',
    'links/x.json',
    'builds/x/f',
    'sources/x.zip',
    'uploads/x',
    'distributions',
    'distributionsx/f',
  ])('does not read %s', async (key) => {
    expect(await isAllowed(undefined, { resource: `arn:aws:s3:::${BUCKET}/${key}`, context })).toBe(false);
  });

  test('is assumed by the roles of gate and distribute, by whole name, and by nobody else', () => {
    const roles = resourcesOf(control, 'AWS::IAM::Role').filter(({ id }) => /^(gate|distribute)Role/.test(id));
    const statements = linkRole?.trust?.Statement ?? [];
    expect(statements).toMatchObject([
      { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: roles.map(({ id }) => `arn:aws:iam::${ACCOUNT}:role/${id}`) } },
    ]);
    expect(JSON.stringify(statements)).not.toContain('*');
  });
});
