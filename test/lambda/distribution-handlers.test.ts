/** The functions about links: what they answer, log and refuse. */
import { Readable } from 'node:stream';
import { DistributeAnswerSchema, DistributionsAnswerSchema, RevokeAnswerSchema } from '../../core/api/distribution-calls';
import type { DistributeAnswer, DistributionsAnswer, RevokeAnswer } from '../../core/api/distribution-calls';
import { EVERYBODY, type Audience } from '../../core/distribution/addresses/audience';
import { SlipwayError } from '../../core/slipway-error';
import { storageKey } from '../../core/storage-key';
import { createHandler as createDistribute, type DistributeHandlerPorts } from '../../lambda/handlers/distribute';
import { createHandler as createDistributions } from '../../lambda/handlers/distributions';
import { createHandler as createRevoke } from '../../lambda/handlers/revoke';
import { createMemoryArtifactStore } from '../fakes/artifact-store-memory';
import { createMemoryTransfers } from '../fakes/deployment';
import { sha256Of, storeBuild } from '../fakes/distributions';
import { call, CONTEXT, createLambdaWorld, dataOf } from '../fakes/lambda';
import { createMemoryLedger } from '../fakes/ledger-memory';
import { createMemoryLinkTokens } from '../fakes/link-tokens-memory';
import { createManualClock, createSeededRandomness } from '../fakes/manual-clock';

const SIGNER = 'arn:aws:sts::111122223333:assumed-role/link/slipway-x';
const SIGNED_URL = 'https://artifacts.s3.eu-central-1.amazonaws.com/distributions/x?X-Amz-Security-Token=SECRET&X-Amz-Signature=5EC12E7';
const GATE = 'https://abc123.execute-api.eu-central-1.amazonaws.com/';

function deployed(gateUrl = GATE) {
  const clock = createManualClock('2026-03-02T00:00:00.000Z');
  const lambda = createLambdaWorld(clock);
  const measured: (readonly [Audience, string])[] = [];
  const signed: Parameters<DistributeHandlerPorts['sign']>[0][] = [];
  const ports = {
    ...lambda,
    ledger: createMemoryLedger(),
    store: createMemoryArtifactStore(),
    randomness: createSeededRandomness(),
    tokens: createMemoryLinkTokens(),
    transfers: createMemoryTransfers(clock),
    gateUrl,
    measure: (audience: Audience, key: string) => {
      measured.push([audience, key]);
      return audience !== EVERYBODY && audience.length > 2
        ? Promise.reject(new SlipwayError('address-range-refused', `'${audience.length}' ranges do not fit: 2 do`))
        : Promise.resolve();
    },
    sign: (link: (typeof signed)[number]) => {
      signed.push(link);
      return Promise.resolve({ url: SIGNED_URL, expiresAt: '2026-03-02T00:50:00.000Z', signedBy: SIGNER });
    },
  };
  const distribute = async (change: object = {}) => createDistribute(ports)(call({ ...terms, ...change }), CONTEXT);
  return { clock, lambda, ports, measured, signed, distribute };
}

const BUILD_ID = 'b0000000000000aa';
const terms = { from: { build: BUILD_ID }, expiresHours: 48, allowedIps: ['198.51.100.0/24'], link: 'gate', allowSecrets: [] };

const madeOf = (answer: unknown) => {
  const parsed = DistributeAnswerSchema.parse(answer);
  if (parsed.state !== 'made') throw new Error('nothing was made');
  return parsed.view;
};

test('a build is handed out by a link to the gate, whose token is kept and never logged', async () => {
  const { lambda, ports, measured, distribute } = deployed();
  await storeBuild(ports);
  const view = madeOf(dataOf<DistributeAnswer>(await distribute()));
  const token = /^https:\/\/abc123\.execute-api\.eu-central-1\.amazonaws\.com\/d\/([\w-]{32})$/.exec(view.url ?? '')?.[1] ?? '';
  expect(view).toMatchObject({
    state: 'live',
    grantCount: 0,
    distribution: { buildId: BUILD_ID, expiresAt: '2026-03-04T00:00:00.000Z', allowedRanges: ['198.51.100.0/24'] },
  });
  const { distId } = view.distribution;
  expect(await ports.tokens.read('fieldkit', distId)).toBe(token);
  expect(measured).toEqual([[['198.51.100.0/24'], storageKey.distributionFile(distId, 'fieldkit-linux-x86_64.tar.gz.sha256')]]);
  expect(lambda.lines.join('')).not.toContain(token);
  expect(lambda.lastCall()).toMatchObject({ function: 'distribute', code: 'ok', distId });
});

test('a list of ranges that no link can carry is refused before anything is stored', async () => {
  const { ports, distribute } = deployed();
  await storeBuild(ports);
  const before = ports.ledger.documents.size;
  const answer = await distribute({ allowedIps: ['198.51.100.1', '198.51.100.3', '198.51.100.5'] });
  expect(answer).toMatchObject({ ok: false, error: { code: 'address-range-refused', message: "'3' ranges do not fit: 2 do" } });
  expect(ports.ledger.documents.size).toBe(before);
  expect(await ports.store.list('distributions/')).toEqual([]);
});

