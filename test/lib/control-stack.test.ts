/** What decides: functions, gate, rules, queues, topic and configuration, as far as an emulator would take anything for them. */
import { DeploymentConfigSchema } from '../../core/deployment/deployment-config';
import { FUNCTION_VARIABLES, readEnvironment, VARIABLE } from '../../lambda/environment';
import { BUCKET_RIGHTS } from '../../lib/control/bucket-rights';
import { resolverOf } from './resolved-template';
import { ACCOUNT, REGION, resourcesOf, synthesize, templateOf, type Resource } from './synthesized-stage';

interface LambdaFunction {
  readonly FunctionName: string;
  readonly Runtime: string;
  readonly Handler: string;
  readonly MemorySize: number;
  readonly Timeout: number;
  readonly Architectures: readonly string[];
  readonly LoggingConfig: { readonly LogGroup: string };
  readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
  readonly DeadLetterConfig?: { readonly TargetArn: string };
  readonly Role: string;
}

function controlOf(settings: { readonly stage?: string } & Readonly<Record<string, unknown>> = {}) {
  const synthesized = synthesize([settings]);
  const template = templateOf(synthesized, 'Control', settings.stage);
  const resolve = resolverOf(synthesized, template);
  const all = <Properties = Readonly<Record<string, unknown>>>(type: string) =>
    resourcesOf(template, type).map(({ id, Properties }) => ({ id, ...(resolve(Properties) as Properties) }));
  const only = (type: string): Readonly<Record<string, unknown>> => {
    const [found, ...others] = all(type);
    if (found === undefined || others.length > 0) throw new Error(`there is not exactly one '${type}'`);
    return found;
  };
  const functions = Object.fromEntries(
    all<LambdaFunction>('AWS::Lambda::Function').map((one) => [one.FunctionName.replace(/^slipway-prod-/, ''), one]),
  );
  const rule = (startsWith: string) => {
    const found = all('AWS::Events::Rule').find(({ id }) => id.startsWith(startsWith));
    if (found === undefined) throw new Error(`there is no rule '${startsWith}'`);
    return found;
  };
  return { template, all, only, functions, rule };
}

const control = controlOf();
const names = Object.keys(BUCKET_RIGHTS);

test('there are the ten functions, and no other', () => {
  expect(Object.keys(control.functions).sort()).toEqual([...names].sort());
});

describe.each(Object.entries(control.functions))('the function %s', (name, made) => {
  test('runs on Node 24, as one file, with memory and time that are said', () => {
    expect(made).toMatchObject({ Runtime: 'nodejs24.x', Handler: 'index.handler', Architectures: ['arm64'] });
    const isLarge = !['download', 'distributions', 'revoke', 'gate'].includes(name);
    expect([made.MemorySize, made.Timeout]).toEqual(isLarge ? [1769, 900] : [512, name === 'gate' ? 29 : 60]);
  });

  test('logs to a group of its own that forgets, and its role may write there', () => {
    const group = control.all('AWS::Logs::LogGroup').find(({ id }) => id === made.LoggingConfig.LogGroup);
    expect(group).toMatchObject({ LogGroupName: `/slipway/prod/functions/${name}`, RetentionInDays: 90 });
  });

  test('is told what it reads, and nothing else', () => {
    const variables: readonly (keyof typeof VARIABLE)[] = FUNCTION_VARIABLES[name as keyof typeof FUNCTION_VARIABLES];
    expect(Object.keys(made.Environment.Variables).sort()).toEqual(variables.map((variable) => VARIABLE[variable]).sort());
    const values = { ...made.Environment.Variables };
    // What the resolver gives for a role and a topic is an ARN, as AWS would.
    expect(() => readEnvironment(values, variables)).not.toThrow();
  });

  test('has a role that no other function has', () => {
    expect(Object.values(control.functions).filter(({ Role }) => Role === made.Role)).toHaveLength(1);
  });

  test('reserves no concurrency, holds no file system and lies in no network', () => {
    for (const key of ['ReservedConcurrentExecutions', 'VpcConfig', 'FileSystemConfigs', 'Layers', 'KmsKeyArn'])
      expect(Object.keys(made)).not.toContain(key);
  });
});

