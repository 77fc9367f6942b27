/**
 * What the gate, the lists, a revoke and a sweep of links really do with the bucket, each call asked of the policies of the role that
 * was synthesized for it: what a use-case needs and no policy allows shows here, and not only in an account.
 */
import { Readable } from 'node:stream';
import { LinkRecordSchema, type Distribution } from '../../core/distribution/distribution';
import type { ArtifactStore } from '../../core/ports/artifact-store';
import type { Ledger } from '../../core/ports/ledger';
import { SWEEP_GRACE_MS, sweepDistributions } from '../../core/distribution/end/sweep-distributions';
import { SlipwayError } from '../../core/slipway-error';
import { storageKey } from '../../core/storage-key';
import { createHandler as createDistributions } from '../../lambda/handlers/distributions';
import { createHandler as createGate } from '../../lambda/handlers/gate';
import { createHandler as createRevoke } from '../../lambda/handlers/revoke';
import { createMemoryArtifactStore } from '../fakes/artifact-store-memory';
import { distributionWith, sha256Of } from '../fakes/distributions';
import { call, CONTEXT, createLambdaWorld } from '../fakes/lambda';
import { createMemoryLedger } from '../fakes/ledger-memory';
import { createMemoryLinkTokens } from '../fakes/link-tokens-memory';
import { createManualClock, createSeededRandomness } from '../fakes/manual-clock';
import { isAllowed } from './iam-simulation';
import { principalsOf } from './principals';
import { synthesize } from './synthesized-stage';

const TOKEN = 'abcdefghijklmnopqrstuvwxyzABCDEF';
const FILE = 'fieldkit-linux-x86_64.tar.gz';
const BUCKET = 'arn:aws:s3:::artifacts';
const principals = principalsOf(synthesize());

/** The same store, as a function may use it. Prefixes matter where versions are listed. */
function heldTo(name: string, ledger: Ledger, store: ArtifactStore): { readonly ledger: Ledger; readonly store: ArtifactStore } {
  const role = principals.find((one) => one.name === `function ${name}`);
  if (role === undefined) throw new Error(`there is no function '${name}'`);
  const may = (action: string, key?: string) => {
    const asked = key === undefined ? { arn: BUCKET } : { arn: `${BUCKET}/${key}` };
    if (!isAllowed(role, action, asked)) throw new SlipwayError('access-denied', `${name} may not ${action} on '${key ?? 'the bucket'}'`);
  };
  const mayPurge = (prefix: string) => {
    if (!isAllowed(role, 's3:ListBucketVersions', { arn: BUCKET, context: { 's3:prefix': prefix } })) may('s3:ListBucketVersions');
    may('s3:DeleteObjectVersion', `${prefix}x`);
  };
  return {
    ledger: {
      read: async (key) => (may('s3:ListBucket'), may('s3:GetObject', key), ledger.read(key)),
      create: async (key, body) => (may('s3:PutObject', key), ledger.create(key, body)),
      replace: async (key, body, revision) => (may('s3:PutObject', key), ledger.replace(key, body, revision)),
      remove: async (key) => (may('s3:DeleteObject', key), ledger.remove(key)),
      keys: async (prefix, options) => (may('s3:ListBucket'), ledger.keys(prefix, options)),
    },
    store: {
      ...store,
      list: async (prefix) => (may('s3:ListBucket'), store.list(prefix)),
      remove: async (key) => (mayPurge(key), store.remove(key)),
    },
  };
}

