/** What every stack of a stage has, whatever it holds: tags, the permissions boundary, its place; and that nothing changes by itself. */
import { createSecretScanner } from '../../core/inspection/secret-scan';
import { isSlipwayError } from '../../core/slipway-error';
import { resourcesOf, synthesize, templateOf, type Synthesized } from './synthesized-stage';

/** Of what a stage has: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-template-resource-type-ref.html */
const WITHOUT_TAGS = [
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Permission',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
];

const EVERYTHING = {
  notifications: { emails: ['builds@example.com'] },
  permissionsBoundary: 'arn:aws:iam::111122223333:policy/team/Boundary',
  tags: { 'cost-centre': '4711', team: 'release' },
  registries: { pypi: 'https://pypi.example.com/simple' },
  proxy: { https: 'http://proxy.example.com:3128' },
  platforms: {
    'linux-x86_64': { image: '444455556666.dkr.ecr.eu-west-1.amazonaws.com/manylinux:1' },
    'linux-arm64': {},
    'windows-x86_64': { computeType: 'BUILD_GENERAL1_LARGE' },
  },
  retainBucket: true,
  dashboard: true,
  dualStack: true,
};

const whole = synthesize([EVERYTHING]);
const resourcesOfAll = ({ templates }: Synthesized) => Object.values(templates).flatMap(({ Resources }) => Object.entries(Resources));

test('a stage has three stacks, and none but these', () => {
  expect(Object.keys(whole.templates).sort()).toEqual(['Slipway-prod-Builds', 'Slipway-prod-Control', 'Slipway-prod-Storage']);
});

test('the CDK warns of nothing', () => {
  expect(whole.warnings).toEqual([]);
});

test('everything that can have tags has those of the settings and the stage’s', () => {
  const wanted = { 'slipway:stage': 'prod', ...EVERYTHING.tags };
  const untagged = resourcesOfAll(whole).flatMap(([id, { Type, Properties }]) => {
    const asMap = tagMap(Properties?.Tags);
    return JSON.stringify(sorted(asMap)) === JSON.stringify(sorted(wanted)) ? [] : [`${Type} ${id}`];
  });
  expect([...new Set(untagged.map((text) => text.split(' ')[0]))].sort()).toEqual(WITHOUT_TAGS);
});

test('what is made at run time gets the tags of the settings too', () => {
  const functions = resourcesOf(templateOf(whole, 'Control'), 'AWS::Lambda::Function');
  const tagging = functions.flatMap(({ Properties }) => {
    const { Variables } = Properties?.Environment as { Variables: Readonly<Record<string, string>> };
    return Variables.SLIPWAY_PARAMETER_TAGS === undefined ? [] : [JSON.parse(Variables.SLIPWAY_PARAMETER_TAGS) as unknown];
  });
  expect(tagging).toHaveLength(6);
  for (const tags of tagging) expect(tags).toEqual(EVERYTHING.tags);
});

test('the boundary bounds every role, and without one there is none', () => {
  const boundaries = (of: Synthesized) =>
    resourcesOfAll(of).flatMap(([, { Type, Properties }]) => (Type === 'AWS::IAM::Role' ? [Properties?.PermissionsBoundary] : []));
  // Ten functions, three projects, the links.
  expect(boundaries(whole)).toEqual(Array.from({ length: 14 }, () => EVERYTHING.permissionsBoundary));
  expect(new Set(boundaries(synthesize()))).toEqual(new Set([undefined]));
});

test('there is no user, no access key, no KMS key and no code that the CDK brings along', () => {
  const types = new Set(resourcesOfAll(whole).map(([, { Type }]) => Type));
  for (const type of types)
    expect(type).not.toMatch(/^(AWS::IAM::(User|AccessKey|Group)|AWS::KMS::|AWS::CloudFormation::CustomResource|Custom::)/);
});

test('no template holds a secret', () => {
  const scanner = createSecretScanner();
  for (const [name, template] of Object.entries(whole.templates)) {
    expect(scanner.scan(name, Buffer.from(JSON.stringify(template, null, 1)))).toEqual([]);
  }
});

test('two syntheses are the same, byte for byte', () => {
  expect(JSON.stringify(synthesize([EVERYTHING]).templates)).toBe(JSON.stringify(whole.templates));
});

