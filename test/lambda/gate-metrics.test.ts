/** Every decision of the deployed gate is one metric, and a structured line that holds nothing secret: asked of the real handler. */
import { LinkRecordSchema, type Distribution } from '../../core/distribution/distribution';
import { METRIC } from '../../core/deployment/metric-names';
import { refusalAnswer, type Refusal } from '../../core/distribution/gate/gate-answer';
import { DENIALS } from '../../core/distribution/gate/gate-decision';
import { SERVICES, type Service } from '../../core/distribution/gate/gate-log-entry';
import { storageKey } from '../../core/storage-key';
import { metricOfDecision } from '../../lambda/gate-metrics';
import { createHandler, type GateHandlerPorts } from '../../lambda/handlers/gate';
import { distributedFile, distributionWith } from '../fakes/distributions';
import { installablePackage } from '../fakes/installable';
import { CONTEXT, createLambdaWorld } from '../fakes/lambda';
import { createMemoryLedger } from '../fakes/ledger-memory';
import { createManualClock, createSeededRandomness } from '../fakes/manual-clock';

const TOKEN = 'abcdefghijklmnopqrstuvwxyzABCDEF';
const FILE = 'fieldkit-linux-x86_64.tar.gz';
const SIGNATURE = '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7';
const BROWSER = { accept: 'text/html', 'user-agent': 'Mozilla/5.0 Firefox/140.0' };

