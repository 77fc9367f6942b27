/** The gate behind the HTTP API: what callers get, what is signed, what is counted, and what never shows. */
import { LinkRecordSchema, type Distribution } from '../../core/distribution/distribution';
import { storageKey } from '../../core/storage-key';
import { createHandler, type GateHandlerPorts } from '../../lambda/handlers/gate';
import { distributionWith } from '../fakes/distributions';
import { CONTEXT, createLambdaWorld } from '../fakes/lambda';
import { createMemoryLedger } from '../fakes/ledger-memory';
import { createManualClock, createSeededRandomness } from '../fakes/manual-clock';

const TOKEN = 'abcdefghijklmnopqrstuvwxyzABCDEF';
const FILE = 'fieldkit-linux-x86_64.tar.gz';

async function deployed(change: Partial<Distribution> = {}) {
  const clock = createManualClock('2026-03-02T00:00:00.000Z');
  const lambda = createLambdaWorld(clock);
  const ledger = createMemoryLedger();
  const distribution = distributionWith({ allowedRanges: ['198.51.100.0/24'], ...change });
  await ledger.create(storageKey.link(TOKEN), LinkRecordSchema.parse({ schemaVersion: 1, distId: distribution.distId }));
  await ledger.create(storageKey.distributionRecord(distribution.distId), distribution);
  const signed: Parameters<GateHandlerPorts['sign']>[0][] = [];
  const ports: GateHandlerPorts & { isSigningBroken: boolean } = {
    ...lambda,
    ledger,
    randomness: createSeededRandomness(),
    isSigningBroken: false,
    sign(request) {
      if (ports.isSigningBroken) return Promise.reject(new Error('STS is away'));
      signed.push(request);
      return Promise.resolve({ url: `https://bucket.example/${request.key}?X-Amz-Signature=0123` });
    },
  };
  const handler = createHandler(ports);
  const open = (rawPath: string, request: { readonly from?: string; readonly method?: string; readonly headers?: object } = {}) =>
    handler(
      {
        version: '2.0',
        rawPath,
        rawQueryString: '',
        headers: { 'user-agent': 'curl/8', ...request.headers },
        requestContext: { http: { method: request.method ?? 'GET', sourceIp: request.from ?? '198.51.100.7' } },
      },
      CONTEXT,
    );
  const grants = () => ledger.keys(storageKey.grantsPrefix(distribution.distId));
  return { lambda, ledger, ports, signed, open, grants, distribution, handler };
}