test('logical ids stay: by another one CloudFormation would make a new resource, and delete the old one with what is in it', () => {
  const ids = Object.entries(whole.templates).flatMap(([stack, { Resources }]) =>
    Object.entries(Resources).map(([id, { Type }]) => `${stack.replace('Slipway-prod-', '')} ${Type} ${id}`),
  );
  expect(ids.sort().join('\n')).toMatchSnapshot();
});

test('two stages stand side by side: no name of one is a name of the other', () => {
  const both = synthesize([{ stage: 'prod' }, { stage: 'staging' }]);
  const namesOf = (stage: string) =>
    Object.entries(both.templates)
      .filter(([name]) => name.startsWith(`Slipway-${stage}-`))
      .flatMap(([, { Resources, Outputs }]) => [
        ...Object.values(Resources).flatMap(({ Properties = {} }) =>
          [
            'FunctionName',
            'LogGroupName',
            'AlarmName',
            'Name',
            'DashboardName',
            'BucketName',
            'RoleName',
            'TopicName',
            'QueueName',
          ].flatMap((key) => (typeof Properties[key] === 'string' ? [Properties[key]] : [])),
        ),
        ...Object.values(Outputs ?? {}).flatMap(({ Export }) => (Export === undefined ? [] : [Export.Name])),
      ]);
  const [first, second] = [namesOf('prod'), namesOf('staging')];
  expect(first).toHaveLength(second.length);
  // `linux-x86_64` is the name of an output below a prefix, in either.
  expect(first.filter((name) => second.includes(name))).toEqual([]);
});

test('roles, policies and buckets have no name: those are shared by all regions', () => {
  for (const [, { Type, Properties = {} }] of resourcesOfAll(whole))
    if (/^AWS::(IAM::(Role|ManagedPolicy)|S3::Bucket)$/.test(Type))
      for (const key of ['RoleName', 'ManagedPolicyName', 'BucketName']) expect(Properties).not.toHaveProperty(key);
});

describe('a region without Windows machines', () => {
  const refusalOf = (synth: () => unknown) => {
    try {
      synth();
    } catch (thrown) {
      if (isSlipwayError(thrown)) return thrown.message;
      throw thrown;
    }
    throw new Error('nothing was refused');
  };

  test('is refused at synth, and the nearest that has them is named', () => {
    const message = refusalOf(() => synthesize([{}], { place: { region: 'eu-west-3' } }));
    expect(message).toContain("no WINDOWS_SERVER_2022_CONTAINER in 'eu-west-3': the nearest that has it is 'eu-central-1'");
  });

  test('is none where Windows is not wanted', () => {
    expect(() => synthesize([{ platforms: { 'linux-x86_64': {} } }], { place: { region: 'eu-west-3' } })).not.toThrow();
  });

  test('is refused by CloudFormation where nobody knows the region at synth', () => {
    const anywhere = synthesize([{}], { place: {} });
    expect(templateOf(anywhere, 'Builds').Rules).toMatchObject({
      RegionOfwindowsx8664: {
        Assertions: [
          {
            Assert: { 'Fn::Contains': [expect.arrayContaining(['eu-central-1', 'us-east-1']), { Ref: 'AWS::Region' }] },
            AssertDescription: expect.stringContaining('take windows-x86_64 out of platforms') as string,
          },
        ],
      },
    });
  });
});

test('a size that a machine does not come in is refused at synth, with those that it comes in', () => {
  expect(() => synthesize([{ platforms: { 'windows-x86_64': { computeType: 'BUILD_GENERAL1_SMALL' } } }])).toThrow(
    "WINDOWS_SERVER_2022_CONTAINER has no 'BUILD_GENERAL1_SMALL', it has BUILD_GENERAL1_MEDIUM, BUILD_GENERAL1_LARGE",
  );
});

/** A list of keys and values, or a map: it depends on the type. */
function tagMap(tags: unknown): Readonly<Record<string, string>> {
  if (!Array.isArray(tags)) return (tags ?? {}) as Readonly<Record<string, string>>;
  return Object.fromEntries((tags as readonly { readonly Key: string; readonly Value: string }[]).map(({ Key, Value }) => [Key, Value]));
}

function sorted(map: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}