interface Ask {
  readonly path?: string;
  readonly from?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function deployed(change: Partial<Distribution> = {}) {
  const clock = createManualClock('2026-03-02T00:00:00.000Z');
  const lambda = createLambdaWorld(clock);
  const ledger = createMemoryLedger();
  const distribution = distributionWith({ allowedRanges: ['198.51.100.0/24'], ...change });
  await ledger.create(storageKey.link(TOKEN), LinkRecordSchema.parse({ schemaVersion: 1, distId: distribution.distId }));
  await ledger.create(storageKey.distributionRecord(distribution.distId), distribution);
  const signing: Pick<GateHandlerPorts, 'sign'> = {
    sign: ({ key }) =>
      Promise.resolve({ url: `https://bucket.example/${key}?X-Amz-Security-Token=IQoJb3JpZ2lu&X-Amz-Signature=${SIGNATURE}` }),
  };
  const handler = createHandler({ ...lambda, ledger, randomness: createSeededRandomness(), sign: (request) => signing.sign(request) });
  const open = ({ path = `/d/${TOKEN}`, from = '198.51.100.7', method = 'GET', headers = { 'user-agent': 'curl/8.14.1' } }: Ask = {}) =>
    handler({ version: '2.0', rawPath: path, rawQueryString: '', headers, requestContext: { http: { method, sourceIp: from } } }, CONTEXT);
  return { lambda, ledger, signing, open, distribution };
}

type World = Awaited<ReturnType<typeof deployed>>;
type Case = readonly [
  what: string,
  metric: string,
  status: number,
  happen: (world: World) => Promise<unknown>,
  change?: Partial<Distribution>,
];

const file = (name: string, ask: Ask = {}): Ask => ({ path: `/d/${TOKEN}/${name}`, ...ask });

/** The last thing that happens in each is what is looked at. */
const REFUSED: Readonly<Record<Exclude<Refusal, 'file-missing' | 'precondition-failed'>, Case>> = {
  unknown: ['a token that opens nothing', METRIC.downloadUnknown, 404, ({ open }) => open({ path: `/d/${'x'.repeat(32)}` })],
  'not-found': ['no token at all', METRIC.downloadUnknown, 404, ({ open }) => open({ path: '/d/robots.txt' })],
  revoked: ['a revoked link', METRIC.downloadRevoked, 410, ({ open }) => open(), { revokedAt: '2026-03-01T12:00:00.000Z' }],
  expired: ['an expired link', METRIC.downloadExpired, 410, ({ open }) => open(), { expiresAt: '2026-03-01T12:00:00.000Z' }],
  'address-not-allowed': ['an address outside', METRIC.downloadDenied, 403, ({ open }) => open({ from: '203.0.113.9' })],
  'file-unknown': ['a file that is not there', METRIC.fileUnknown, 404, ({ open }) => open(file('other.zip'))],
  exhausted: ['a link that is used up', METRIC.downloadExhausted, 410, async ({ open }) => (await open(), open()), { maxDownloads: 1 }],
  'method-not-allowed': ['a POST', METRIC.requestRefused, 405, ({ open }) => open({ method: 'POST' })],
  'target-too-long': ['a long address', METRIC.requestRefused, 414, ({ open }) => open({ path: `/d/${'x'.repeat(2000)}` })],
  'host-unclear': [
    'an install script for nobody knows which address',
    METRIC.requestRefused,
    400,
    ({ open }) => open(file('install.sh')),
    { about: { installers: ['script'] }, files: [installablePackage('linux-x86_64')] },
  ],
  unsatisfiable: [
    'a range beyond the end',
    METRIC.requestRefused,
    416,
    ({ open }) => open(file(FILE, { headers: { range: 'bytes=99-' } })),
  ],
  failed: [
    'a redirect that cannot be signed',
    METRIC.downloadFailed,
    500,
    ({ open, signing }) => {
      signing.sign = () => Promise.reject(new Error(`AssumeRole: ${SIGNATURE} at https://sts.example/?X-Amz-Signature=${SIGNATURE}`));
      return open();
    },
  ],
};

const SEVERAL = [
  distributedFile(FILE),
  distributedFile('fieldkit-windows-x86_64.zip'),
  distributedFile('SHA256SUMS', { kind: 'checksums' }),
];

const SERVED: Readonly<Record<Exclude<Service, 'not-modified'>, Case>> = {
  granted: ['a download', METRIC.downloadGranted, 302, ({ open }) => open()],
  continued: [
    'a piece of one',
    METRIC.downloadContinued,
    302,
    async ({ open }) => (await open(file(FILE)), open(file(FILE, { headers: { range: 'bytes=5-' } }))),
  ],
  companion: ['its checksums', METRIC.companionServed, 302, ({ open }) => open(file('SHA256SUMS'))],
  head: ['a HEAD', METRIC.headAnswered, 200, ({ open }) => open(file(FILE, { method: 'HEAD' }))],
  page: ['the page', METRIC.pageShown, 200, ({ open }) => open({ headers: BROWSER })],
  list: ['a list for programs', METRIC.pageShown, 300, ({ open }) => open(), { files: SEVERAL }],
  preview: ['a preview', METRIC.pageShown, 200, ({ open }) => open({ headers: { 'user-agent': 'Slackbot 1.0' } })],
};

/** Decided elsewhere: conditions are S3's on AWS, and only the local gate opens files itself. */
const NOT_HERE = ['file-missing', 'precondition-failed', 'not-modified'] as const;

const newest = ({ lambda }: World) => lambda.lines.map((line) => JSON.parse(line) as Record<string, unknown>);

describe.each(Object.entries({ ...REFUSED, ...SERVED }))('%s', (name, [, metric, status, happen, change]) => {
  test('is one metric and its status', async () => {
    const world = await deployed(change);
    const response = (await happen(world)) as { readonly statusCode: number };
    expect(response.statusCode).toBe(status);
    const counts = newest(world).filter((line) => '_aws' in line);
    expect(counts.at(-1)).toEqual({ _aws: expect.anything() as unknown, Stage: 'prod', [metric]: [1] });
  });

  test('is a structured line with what an audit needs, unless it names no link', async () => {
    const world = await deployed(change);
    await happen(world);
    const decisions = newest(world).filter(({ event }) => event === 'decision');
    if (['unknown', 'not-found', 'method-not-allowed', 'target-too-long'].includes(name)) return expect(decisions).toEqual([]);
    const line = decisions.at(-1);
    expect(line).toMatchObject({
      function: 'gate',
      at: '2026-03-02T00:00:00.000Z',
      reference: expect.stringMatching(/^[0-9a-z]{10}$/) as string,
      address: expect.stringMatching(/^[\d.]+$/) as string,
      agent: expect.any(String) as string,
      method: expect.stringMatching(/^(GET|HEAD)$/) as string,
      reason: name in SERVED ? 'ok' : name,
      isGrant: name === 'granted',
    });
    if (name in SERVED) expect(line).toMatchObject({ service: name });
    expect(line).toMatchObject({ distId: world.distribution.distId });
    if (name === 'granted') expect(line).toMatchObject({ file: FILE, grantId: expect.any(String) as string });
    if (name === 'continued') expect(line).toMatchObject({ file: FILE, continues: decisions[0]?.grantId });
  });

  test('shows neither token nor signature in any line', async () => {
    const world = await deployed(change);
    await happen(world);
    const text = world.lambda.lines.join('');
    for (const secret of [TOKEN, storageKey.link(TOKEN), 'IQoJb3JpZ2lu', `Signature=${SIGNATURE}`]) expect(text).not.toContain(secret);
  });
});

test('every refusal and every service is asked for here, or is none of this gate', () => {
  const asked = [...Object.keys(REFUSED), ...Object.keys(SERVED), ...NOT_HERE];
  expect(asked.sort()).toEqual([...new Set([...DENIALS, ...MISREQUESTS, ...LATER, ...SERVICES])].sort());
});

/** The answer exists for each: the table of refusals is total, so a new one fails to compile here. */
const MISREQUESTS = ['method-not-allowed', 'target-too-long', 'not-found', 'host-unclear'] as const;
const LATER = ['precondition-failed', 'unsatisfiable', 'file-missing', 'failed'] as const satisfies readonly Refusal[];

test('a grant that cannot be taken back is told, and the caller has an answer with a reference all the same', async () => {
  const { open, ledger, signing, lambda, distribution } = await deployed();
  signing.sign = () => Promise.reject(new Error('STS is away'));
  Object.assign(ledger, { remove: () => Promise.reject(new Error('S3 is away')) });
  const { statusCode, body } = await open();
  expect([statusCode, body]).toEqual([500, expect.stringMatching(/reference: [0-9a-z]{10}/)]);
  const faults = lambda.lines.filter((line) => line.includes('"fault"'));
  expect(faults.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(['S3 is away', 'STS is away']);
  expect(lambda.counted()).toEqual({ DownloadFailed: [1] });
  expect(await ledger.keys(storageKey.grantsPrefix(distribution.distId))).toHaveLength(1);
});

test('denied, expired, revoked, used up and unknown are told apart', () => {
  const of = (reason: Refusal) => metricOfDecision({ ...LOGGED, reason });
  const apart = (['address-not-allowed', 'expired', 'revoked', 'exhausted', 'unknown', 'file-unknown', 'failed'] as const).map(of);
  expect(new Set(apart).size).toBe(apart.length);
  expect(of('file-missing')).toBe(METRIC.downloadFailed);
  expect(of('precondition-failed')).toBe(METRIC.requestRefused);
});

const LOGGED = { at: '', reference: '', method: 'GET', agent: 'curl', status: 0, isGrant: false } as const;

test('a caller cannot write into the log: control characters, long names and made-up files stay out', async () => {
  const world = await deployed();
  const nasty = `a\n{"event":"decision","reason":"ok"}\u001b[2J${'x'.repeat(5000)}`;
  await world.open({ method: nasty });
  await world.open({
    path: `/d/${TOKEN}/${encodeURIComponent('forged\nline')}`,
    headers: { 'user-agent': nasty, referer: nasty, range: nasty },
  });
  await world.open({ headers: { 'user-agent': nasty, 'x-forwarded-for': nasty }, from: nasty });
  for (const line of world.lambda.lines) {
    // eslint-disable-next-line no-control-regex -- they are what is looked for
    expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f]/);
    expect(line).not.toMatch(/forged|2J|xxxx/);
    expect(line.length).toBeLessThan(700);
  }
  expect(world.lambda.lines.length).toBeGreaterThan(3);
});

test('what a refused caller reads names no other file, link or address', () => {
  const { body } = refusalAnswer('address-not-allowed', {
    callerAddress: '203.0.113.9',
    reference: 'ref0000000',
    wantsPage: false,
    isHead: false,
  });
  expect(body).toEqual({
    kind: 'text',
    text: 'this link does not answer to your address\nyour address: 203.0.113.9\nreference: ref0000000\n',
  });
});
