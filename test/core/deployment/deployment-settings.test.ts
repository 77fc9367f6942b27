import { nearestRegion, regionsOf } from '../../../core/deployment/aws-regions';
import { COMPUTE_TYPES_OF, environmentOfImage, MACHINES_OF, REMOTE_PLATFORM_IDS } from '../../../core/deployment/build-machines';
import { machineOf, platformsOf } from '../../../core/deployment/settings-rules';
import { parseSettings, readSettings } from '../../../core/deployment/settings-text';
import { isSlipwayError } from '../../../core/slipway-error';

function refusal(read: () => unknown): { readonly code: string; readonly message: string; readonly hint: string | undefined } {
  try {
    read();
  } catch (thrown) {
    if (isSlipwayError(thrown)) return { code: thrown.code, message: thrown.message, hint: thrown.hint };
    throw thrown;
  }
  throw new Error('nothing was refused');
}

const refusedText = (text: string, region?: string) => refusal(() => readSettings(text, 'slipway-deployment.yaml', region));

test('nothing needs to be said', () => {
  const settings = readSettings('# all defaults\n', 'slipway-deployment.yaml', 'eu-central-1');
  expect(settings).toEqual(parseSettings({}));
  expect(settings).toMatchObject({ stage: 'prod', gate: 'public', concurrentJobs: 10, retainBucket: false, tags: {} });
  expect(platformsOf(settings).map(([platform]) => platform)).toEqual([...REMOTE_PLATFORM_IDS]);
});

test('each default is a machine that exists', () => {
  for (const platform of REMOTE_PLATFORM_IDS) {
    const { environments, image, computeType } = MACHINES_OF[platform];
    expect(environmentOfImage(image)).toBe(environments[0]);
    for (const environment of environments) expect(COMPUTE_TYPES_OF[environment]).toContain(computeType);
  }
});

test('every problem at once, each with its line and column', () => {
  const { code, message, hint } = refusedText(
    `stage: Prod
regoin: eu-west-3
platforms:
  linux-arm64: { computeType: BUILD_GENERAL1_HUGE }
  macos-arm64: {}
  windows-x86_64: { timeoutMinutes: 3 }
registries: { pypi: "https://me:secret@pypi.example.com/simple" }
retentionDays: { logs: 31 }
concurrentJobs: many
`,
  );
  expect(code).toBe('settings-invalid');
  expect(hint).toBe('correct slipway-deployment.yaml, then run slipway deploy');
  const at = (line: number, words: string) => expect(message).toMatch(new RegExp(`slipway-deployment\\.yaml:${line}:\\d+: .*${words}`));
  at(1, 'lower-case name');
  at(2, "did you mean 'region'");
  at(4, "got 'BUILD_GENERAL1_HUGE'");
  at(5, 'built on a Mac');
  at(6, 'expected at least 5');
  at(7, 'without a password');
  at(8, '30, 60');
  at(9, "expected a number, got 'many'");
  expect(message).not.toContain('me:secret');
});

test('what is wrong alone does not hide what is wrong together', () => {
  const { message } = refusedText('stage: Prod\nplatforms:\n  windows-x86_64: { computeType: BUILD_GENERAL1_2XLARGE }\n');
  expect(message).toContain('slipway-deployment.yaml:1:8: stage');
  expect(message).toContain('slipway-deployment.yaml:3:34: platforms.windows-x86_64.computeType');
});

describe('Windows', () => {
  test.each([
    ['eu-west-3', 'eu-central-1'],
    ['eu-north-1', 'eu-central-1'],
    ['us-west-1', 'us-west-2'],
    ['ca-central-1', 'us-east-1'],
    ['ap-northeast-2', 'ap-northeast-1'],
  ])('in %s is refused, and the nearest is %s', (region, nearest) => {
    const { message } = refusedText('platforms: { windows-x86_64: {} }', region);
    expect(message).toContain(`no WINDOWS_SERVER_2022_CONTAINER in '${region}': the nearest that has it is '${nearest}'`);
    expect(() => parseSettings({ platforms: { 'windows-x86_64': {} } }, nearest)).not.toThrow();
  });

  test('of another year is named where the region has that', () => {
    const settings = { platforms: { 'windows-x86_64': { environment: 'WINDOWS_SERVER_2019_CONTAINER' } } };
    const { message } = refusal(() => parseSettings(settings, 'eu-central-1'));
    expect(message).toContain("set environment to WINDOWS_SERVER_2022_CONTAINER, or the nearest that has it is 'eu-west-1'");
  });

  test('where no region of the partition has it, it is to be left out', () => {
    expect(refusal(() => parseSettings({}, 'us-gov-west-1')).message).toContain('take windows-x86_64 out of platforms');
  });

  test('in a region that is newer than this table may be insisted on', () => {
    expect(() => parseSettings({ platforms: { 'windows-x86_64': { allowUnlistedRegion: true } } }, 'eu-west-3')).not.toThrow();
  });

  test('the region of the settings counts before that of the credentials', () => {
    expect(() => parseSettings({ region: 'eu-west-1' }, 'eu-west-3')).not.toThrow();
    expect(refusal(() => parseSettings({ region: 'eu-west-3' }, 'eu-west-1')).message).toContain("'eu-west-3'");
  });

  test('is not refused while nobody knows the region, nor where it is not wanted', () => {
    expect(() => parseSettings({})).not.toThrow();
    expect(() => parseSettings({ platforms: { 'linux-x86_64': {} } }, 'eu-west-3')).not.toThrow();
  });
});

