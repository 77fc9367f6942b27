/**
 * The way of a link in the deployed app: made, opened through the deployed gate, counted, refused, ended. The emulator checks signature,
 * session token and expiry of a redirect, and knows versions; MiniStack 1.5.33 judges no session policy here: what addresses may
 * follow a redirect is proved in link-addresses.test.ts, links.test.ts and test/lib/link-policies.test.ts.
 */
import { createHash } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { DistributionView, Grant } from '../../core/distribution/distribution-service';
import { storageKey } from '../../core/storage-key';
import { PLANTED } from '../fixtures/planted-secrets';
import type { HttpAnswer } from '../../scripts/smoke/open-link';
import { changesOf, signAt } from './world/changed-links';
import { useLiveStage } from './world/live-stage';

const live = useLiveStage();
/** As the emulator's gateway tells it, whoever calls. */
const CALLER = '127.0.0.1';

/** A link to a build of an application of its own, so that tests do not see each other's. */
async function handOut(name: string, ...options: readonly string[]) {
  const buildId = await live.built(live.project({ name }));
  const view = await live.deployment.call<DistributionView & { readonly url: string }>(['distribute', buildId, ...options]);
  return { ...view, buildId, file: `${name}-linux-x86_64.tar.gz`, distId: view.distribution.distId };
}

/** Follows the redirect, as a browser does. */
async function fetchBytes(answer: HttpAnswer): Promise<HttpAnswer> {
  expect(answer.status).toBe(302);
  return live.deployment.open(answer.headers.location ?? '');
}

/** Asks the gate's function what its gateway would ask it for a caller from elsewhere: payload format 2.0. */
async function openFrom(sourceIp: string, url: string) {
  const event = {
    version: '2.0',
    rawPath: new URL(url).pathname,
    rawQueryString: '',
    headers: {},
    requestContext: { http: { method: 'GET', sourceIp } },
  };
  const { payload } = await live.deployment.invoke('gate', event);
  return payload as { readonly statusCode: number; readonly headers: Readonly<Record<string, string>> };
}

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('a link leads to the bytes that the build recorded, and each download is counted', async () => {
  const { deployment } = live;
  const { url, file, buildId, distId, state } = await handOut('handed', '--expires-hours', '2');
  expect(state).toBe('live');
  expect(url.startsWith(`${deployment.config.gateUrl ?? ''}d/`)).toBe(true);

  const redirect = await deployment.open(url);
  expect(redirect.headers).toMatchObject({
    'cache-control': expect.stringContaining('no-store') as string,
    'referrer-policy': 'no-referrer',
  });
  const fetched = await fetchBytes(redirect);
  const [recorded] = (await deployment.record(buildId)).jobs['linux-x86_64']?.artifacts ?? [];
  expect({ status: fetched.status, sha256: sha256Of(fetched.body) }).toEqual({ status: 200, sha256: recorded?.sha256 });
  // MiniStack 1.5.33 forgets it where a version is asked for.
  const asked = new URL(redirect.headers.location ?? '').searchParams;
  expect(asked.get('response-content-disposition')).toBe(`attachment; filename="${file}"`);
  const sums = await fetchBytes(await deployment.open(`${url}/SHA256SUMS`));
  expect(sums.body.toString()).toContain(`${recorded?.sha256 ?? ''}  ${file}\n`);

  const page = await deployment.open(url, { headers: { accept: 'text/html' } });
  expect({ status: page.status, type: page.headers['content-type'] }).toEqual({ status: 200, type: 'text/html; charset=utf-8' });
  expect(page.body.toString()).toContain(file);

  const { downloads } = await deployment.call<{ downloads: readonly Grant[] }>(['downloads', distId]);
  expect(downloads).toMatchObject([{ distId, file, address: CALLER }]);
  const { distributions } = await deployment.call<{ distributions: readonly DistributionView[] }>(['distributions', '--app', 'handed']);
  expect(distributions).toMatchObject([{ distribution: { distId, buildId }, state: 'live', grantCount: 1 }]);
});

test('--get-latest shows the newest link, from any machine, which its SecureString keeps', async () => {
  const { deployment } = live;
  const first = await handOut('renewed');
  const second = await deployment.call<DistributionView>(['distribute', first.buildId]);
  expect(await deployment.call(['distribute', '--get-latest', '--app', 'renewed'])).toMatchObject({ url: second.url, state: 'live' });
  const bare = await deployment.run(['distribute', '--get-latest', '--app', 'renewed', '--quiet']);
  expect(bare).toMatchObject({ exitCode: 0, stdout: `${second.url ?? ''}\n` });

  const { distId } = second.distribution;
  const parameter = await deployment.parameter('/slipway/prod/apps/renewed/distribution');
  expect(parameter?.type).toBe('SecureString');
  const token = new URL(second.url ?? '').pathname.split('/').at(-1);
  expect(JSON.parse(parameter?.value ?? '')).toEqual({ schemaVersion: 1, links: [{ distId, token }] });
  // A link that is no longer the newest still holds.
  expect((await deployment.open(first.url)).status).toBe(302);
});

test('a revoked link is denied at once, and so is a redirect that it gave before', async () => {
  const { deployment } = live;
  const { url, distId } = await handOut('revoked');
  const given = await deployment.open(url);
  expect((await fetchBytes(given)).status).toBe(200);
  expect(await deployment.call(['revoke', distId])).toMatchObject({ state: 'revoked' });
  expect((await deployment.open(url)).status).toBe(410);
  expect((await fetchBytes(given)).status).toBe(404);
  expect(await deployment.keys(storageKey.distributionPrefix(distId))).toEqual([]);
  expect(await deployment.refusal(['distribute', '--get-latest', '--app', 'revoked'])).toMatchObject({ code: 'no-live-link', exitCode: 3 });
});