describe('what AWS calls', () => {
  test('build-finished hears of this stage’s projects alone', () => {
    expect(control.rule('BuildStateChanged')).toMatchObject({
      State: 'ENABLED',
      EventPattern: {
        source: ['aws.codebuild'],
        'detail-type': ['CodeBuild Build State Change'],
        detail: { 'project-name': ['slipway-prod-linux-x86_64', 'slipway-prod-linux-arm64', 'slipway-prod-windows-x86_64'] },
      },
    });
  });

  test('the sweep comes every ten minutes', () => {
    expect(control.rule('EveryTenMinutes')).toMatchObject({ State: 'ENABLED', ScheduleExpression: 'rate(10 minutes)' });
  });

  test.each([
    ['build-finished', 'BuildStateChanged', 6 * 3600],
    ['sweep', 'EveryTenMinutes', 600],
  ] as const)('what %s could not be made to do goes to its dead-letter queue, from the rule and from Lambda', (name, rule, ageSeconds) => {
    const made = control.functions[name];
    const queue = made?.DeadLetterConfig?.TargetArn;
    expect(queue).toMatch(/^arn:aws:sqs:/);
    expect(control.rule(rule).Targets).toEqual([
      {
        Id: 'Target0',
        Arn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:slipway-prod-${name}`,
        DeadLetterConfig: { Arn: queue },
        RetryPolicy: { MaximumEventAgeInSeconds: ageSeconds, MaximumRetryAttempts: 8 },
      },
    ]);
    expect(control.all('AWS::Lambda::EventInvokeConfig')).toContainEqual(
      expect.objectContaining({ FunctionName: made?.FunctionName, MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 6 * 3600 }),
    );
    expect(control.all('AWS::Lambda::Permission')).toContainEqual(
      expect.objectContaining({ Principal: 'events.amazonaws.com', SourceArn: expect.stringContaining(`rule/${rule}`) as string }),
    );
  });

  test('no other function has a queue: whoever calls it hears its answer', () => {
    const waiting = Object.entries(control.functions).filter(([, { DeadLetterConfig }]) => DeadLetterConfig !== undefined);
    expect(waiting.map(([name]) => name).sort()).toEqual(['build-finished', 'sweep']);
    expect(control.all('AWS::SQS::Queue')).toHaveLength(2);
  });

  test('the queues are encrypted, keep for two weeks, and are reached by TLS alone', () => {
    for (const queue of control.all('AWS::SQS::Queue'))
      expect(queue).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3600 });
    for (const { PolicyDocument } of control.all<{ PolicyDocument: { Statement: readonly unknown[] } }>('AWS::SQS::QueuePolicy'))
      expect(PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Action: 'sqs:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
  });
});

describe('the gate', () => {
  test('answers below /d/ alone, throttled', () => {
    expect(control.only('AWS::ApiGatewayV2::Api')).toMatchObject({ ProtocolType: 'HTTP', IpAddressType: 'ipv4' });
    expect(control.only('AWS::ApiGatewayV2::Route')).toMatchObject({ RouteKey: 'ANY /d/{proxy+}', AuthorizationType: 'NONE' });
    expect(control.only('AWS::ApiGatewayV2::Stage')).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
    });
  });

  test('is throttled as the settings say, and answers both families where they say so', () => {
    const own = controlOf({ gateThrottle: { requestsPerSecond: 5, burst: 7 }, dualStack: true });
    expect(own.only('AWS::ApiGatewayV2::Stage')).toMatchObject({
      DefaultRouteSettings: { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 7 },
    });
    expect(own.only('AWS::ApiGatewayV2::Api')).toMatchObject({ IpAddressType: 'dualstack' });
    expect(own.functions.gate?.Environment.Variables).toMatchObject({ SLIPWAY_DUAL_STACK: 'true' });
  });

  test('logs who came when, and never a path: the path of a link is its key', () => {
    const { AccessLogSettings } = control.only('AWS::ApiGatewayV2::Stage') as {
      AccessLogSettings: { Format: string; DestinationArn: string };
    };
    const format = JSON.parse(AccessLogSettings.Format) as Readonly<Record<string, string>>;
    expect(Object.values(format)).toEqual(expect.arrayContaining(['$context.identity.sourceIp', '$context.status', '$context.routeKey']));
    for (const secret of ['$context.path', 'requestOverride', '$request', 'protocol.path', 'header', 'querystring', 'domain'])
      expect(AccessLogSettings.Format).not.toContain(secret);
    expect(AccessLogSettings.DestinationArn).toBe(`arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/slipway/prod/gate:*`);
    expect(control.all('AWS::Logs::LogGroup')).toContainEqual(
      expect.objectContaining({ LogGroupName: '/slipway/prod/gate', RetentionInDays: 90 }),
    );
  });

  test('is all that the internet can call', () => {
    const permissions = control.all<{ Principal: string; SourceArn: string; FunctionName: string }>('AWS::Lambda::Permission');
    const public_ = permissions.filter(({ Principal }) => Principal !== 'events.amazonaws.com');
    expect(public_).toEqual([
      expect.objectContaining({
        Principal: 'apigateway.amazonaws.com',
        FunctionName: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:slipway-prod-gate`,
        SourceArn: expect.stringMatching(/^arn:aws:execute-api:eu-central-1:111122223333:GateApi\w+\/\*\/\*\/d\/\{proxy\+\}$/) as string,
      }),
    ]);
    expect(control.all('AWS::Lambda::Url')).toEqual([]);
  });

  test('that nobody wants leaves no API, no function and no alarm of its own behind', () => {
    const without = controlOf({ gate: 'none' });
    expect(Object.keys(without.functions)).not.toContain('gate');
    expect(Object.values(without.template.Resources).filter(({ Type }: Resource) => Type.startsWith('AWS::ApiGateway'))).toEqual([]);
    expect(without.functions.distribute?.Environment.Variables).toMatchObject({ SLIPWAY_GATE_URL: '' });
    expect(without.all('AWS::CloudWatch::Alarm').map(({ AlarmName }) => AlarmName)).not.toContain('slipway-prod-downloads-denied');
    expect(Object.keys(without.template.Outputs ?? {})).not.toContain('GateUrl');
    expect(configOf(without)).toMatchObject({ gateUrl: null });
  });
});

