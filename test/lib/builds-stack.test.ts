/** The projects that build: their limits, machines, logs, cache and variables, and that nothing lets a source replace what runs. */
import { JOB_VARIABLE } from '../../core/job/job-delivery';
import { MACHINES_OF, REMOTE_PLATFORM_IDS } from '../../core/deployment/build-machines';
import { resolverOf } from './resolved-template';
import { REGION, resourcesOf, synthesize, templateOf } from './synthesized-stage';

interface Project {
  readonly Name: string;
  readonly Source: { readonly Type: string; readonly Location: string; readonly BuildSpec: string };
  readonly Artifacts: Readonly<Record<string, unknown>>;
  readonly Cache: { readonly Type: string; readonly Location: string };
  readonly Environment: {
    readonly Type: string;
    readonly ComputeType: string;
    readonly Image: string;
    readonly PrivilegedMode: boolean;
    readonly EnvironmentVariables: readonly { readonly Name: string; readonly Value: string; readonly Type: string }[];
  };
  readonly LogsConfig: { readonly CloudWatchLogs: { readonly Status: string; readonly GroupName: string } };
}

function buildsOf(settings: unknown = {}) {
  const synthesized = synthesize([settings]);
  const template = templateOf(synthesized, 'Builds');
  const resolve = resolverOf(synthesized, template);
  const projects = resourcesOf(template, 'AWS::CodeBuild::Project').map(({ Properties }) => resolve(Properties) as Project);
  const logGroups = resourcesOf(template, 'AWS::Logs::LogGroup');
  const variablesOf = (project: Project) =>
    Object.fromEntries(project.Environment.EnvironmentVariables.map(({ Name, Value }) => [Name, Value]));
  const only = (): Project => {
    const [project, ...others] = projects;
    if (project === undefined || others.length > 0) throw new Error(`there are '${projects.length}' projects`);
    return project;
  };
  return { template, projects, logGroups, variablesOf, only };
}

const builds = buildsOf();

test('there is a project for each platform, on the machine of the table', () => {
  expect(builds.projects.map(({ Name }) => Name)).toEqual(REMOTE_PLATFORM_IDS.map((platform) => `slipway-prod-${platform}`));
  for (const [at, platform] of REMOTE_PLATFORM_IDS.entries()) {
    const { environments, image, computeType } = MACHINES_OF[platform];
    expect(builds.projects[at]?.Environment).toMatchObject({
      Type: environments[0],
      Image: image,
      ComputeType: computeType,
      ImagePullCredentialsType: 'CODEBUILD',
    });
  }
});

describe.each(builds.projects.map((project) => [project.Name, project] as const))('%s', (name, project) => {
  const platform = name.replace('slipway-prod-', '');

  test('ends what runs for too long, and what waits for too long', () => {
    expect(project).toMatchObject({ TimeoutInMinutes: 120, QueuedTimeoutInMinutes: 480 });
  });

  test('has no privileged mode, no network of ours, no badge, no webhook, and is private', () => {
    expect(project.Environment.PrivilegedMode).toBe(false);
    const allowed = ['Artifacts', 'Cache', 'Description', 'Environment', 'LogsConfig', 'Name', 'QueuedTimeoutInMinutes', 'ServiceRole'];
    expect(Object.keys(project).sort()).toEqual([...allowed, 'Source', 'Tags', 'TimeoutInMinutes', 'Visibility'].sort());
    expect(project).toMatchObject({ Visibility: 'PRIVATE' });
  });

  test('takes its buildspec from the deployment’s own tools, by a name in them', () => {
    expect(project.Source).toEqual({
      Type: 'S3',
      Location: expect.stringMatching(new RegExp(`^cdk-hnb659fds-assets-\\S+-${REGION}/[0-9a-f]{64}\\.zip$`)) as string,
      BuildSpec: platform.startsWith('windows') ? 'windows.yml' : 'linux.yml',
    });
  });

  test('keeps its output out of KMS, and what it downloads under a prefix of its own', () => {
    expect(project.Artifacts).toMatchObject({
      Type: 'S3',
      Location: 'artifacts',
      Path: 'staging',
      Packaging: 'NONE',
      EncryptionDisabled: true,
    });
    expect(project.Cache).toEqual({ Type: 'S3', Location: `artifacts/cache/downloads/${platform}` });
  });

  test('logs to a group that forgets', () => {
    const group = builds.logGroups.find(({ Properties }) => Properties?.LogGroupName === `/slipway/prod/builds/${platform}`);
    expect(group?.Properties).toMatchObject({ RetentionInDays: 90 });
    expect(project.LogsConfig).toEqual({ CloudWatchLogs: { Status: 'ENABLED', GroupName: group?.id } });
  });

  test('cannot be started before its role may do anything', () => {
    const [found] = resourcesOf(builds.template, 'AWS::CodeBuild::Project').filter(({ Properties }) => Properties?.Name === name);
    const policies = resourcesOf(builds.template, 'AWS::IAM::Policy').map(({ id }) => id);
    expect(policies.filter((id) => found?.DependsOn?.includes(id) === true)).toHaveLength(1);
  });
});

