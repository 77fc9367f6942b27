/**
 * What people see who have no credentials, old ones, no deployment, or one of another version: by the SDK itself, against a server that
 * answers as STS and SSM do.
 */
import '../../allow-network';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createAwsServices } from '../../../aws/aws-services';
import { examineDeployment } from '../../../aws/deploy/examine-deployment';
import { API_VERSION } from '../../../core/api/call';
import { deploymentConfig } from '../../fakes/deployment-config';

const config = deploymentConfig({ platforms: {}, gateUrl: null });
const expiredAtSts = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error></ErrorResponse>`;
const identity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/ada</Arn><UserId>A</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;

type Answer = readonly [status: number, body: string];
const DENIED: Answer = [403, '{"__type":"AccessDeniedException","Message":"no"}'];
let answers: { sts: Answer; ssm: Answer };
let server: Server;
const before = { ...process.env };

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  await text(request);
  const target = String(request.headers['x-amz-target'] ?? '');
  const isSts = target === '' && request.method === 'POST';
  // Whatever else is asked for, nobody may.
  const [status, body] = target.startsWith('AmazonSSM') ? answers.ssm : isSts ? answers.sts : DENIED;
  response.writeHead(status, { 'content-type': body.startsWith('<') ? 'text/xml' : 'application/x-amz-json-1.1' }).end(body);
}

beforeEach(async () => {
  answers = { sts: [200, identity], ssm: [200, JSON.stringify({ Parameter: { Value: JSON.stringify(config) } })] };
  server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  for (const name of Object.keys(process.env).filter((key) => key.startsWith('AWS_'))) delete process.env[name];
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
});
afterEach(async () => {
  process.env = { ...before };
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const place = { stage: 'prod' };
const unused = () => Promise.reject(new Error('not needed here'));
const examine = (more: { readonly profile?: string } = {}) =>
  examineDeployment({
    place: { ...place, ...more },
    clientVersion: '1.0.0',
    clock: { nowMs: () => 0 },
    environment: {},
    builds: () => Promise.resolve({ list: () => Promise.resolve([]) } as never),
  });
const open = (more: { readonly profile?: string } = {}) =>
  createAwsServices({
    place: { ...place, ...more },
    clientVersion: '1.0.0',
    uploads: { put: unused },
    downloads: {} as never,
    readFile: unused,
  });

function withoutCredentials(): void {
  delete process.env.AWS_ACCESS_KEY_ID;
  delete process.env.AWS_SECRET_ACCESS_KEY;
}

test('a deployment that is there: whose credentials, from where, what is deployed', async () => {
  await expect(examine()).resolves.toMatchObject({
    region: 'eu-central-1',
    credentials: {
      account: '111122223333',
      arn: 'arn:aws:iam::111122223333:user/ada',
      source: 'the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    },
    config: { bucket: 'artifacts' },
    problems: { quotas: { code: 'access-denied' } },
  });
  await expect(open()).resolves.toMatchObject({ deployment: { bucket: 'artifacts' } });
});

test('no credentials', async () => {
  withoutCredentials();
  const expected = { code: 'credentials-missing', hint: expect.stringContaining('aws sso login') as string };
  expect((await examine()).problems).toMatchObject({ credentials: expected });
  await expect(open()).rejects.toMatchObject(expected);
});

test('a profile that nobody has', async () => {
  withoutCredentials();
  const expected = { code: 'credentials-missing', message: expect.stringContaining("with profile 'nobody'") as string };
  expect((await examine({ profile: 'nobody' })).problems).toMatchObject({ credentials: expected });
  await expect(open({ profile: 'nobody' })).rejects.toMatchObject(expected);
});

test('an expired token', async () => {
  answers.sts = [403, expiredAtSts];
  answers.ssm = [
    400,
    JSON.stringify({ __type: 'ExpiredTokenException', message: 'The security token included in the request is expired' }),
  ];
  const expected = { code: 'credentials-expired', hint: expect.stringContaining('aws sso login') as string };
  expect((await examine()).problems).toMatchObject({ credentials: expected });
  await expect(open()).rejects.toMatchObject(expected);
});

test('no region', async () => {
  delete process.env.AWS_REGION;
  const expected = { code: 'region-missing', hint: expect.stringContaining('--region') as string };
  expect((await examine()).problems).toMatchObject({ region: expected });
  await expect(open()).rejects.toMatchObject(expected);
});

test('no deployment', async () => {
  answers.ssm = [400, JSON.stringify({ __type: 'ParameterNotFound' })];
  const expected = { code: 'deployment-not-found', hint: expect.stringContaining('slipway deploy --stage prod') as string };
  expect((await examine()).problems).toMatchObject({ deployment: expected });
  await expect(open()).rejects.toMatchObject(expected);
});

test.each([
  ['newer', { apiVersion: API_VERSION + 1, slipwayVersion: '2.0.0' }, 'update slipway'],
  ['older', { apiVersion: 0, slipwayVersion: '0.1.0' }, 'slipway deploy --stage prod'],
])('a deployment that is %s', async (_what, change, hint) => {
  answers.ssm = [200, JSON.stringify({ Parameter: { Value: JSON.stringify({ ...config, ...change }) } })];
  const expected = {
    code: 'deployment-mismatch',
    message: expect.stringContaining(change.slipwayVersion) as string,
    hint: expect.stringContaining(hint) as string,
  };
  expect((await examine()).problems).toMatchObject({ deployment: expected });
  await expect(open()).rejects.toMatchObject(expected);
});
