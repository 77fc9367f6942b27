/** What every role of a stage may do is what the reviewed table says: no more, and no less. */
import { allowedActions, conceivableActions, isAllowed, policyErrors } from './iam-simulation';
import { PERMISSIONS } from './permissions';
import { principalsOf, type PolicyDocument, type Principal } from './principals';
import { probesOf } from './probes';
import { resolverOf } from './resolved-template';
import { ACCOUNT, REGION, resourcesOf, synthesize, templateOf } from './synthesized-stage';

const synthesized = synthesize();
const principals = principalsOf(synthesized);
const control = templateOf(synthesized, 'Control');
const builds = templateOf(synthesized, 'Builds');
const [linkRole] = resourcesOf(control, 'AWS::IAM::Role').filter(({ id }) => id.startsWith('LinkRole'));
const [buildRole] = resourcesOf(builds, 'AWS::IAM::Role');
const [project] = resourcesOf(builds, 'AWS::CodeBuild::Project');
const { Location: location } = resolverOf(synthesized, builds)(project?.Properties?.Source) as { Location: string };
const probes = probesOf({
  linkRole: `arn:aws:iam::${ACCOUNT}:role/${linkRole?.id ?? ''}`,
  buildRole: `arn:aws:iam::${ACCOUNT}:role/${buildRole?.id ?? ''}`,
  buildTools: location,
});

function principal(name: string): Principal {
  const found = principals.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`nobody is called '${name}'`);
  return found;
}

test('every role is in the table, and nobody else', () => {
  expect(principals.map(({ name }) => name).sort()).toEqual(Object.keys(PERMISSIONS).sort());
});

describe('each may do what the table says', () => {
  let actions: readonly string[] = [];
  beforeAll(async () => {
    actions = await conceivableActions(principals);
  });

  test.each(principals.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    expect(await policyErrors(one)).toBeUndefined();
    expect(allowedActions(one, actions, probes)).toEqual(PERMISSIONS[name]);
  });
});

const own = { bucket: 'arn:aws:s3:::artifacts', project: `arn:aws:codebuild:${REGION}:${ACCOUNT}:project/slipway-prod-linux-x86_64` };

describe('a build', () => {
  const build = principal('build linux-x86_64');

  test.each(['records/builds/X.json', 'links/X.json', 'builds/X/linux-x86_64/f', 'distributions/X/f', 'index/open/X', 'pointers/f.json'])(
    'neither reads nor writes %s',
    (key) => {
      for (const action of ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject', 's3:DeleteObject', 's3:DeleteObjectVersion'])
        expect(isAllowed(build, action, { arn: `${own.bucket}/${key}` })).toBe(false);
    },
  );

  test('finds no name of another build’s staging: nothing is listed', () => {
    for (const action of ['s3:ListBucket', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads'])
      expect(isAllowed(build, action, { arn: own.bucket, context: { 's3:prefix': 'staging/' } })).toBe(false);
  });

  test('learns no name from another build’s description or log: both tell where it stages', () => {
    expect(isAllowed(build, 'codebuild:BatchGetBuilds', { arn: own.project })).toBe(false);
    expect(isAllowed(build, 'codebuild:ListBuildsForProject', { arn: own.project })).toBe(false);
    const group = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/slipway/prod/builds/linux-x86_64`;
    for (const action of ['logs:GetLogEvents', 'logs:FilterLogEvents', 'logs:DescribeLogStreams', 'logs:StartQuery'])
      for (const arn of [group, `${group}:*`, `${group}:log-stream:fedcba9876543210/linux-x86_64-1/x`])
        expect(isAllowed(build, action, { arn })).toBe(false);
  });

  test('is run by CodeBuild of this account alone', () => {
    expect(build.trust?.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'codebuild.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
      },
    ]);
  });
});

describe('an own buildspec', () => {
  const context = { 'codebuild:source.buildspec': 'true' };

  test.each(['start-build', 'sweep'])('is nothing that %s may start', (name) => {
    const starter = principal(`function ${name}`);
    expect(isAllowed(starter, 'codebuild:StartBuild', { arn: own.project })).toBe(true);
    expect(isAllowed(starter, 'codebuild:StartBuild', { arn: own.project, context })).toBe(false);
  });

  test.each(['Viewer', 'Builder', 'Distributor'])('is denied to a %s, whatever else that person may do', (name) => {
    const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'codebuild:*', Resource: '*' }] } as const;
    const { policies } = principal(`operator ${name}`);
    expect(isAllowed({ policies: [everything] }, 'codebuild:StartBuild', { arn: own.project, context })).toBe(true);
    expect(isAllowed({ policies: [...policies, everything] }, 'codebuild:StartBuild', { arn: own.project, context })).toBe(false);
  });
});

describe('links', () => {
  test('are signed for the gate and distribute alone', () => {
    const signers = ['gate', 'distribute'].map((name) => {
      const [found] = resourcesOf(control, 'AWS::IAM::Role').filter(({ id }) => id.startsWith(`${name}Role`));
      return `arn:aws:iam::${ACCOUNT}:role/${found?.id ?? ''}`;
    });
    const { trust } = principal('link');
    expect(trust?.Statement.flatMap(({ Principal }) => (Principal as { AWS: string | string[] }).AWS).sort()).toEqual(signers.sort());
    expect(trust?.Statement.every(({ Action }) => Action === 'sts:AssumeRole')).toBe(true);
  });

  test('are followed by TLS alone', () => {
    const file = { arn: `${own.bucket}/distributions/7M0T5RBDK3N8V2QX/f` };
    expect(isAllowed(principal('link'), 's3:GetObjectVersion', file)).toBe(true);
    expect(isAllowed(principal('link'), 's3:GetObjectVersion', { ...file, context: { 'aws:SecureTransport': 'false' } })).toBe(false);
  });
});

test('the bucket refuses whoever comes without TLS', () => {
  const storage = templateOf(synthesized, 'Storage');
  const [policy] = resourcesOf(storage, 'AWS::S3::BucketPolicy').filter(({ id }) => id.startsWith('Artifacts'));
  const { PolicyDocument } = resolverOf(synthesized, storage)(policy?.Properties) as { PolicyDocument: PolicyDocument };
  const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] } as const;
  const denied = (context: Record<string, string>) =>
    !isAllowed({ policies: [everything, identityOf(PolicyDocument)] }, 's3:GetObject', { arn: `${own.bucket}/sources/x`, context });
  expect(denied({ 'aws:SecureTransport': 'false', 's3:TlsVersion': '1.3' })).toBe(true);
  expect(denied({ 's3:TlsVersion': '1.1' })).toBe(true);
  expect(denied({ 's3:TlsVersion': '1.3' })).toBe(false);
  // A policy that names a role would tie the stacks into a circle.
  expect(JSON.stringify(PolicyDocument)).not.toContain(':role/');
});

/** Its denials, as if everybody had them. */
function identityOf(policy: PolicyDocument): PolicyDocument {
  return {
    ...policy,
    Statement: policy.Statement.map(({ Effect, Action, Resource, Condition }) => ({
      Effect,
      Action,
      ...(Resource === undefined ? {} : { Resource }),
      ...(Condition === undefined ? {} : { Condition }),
    })),
  };
}
