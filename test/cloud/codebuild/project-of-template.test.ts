import { projectsOfTemplate, type Template } from './project-of-template';

const TEMPLATE: Template = {
  Resources: {
    Bucket: { Type: 'AWS::S3::Bucket' },
    LinuxProject: {
      Type: 'AWS::CodeBuild::Project',
      Properties: {
        Name: 'slipway-prod-linux',
        Source: {
          Type: 'S3',
          Location: { 'Fn::Join': ['', [{ 'Fn::Sub': 'cdk-assets-${AWS::AccountId}-${AWS::Region}' }, '/asset.zip']] },
          BuildSpec: 'linux.yml',
        },
        Artifacts: { Type: 'NO_ARTIFACTS' },
        Environment: {
          Type: 'LINUX_CONTAINER',
          ComputeType: 'BUILD_GENERAL1_LARGE',
          Image: 'aws/codebuild/standard:7.0',
          PrivilegedMode: false,
          EnvironmentVariables: [{ Name: 'STAGE', Type: 'PLAINTEXT', Value: 'prod' }],
        },
        ServiceRole: { 'Fn::GetAtt': ['Role', 'Arn'] },
        TimeoutInMinutes: '90',
        QueuedTimeoutInMinutes: 30,
        LogsConfig: { CloudWatchLogs: { GroupName: { Ref: 'LogGroup' }, Status: 'ENABLED' } },
        EncryptionKey: { Ref: 'AWS::NoValue' },
      },
    },
  },
};

const VALUES: Readonly<Record<string, string>> = {
  'AWS::AccountId': '111122223333',
  'AWS::Region': 'eu-central-1',
  'Role.Arn': 'arn:aws:iam::111122223333:role/build',
  LogGroup: '/slipway/prod/linux',
};

test('a project of a template becomes one of the API', () => {
  const projects = projectsOfTemplate(TEMPLATE, (id, attribute) => VALUES[attribute === undefined ? id : `${id}.${attribute}`]);
  expect(projects).toEqual([
    {
      name: 'slipway-prod-linux',
      source: { type: 'S3', location: 'cdk-assets-111122223333-eu-central-1/asset.zip', buildspec: 'linux.yml' },
      artifacts: { type: 'NO_ARTIFACTS' },
      environment: {
        type: 'LINUX_CONTAINER',
        computeType: 'BUILD_GENERAL1_LARGE',
        image: 'aws/codebuild/standard:7.0',
        privilegedMode: false,
        environmentVariables: [{ name: 'STAGE', type: 'PLAINTEXT', value: 'prod' }],
      },
      serviceRole: 'arn:aws:iam::111122223333:role/build',
      timeoutInMinutes: 90,
      queuedTimeoutInMinutes: 30,
      logsConfig: { cloudWatchLogs: { groupName: '/slipway/prod/linux', status: 'ENABLED' } },
    },
  ]);
});

test('a reference that nobody knows is named', () => {
  expect(() => projectsOfTemplate(TEMPLATE, (id) => (id === 'Role' ? undefined : 'x'))).toThrow(/'Role\.Arn'/);
});
