/** What is kept, and how: everything about the buckets that an emulator drops without a word, so that the template has to say it. */
import { storageKey } from '../../core/storage-key';
import { resolverOf } from './resolved-template';
import { ACCOUNT, resourcesOf, synthesize, templateOf, type Resource } from './synthesized-stage';

const PRIVATE = {
  BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
  OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
};

interface Rule {
  readonly Id: string;
  readonly Status: string;
  readonly Prefix?: string;
  readonly ExpirationInDays?: number;
}

function storageOf(settings: unknown = {}) {
  const synthesized = synthesize([settings]);
  const template = templateOf(synthesized, 'Storage');
  const resolve = resolverOf(synthesized, template);
  const bucket = (name: 'Artifacts' | 'AccessLogs'): Resource => {
    const [found, ...others] = resourcesOf(template, 'AWS::S3::Bucket').filter(({ id }) => id.startsWith(name));
    if (found === undefined || others.length > 0) throw new Error(`there is not exactly one bucket '${name}'`);
    return found;
  };
  const rulesOf = (name: 'Artifacts' | 'AccessLogs') =>
    (bucket(name).Properties?.LifecycleConfiguration as { readonly Rules: readonly Rule[] }).Rules;
  const statementsOf = (name: 'Artifacts' | 'AccessLogs') => {
    const [policy] = resourcesOf(template, 'AWS::S3::BucketPolicy').filter(({ id }) => id.startsWith(name));
    return (resolve(policy?.Properties) as { PolicyDocument: { Statement: readonly Readonly<Record<string, unknown>>[] } }).PolicyDocument
      .Statement;
  };
  return { template, bucket, rulesOf, statementsOf };
}

const storage = storageOf();

test('there are two buckets, both private, encrypted, and owned by the account whoever writes', () => {
  expect(resourcesOf(storage.template, 'AWS::S3::Bucket')).toHaveLength(2);
  for (const name of ['Artifacts', 'AccessLogs'] as const) expect(storage.bucket(name).Properties).toMatchObject(PRIVATE);
});

test.each(['Artifacts', 'AccessLogs'] as const)('%s has no ACL and no name of its own', (name) => {
  expect(Object.keys(storage.bucket(name).Properties ?? {})).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(AccessControl|BucketName)$/)]),
  );
});

test.each([
  ['Artifacts', 'artifacts'],
  ['AccessLogs', 'access-logs'],
] as const)('%s denies everything to whoever comes without TLS', (name, bucket) => {
  const arn = `arn:aws:s3:::${bucket}`;
  expect(storage.statementsOf(name)).toContainEqual({
    Effect: 'Deny',
    Action: 's3:*',
    Principal: { AWS: '*' },
    Resource: [arn, `${arn}/*`],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  });
});

test('artifacts are versioned, and watched by TLS 1.2 at least', () => {
  expect(storage.bucket('Artifacts').Properties).toMatchObject({ VersioningConfiguration: { Status: 'Enabled' } });
  expect(storage.statementsOf('Artifacts')).toContainEqual(
    expect.objectContaining({ Effect: 'Deny', Action: 's3:*', Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } }),
  );
});

test('nobody but the log delivery of this bucket and account may write access logs', () => {
  expect(storage.bucket('Artifacts').Properties?.LoggingConfiguration).toMatchObject({ LogFilePrefix: 'artifacts/' });
  const allowed = storage.statementsOf('AccessLogs').filter(({ Effect }) => Effect === 'Allow');
  expect(allowed).toEqual([
    {
      Effect: 'Allow',
      Action: 's3:PutObject',
      Principal: { Service: 'logging.s3.amazonaws.com' },
      Resource: 'arn:aws:s3:::access-logs/artifacts/*',
      Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::artifacts' }, StringEquals: { 'aws:SourceAccount': ACCOUNT } },
    },
  ]);
  expect(storage.statementsOf('Artifacts').filter(({ Effect }) => Effect === 'Allow')).toEqual([]);
});

