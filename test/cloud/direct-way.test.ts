/**
 * The way of a direct link in a deployed app that has no gate: made, followed, changed, outlived, ended. The emulator checks signature,
 * session token and expiry, and knows versions; MiniStack 1.5.33 judges no session policy here, so that who may follow a link by its
 * address, and that it opens nothing else, is proved in link-addresses.test.ts, links.test.ts and test/lib/link-policies.test.ts.
 */
import { createHash } from 'node:crypto';
import type { DistributionView } from '../../core/distribution/distribution-service';
import { storageKey } from '../../core/storage-key';
import { changesOf, signAt } from './world/changed-links';
import { useLiveStage } from './world/live-stage';

const live = useLiveStage('prod', 'gate: none\n');

async function handOut(name: string, ...options: readonly string[]) {
  const project = live.project({ name });
  const buildId = await live.built(project);
  const view = await live.deployment.call<DistributionView & { readonly url: string }>([
    ...['distribute', buildId, '--link', 'direct'],
    ...options,
  ]);
  return { ...view, buildId, file: `${name}-linux-x86_64.tar.gz`, distId: view.distribution.distId };
}

test('it leads to the bytes that the build recorded, and says who signed it and until when it holds', async () => {
  const { deployment } = live;
  const before = Date.now();
  const { url, distribution, distId, file, buildId } = await handOut('handed', '--allowed-ips', '203.0.113.0/24');
  const [recorded] = (await deployment.record(buildId)).jobs['linux-x86_64']?.artifacts ?? [];
  const fetched = await deployment.open(url);
  expect({ status: fetched.status, sha256: createHash('sha256').update(fetched.body).digest('hex') }).toEqual({
    status: 200,
    sha256: recorded?.sha256,
  });

  const { searchParams, pathname } = new URL(url);
  expect(decodeURIComponent(pathname)).toContain(storageKey.distributionFile(distId, file));
  expect(searchParams.get('versionId')).toBe(distribution.files[0]?.versionId);
  // MiniStack 1.5.33 forgets it where a version is asked for.
  expect(searchParams.get('response-content-disposition')).toBe(`attachment; filename="${file}"`);
  expect(distribution).toMatchObject({
    link: 'direct',
    signedBy: expect.stringMatching(new RegExp(`:assumed-role/.*/slipway-${distId}$`)) as string,
    allowedRanges: ['203.0.113.0/24'],
  });
  // No longer than its address says, nor than an hour from when it was asked for.
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(searchParams.get('X-Amz-Date') ?? '') ?? [];
  const signedMs = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  const endsAtMs = Date.parse(distribution.expiresAt);
  expect(endsAtMs).toBe(signedMs + Number(searchParams.get('X-Amz-Expires')) * 1000);
  expect(endsAtMs).toBeLessThanOrEqual(Date.parse(distribution.createdAt) + 3_600_000);
  expect(endsAtMs).toBeGreaterThan(before + 3_500_000);
});

test('it is kept nowhere: no token, no parameter, and --get-latest says so; its downloads nobody counts', async () => {
  const { deployment } = live;
  const { distId, url } = await handOut('unkept');
  const signature = new URL(url).searchParams.get('X-Amz-Signature') ?? 'none';
  expect(await deployment.keys('links/')).toEqual([]);
  expect(await deployment.parameter('/slipway/prod/apps/unkept/distribution')).toBeUndefined();
  expect(await deployment.objectText(storageKey.distributionRecord(distId))).not.toContain(signature);
  expect(await deployment.refusal(['distribute', '--get-latest', '--app', 'unkept'])).toMatchObject({
    code: 'no-live-link',
    exitCode: 3,
    message: expect.stringContaining('shown once') as string,
  });
  expect(await deployment.refusal(['downloads', distId])).toMatchObject({ code: 'downloads-not-counted', exitCode: 2 });
  const { distributions } = await deployment.call<{ distributions: readonly DistributionView[] }>(['distributions', '--app', 'unkept']);
  expect(distributions).toMatchObject([{ distribution: { distId, link: 'direct' }, state: 'live', grantCount: 0 }]);
});

test('changed in any part it opens nothing', async () => {
  const { url } = await handOut('changed');
  expect((await live.deployment.open(url)).status).toBe(200);
  const statuses = await Promise.all(
    Object.entries(changesOf(url)).map(async ([what, changed]) => [what, (await live.deployment.open(changed)).status >= 400]),
  );
  expect(statuses.filter(([, isRefused]) => isRefused !== true)).toEqual([]);
  for (const method of ['PUT', 'DELETE', 'POST']) expect((await live.deployment.open(url, { method })).status).toBeGreaterThanOrEqual(400);
  expect((await live.deployment.open(url)).status).toBe(200);
});

test('signed an hour ago, and well, it opens nothing any more', async () => {
  const { deployment } = live;
  const { distribution, distId, file } = await handOut('outlived');
  const versionId = distribution.files[0]?.versionId ?? '';
  const request = { key: storageKey.distributionFile(distId, file), versionId, file, expiresInSeconds: 3600 };
  expect((await deployment.open(await signAt(deployment, Date.now() - 3_590_000, request))).status).toBe(200);
  const over = await deployment.open(await signAt(deployment, Date.now() - 3_601_000, request));
  expect([over.status, over.body.toString()]).toEqual([403, expect.stringContaining('Request has expired')]);
});

test('revoked it is dead at once, and its copy is gone', async () => {
  const { deployment } = live;
  const { url, distId } = await handOut('revoked');
  expect((await deployment.open(url)).status).toBe(200);
  expect(await deployment.call(['revoke', distId])).toMatchObject({ state: 'revoked', distribution: { link: 'direct' } });
  expect((await deployment.open(url)).status).toBe(404);
  expect(await deployment.keys(storageKey.distributionPrefix(distId))).toEqual([]);
});

test('what it cannot keep is refused before anything is copied, and a link to the gate by naming this one', async () => {
  const { deployment } = live;
  const buildId = await live.built(live.project({ name: 'refused' }));
  const before = await deployment.keys('distributions/');
  const refusal = (...options: readonly string[]) => deployment.refusal(['distribute', buildId, ...options]);
  expect(await refusal('--link', 'direct', '--expires-hours', '2')).toMatchObject({
    code: 'direct-link-too-long',
    exitCode: 2,
    hint: expect.stringContaining('--link gate') as string,
  });
  expect(await refusal('--link', 'direct', '--max-downloads', '1')).toMatchObject({ code: 'downloads-not-counted', exitCode: 2 });
  expect(await refusal()).toMatchObject({ code: 'gate-not-deployed', hint: expect.stringContaining('--link direct') as string });
  expect(await deployment.keys('distributions/')).toEqual(before);
});

test('--path hands out a file of this machine the same way', async () => {
  const { deployment } = live;
  const project = live.project({ name: 'report' });
  project.put('report-2026.txt', 'as it is\n');
  const args = ['distribute', '--path', 'report-2026.txt', '--app', 'report', '--link', 'direct'];
  const uploads = await deployment.keys('uploads/');
  const tooLong = await deployment.refusal([...args, '--expires-hours', '2'], { cwd: project.directory });
  expect([tooLong.code, await deployment.keys('uploads/')]).toEqual(['direct-link-too-long', uploads]);
  const { url } = await deployment.call<{ url: string }>(args, { cwd: project.directory });
  const fetched = await deployment.open(url);
  expect([fetched.status, fetched.body.toString()]).toEqual([200, 'as it is\n']);
});