test('one platform alone has one project, one role and one log', () => {
  const { template, only } = buildsOf({ platforms: { 'linux-arm64': {} } });
  expect(only().Name).toBe('slipway-prod-linux-arm64');
  expect(resourcesOf(template, 'AWS::IAM::Role')).toHaveLength(1);
  expect(resourcesOf(template, 'AWS::Logs::LogGroup')).toHaveLength(1);
});

test('size, image, times and retention are what the settings say', () => {
  const windows = {
    computeType: 'BUILD_GENERAL1_LARGE',
    image: 'aws/codebuild/windows-base:2022-1.0',
    timeoutMinutes: 45,
    queuedTimeoutMinutes: 5,
  };
  const { only, logGroups } = buildsOf({ platforms: { 'windows-x86_64': windows }, retentionDays: { logs: 7 } });
  expect(only()).toMatchObject({
    TimeoutInMinutes: 45,
    QueuedTimeoutInMinutes: 5,
    Environment: { Type: 'WINDOWS_SERVER_2022_CONTAINER', ComputeType: 'BUILD_GENERAL1_LARGE', Image: windows.image },
  });
  expect(logGroups[0]?.Properties).toMatchObject({ RetentionInDays: 7 });
});

test('an image of one’s own is pulled with the rights of the build, from that repository alone', () => {
  const image = '444455556666.dkr.ecr.eu-west-1.amazonaws.com/tools/manylinux:2_28';
  const { template, only } = buildsOf({ platforms: { 'linux-x86_64': { image } } });
  expect(only().Environment).toMatchObject({ Image: image, ImagePullCredentialsType: 'SERVICE_ROLE' });
  const [policy] = resourcesOf(template, 'AWS::IAM::Policy');
  const { Statement } = policy?.Properties?.PolicyDocument as { Statement: readonly { Action: unknown; Resource: unknown }[] };
  expect(Statement).toContainEqual({
    Effect: 'Allow',
    Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    Resource: 'arn:aws:ecr:eu-west-1:444455556666:repository/tools/manylinux',
  });
});

test('registries and proxies reach every build, and what must never go by a proxy does not', () => {
  const { projects, variablesOf } = buildsOf({
    registries: { pypi: 'https://pypi.example.com/simple', npm: 'https://npm.example.com', pythonMirror: 'https://python.example.com' },
    proxy: { http: 'http://proxy.example.com:3128', https: 'http://proxy.example.com:3129', exceptions: ['.example.com'] },
  });
  expect(projects).toHaveLength(3);
  for (const project of projects) {
    expect(variablesOf(project)).toEqual({
      PIP_INDEX_URL: 'https://pypi.example.com/simple',
      SLIPWAY_NPM_REGISTRY: 'https://npm.example.com',
      npm_config_registry: 'https://npm.example.com',
      UV_PYTHON_INSTALL_MIRROR: 'https://python.example.com',
      HTTP_PROXY: 'http://proxy.example.com:3128',
      HTTPS_PROXY: 'http://proxy.example.com:3129',
      NO_PROXY: 'localhost,127.0.0.1,169.254.169.254,169.254.170.2,.example.com',
    });
  }
});

test('nothing is set that nobody asked for', () => {
  for (const project of builds.projects) expect(builds.variablesOf(project)).toEqual({});
});

test('no variable of a project takes the name of what a start hands over, and none is looked up', () => {
  const { projects } = buildsOf({ registries: { pypi: 'https://pypi.example.com/simple' }, proxy: { https: 'http://proxy.example.com' } });
  const variables = projects.flatMap(({ Environment }) => Environment.EnvironmentVariables);
  expect(variables.filter(({ Name }) => Object.values<string>(JOB_VARIABLE).includes(Name))).toEqual([]);
  expect(new Set(variables.map(({ Type }) => Type))).toEqual(new Set(['PLAINTEXT']));
});
