/**
 * What can be learned afterwards of a link in the deployed app: each decision of the deployed gate is one line and one metric, told
 * apart by its reason, without anything that opens something; and the downloads say how they went.
 */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { DistributionView } from '../../core/distribution/distribution-service';
import type { Download } from '../../core/distribution/grants/download';
import { storageKey } from '../../core/storage-key';
import { dataOfLines } from '../lib/cloudwatch';
import { linesOf } from './world/function-logs';
import { useLiveStage } from './world/live-stage';

const live = useLiveStage();

async function handOut(name: string, ...options: readonly string[]) {
  const project = live.project({ name });
  project.put('kit.bin', 'all that there is\n');
  const args = ['distribute', '--path', 'kit.bin', '--app', name, ...options];
  const view = await live.deployment.call<DistributionView & { readonly url: string }>(args, { cwd: project.directory });
  return { url: view.url, distId: view.distribution.distId, distribution: view.distribution };
}

/** The hour is over. */
async function expire({ distId, distribution }: Awaited<ReturnType<typeof handOut>>): Promise<void> {
  const Body = JSON.stringify({ ...distribution, expiresAt: new Date(Date.now() - 1000).toISOString() });
  await live.world.s3.send(
    new PutObjectCommand({ Bucket: live.deployment.config.bucket, Key: storageKey.distributionRecord(distId), Body }),
  );
}

test('each decision is a line and a metric, and none of them opens anything', async () => {
  const { deployment } = live;
  const [open, outside, revoked, expired, once] = [
    await handOut('open'),
    await handOut('outside', '--allowed-ips', '203.0.113.0/24'),
    await handOut('revoked'),
    await handOut('expired'),
    await handOut('once', '--max-downloads', '1'),
  ];
  await deployment.call(['revoke', revoked.distId]);
  await expire(expired);
  const ask = deployment.open.bind(deployment);
  const given = await ask(open.url);
  const answers = [
    given,
    await ask(`${open.url}/kit.bin`, { headers: { range: 'bytes=4-' } }),
    await ask(`${open.url}/kit.bin`, { method: 'HEAD' }),
    await ask(`${open.url}/SHA256SUMS`),
    await ask(open.url, { headers: { accept: 'text/html' } }),
    await ask(`${open.url}/other.bin`),
    await ask(outside.url),
    await ask(revoked.url),
    await ask(expired.url),
    await ask(once.url),
    await ask(once.url),
    await ask(`${deployment.config.gateUrl ?? ''}d/${'A'.repeat(32)}`),
  ];
  expect(answers.map(({ status }) => status)).toEqual([302, 302, 200, 302, 200, 404, 403, 410, 410, 302, 410, 404]);

  const lines = await linesOf(deployment, ['gate']);
  const decisions = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ event }) => event === 'decision');
  expect(decisions.map(({ distId, reason, service }) => [distId, service ?? reason])).toEqual([
    [open.distId, 'granted'],
    [open.distId, 'continued'],
    [open.distId, 'head'],
    [open.distId, 'companion'],
    [open.distId, 'page'],
    [open.distId, 'file-unknown'],
    [outside.distId, 'address-not-allowed'],
    [revoked.distId, 'revoked'],
    [expired.distId, 'expired'],
    [once.distId, 'granted'],
    [once.distId, 'exhausted'],
  ]);
  for (const line of decisions) expect(line).toMatchObject({ address: '127.0.0.1', agent: expect.any(String) as string });
  expect(decisions[1]?.continues).toBe(decisions[0]?.grantId);

  const counted: Record<string, number> = {};
  for (const { metric, values } of dataOfLines(lines)) counted[metric] = (counted[metric] ?? 0) + values.reduce((sum, one) => sum + one, 0);
  expect(counted).toEqual({
    DownloadGranted: 2,
    DownloadContinued: 1,
    HeadAnswered: 1,
    CompanionServed: 1,
    PageShown: 1,
    FileUnknown: 1,
    DownloadDenied: 1,
    DownloadRevoked: 1,
    DownloadExpired: 1,
    DownloadExhausted: 1,
    DownloadUnknown: 1,
  });

  const all = (await linesOf(deployment)).join('\n');
  const signature = new URL(given.headers.location ?? '').searchParams.get('X-Amz-Signature') ?? 'none';
  const tokens = [open, outside, revoked, expired, once].map(({ url }) => new URL(url).pathname.split('/').at(-1) ?? 'none');
  for (const secret of [signature, ...tokens, 'A'.repeat(32)]) expect(all).not.toContain(secret);

  const { downloads } = await deployment.call<{ downloads: readonly Download[] }>(['downloads', open.distId]);
  expect(downloads).toMatchObject([{ file: 'kit.bin', address: '127.0.0.1', outcome: 'redirected' }]);
  const { stdout } = await deployment.run(['downloads', open.distId], { environment: { TZ: 'Asia/Kolkata' } });
  expect(stdout).toMatch(/GMT\+5:30 {2}\d{4}-\d\d-\d\d \d\d:\d\d UTC {2}127\.0\.0\.1 {2}kit\.bin {2}redirected {2}-\n/);
  expect(stdout).toContain("'Ask the access logs' in docs/runbook.md");
});
