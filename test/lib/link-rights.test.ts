/**
 * That the roles of the functions about links may do what their work needs: every use-case runs on ports that ask, for each call, whether
 * the synthesized role allows what the S3 adapters make of it. What they must not do stands in permissions.ts.
 */
import { Readable } from 'node:stream';
import type { ArtifactStore } from '../../core/ports/artifact-store';
import type { Ledger } from '../../core/ports/ledger';
import { SlipwayError } from '../../core/slipway-error';
import { storageKey } from '../../core/storage-key';
import { createHandler as createDistribute, type DistributeHandlerPorts } from '../../lambda/handlers/distribute';
import { createHandler as createDistributions } from '../../lambda/handlers/distributions';
import { createHandler as createRevoke } from '../../lambda/handlers/revoke';
import { createMemoryArtifactStore } from '../fakes/artifact-store-memory';
import { createMemoryTransfers } from '../fakes/deployment';
import { sha256Of, storeBuild } from '../fakes/distributions';
import { call, CONTEXT, createLambdaWorld } from '../fakes/lambda';
import { createMemoryLedger } from '../fakes/ledger-memory';
import { createMemoryLinkTokens } from '../fakes/link-tokens-memory';
import { createManualClock, createSeededRandomness } from '../fakes/manual-clock';
import { isAllowed } from './iam-simulation';
import { principalsOf } from './principals';
import { synthesize } from './synthesized-stage';

const principals = principalsOf(synthesize());
const BUCKET = 'arn:aws:s3:::artifacts';

/** Refuses what the role of a function may not do, and keeps it for the test. */
function asFunction(name: string, on: { readonly ledger: Ledger; readonly store: ArtifactStore }, denied: string[]) {
  const role = principals.find((principal) => principal.name === `function ${name}`);
  if (role === undefined) throw new Error(`there is no function '${name}'`);
  const needs = (action: string, key: string) => {
    if (!isAllowed(role, `s3:${action}`, { arn: `${BUCKET}/${key}` })) denied.push(`${name} ${action} ${key}`);
  };
  const lists = (action: string, prefix: string) => {
    if (!isAllowed(role, `s3:${action}`, { arn: BUCKET, context: { 's3:prefix': prefix } })) denied.push(`${name} ${action} ${prefix}`);
  };
  const { ledger, store } = on;
  const askedLedger: Ledger = {
    read: (key) => (needs('GetObject', key), ledger.read(key)),
    create: (key, body) => (needs('PutObject', key), ledger.create(key, body)),
    replace: (key, body, revision) => (needs('PutObject', key), ledger.replace(key, body, revision)),
    remove: (key) => (needs('DeleteObject', key), ledger.remove(key)),
    keys: (prefix, options) => (lists('ListBucket', prefix), ledger.keys(prefix, options)),
  };
  const askedStore: ArtifactStore = {
    head: (key) => (needs('GetObject', key), store.head(key)),
    put: (key, open, options) => (needs('PutObject', key), needs('GetObject', key), store.put(key, open, options)),
    read: (key, options) => (needs(options?.versionId === undefined ? 'GetObject' : 'GetObjectVersion', key), store.read(key, options)),
    copy: (from, to, options) => (needs('GetObjectVersion', from.key), needs('PutObject', to), store.copy(from, to, options)),
    list: (prefix) => (lists('ListBucket', prefix), store.list(prefix)),
    remove: (key) => (lists('ListBucketVersions', key), needs('DeleteObjectVersion', key), store.remove(key)),
  };
  return { ledger: askedLedger, store: askedStore };
}

function deployed() {
  const clock = createManualClock('2026-03-02T00:00:00.000Z');
  const lambda = createLambdaWorld(clock);
  const on = { ledger: createMemoryLedger(), store: createMemoryArtifactStore() };
  const denied: string[] = [];
  const shared = {
    ...lambda,
    randomness: createSeededRandomness(),
    tokens: createMemoryLinkTokens(),
    transfers: createMemoryTransfers(clock),
    gateUrl: 'https://gate.example/',
    measure: () => Promise.resolve(),
    sign: () => Promise.resolve({ url: 'https://bucket.example/f', expiresAt: '2026-03-02T01:00:00.000Z', signedBy: 'role/session' }),
  };
  const distribute = async (change: object, ports: Partial<DistributeHandlerPorts> = {}) => {
    const handler = createDistribute({ ...shared, ...asFunction('distribute', on, denied), ...ports });
    const terms = { from: { build: 'latest', name: 'fieldkit' }, expiresHours: 1, allowedIps: [], link: 'gate', allowSecrets: [] };
    return (await handler(call({ ...terms, ...change }), CONTEXT)) as {
      ok: boolean;
      data?: { view: { distribution: { distId: string } } };
    };
  };
  const ask = (body: object) => createDistributions({ ...shared, ...asFunction('distributions', on, denied) })(call(body), CONTEXT);
  const revoke = (reference: string) => createRevoke({ ...shared, ...asFunction('revoke', on, denied) })(call({ reference }), CONTEXT);
  return { clock, on, denied, distribute, ask, revoke };
}

describe.each(['gate', 'direct'] as const)('a %s link', (link) => {
  test('is made, made again, told of, and revoked with the rights that are given', async () => {
    const { clock, on, denied, distribute, ask, revoke } = deployed();
    await storeBuild(on);
    await distribute({ link });
    clock.advance(1_000);
    const made = await distribute({ link });
    expect(made).toMatchObject({ ok: true });
    const distId = made.data?.view.distribution.distId ?? '';
    expect(await ask({ query: 'latest', name: 'fieldkit' })).toMatchObject({ ok: true });
    expect(await ask({ query: 'list', limit: 10 })).toMatchObject({ ok: true });
    await ask({ query: 'downloads', reference: distId });
    expect(await revoke(distId)).toMatchObject({ ok: true });
    expect(denied).toEqual([]);
  });

  test('of a file that is brought along', async () => {
    const { on, denied, distribute } = deployed();
    const content = Buffer.from('as it is');
    const sha256 = sha256Of(content);
    const from = { file: { name: 'notes.txt', sizeBytes: content.length, sha256 }, name: 'fieldkit' };
    expect(await distribute({ link, from })).toMatchObject({ data: { state: 'upload-needed' } });
    await on.store.put(storageKey.upload(sha256), () => Readable.from([content]), {});
    expect(await distribute({ link, from })).toMatchObject({ ok: true, data: { state: 'made' } });
    expect(denied).toEqual([]);
  });

  test('that fails at its last step is undone with the rights that are given', async () => {
    const { on, denied, distribute } = deployed();
    await storeBuild(on);
    const { ledger } = asFunction('distribute', on, denied);
    const isPointer = (key: string) => key.startsWith('pointers/distributions/');
    const create: Ledger['create'] = (key, body) =>
      isPointer(key) ? Promise.reject(new SlipwayError('service-unavailable', 'S3 is away')) : ledger.create(key, body);
    expect(await distribute({ link }, { ledger: { ...ledger, create } })).toMatchObject({
      ok: false,
      error: { code: 'service-unavailable' },
    });
    expect(await on.store.list('distributions/')).toEqual([]);
    expect(await on.ledger.keys('records/distributions/')).toEqual([]);
    expect(denied).toEqual([]);
  });
});

test('what a role may not do shows', async () => {
  const { on, denied } = deployed();
  const { ledger } = asFunction('revoke', on, denied);
  await ledger.create('links/x.json', {});
  expect(denied).toEqual(['revoke PutObject links/x.json']);
});