describe('machines', () => {
  test.each(['BUILD_GENERAL1_SMALL', 'BUILD_GENERAL1_XLARGE', 'BUILD_GENERAL1_2XLARGE'])(
    'Windows has no %s, and those that it has are named',
    (computeType) => {
      expect(refusal(() => parseSettings({ platforms: { 'windows-x86_64': { computeType } } })).message).toBe(
        `platforms.windows-x86_64.computeType: WINDOWS_SERVER_2022_CONTAINER has no '${computeType}', it has BUILD_GENERAL1_MEDIUM, BUILD_GENERAL1_LARGE`,
      );
    },
  );

  test('the image says the environment', () => {
    const { platforms } = parseSettings({ platforms: { 'windows-x86_64': { image: 'aws/codebuild/windows-base:2019-3.0' } } });
    expect(machineOf('windows-x86_64', platforms['windows-x86_64'] ?? never()).environment).toBe('WINDOWS_SERVER_2019_CONTAINER');
  });

  test('the environment says the image', () => {
    const { platforms } = parseSettings({ platforms: { 'windows-x86_64': { environment: 'WINDOWS_SERVER_2019_CONTAINER' } } });
    expect(machineOf('windows-x86_64', platforms['windows-x86_64'] ?? never()).image).toBe('aws/codebuild/windows-base:2019-3.0');
  });

  test.each([
    ['linux-arm64', { image: 'aws/codebuild/standard:7.0' }, "the image 'aws/codebuild/standard:7.0' is for LINUX_CONTAINER"],
    ['linux-x86_64', { environment: 'ARM_CONTAINER' }, "'ARM_CONTAINER' does not run it"],
    [
      'windows-x86_64',
      { image: 'aws/codebuild/windows-base:2019-3.0', environment: 'WINDOWS_SERVER_2022_CONTAINER' },
      'needs WINDOWS_SERVER_2019_CONTAINER',
    ],
  ])('%s in %j is refused', (platform, own, words) => {
    expect(refusal(() => parseSettings({ platforms: { [platform]: own } })).message).toContain(words);
  });
});

test.each([
  [{ platforms: {} }, 'expected at least one of linux-x86_64'],
  [{ tags: { 'aws:x': '1' } }, "the tag 'aws:x' is not yours to set"],
  [{ tags: { team: 'a<b' } }, "in the tag 'team'"],
  [{ notifications: { topicArn: 'arn:aws:sns:eu-west-1:111122223333:t' } }, "one in 'eu-central-1', got one in 'eu-west-1'"],
  [{ notifications: { topicArn: 'arn:aws:sns:eu-central-1:111122223333:t', emails: ['a@example.com'] } }, 'no emails beside topicArn'],
  [{ retentionDays: { distributions: 7 } }, 'expected at least 8'],
  [{ permissionsBoundary: 'Boundary' }, 'the ARN of a managed policy'],
  [{ account: 111122223333 }, 'in quotes'],
  [[], 'expected a map of keys'],
])('%j is refused', (settings, words) => {
  expect(refusal(() => parseSettings(settings, 'eu-central-1')).message).toContain(words);
});

test('a syntax that cannot be read is told as such', () => {
  expect(refusedText('stage: [prod').message).toMatch(/^slipway-deployment\.yaml:1:\d+: YAML syntax/);
});

test('the nearest region is one of those that were asked for', () => {
  const regions = regionsOf('WINDOWS_SERVER_2022_CONTAINER') ?? [];
  for (const region of regions) expect(nearestRegion(region, regions)).toBe(region);
  expect(nearestRegion('cn-north-1', regions)).toBeUndefined();
});

function never(): never {
  throw new Error('the platform is not there');
}