async function world(change: Partial<Distribution> = {}) {
  const clock = createManualClock('2026-03-02T00:00:00.000Z');
  const lambda = createLambdaWorld(clock);
  const memory = createMemoryLedger();
  const artifacts = createMemoryArtifactStore();
  const distribution = distributionWith(change);
  await memory.create(storageKey.link(TOKEN), LinkRecordSchema.parse({ schemaVersion: 1, distId: distribution.distId }));
  await memory.create(storageKey.distributionRecord(distribution.distId), distribution);
  await memory.create(storageKey.expiringDistribution(Date.parse(distribution.expiresAt), distribution.distId), { schemaVersion: 1 });
  const signing = { isBroken: false };
  const gate = createGate({
    ...lambda,
    ledger: heldTo('gate', memory, artifacts).ledger,
    randomness: createSeededRandomness(),
    sign: () => (signing.isBroken ? Promise.reject(new Error('STS is away')) : Promise.resolve({ url: 'https://bucket.example/x' })),
  });
  const open = (path = `/d/${TOKEN}`, headers = {}, method = 'GET') =>
    gate(
      { version: '2.0', rawPath: path, rawQueryString: '', headers, requestContext: { http: { method, sourceIp: '198.51.100.7' } } },
      CONTEXT,
    );
  const grants = () => memory.keys(storageKey.grantsPrefix(distribution.distId));
  return { clock, lambda, memory, artifacts, distribution, signing, open, grants };
}

test.each<[string, Partial<Distribution>]>([
  ['without a limit', {}],
  ['with one', { maxDownloads: 3 }],
])('the gate may do all that it does for a link %s', async (_what, change) => {
  const { open } = await world(change);
  expect((await open()).statusCode).toBe(302);
  expect((await open(`/d/${TOKEN}/${FILE}`, { range: 'bytes=5-' })).statusCode).toBe(302);
  expect((await open(`/d/${TOKEN}/${FILE}`, {}, 'HEAD')).statusCode).toBe(200);
  expect((await open(`/d/${TOKEN}/SHA256SUMS`)).statusCode).toBe(302);
  // A second download of the same address writes over the note of the first.
  expect((await open()).statusCode).toBe(302);
  expect((await open(`/d/${TOKEN}`, { accept: 'text/html' })).statusCode).toBe(200);
  expect((await open(`/d/${'x'.repeat(32)}`)).statusCode).toBe(404);
});

test('the gate may take back a grant that came to nothing, and says so with a reference', async () => {
  const { open, grants, signing } = await world({ maxDownloads: 1 });
  signing.isBroken = true;
  const response = await open();
  expect([response.statusCode, response.body]).toEqual([500, expect.stringMatching(/reference: [0-9a-z]{10}/)]);
  expect(await grants()).toEqual([]);
  signing.isBroken = false;
  expect((await open()).statusCode).toBe(302);
});

test('the lists may read what they list, and a revoke end what it ends', async () => {
  const { open, lambda, memory, artifacts, distribution } = await world();
  await open();
  const tokens = createMemoryLinkTokens();
  const distributions = createDistributions({ ...lambda, ...heldTo('distributions', memory, artifacts), tokens, gateUrl: '' });
  const answers = [
    await distributions(call({ query: 'list', limit: 10 }), CONTEXT),
    await distributions(call({ query: 'downloads', reference: distribution.distId }), CONTEXT),
    await createRevoke({ ...lambda, ...heldTo('revoke', memory, artifacts) })(call({ reference: distribution.distId }), CONTEXT),
  ];
  expect(answers).toMatchObject([
    { ok: true, data: { views: [{ grantCount: 1 }] } },
    { ok: true, data: { grants: [{ outcome: 'redirected' }] } },
    { ok: true, data: { view: { state: 'revoked' } } },
  ]);
  expect((await open()).statusCode).toBe(410);
});

test('the sweep may delete what has ended', async () => {
  const { clock, memory, artifacts, distribution } = await world();
  await artifacts.put(storageKey.distributionFile(distribution.distId, FILE), () => Readable.from([Buffer.from('x')]), {
    sha256: sha256Of('x'),
  });
  clock.advance(Date.parse(distribution.expiresAt) - clock.nowMs() + SWEEP_GRACE_MS + 1);
  expect(await sweepDistributions({ ...heldTo('sweep', memory, artifacts), clock })).toEqual([distribution.distId]);
  expect(await memory.keys(storageKey.expiringDistributions)).toEqual([]);
});