test.each([
  ['a private range', { allowedIps: ['192.168.0.0/16'] }, 'address-range-refused'],
  ['everybody as a range', { allowedIps: ['0.0.0.0/0'] }, 'address-range-refused'],
  ["whoever 'me' is", { allowedIps: ['me'] }, 'address-range-invalid'],
  ['a direct link of two hours', { link: 'direct', expiresHours: 2 }, 'direct-link-too-long'],
  ['a direct link that counts', { link: 'direct', expiresHours: 1, maxDownloads: 1 }, 'downloads-not-counted'],
  ['a list that names nobody', { allowedIps: [''] }, 'address-range-invalid'],
  ['a build that is none', { from: { build: '0000000000000000' } }, 'build-not-found'],
  ['too long a time', { expiresHours: 169 }, 'expiry-out-of-range'],
])('%s is refused', async (_title, change, code) => {
  const { ports, distribute } = deployed();
  await storeBuild(ports);
  expect(await distribute(change)).toMatchObject({ ok: false, error: { code } });
  expect(await ports.store.list('distributions/')).toEqual([]);
});

test('without a gate it says so, and what is left', async () => {
  const { ports } = deployed('');
  await storeBuild(ports);
  expect(await createDistribute(ports)(call(terms), CONTEXT)).toMatchObject({
    ok: false,
    error: { code: 'gate-not-deployed', hint: expect.stringMatching(/--link direct.*slipway download/) as unknown },
  });
});

describe('a direct link', () => {
  const direct = { link: 'direct', expiresHours: 1 };

  test.each([
    ['with a gate', GATE],
    ['without one', ''],
  ])(
    'is made %s; the answer says who signed it and until when it holds, the log the same, and neither the parameter nor the log has it',
    async (_, gateUrl) => {
      const { lambda, ports, signed, distribute } = deployed(gateUrl);
      await storeBuild(ports);
      const view = madeOf(dataOf<DistributeAnswer>(await distribute(direct)));
      const { distId } = view.distribution;
      const key = storageKey.distributionFile(distId, 'fieldkit-linux-x86_64.tar.gz');
      expect(signed).toMatchObject([{ key, audience: ['198.51.100.0/24'], expiresInSeconds: 3600 }]);
      const facts = { link: 'direct', signedBy: SIGNER, expiresAt: '2026-03-02T00:50:00.000Z', allowedRanges: ['198.51.100.0/24'] };
      expect(view).toMatchObject({ state: 'live', url: SIGNED_URL, distribution: facts });
      expect(lambda.lastCall()).toMatchObject({ function: 'distribute', code: 'ok', distId, name: 'fieldkit', ...facts });
      expect(lambda.lines.join('')).not.toMatch(/X-Amz|5EC12E7/);
      expect(ports.tokens.kept('fieldkit')).toEqual([]);
      expect(JSON.stringify([...ports.ledger.documents])).not.toContain('5EC12E7');
    },
  );

  test('that STS does not sign is none, and its copies are gone', async () => {
    const { ports } = deployed();
    await storeBuild(ports);
    const sign = () => Promise.reject(new SlipwayError('service-unavailable', 'STS is away'));
    expect(await createDistribute({ ...ports, sign })(call({ ...terms, ...direct }), CONTEXT)).toMatchObject({
      ok: false,
      error: { code: 'service-unavailable', retryable: true },
    });
    expect(await ports.store.list('distributions/')).toEqual([]);
  });

  test('is told of beside the newest link that can be shown again', async () => {
    const { clock, ports, distribute } = deployed();
    await storeBuild(ports);
    const latest = async () =>
      dataOf<Extract<DistributionsAnswer, { query: 'latest' }>>(
        await createDistributions(ports)(call({ query: 'latest', name: 'fieldkit' }), CONTEXT),
      ).view;
    const alone = madeOf(dataOf(await distribute(direct)));
    expect(await latest()).toEqual({ distribution: alone.distribution, state: 'live', grantCount: 0 });
    clock.advance(1_000);
    const shown = madeOf(dataOf(await distribute()));
    expect(await latest()).toMatchObject({ url: shown.url });
    clock.advance(1_000);
    const { distribution } = madeOf(dataOf(await distribute(direct)));
    expect(await latest()).toMatchObject({ url: shown.url, warnings: [expect.stringContaining(distribution.distId)] });
  });

  test('has no downloads to list', async () => {
    const { ports, distribute } = deployed();
    await storeBuild(ports);
    const { distId } = madeOf(dataOf(await distribute(direct))).distribution;
    const answer = await createDistributions(ports)(call({ query: 'downloads', reference: distId }), CONTEXT);
    expect(answer).toMatchObject({ ok: false, error: { code: 'downloads-not-counted' } });
  });
});

