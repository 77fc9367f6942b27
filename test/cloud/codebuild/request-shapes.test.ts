import { requireShape } from './request-shapes';

const START = { projectName: 'demo' };

test('what the model allows passes', () => {
  expect(() => {
    requireShape('StartBuild', {
      ...START,
      secondarySourcesOverride: [{ type: 'S3', location: 'bucket/key', sourceIdentifier: 'job' }],
      environmentVariablesOverride: [{ name: 'A', value: 'b', type: 'PLAINTEXT' }],
      timeoutInMinutesOverride: 5,
      privilegedModeOverride: false,
    });
  }).not.toThrow();
  expect(() => {
    requireShape('BatchGetBuilds', { ids: ['demo:1'] });
  }).not.toThrow();
});

test.each([
  ['an unknown parameter', 'StartBuild', { ...START, sourceVersionOverride: 'x' }, 'SerializationException', /sourceVersionOverride/],
  [
    'an unknown parameter inside',
    'StartBuild',
    { ...START, artifactsOverride: { type: 'S3', bucket: 'x' } },
    'SerializationException',
    /'bucket' in StartBuild\.artifactsOverride/,
  ],
  ['a missing one', 'StartBuild', {}, 'InvalidInputException', /projectName/],
  ['a missing one inside', 'StartBuild', { ...START, environmentVariablesOverride: [{ name: 'A' }] }, 'InvalidInputException', /value/],
  ['a number as text', 'StartBuild', { ...START, timeoutInMinutesOverride: '60' }, 'SerializationException', /whole number/],
  ['text as a list', 'BatchGetBuilds', { ids: 'demo:1' }, 'SerializationException', /a list/],
  [
    'a value that the enumeration has not',
    'StartBuild',
    { ...START, cacheOverride: { type: 'NONE' } },
    'InvalidInputException',
    /ProjectCache\.type 'NONE'/,
  ],
  ['a timeout under five minutes', 'StartBuild', { ...START, timeoutInMinutesOverride: 4 }, 'InvalidInputException', /between 5 and 2160/],
  ['a timeout over 36 hours', 'StartBuild', { ...START, timeoutInMinutesOverride: 2161 }, 'InvalidInputException', /between 5 and 2160/],
])('%s is refused', (_, operation, input, type, message) => {
  const attempt = () => {
    requireShape(operation, input);
  };
  expect(attempt).toThrow(message);
  expect(attempt).toThrow(expect.objectContaining({ type }) as Error);
});
