import { FUNCTION_VARIABLES, readEnvironment, VARIABLE } from '../../lambda/environment';

const COMPLETE = {
  [VARIABLE.stage]: 'prod',
  [VARIABLE.bucket]: 'slipway-prod-artifacts',
  [VARIABLE.projects]: '{"linux-x86_64":{"project":"p","logGroup":"/g","computeType":"BUILD_GENERAL1_LARGE","timeoutMinutes":90}}',
  [VARIABLE.concurrentJobs]: '10',
  [VARIABLE.buildToolsDigest]: '',
  [VARIABLE.topicArn]: 'arn:aws:sns:eu-central-1:111122223333:builds',
  [VARIABLE.linkRoleArn]: 'arn:aws:iam::111122223333:role/links',
  [VARIABLE.gateUrl]: '',
};

const ALL = [
  'stage',
  'bucket',
  'projects',
  'concurrentJobs',
  'buildToolsDigest',
  'topicArn',
  'linkRoleArn',
  'gateUrl',
  'isDualStack',
  'parameterTags',
] as const;

test('everything is read into what it means', () => {
  expect(readEnvironment(COMPLETE, ALL)).toEqual({
    stage: 'prod',
    bucket: 'slipway-prod-artifacts',
    projects: { 'linux-x86_64': { project: 'p', logGroup: '/g', computeType: 'BUILD_GENERAL1_LARGE', timeoutMinutes: 90 } },
    concurrentJobs: 10,
    buildToolsDigest: '',
    topicArn: COMPLETE[VARIABLE.topicArn],
    linkRoleArn: COMPLETE[VARIABLE.linkRoleArn],
    gateUrl: '',
    isDualStack: false,
    parameterTags: {},
  });
  expect(readEnvironment({ [VARIABLE.isDualStack]: 'true' }, ['isDualStack']).isDualStack).toBe(true);
});

test('every name that is missing or wrong is told at once, and what a function does not need is not asked for', () => {
  const broken = { ...COMPLETE, [VARIABLE.bucket]: undefined, [VARIABLE.projects]: '{"amiga":{}}', [VARIABLE.stage]: 'Prod' };
  expect(() => readEnvironment(broken, ['stage', 'bucket', 'projects'])).toThrow(
    `'SLIPWAY_STAGE' is 'Prod', 'SLIPWAY_BUCKET' is not set, 'SLIPWAY_PROJECTS' is '{"amiga":{}}'`,
  );
  expect(readEnvironment(broken, ['concurrentJobs'])).toEqual({ concurrentJobs: 10 });
});

test.each([
  ['projects', '{'],
  ['concurrentJobs', '0'],
  ['concurrentJobs', 'many'],
  ['topicArn', ''],
  ['gateUrl', 'gate'],
  ['isDualStack', 'yes'],
  ['parameterTags', 'team=a'],
] as const)('%s cannot be %p', (name, text) => {
  expect(() => readEnvironment({ [VARIABLE[name]]: text }, [name])).toThrow(`'${VARIABLE[name]}' is '${text}'`);
});

test('each function asks for variables that there are', () => {
  for (const names of Object.values(FUNCTION_VARIABLES)) {
    expect(names.filter((name) => !(name in VARIABLE))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  }
});
