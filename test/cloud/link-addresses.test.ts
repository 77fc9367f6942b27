/**
 * Signed links against LocalEmu, an emulator that judges who fetches by the address of the connection and by TLS: a direct link and a
 * redirect of the gate are the same thing here, made by the code that makes both. Skipped, with the reason, where no Python runs it.
 *
 * LocalEmu 1.3.2 knows neither `s3:VersionId` nor that a GET of a version is `s3:GetObjectVersion`: it asks for `s3:GetObject`, and a
 * condition on a key that it does not know does not hold. So the role may do both here, and the session policy is handed over without
 * the one condition and for both actions; as it stands it closes the link, which is a test too. What the version does is proved by another
 * evaluator in test/lib/link-policies.test.ts. The rest of the policy is judged as it was generated.
 */
import https from 'node:https';
import http from 'node:http';
import { Readable } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { createBoundLinks, type BoundLinkRequest } from '../../aws/distribution/bound-links';
import { createS3ArtifactStore } from '../../aws/store/artifact-store-s3';
import type { ArtifactStore, StoredFile } from '../../core/ports/artifact-store';
import { makeBucket, s3ClientOf } from './world/buckets';
import { canRunLocalEmu, startLocalEmu, type LocalEmu } from './world/localemu';
import { makeRole } from './world/roles';

const FILE = 'fieldkit-linux-x86_64.tar.gz';
const KEY = `distributions/0123456789abcdef/${FILE}`;
const clock = { nowMs: () => Date.now(), sleep: () => Promise.resolve() };

interface World {
  readonly cloud: LocalEmu;
  readonly client: S3Client;
  readonly store: ArtifactStore;
  readonly bucket: string;
  readonly linkRoleArn: string;
  readonly file: StoredFile;
}

const isRunnable = canRunLocalEmu();
if (!isRunnable) process.stderr.write('skipped: links by the address of the caller, for LocalEmu needs Python 3.13 and here is none\n');
const onLocalEmu = isRunnable ? test : test.skip;

let world: World;
beforeAll(async () => {
  if (!isRunnable) return;
  const cloud = await startLocalEmu();
  const client = s3ClientOf(cloud);
  const bucket = await makeBucket(client);
  const store = createS3ArtifactStore({ client, bucket });
  const file = await store.put(KEY, () => Readable.from([Buffer.from('the file')]), {});
  await store.put(KEY, () => Readable.from([Buffer.from('a later version')]), {});
  const Action = ['s3:GetObjectVersion', 's3:GetObject'];
  const Condition = { Bool: { 'aws:SecureTransport': 'true' } };
  const policy = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: `arn:aws:s3:::${bucket}/distributions/*`, Condition }],
  };
  const linkRoleArn = await makeRole(cloud, { name: 'link', trusted: `arn:aws:iam::${cloud.account}:root`, policy });
  world = { cloud, client, store, bucket, linkRoleArn, file };
});
afterAll(async () => {
  if (!isRunnable) return;
  world.client.destroy();
  await world.cloud.stop();
});

/** @param isAsGenerated hands the session policy over as it is */
async function sign(change: Partial<BoundLinkRequest>, isAsGenerated = false) {
  const { cloud, bucket, linkRoleArn, file } = world;
  const sts = new STSClient(cloud.clientConfig);
  if (!isAsGenerated) {
    sts.middlewareStack.add(
      (next) => (args) => {
        const input = args.input as { Policy?: string };
        return next({ ...args, input: { ...input, Policy: asLocalEmuKnowsIt(input.Policy ?? '') } });
      },
      { step: 'initialize', name: 'asLocalEmuKnowsIt' },
    );
  }
  // Signed for TLS: the emulator speaks both protocols on one port.
  const endpoint = cloud.endpoint.replace('http:', 'https:');
  const s3For = (credentials: object) =>
    new S3Client({ ...cloud.clientConfig, endpoint, credentials: credentials as never, forcePathStyle: true });
  const links = createBoundLinks({ sts, s3For, linkRoleArn, bucket, clock });
  const signed = await links.sign({
    key: KEY,
    versionId: file.versionId,
    file: FILE,
    audience: ['127.0.0.2/32'],
    expiresInSeconds: 3600,
    ...change,
  });
  sts.destroy();
  return signed;
}

function asLocalEmuKnowsIt(policy: string): string {
  const changed = policy
    .replace(/"StringEquals":\{[^}]*\},/, '')
    .replace('"Action":"s3:GetObjectVersion"', '"Action":["s3:GetObjectVersion","s3:GetObject"]');
  expect(changed).not.toBe(policy);
  return changed;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly savedAs: string | undefined;
}