describe('notices', () => {
  const topicArn = 'arn:aws:sns:eu-central-1:111122223333:builds';

  test('reach each address that the settings name, by a topic that takes TLS alone', () => {
    const { all, only } = controlOf({ notifications: { emails: ['a@example.com', 'b@example.com'] } });
    expect(all('AWS::SNS::Subscription').map(({ Protocol, Endpoint }) => [Protocol, Endpoint])).toEqual([
      ['email', 'a@example.com'],
      ['email', 'b@example.com'],
    ]);
    const { PolicyDocument } = only('AWS::SNS::TopicPolicy') as { PolicyDocument: { Statement: readonly unknown[] } };
    expect(PolicyDocument.Statement).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Action: 'sns:Publish', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    );
  });

  test('are taken from this account’s alarms of this stage', () => {
    const { PolicyDocument } = control.only('AWS::SNS::TopicPolicy') as { PolicyDocument: { Statement: readonly unknown[] } };
    expect(PolicyDocument.Statement).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: {
          StringEquals: { 'aws:SourceAccount': ACCOUNT },
          ArnLike: { 'aws:SourceArn': `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:slipway-prod-*` },
        },
      }),
    );
  });

  test('go to a topic of one’s own, of which nothing is changed', () => {
    const own = controlOf({ notifications: { topicArn } });
    for (const type of ['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'AWS::SNS::Subscription']) expect(own.all(type)).toEqual([]);
    expect(own.functions.sweep?.Environment.Variables).toMatchObject({ SLIPWAY_TOPIC_ARN: topicArn });
    for (const { AlarmActions, OKActions } of own.all('AWS::CloudWatch::Alarm'))
      expect([AlarmActions, OKActions]).toEqual([[topicArn], [topicArn]]);
    expect(own.template.Outputs?.TopicArn).toMatchObject({ Value: topicArn });
  });
});

describe('the configuration that the command line reads', () => {
  test('names what is there', () => {
    const config = configOf(control);
    expect(config).toMatchObject({
      stage: 'prod',
      region: REGION,
      account: ACCOUNT,
      bucket: 'artifacts',
      slipwayVersion: '1.2.3',
      concurrentJobs: 10,
    });
    expect(config.gateUrl).toMatch(/^https:\/\/GateApi\w+\.execute-api\.eu-central-1\.amazonaws\.com\/$/);
    expect(Object.values(config.functions)).toEqual(Object.keys(config.functions).map((name) => control.functions[name]?.FunctionName));
    expect(Object.keys(config.platforms)).toEqual(['linux-x86_64', 'linux-arm64', 'windows-x86_64']);
  });

  test('fits into a standard parameter, whatever is set', () => {
    const platforms = Object.fromEntries(
      ['linux-x86_64', 'linux-arm64'].map((name) => [name, { image: `444455556666.dkr.ecr.eu-west-1.amazonaws.com/${'x'.repeat(200)}:1` }]),
    );
    const { Value, Tier } = controlOf({ stage: 'a-stage-of-16-ch', platforms: { ...platforms, 'windows-x86_64': {} } }).only(
      'AWS::SSM::Parameter',
    ) as { Value: string; Tier?: string };
    expect(Tier).toBeUndefined();
    // "4 KB": https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
    expect(Buffer.byteLength(Value)).toBeLessThan(4096 - 200);
  });
});

function configOf(of: ReturnType<typeof controlOf>) {
  const { Name, Type, Value } = of.only('AWS::SSM::Parameter');
  expect([Name, Type]).toEqual(['/slipway/prod/config', 'String']);
  return DeploymentConfigSchema.parse(JSON.parse(String(Value)));
}
