/** How SDK clients reach AWS: a company's proxy counts, and so do the exceptions from it. */
import { HttpsProxyAgent } from 'https-proxy-agent';
import { connectSdk } from '../../../aws/client/sdk-connection';

const NAMES = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy', 'NO_PROXY', 'no_proxy'] as const;
const before = NAMES.map((name) => [name, process.env[name]] as const);

beforeEach(() => {
  for (const name of NAMES) delete process.env[name];
});
afterAll(() => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

async function agentOf(place: Parameters<typeof connectSdk>[0]): Promise<unknown> {
  const { requestHandler } = connectSdk(place);
  // The handler makes its agents when it first sends; what it was given is all that matters here.
  const { httpsAgent } = await (requestHandler as unknown as { configProvider: Promise<{ httpsAgent: unknown }> }).configProvider;
  return httpsAgent;
}

test('the proxy of the environment is used for AWS', async () => {
  process.env.HTTPS_PROXY = 'http://proxy.corp:3128';
  const agent = await agentOf({ region: 'eu-central-1' });
  expect(agent).toBeInstanceOf(HttpsProxyAgent);
  expect((agent as HttpsProxyAgent<string>).proxy.href).toBe('http://proxy.corp:3128/');
});

test.each([[{}], [{ HTTPS_PROXY: 'http://proxy.corp:3128', NO_PROXY: '.amazonaws.com' }]])('%p: no proxy', async (environment) => {
  Object.assign(process.env, environment);
  await expect(agentOf({ region: 'eu-central-1' })).resolves.not.toBeInstanceOf(HttpsProxyAgent);
});

test('region and profile are left to the chain of the SDK where nobody names them', () => {
  expect(connectSdk({})).not.toHaveProperty('region');
  expect(connectSdk({})).not.toHaveProperty('profile');
  expect(connectSdk({ region: 'eu-west-1', profile: 'release' })).toMatchObject({ region: 'eu-west-1', profile: 'release' });
});