/** @param from the address that the connection comes from */
function fetchFrom(from: string, url: string, protocol: 'https' | 'http' = 'https'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const address = new URL(url.replace(/^https:/, `${protocol}:`));
    const options = { localAddress: from, agent: false } as const;
    const take = (answer: http.IncomingMessage) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => (body += text));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body, savedAs: answer.headers['content-disposition'] }));
      answer.on('error', reject);
    };
    // The certificate is the emulator's own, made for itself.
    const sending =
      protocol === 'https' ? https.get(address, { ...options, rejectUnauthorized: false }, take) : http.get(address, options, take);
    sending.on('error', reject);
  });
}

onLocalEmu('an address of the list gets the file, under its name', async () => {
  const { url, signedBy } = await sign({ audience: ['198.51.100.0/24', '127.0.0.2/32', '2001:db8::/48'] });
  expect(await fetchFrom('127.0.0.2', url)).toEqual({ status: 200, body: 'the file', savedAs: `attachment; filename="${FILE}"` });
  expect(signedBy).toContain(':assumed-role/link/slipway-0123456789abcdef');
});

onLocalEmu('the first and the last address of a range get it, their neighbours do not', async () => {
  const { url } = await sign({ audience: ['127.0.0.4/30'] });
  const statusFrom = async (last: number) => [last, (await fetchFrom(`127.0.0.${last}`, url)).status];
  expect(await Promise.all([3, 4, 5, 6, 7, 8].map(statusFrom))).toEqual([
    [3, 403],
    [4, 200],
    [5, 200],
    [6, 200],
    [7, 200],
    [8, 403],
  ]);
});

onLocalEmu('of a list of several each address gets it, and no other', async () => {
  const { url } = await sign({ audience: ['127.0.0.2/32', '127.0.0.9/32'] });
  for (const [from, status] of [
    ['127.0.0.2', 200],
    ['127.0.0.9', 200],
    ['127.0.0.5', 403],
  ] as const)
    expect([from, (await fetchFrom(from, url)).status]).toEqual([from, status]);
});

onLocalEmu('the right address without TLS gets nothing', async () => {
  const { url } = await sign({});
  expect((await fetchFrom('127.0.0.2', url, 'http')).status).toBe(403);
});

onLocalEmu('a link for everybody is for everybody, by TLS alone', async () => {
  const { url } = await sign({ audience: 'everybody' });
  expect((await fetchFrom('127.0.0.77', url)).status).toBe(200);
  expect((await fetchFrom('127.0.0.77', url, 'http')).status).toBe(403);
});

onLocalEmu('what a caller says of its address changes nothing', async () => {
  const { url } = await sign({});
  const address = new URL(url);
  const headers = { 'x-forwarded-for': '127.0.0.2', 'x-real-ip': '127.0.0.2', forwarded: 'for=127.0.0.2' };
  const status = await new Promise((resolve, reject) => {
    https
      .get(address, { localAddress: '127.0.0.3', agent: false, rejectUnauthorized: false, headers }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode));
      })
      .on('error', reject);
  });
  expect(status).toBe(403);
});

onLocalEmu('a link that was changed, or whose copy is gone, opens nothing', async () => {
  const { url } = await sign({});
  const turned = new URL(url);
  turned.searchParams.set('versionId', 'another');
  const tampered = url.replace(/X-Amz-Signature=(.)/, (_, first: string) => `X-Amz-Signature=${first === '0' ? '1' : '0'}`);
  const later = url.replace(/X-Amz-Expires=\d+/, 'X-Amz-Expires=604800');
  for (const changed of [turned.href, tampered, later, url.replace('0123456789abcdef', 'fedcba9876543210')])
    expect((await fetchFrom('127.0.0.2', changed)).status).toBe(403);
  const doomed = await world.store.put('distributions/0000000000000000/x', () => Readable.from([Buffer.from('x')]), {});
  const { url: last } = await sign({ key: doomed.key, versionId: doomed.versionId, file: 'x' });
  expect((await fetchFrom('127.0.0.2', last)).status).toBe(200);
  await world.store.remove(doomed.key);
  expect((await fetchFrom('127.0.0.2', last)).status).toBe(404);
});

onLocalEmu('as it stands the policy asks for a version, of which the emulator knows nothing: closed', async () => {
  const { url } = await sign({}, true);
  expect((await fetchFrom('127.0.0.2', url)).status).toBe(403);
});