test('a redirect that was changed in any part opens nothing, and none that is a minute old', async () => {
  const { deployment } = live;
  const { url, distribution, distId, file } = await handOut('changed');
  const { headers } = await deployment.open(url);
  const given = headers.location ?? '';
  expect((await deployment.open(given)).status).toBe(200);
  const answers = await Promise.all(
    Object.entries(changesOf(given)).map(async ([what, changed]) => [what, (await deployment.open(changed)).status >= 400] as const),
  );
  expect(answers.filter(([, isRefused]) => !isRefused)).toEqual([]);
  for (const method of ['PUT', 'DELETE']) expect((await deployment.open(given, { method })).status).toBeGreaterThanOrEqual(400);

  expect(new URL(given).searchParams.get('X-Amz-Expires')).toBe('60');
  const versionId = distribution.files.find((each) => each.file === file)?.versionId ?? '';
  const request = { key: storageKey.distributionFile(distId, file), versionId, file, expiresInSeconds: 60 };
  expect((await deployment.open(await signAt(deployment, Date.now() - 50_000, request))).status).toBe(200);
  const over = await deployment.open(await signAt(deployment, Date.now() - 61_000, request));
  expect([over.status, over.body.toString()]).toEqual([403, expect.stringContaining('Request has expired')]);
});

test('a direct link stands beside the newest link of the gate, which stays the one that is shown again', async () => {
  const { deployment } = live;
  const { buildId, url } = await handOut('beside');
  const direct = await deployment.call<DistributionView>(['distribute', buildId, '--link', 'direct']);
  expect((await deployment.open(direct.url ?? '')).status).toBe(200);
  expect(await deployment.call(['distribute', '--get-latest', '--app', 'beside'])).toMatchObject({
    url,
    warnings: [expect.stringContaining(direct.distribution.distId)],
  });
});

test('an expired link is gone', async () => {
  const { deployment, world } = live;
  const { url, distId, distribution } = await handOut('expired', '--expires-hours', '1');
  // The hour is over.
  const Body = JSON.stringify({ ...distribution, expiresAt: new Date(Date.now() - 1000).toISOString() });
  const Key = storageKey.distributionRecord(distId);
  await world.s3.send(new PutObjectCommand({ Bucket: deployment.config.bucket, Key, Body }));
  expect((await deployment.open(url)).status).toBe(410);
  const { distributions } = await deployment.call<{ distributions: readonly DistributionView[] }>(['distributions', '--app', 'expired']);
  expect(distributions).toMatchObject([{ state: 'expired' }]);
});

test('an address outside of the list is denied, one of the list gets the file', async () => {
  const { deployment } = live;
  const { url, distId } = await handOut('bound', '--allowed-ips', '203.0.113.0/24,198.51.100.7');
  expect((await deployment.open(url)).status).toBe(403);
  expect(await openFrom('203.0.114.1', url)).toMatchObject({ statusCode: 403 });
  const allowed = await openFrom('203.0.113.9', url);
  expect(allowed).toMatchObject({ statusCode: 302, headers: { location: expect.stringContaining('X-Amz-Security-Token=') as string } });
  expect((await deployment.open(allowed.headers.location ?? '')).status).toBe(200);
  const { downloads } = await deployment.call<{ downloads: readonly Grant[] }>(['downloads', distId]);
  expect(downloads.map(({ address }) => address)).toEqual(['203.0.113.9']);
});

test('--max-downloads ends a link with its last download', async () => {
  const { deployment } = live;
  const { url } = await handOut('once', '--max-downloads', '1');
  expect((await fetchBytes(await deployment.open(url))).status).toBe(200);
  expect((await deployment.open(url)).status).toBe(410);
});

test('--path hands out a file of this machine as it is, unless there is a secret in it', async () => {
  const { deployment } = live;
  const project = live.project({ name: 'report' });
  const cwd = project.directory;
  project.put('report-2026.txt', 'as it is\n');
  const { url } = await deployment.call<{ url: string }>(['distribute', '--path', 'report-2026.txt', '--app', 'report'], { cwd });
  const fetched = await fetchBytes(await deployment.open(url));
  expect({ status: fetched.status, text: fetched.body.toString() }).toEqual({ status: 200, text: 'as it is\n' });

  project.put('leak.txt', `${PLANTED[0]?.text ?? ''}\n`);
  const before = await deployment.keys('uploads/');
  expect(await deployment.refusal(['distribute', '--path', 'leak.txt', '--app', 'report'], { cwd })).toMatchObject({
    code: 'secrets-found',
  });
  expect(await deployment.keys('uploads/')).toEqual(before);
});

test('a link that nobody made opens nothing', async () => {
  const { deployment } = live;
  expect((await deployment.open(`${deployment.config.gateUrl ?? ''}d/${'A'.repeat(32)}`)).status).toBe(404);
});

describe('what no link can hold is refused before anything is copied:', () => {
  const ranges = Array.from({ length: 200 }, (_, index) => `203.0.${index}.128/25`).join(',');
  test.each([
    ['a private range', ['--allowed-ips', '10.0.0.0/8'], 'address-range-refused', 2],
    ['a list that fits into no session policy', ['--allowed-ips', ranges], 'address-list-too-long', 2],
    ['nine days', ['--expires-hours', '216'], 'expiry-out-of-range', 2],
  ])('%s', async (_, options, code, exitCode) => {
    const { deployment } = live;
    const buildId = await live.built(live.project({ name: 'refused' }));
    const before = await deployment.keys('distributions/');
    expect(await deployment.refusal(['distribute', buildId, ...options])).toMatchObject({
      code,
      exitCode,
      hint: expect.any(String) as string,
    });
    expect(await deployment.keys('distributions/')).toEqual(before);
  });
});