test('a program that opens the link is led to the one file, by a minute-long link bound to version and ranges', async () => {
  const { open, signed, grants, lambda } = await deployed();
  const response = await open(`/d/${TOKEN}`);
  expect(response).toMatchObject({ statusCode: 302, body: '' });
  expect(response.headers).toMatchObject({
    location: expect.stringMatching(/^https:\/\/bucket\.example\/distributions\//) as string,
    'referrer-policy': 'no-referrer',
    'cache-control': 'private, no-store',
  });
  expect(Object.keys(response.headers)).not.toContain('etag');
  expect(signed).toEqual([
    {
      key: storageKey.distributionFile('0123456789abcdef', FILE),
      versionId: 'v1',
      file: FILE,
      audience: ['198.51.100.0/24'],
      expiresInSeconds: 60,
      notAfter: '2026-03-03T00:00:00.000Z',
    },
  ]);
  expect(await grants()).toHaveLength(1);
  expect(lambda.counted()).toEqual({ DownloadGranted: [1] });
});

test.each<[string, Parameters<Awaited<ReturnType<typeof deployed>>['open']>, number, string]>([
  ['an address outside', [`/d/${TOKEN}`, { from: '203.0.113.9' }], 403, 'DownloadDenied'],
  ['a token that opens nothing', [`/d/${TOKEN.toLowerCase()}`], 404, 'DownloadUnknown'],
  ['no token at all', ['/robots.txt'], 404, 'DownloadUnknown'],
])('%s is refused with its own address and a reference, and counted', async (_what, request, status, metric) => {
  const { open, signed, grants, lambda } = await deployed();
  const response = await open(...request);
  expect(response.statusCode).toBe(status);
  expect(response.body).toMatch(/your address: \S+\nreference: [0-9a-z]{10}/);
  expect(signed).toEqual([]);
  expect(await grants()).toEqual([]);
  expect(Object.keys(lambda.counted())).toEqual([metric]);
});

test('guesses are counted and fill no log; decisions are logged without the token', async () => {
  const { open, lambda } = await deployed();
  await open('/d/' + 'x'.repeat(32));
  expect(lambda.lines.filter((line) => !line.includes('_aws'))).toEqual([]);
  await open(`/d/${TOKEN}`, { from: '203.0.113.9' });
  expect(lambda.lastCall()).toMatchObject({
    function: 'gate',
    event: 'decision',
    reason: 'address-not-allowed',
    address: '203.0.113.9',
    distId: '0123456789abcdef',
  });
  await open(`/d/${TOKEN}/${FILE}`);
  expect(lambda.lines.join('')).not.toContain(TOKEN);
  expect(lambda.lines.join('')).not.toContain('0123"');
});

test.each([
  ['expired', { expiresAt: '2026-03-01T00:00:00.000Z' }, 'DownloadExpired'],
  ['revoked', { revokedAt: '2026-03-01T12:00:00.000Z' }, 'DownloadRevoked'],
])('a link that is %s answers 410 and has a metric of its own', async (_what, change, metric) => {
  const { open, lambda } = await deployed(change);
  expect((await open(`/d/${TOKEN}`)).statusCode).toBe(410);
  expect(lambda.counted()).toEqual({ [metric]: [1] });
});

test.each([
  ['is missing', undefined],
  ['is none', null],
  ['is no list', ''],
  ['holds something else', [null]],
  ['holds what is no range', ['']],
])('a record whose list of ranges %s opens nothing, and is not one for everybody', async (_, allowedRanges) => {
  const { open, ledger, signed, grants, distribution } = await deployed();
  const key = storageKey.distributionRecord(distribution.distId);
  await ledger.remove(key);
  await ledger.create(key, JSON.parse(JSON.stringify({ ...distribution, allowedRanges })));
  for (const from of ['198.51.100.7', '203.0.113.1', '2001:db8::1'])
    expect((await open(`/d/${TOKEN}`, { from })).statusCode).toBeGreaterThanOrEqual(400);
  expect([signed, await grants()]).toEqual([[], []]);
});

test('a caller by the other family is led to S3, which knows the whole list', async () => {
  const { open, signed } = await deployed();
  expect((await open(`/d/${TOKEN}`, { from: '2001:db8::1' })).statusCode).toBe(302);
  expect(signed[0]?.audience).toEqual(['198.51.100.0/24']);
});

test('HEAD is answered by the gate, a piece of a granted file is no second grant, conditions are left to S3', async () => {
  const { open, grants, signed } = await deployed();
  const head = await open(`/d/${TOKEN}/${FILE}`, { method: 'HEAD' });
  expect(head).toMatchObject({ statusCode: 200, body: '' });
  expect(head.headers['content-length']).toBe('10');
  expect(await grants()).toEqual([]);
  await open(`/d/${TOKEN}/${FILE}`);
  expect((await open(`/d/${TOKEN}/${FILE}`, { headers: { range: 'bytes=5-', 'if-range': '"the-etag-of-s3"' } })).statusCode).toBe(302);
  expect(await grants()).toHaveLength(1);
  expect(signed).toHaveLength(2);
});

test('100 downloads at once of a link that permits 7 are exactly 7', async () => {
  const { open, grants } = await deployed({ maxDownloads: 7 });
  const responses = await Promise.all(Array.from({ length: 100 }, () => open(`/d/${TOKEN}`)));
  expect(responses.filter(({ statusCode }) => statusCode === 302)).toHaveLength(7);
  expect(responses.filter(({ statusCode }) => statusCode === 410)).toHaveLength(93);
  expect(await grants()).toHaveLength(7);
});

test('a redirect that cannot be signed takes its grant back, and the caller gets a reference to the log', async () => {
  const { open, grants, ports, lambda } = await deployed({ maxDownloads: 1 });
  ports.isSigningBroken = true;
  const response = await open(`/d/${TOKEN}`);
  const reference = /reference: (\w+)/.exec(response.body)?.[1] ?? 'none';
  expect(response.statusCode).toBe(500);
  expect(await grants()).toEqual([]);
  expect(lambda.lines.find((line) => line.includes('"fault"'))).toContain(reference);
  expect(response.body).not.toContain('STS');
  ports.isSigningBroken = false;
  expect((await open(`/d/${TOKEN}`)).statusCode).toBe(302);
});

test('a browser gets the page, from the gate itself', async () => {
  const { open, signed } = await deployed();
  const response = await open(`/d/${TOKEN}`, { headers: { accept: 'text/html' } });
  expect(response).toMatchObject({ statusCode: 200, body: expect.stringContaining(FILE) as string });
  expect(response.headers['content-security-policy']).toContain("default-src 'none'");
  expect(signed).toEqual([]);
});

test('what is no event of the HTTP API is refused', async () => {
  const { handler } = await deployed();
  await expect(handler({ hello: 'world' }, CONTEXT)).resolves.toMatchObject({ statusCode: 400 });
});
