/** The distribution service of a deployment: which call each method makes, and what becomes of the answers. */
import { Readable } from 'node:stream';
import { createAwsDistributionService } from '../../../aws/client/aws-distribution-service';
import type { FunctionCaller } from '../../../aws/client/call-function';
import type { PlainFile } from '../../../core/distribution/hand-out/distribution-content';
import type { DistributeRequest } from '../../../core/distribution/distribution-service';
import type { UploadRequest } from '../../../core/ports/uploads';

const view = {
  distribution: {
    schemaVersion: 1,
    distId: '0123456789abcdef',
    name: 'fieldkit',
    createdAt: '2026-03-01T00:00:00.000Z',
    expiresAt: '2026-03-03T00:00:00.000Z',
    allowedRanges: ['203.0.113.0/24'],
    link: 'gate',
    files: [{ file: 'fieldkit-linux-x86_64.tar.gz', kind: 'archive', sizeBytes: 5, sha256: 'a'.repeat(64), versionId: 'v1' }],
  },
  state: 'live',
  grantCount: 0,
  url: 'https://gate.example/d/token',
};
const upload = { url: 'https://bucket.example/uploads/x', headers: { 'if-none-match': '*' }, expiresAt: '2026-03-01T00:15:00.000Z' };
const request: DistributeRequest = {
  from: { build: 'latest', name: 'fieldkit' },
  expiresHours: 48,
  allowedIps: ['203.0.113.0/24'],
  link: 'gate',
  allowSecrets: [],
};

function serviceAnswering(answers: readonly unknown[], plain: Partial<PlainFile> = {}, own = ['198.51.100.7', '2001:db8::7']) {
  const calls: (readonly [string, unknown])[] = [];
  const uploads: UploadRequest[] = [];
  const left = [...answers];
  const caller: FunctionCaller = {
    call(name, call, answer) {
      calls.push([name, call]);
      return Promise.resolve(answer.parse(left.shift()));
    },
  };
  const service = createAwsDistributionService({
    caller,
    config: { gateUrl: 'https://gate.example', stage: 'prod' },
    uploads: {
      put(sent) {
        uploads.push(sent);
        return Promise.resolve('stored');
      },
    },
    readFile: () =>
      Promise.resolve({
        ...{ file: 'notes.txt', sizeBytes: 2, sha256: 'd'.repeat(64), secretsFound: [], open: () => Readable.from(['hi']) },
        ...plain,
      }),
    ownAddresses: () => Promise.resolve(own),
  });
  return { service, calls, uploads };
}

test('a build is handed out by one call', async () => {
  const { service, calls } = serviceAnswering([{ state: 'made', view }]);
  await expect(service.distribute(request)).resolves.toEqual(view);
  expect(calls).toEqual([['distribute', request]]);
});

test('`me` becomes the addresses by which this machine is seen', async () => {
  const { service, calls } = serviceAnswering([{ state: 'made', view }]);
  await service.distribute({ ...request, allowedIps: ['203.0.113.0/24', ' me '] });
  expect(calls[0]?.[1]).toMatchObject({ allowedIps: ['203.0.113.0/24', '198.51.100.7', '2001:db8::7'] });
});

test.each([[[]], [['']]])("'me' that nobody knows is refused, and never a list for everybody: %j", async (own) => {
  const { service, calls } = serviceAnswering([{ state: 'made', view }], {}, own);
  await expect(service.distribute({ ...request, allowedIps: ['me'] })).rejects.toMatchObject({ code: 'address-range-invalid' });
  expect(calls).toEqual([]);
});

test('a path is told by its content, sent when it is missing, and asked for again', async () => {
  const { service, calls, uploads } = serviceAnswering([
    { state: 'upload-needed', upload },
    { state: 'made', view },
  ]);
  await service.distribute({ ...request, from: { path: '/tmp/notes.txt', name: 'fieldkit', version: '2' } });
  expect(calls).toHaveLength(2);
  expect(calls[0]?.[1]).toMatchObject({
    from: { file: { name: 'notes.txt', sizeBytes: 2, sha256: 'd'.repeat(64) }, name: 'fieldkit', version: '2' },
  });
  expect(uploads.map(({ url, sizeBytes }) => [url, sizeBytes])).toEqual([[upload.url, 2]]);
  expect(JSON.stringify(calls)).not.toContain('/tmp/');
});

describe('a path is judged here, where its bytes are:', () => {
  const from = { path: '/tmp/notes.txt', name: 'fieldkit' };
  const finding = { kind: 'github-token', file: 'notes.txt', offset: 0, preview: 'ghp_… (40)' };
  test.each([
    ['what looks like a secret', { secretsFound: [finding] }, 'secrets-found'],
    ['a name that not every disk can hold', { file: 'notes ä.txt' }, 'path-not-distributable'],
  ] as const)('%s is refused before anything is called', async (_what, plain, code) => {
    const { service, calls, uploads } = serviceAnswering([], plain);
    await expect(service.distribute({ ...request, from })).rejects.toMatchObject({ code });
    expect([calls, uploads]).toEqual([[], []]);
  });

  test('what was allowed by name is handed out', async () => {
    const { service } = serviceAnswering([{ state: 'made', view }], { secretsFound: [finding] });
    await expect(service.distribute({ ...request, from, allowSecrets: ['notes.txt'] })).resolves.toEqual(view);
  });
});

test.each([
  ['a build', request.from, 1],
  ['a file, twice', { path: '/tmp/notes.txt', name: 'fieldkit' }, 2],
] as const)('a deployment that asks for an upload for %s is refused', async (_what, from, callCount) => {
  const answer = { state: 'upload-needed', upload };
  const { service, calls } = serviceAnswering([answer, answer, answer]);
  await expect(service.distribute({ ...request, from })).rejects.toMatchObject({ code: 'upload-refused' });
  expect(calls).toHaveLength(callCount);
});

test('another address for the gate is refused before anything is called', async () => {
  const { service, calls } = serviceAnswering([]);
  await expect(service.distribute({ ...request, baseUrl: 'https://other.example' })).rejects.toMatchObject({
    code: 'base-url-invalid',
    hint: expect.stringContaining('https://gate.example') as string,
  });
  expect(calls).toEqual([]);
});

test('latest, list, downloads and revoke are one call each', async () => {
  const grant = {
    schemaVersion: 1,
    distId: '0123456789abcdef',
    grantId: 'g',
    file: 'f',
    address: '203.0.113.9',
    grantedAt: '2026-03-01T00:00:00.000Z',
  };
  const { service, calls } = serviceAnswering([
    { query: 'latest', view },
    { query: 'list', views: [view] },
    { query: 'downloads', grants: [grant] },
    { view: { ...view, state: 'revoked' } },
  ]);
  await expect(service.latest('fieldkit')).resolves.toEqual(view);
  await expect(service.list({ limit: 5 })).resolves.toEqual([view]);
  await expect(service.downloads('0123')).resolves.toEqual([{ ...grant, outcome: 'redirected' }]);
  await expect(service.revoke('0123')).resolves.toMatchObject({ state: 'revoked' });
  expect(calls).toEqual([
    ['distributions', { query: 'latest', name: 'fieldkit' }],
    ['distributions', { query: 'list', limit: 5 }],
    ['distributions', { query: 'downloads', reference: '0123' }],
    ['revoke', { reference: '0123' }],
  ]);
});