test('a parameter that cannot be written undoes the link and leaves the previous one', async () => {
  const { ports, distribute } = deployed();
  await storeBuild(ports);
  const first = madeOf(dataOf(await distribute()));
  const tokens = { ...ports.tokens, write: () => Promise.reject(new SlipwayError('parameter-not-written', 'denied')) };
  const answer = await createDistribute({ ...ports, tokens })(call(terms), CONTEXT);
  expect(answer).toMatchObject({ ok: false, error: { code: 'parameter-not-written' } });
  const latest = dataOf<DistributionsAnswer>(await createDistributions(ports)(call({ query: 'latest', name: 'fieldkit' }), CONTEXT));
  expect(latest).toMatchObject({ view: { url: first.url, distribution: { distId: first.distribution.distId } } });
  expect(new Set((await ports.store.list('distributions/')).map(({ key }) => key.split('/')[1])).size).toBe(1);
});

describe('a file of the caller', () => {
  test.each([
    ['too long a time', { expiresHours: 169 }, 'expiry-out-of-range'],
    ['a direct link of two hours', { link: 'direct', expiresHours: 2 }, 'direct-link-too-long'],
    ['a private range', { allowedIps: ['10.0.0.0/8'] }, 'address-range-refused'],
  ])('is not asked for where the link is refused: %s', async (_, change, code) => {
    const { distribute } = deployed();
    expect(await distribute({ from, ...change })).toMatchObject({ ok: false, error: { code } });
  });

  const CONTENT = Buffer.from('a file that was not built here');
  const from = {
    file: { name: 'setup.exe', sizeBytes: CONTENT.length, sha256: sha256Of(CONTENT) },
    name: 'fieldkit',
    version: '1.4.0',
  };

  test('is asked for, and handed out once it is there', async () => {
    const { lambda, ports, distribute } = deployed();
    const first = DistributeAnswerSchema.parse(dataOf(await distribute({ from })));
    expect(first).toMatchObject({
      state: 'upload-needed',
      upload: { url: expect.stringContaining(`uploads/${from.file.sha256}`) as unknown },
    });
    expect(lambda.lines.join('')).not.toContain('0123abcd');
    await ports.store.put(storageKey.upload(from.file.sha256), () => Readable.from([CONTENT]), {});
    const view = madeOf(dataOf(await distribute({ from })));
    expect(view.distribution.files.map(({ file }) => file)).toEqual(['setup.exe', 'setup.exe.sha256', 'SHA256SUMS', 'manifest.json']);
    expect(ports.store.contents.get(storageKey.distributionFile(view.distribution.distId, 'setup.exe'))).toEqual(CONTENT);
  });

  test('that is another one than was said is not', async () => {
    const { ports, distribute } = deployed();
    await ports.store.put(storageKey.upload(from.file.sha256), () => Readable.from([Buffer.alloc(CONTENT.length)]), {});
    expect(await distribute({ from })).toMatchObject({ ok: false, error: { code: 'checksum-mismatch' } });
  });
});

test('links are listed, with who fetched what, and end when they are revoked', async () => {
  const { ports, distribute } = deployed();
  await storeBuild(ports);
  const { distribution } = madeOf(dataOf(await distribute()));
  const { distId } = distribution;
  const grant = { schemaVersion: 1, distId, grantId: 'g', file: 'f.zip', address: '198.51.100.7', grantedAt: '2026-03-02T01:00:00.000Z' };
  await ports.ledger.create(storageKey.grant(distId, 'g'), grant);
  const ask = async (body: unknown) =>
    DistributionsAnswerSchema.parse(dataOf<DistributionsAnswer>(await createDistributions(ports)(call(body), CONTEXT)));
  expect(await ask({ query: 'list', limit: 10 })).toMatchObject({ views: [{ state: 'live', grantCount: 1, distribution: { distId } }] });
  expect(await ask({ query: 'list', limit: 10, name: 'other' })).toEqual({ query: 'list', views: [] });
  expect(await ask({ query: 'downloads', reference: distId.slice(0, 6) })).toEqual({
    query: 'downloads',
    grants: [{ ...grant, outcome: 'redirected' }],
  });
  const revoked = RevokeAnswerSchema.parse(dataOf<RevokeAnswer>(await createRevoke(ports)(call({ reference: distId }), CONTEXT)));
  expect(revoked.view).toMatchObject({ state: 'revoked', grantCount: 1 });
  expect(await ports.store.list('distributions/')).toEqual([]);
});

test('the newest link has no address where there is no gate any more', async () => {
  const { ports, distribute } = deployed();
  await storeBuild(ports);
  await distribute();
  const answer = await createDistributions({ ...ports, gateUrl: '' })(call({ query: 'latest', name: 'fieldkit' }), CONTEXT);
  expect(dataOf<Extract<DistributionsAnswer, { query: 'latest' }>>(answer).view.url).toBeUndefined();
});
