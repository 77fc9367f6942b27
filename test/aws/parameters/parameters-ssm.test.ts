/** Parameters in SSM: what is asked for, and what is told when it cannot be written. */
import { createSsmParameters } from '../../../aws/parameters/parameters-ssm';
import { createFakeSdk, sdkError } from '../../fakes/sdk-client';

const NAME = '/slipway/prod/apps/fieldkit/latest-build';
const notFound = sdkError('ParameterNotFound');
const exists = sdkError('ParameterAlreadyExists');

function parametersOn(answer: Parameters<typeof createFakeSdk>[0], tags?: Readonly<Record<string, string>>) {
  const client = createFakeSdk(answer);
  return { client, parameters: createSsmParameters({ client, ...(tags === undefined ? {} : { tags }) }) };
}
const stored = (Version: number) => ({ Parameter: { Value: 'v', Version } });

test('a value is read, decrypted where it is secret; one that is not there is none', async () => {
  const { client, parameters } = parametersOn(() => stored(1));
  expect(await parameters.read(NAME)).toBe('v');
  expect(client.sent).toEqual([{ name: 'GetParameter', input: { Name: NAME, WithDecryption: true } }]);
  expect(await parametersOn(() => notFound).parameters.read(NAME)).toBeUndefined();
  await expect(parametersOn(() => sdkError('AccessDeniedException')).parameters.read(NAME)).rejects.toMatchObject({
    code: 'access-denied',
    message: expect.stringContaining(NAME) as string,
  });
});

test.each([
  [{}, 'String'],
  [{ isSecret: true }, 'SecureString'],
])('a value is written as a standard parameter and read again (%p)', async (options, Type) => {
  const { client, parameters } = parametersOn((name) => (name === 'PutParameter' ? { Version: 3 } : stored(3)));
  await parameters.write(NAME, 'v', options);
  expect(client.sent).toEqual([
    { name: 'PutParameter', input: { Name: NAME, Value: 'v', Type, Tier: 'Standard', Overwrite: true } },
    { name: 'GetParameter', input: { Name: NAME, WithDecryption: true } },
  ]);
});

test('where tags are demanded it is created with them, and overwritten without', async () => {
  const made = parametersOn((name) => (name === 'PutParameter' ? { Version: 1 } : stored(1)), { team: 'tools' });
  await made.parameters.write(NAME, 'v');
  expect(made.client.sent[0]?.input).toMatchObject({ Overwrite: false, Tags: [{ Key: 'team', Value: 'tools' }] });

  const there = parametersOn((name, input) => (name === 'GetParameter' ? stored(2) : input.Overwrite === true ? { Version: 2 } : exists), {
    team: 'tools',
  });
  await there.parameters.write(NAME, 'v');
  expect(there.client.sent.map(({ name }) => name)).toEqual(['PutParameter', 'PutParameter', 'GetParameter']);
  expect(there.client.sent[1]?.input).toMatchObject({ Overwrite: true });
  expect(there.client.sent[1]?.input).not.toHaveProperty('Tags');
});

test('4 KB fit, and one byte more is told before anything is sent', async () => {
  const { client, parameters } = parametersOn((name) => (name === 'PutParameter' ? { Version: 1 } : stored(1)));
  await parameters.write(NAME, 'x'.repeat(4_096));
  const sent = client.sent.length;
  await expect(parameters.write(NAME, `${'x'.repeat(4_095)}ü`)).rejects.toMatchObject({
    code: 'parameter-not-written',
    message: expect.stringContaining("'4097' bytes") as string,
  });
  expect(client.sent).toHaveLength(sent);
});

test.each([
  ['AccessDeniedException', 'access-denied', /not written: SSM denies PutParameter/],
  ['ThrottlingException', 'service-unavailable', /takes no more calls/],
  ['ParameterMaxVersionLimitExceeded', 'aws-call-failed', /ParameterMaxVersionLimitExceeded/],
])('%s: it was not written, and why', async (name, reason, message) => {
  await expect(parametersOn(() => sdkError(name)).parameters.write(NAME, 'the value')).rejects.toMatchObject({
    code: 'parameter-not-written',
    message: expect.stringMatching(message) as string,
    details: { name: NAME, reason },
  });
});

test('a later version is another writer; an earlier one is read again, and at last told', async () => {
  const later = parametersOn((name) => (name === 'PutParameter' ? { Version: 3 } : stored(5)));
  await later.parameters.write(NAME, 'v');
  const slow = parametersOn((name, _input, nth) => (name === 'PutParameter' ? { Version: 3 } : stored(nth === 1 ? 2 : 3)));
  await slow.parameters.write(NAME, 'v');
  const lost = parametersOn((name) => (name === 'PutParameter' ? { Version: 3 } : notFound));
  await expect(lost.parameters.write(NAME, 'v')).rejects.toMatchObject({ code: 'parameter-not-written' });
});

test('removing what is not there is no error', async () => {
  await parametersOn(() => ({})).parameters.remove(NAME);
  await parametersOn(() => notFound).parameters.remove(NAME);
  await expect(parametersOn(() => sdkError('ThrottlingException')).parameters.remove(NAME)).rejects.toMatchObject({
    code: 'service-unavailable',
  });
});