describe('what lies under which prefix goes after', () => {
  const daysOf = (of = storage) =>
    Object.fromEntries(
      of.rulesOf('Artifacts').flatMap(({ Prefix, ExpirationInDays }) => (Prefix === undefined ? [] : [[Prefix, ExpirationInDays]])),
    );

  test('the days that the defaults say', () => {
    expect(daysOf()).toEqual({
      'sources/': 90,
      'jobs/': 7,
      'staging/': 7,
      'uploads/': 7,
      'builds/': 180,
      'distributions/': 14,
      'resumes/': 1,
      'cache/': 30,
    });
  });

  test('the days that the settings say', () => {
    const days = daysOf(storageOf({ retentionDays: { sources: 30, staging: 3, builds: 365, distributions: 8 } }));
    expect(days).toMatchObject({ 'sources/': 30, 'jobs/': 3, 'staging/': 3, 'uploads/': 3, 'builds/': 365, 'distributions/': 8 });
  });

  test('never: records, links, grants, pointers and indexes', () => {
    const prefixes = Object.keys(daysOf());
    const { buildRecord, distributionRecord, link, grant, pointer, buildIndex, openBuild, buildRequest, endNotice } = storageKey;
    const kept = [buildRecord('b'), distributionRecord('d'), link('t'), grant('d', 'g'), pointer('n'), buildIndex(0, 'b'), openBuild('b')];
    for (const key of [...kept, buildRequest('b'), endNotice('b')]) expect(prefixes.filter((prefix) => key.startsWith(prefix))).toEqual([]);
  });

  test('every prefix that expires is one that something is stored under', () => {
    const { source, wrappedSource, jobPackage, stagingPrefix, upload, buildFile, buildManifest, distributionFile, resume, reusableResult } =
      storageKey;
    const expiring = [
      source('s'),
      wrappedSource('s'),
      jobPackage('b', 'linux-x86_64', 1),
      stagingPrefix('b', 'linux-x86_64', 'n'),
      upload('s'),
    ];
    const keys = [
      ...expiring,
      buildFile('b', 'linux-x86_64', 'f'),
      buildManifest('b'),
      distributionFile('d', 'f'),
      resume('d', 'f', '203.0.113.7'),
      reusableResult('n', 'k'),
    ];
    const used = keys.map((key) => `${key.split('/')[0] ?? ''}/`);
    expect([...new Set(used)].sort()).toEqual(Object.keys(daysOf()).sort());
  });

  test('earlier versions, lone delete markers and broken uploads, everywhere', () => {
    const everywhere = storageOf({ retentionDays: { noncurrent: 5 } })
      .rulesOf('Artifacts')
      .filter(({ Prefix }) => Prefix === undefined);
    expect(everywhere).toEqual([
      { Id: 'earlier-versions', Status: 'Enabled', NoncurrentVersionExpiration: { NoncurrentDays: 5 }, ExpiredObjectDeleteMarker: true },
      { Id: 'broken-uploads', Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    ]);
  });

  test('every rule is in force', () => {
    for (const name of ['Artifacts', 'AccessLogs'] as const) for (const { Status } of storage.rulesOf(name)) expect(Status).toBe('Enabled');
  });

  test('a year, of access logs, or what the settings say', () => {
    expect(storage.rulesOf('AccessLogs')).toContainEqual({ Id: 'logs', Status: 'Enabled', ExpirationInDays: 365 });
    const own = storageOf({ retentionDays: { accessLogs: 30 } });
    expect(own.rulesOf('AccessLogs')).toContainEqual({ Id: 'logs', Status: 'Enabled', ExpirationInDays: 30 });
  });
});

describe('when the deployment is destroyed', () => {
  test('the artifacts go, but where the settings keep them', () => {
    expect(storage.bucket('Artifacts')).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
    expect(storageOf({ retainBucket: true }).bucket('Artifacts')).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
  });

  test('the access logs stay: the last ones are delivered hours later', () => {
    expect(storage.bucket('AccessLogs')).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });
});

describe('requests for what links lead to are counted', () => {
  const metrics = (settings: unknown) => storageOf(settings).bucket('Artifacts').Properties?.MetricsConfigurations;

  test.each([{}, { gate: 'none' }])('where an alarm looks at them: %j', (settings) => {
    expect(metrics(settings)).toEqual([{ Id: 'distributions', Prefix: 'distributions/' }]);
  });

  test('and not where there are no alarms: they cost', () => {
    expect(metrics({ alarms: false })).toBeUndefined();
  });
});

test('others know the bucket by its name alone', () => {
  const { Outputs = {} } = storage.template;
  const exported = Object.values(Outputs).flatMap(({ Export }) => (Export === undefined ? [] : [Export.Name]));
  expect(exported).toEqual(['Slipway-prod-Storage-BucketName']);
});
