import { createHash } from 'node:crypto';
import { answerGateRequest, type GatePorts } from '../../../../core/distribution/gate/answer-gate-request';
import type { Distribution } from '../../../../core/distribution/distribution';
import { PAGE_SECURITY_POLICY } from '../../../../core/distribution/page/page-style';
import type { GateRequest } from '../../../../core/distribution/gate/gate-request';
import { createToken } from '../../../../core/distribution/link-token';
import { listDownloads } from '../../../../core/distribution/grants/list-downloads';
import { timeOrderedUuid } from '../../../../core/distribution/grants/record-grant';
import { storageKey } from '../../../../core/storage-key';
import { distributedFile, distributionWith } from '../../../fakes/distributions';
import { createMemoryLedger } from '../../../fakes/ledger-memory';
import { createManualClock, createSeededRandomness } from '../../../fakes/manual-clock';

const ARCHIVE = 'fieldkit-linux-x86_64.tar.gz';
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'user-agent': 'Mozilla/5.0 Firefox/140.0' };

async function gateWith(change: Partial<Distribution> = {}) {
  const ledger = createMemoryLedger();
  const clock = createManualClock('2026-03-02T00:00:00Z');
  const randomness = createSeededRandomness();
  const token = createToken(randomness);
  const distribution = distributionWith(change);
  await ledger.create(storageKey.distributionRecord(distribution.distId), distribution);
  await ledger.create(storageKey.link(token), { schemaVersion: 1, distId: distribution.distId });
  const ports: GatePorts = { ledger, clock, randomness, rangesEnforcedBy: 'gate' };
  const ask = (target: string, request: Partial<GateRequest> = {}) =>
    answerGateRequest(ports, {
      method: 'GET',
      headers: {},
      callerAddress: '203.0.113.7',
      ...request,
      target: target.replace('TOKEN', token),
    });
  return {
    ledger,
    clock,
    ports,
    token,
    distribution,
    ask,
    grants: () => listDownloads({ ledger, gateHandsOut: 'bytes' }, distribution.distId),
  };
}

test('documents of a package are none of the files to choose from: a program gets the archive, and they are never counted', async () => {
  const { ask, grants } = await gateWith({
    files: [
      distributedFile(ARCHIVE),
      distributedFile('fieldkit-linux-x86_64.cdx.json', { kind: 'sbom' }),
      distributedFile('fieldkit-linux-x86_64.provenance.json', { kind: 'provenance' }),
    ],
    maxDownloads: 1,
  });
  expect((await ask('/d/TOKEN')).answer).toMatchObject({
    status: 200,
    headers: { 'content-disposition': `attachment; filename="${ARCHIVE}"` },
  });
  for (const [file, type] of [
    ['fieldkit-linux-x86_64.cdx.json', 'application/vnd.cyclonedx+json'],
    ['fieldkit-linux-x86_64.provenance.json', 'application/vnd.in-toto+json'],
  ] as const) {
    const { answer, entry } = await ask(`/d/TOKEN/${file}`);
    expect([answer.status, answer.headers['content-type'], entry.service]).toEqual([200, type, 'companion']);
  }
  expect(await grants()).toHaveLength(1);
});

test('a program gets the file where there is exactly one, and it is a grant', async () => {
  const { ask, distribution, grants } = await gateWith();
  const { answer, entry } = await ask('/d/TOKEN');
  expect(answer).toMatchObject({
    status: 200,
    headers: {
      etag: `"${distribution.files[0]?.sha256 ?? ''}"`,
      'content-type': 'application/gzip',
      'content-length': '10',
      'content-disposition': `attachment; filename="${ARCHIVE}"`,
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    body: {
      kind: 'file',
      key: storageKey.distributionFile(distribution.distId, ARCHIVE),
      versionId: 'v1',
      range: { start: 0, endExclusive: 10 },
    },
  });
  const [grant] = await grants();
  expect(grant).toMatchObject({ file: ARCHIVE, address: '203.0.113.7', grantedAt: '2026-03-02T00:00:00.000Z' });
  expect(entry).toMatchObject({ reason: 'ok', status: 200, isGrant: true, grantId: grant?.grantId, distId: distribution.distId });
});

test('a browser gets the page, without a grant', async () => {
  const { ask, grants } = await gateWith();
  const { answer } = await ask('/d/TOKEN', { headers: BROWSER });
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  const html = answer.body.kind === 'text' ? answer.body.text : '';
  expect(html).toContain('<title>Download fieldkit 1.4.0</title>');
  expect(html).toContain('2026-03-03 00:00 UTC</time> (24 h 0 min left)');
  expect(html).toMatch(new RegExp(`href="[\\w-]{32}/${ARCHIVE}"`));
  expect(html).toContain('Linux, x86-64');
  expect(html).toContain('SHA256SUMS');
  expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(html)));
  expect(await grants()).toEqual([]);
});

test('the page loads nothing, runs nothing, and its style is the one that its policy names', async () => {
  const { ask } = await gateWith();
  const { answer } = await ask('/d/TOKEN', { headers: BROWSER });
  const html = answer.body.kind === 'text' ? answer.body.text : '';
  expect(html).not.toMatch(/<script|<img|<link rel=(?!"icon" href="data:,")|<iframe|<form|\son\w+=|https?:\/\/|@import|url\(/i);
  const style = /<style>([^]*?)<\/style>/.exec(html)?.[1] ?? '';
  expect(answer.headers['content-security-policy']).toBe(PAGE_SECURITY_POLICY);
  expect(PAGE_SECURITY_POLICY).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
  expect(PAGE_SECURITY_POLICY).toMatch(/^default-src 'none';/);
});

test('what others wrote is escaped on the page', async () => {
  const { ask } = await gateWith({ title: `<script>alert("x")</script>`, version: `1"'&<b>` });
  const { answer } = await ask('/d/TOKEN', { headers: BROWSER });
  const html = answer.body.kind === 'text' ? answer.body.text : '';
  expect(html).not.toMatch(/<script|<b>[^A-Z]/);
  expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; 1&quot;&#39;&amp;&lt;b&gt;');
});

test('links on the page stay right with a slash at the end', async () => {
  const { ask } = await gateWith();
  const { answer } = await ask('/d/TOKEN/', { headers: BROWSER });
  expect(answer.body.kind === 'text' && answer.body.text).toContain(`href="${ARCHIVE}"`);
});

test('of several files a program gets a plain list', async () => {
  const files = [
    distributedFile(ARCHIVE),
    distributedFile('fieldkit-windows-x86_64.zip'),
    distributedFile('SHA256SUMS', { kind: 'checksums' }),
  ];
  const { ask, grants, token } = await gateWith({ files });
  const { answer } = await ask('/d/TOKEN');
  expect(answer.status).toBe(300);
  expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(answer.body.kind === 'text' && answer.body.text.split('\n').slice(1)).toEqual([
    `${files[0]?.sha256 ?? ''}  10 B  ${token}/${ARCHIVE}`,
    `${files[1]?.sha256 ?? ''}  10 B  ${token}/fieldkit-windows-x86_64.zip`,
    '',
  ]);
  expect(await grants()).toEqual([]);
});

test.each([
  ['Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)'],
  ['Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)'],
  ['WhatsApp/2.23.20.0 A'],
  ['facebookexternalhit/1.1'],
  ['Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5'],
])('a preview by %s gets the page and no file, wherever it asks', async (agent) => {
  const { ask, grants } = await gateWith();
  for (const target of ['/d/TOKEN', `/d/TOKEN/${ARCHIVE}`]) {
    const { answer } = await ask(target, { headers: { 'user-agent': agent, accept: '*/*' } });
    expect(answer).toMatchObject({ status: 200, body: { kind: 'text' }, headers: { 'content-type': 'text/html; charset=utf-8' } });
  }
  expect((await ask(`/d/TOKEN/${ARCHIVE}`, { headers: { 'sec-purpose': 'prefetch;prerender' } })).answer.body.kind).toBe('text');
  expect(await grants()).toEqual([]);
});

test('HEAD says the same as GET without a body and without a grant', async () => {
  const { ask, grants } = await gateWith();
  for (const [target, headers] of [
    ['/d/TOKEN', {}],
    ['/d/TOKEN', BROWSER],
    [`/d/TOKEN/${ARCHIVE}`, {}],
    ['/d/TOKEN/none', {}],
  ] as const) {
    const head = await ask(target, { method: 'HEAD', headers });
    expect(head.answer.body).toEqual({ kind: 'none' });
    expect(await grants()).toEqual([]);
  }
  const head = await ask('/d/TOKEN', { method: 'HEAD' });
  expect(head.answer).toEqual({ ...(await ask('/d/TOKEN')).answer, body: { kind: 'none' } });
});

test('a download that is resumed within the hour is one grant, by another address or later a second', async () => {
  const { ask, clock, grants } = await gateWith();
  const resume = { headers: { range: 'bytes=4-' } };
  await ask(`/d/TOKEN/${ARCHIVE}`);
  clock.advance(59 * 60_000);
  const { answer, entry } = await ask(`/d/TOKEN/${ARCHIVE}`, resume);
  expect(answer).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 4-9/10', 'content-length': '6' } });
  expect(entry.isGrant).toBe(false);
  expect(await grants()).toHaveLength(1);
  await ask(`/d/TOKEN/${ARCHIVE}`, { ...resume, callerAddress: '203.0.113.8' });
  expect(await grants()).toHaveLength(2);
  clock.advance(60_000);
  await ask(`/d/TOKEN/${ARCHIVE}`, resume);
  expect(await grants()).toHaveLength(3);
});

test('a range without an earlier grant is one, and the next range belongs to it', async () => {
  const { ask, grants } = await gateWith({ maxDownloads: 1 });
  const range = (bytes: string) => ask(`/d/TOKEN/${ARCHIVE}`, { headers: { range: bytes } });
  expect((await range('bytes=0-4')).entry.isGrant).toBe(true);
  expect((await range('bytes=5-9')).entry).toMatchObject({ status: 206, isGrant: false });
  expect(await grants()).toHaveLength(1);
  expect((await ask(`/d/TOKEN/${ARCHIVE}`)).entry).toMatchObject({ status: 410, reason: 'exhausted' });
});

test('a dual-stack socket names the same caller as an IPv4 one', async () => {
  const { ask, grants } = await gateWith({ allowedRanges: ['203.0.113.0/24'] });
  await ask(`/d/TOKEN/${ARCHIVE}`, { callerAddress: '::ffff:203.0.113.7' });
  expect((await ask(`/d/TOKEN/${ARCHIVE}`, { headers: { range: 'bytes=1-' } })).entry.isGrant).toBe(false);
  expect(await grants()).toMatchObject([{ address: '203.0.113.7' }]);
});

test.each([
  ['unsatisfiable', { range: 'bytes=10-' }, 416, 'bytes */10'],
  ['not modified', { 'if-none-match': '*' }, 304, undefined],
  ['another file than before', { 'if-match': '"x"' }, 412, undefined],
])('%s is no grant', async (_what, headers, status, contentRange) => {
  const { ask, grants } = await gateWith();
  const { answer } = await ask(`/d/TOKEN/${ARCHIVE}`, { headers });
  expect([answer.status, answer.headers['content-range']]).toEqual([status, contentRange]);
  expect(await grants()).toEqual([]);
});

test('a finished download that asks for more when all are used hears that there is no more, not that it may not', async () => {
  const { ask } = await gateWith({ maxDownloads: 1 });
  await ask(`/d/TOKEN/${ARCHIVE}`);
  expect((await ask(`/d/TOKEN/${ARCHIVE}`, { headers: { range: 'bytes=10-' } })).answer.status).toBe(416);
});

test.each([
  ['expired', { expiresAt: '2026-03-01T01:00:00.000Z' }, 410, 'this link has expired'],
  ['revoked', { revokedAt: '2026-03-01T01:00:00.000Z' }, 410, 'this link was revoked'],
  ['address-not-allowed', { allowedRanges: ['10.0.0.0/8'] }, 403, 'does not answer to your address'],
])('%s: the caller hears why, from where, and a reference that the log has too', async (reason, change, status, text) => {
  const { ask, distribution } = await gateWith(change);
  const { answer, entry } = await ask('/d/TOKEN');
  expect(answer.status).toBe(status);
  const body = answer.body.kind === 'text' ? answer.body.text : '';
  expect(body).toContain(text);
  expect(body).toContain('your address: 203.0.113.7');
  expect(body).toContain(`reference: ${entry.reference}`);
  expect(body).not.toMatch(/10\.0\.0\.0|fieldkit/);
  expect(body).not.toContain(distribution.distId);
  expect(entry).toMatchObject({ reason, distId: distribution.distId });
  const page = await ask('/d/TOKEN', { headers: BROWSER });
  expect(page.answer).toMatchObject({ status, headers: { 'content-security-policy': PAGE_SECURITY_POLICY } });
});

test('what is unknown has one shape, and nothing is looked up for what cannot be a token', async () => {
  const { ports, ledger } = await gateWith();
  let reads = 0;
  const counting = { ...ports, ledger: { ...ledger, read: (key: string) => ((reads += 1), ledger.read(key)) } };
  const shape = async (target: string) => {
    const { answer, entry } = await answerGateRequest(counting, { method: 'GET', target, headers: {}, callerAddress: '203.0.113.7' });
    const text = answer.body.kind === 'text' ? answer.body.text.replace(entry.reference, 'REF') : '';
    return { status: answer.status, text, headers: answer.headers, distId: entry.distId };
  };
  const unknown = await shape(`/d/${'A'.repeat(32)}`);
  expect(unknown).toMatchObject({
    status: 404,
    text: 'there is nothing at this address\nyour address: 203.0.113.7\nreference: REF\n',
    distId: undefined,
  });
  expect(reads).toBe(1);
  for (const target of [
    '/',
    '/d',
    '/d/',
    '/d/short',
    `/d/${'A'.repeat(33)}`,
    '/d/../records',
    `/e/${'A'.repeat(32)}`,
    `/d/${'%41'.repeat(10)}AA`,
    '*',
    '',
  ]) {
    expect(await shape(target)).toEqual(unknown);
  }
  expect(reads).toBe(1);
});

test.each([
  '/d/TOKEN/../../records/distributions/0123456789abcdef.json',
  '/d/TOKEN/..',
  '/d/TOKEN/%2e%2e%2fmanifest.json',
  '/d/TOKEN/..%5c..%5cx',
  '/d/TOKEN/fieldkit-linux-x86_64.tar.gz/x',
  '/d/TOKEN//etc/passwd',
  '/d/TOKEN/fieldkit-linux-x86_64.tar.gz%00',
  '/d/TOKEN/FIELDKIT-linux-x86_64.tar.gz',
  '/d/TOKEN/__proto__',
])('%s leads to no file', async (target) => {
  const { ask } = await gateWith();
  expect((await ask(target)).answer).toMatchObject({ status: 404, body: { kind: 'text' } });
});

test('a query and a proxy form change nothing', async () => {
  const { ask } = await gateWith();
  expect((await ask('/d/TOKEN?utm=1')).answer.status).toBe(200);
  expect((await ask('http://gate.example:8722/d/TOKEN')).answer.status).toBe(200);
});

test('long addresses and other methods are refused before anything is read', async () => {
  const { ask } = await gateWith();
  expect((await ask(`/d/TOKEN/${'x'.repeat(2000)}`)).answer.status).toBe(414);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'get']) {
    expect((await ask('/d/TOKEN', { method })).answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  }
});

test('with a limit, exactly as many concurrent downloads are granted, in slots without holes', async () => {
  const { ask, ledger, distribution } = await gateWith({ maxDownloads: 37 });
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, i) => ask(`/d/TOKEN/${ARCHIVE}`, { callerAddress: `203.0.113.${i + 1}` })),
  );
  expect(outcomes.filter((outcome) => outcome.answer.status === 200)).toHaveLength(37);
  expect(outcomes.filter((outcome) => outcome.entry.reason === 'exhausted' && outcome.answer.status === 410)).toHaveLength(63);
  expect(await ledger.keys(storageKey.grantsPrefix(distribution.distId))).toEqual(
    Array.from({ length: 37 }, (_, i) => storageKey.grant(distribution.distId, String(i).padStart(4, '0'))),
  );
});

test('the page says how many downloads are left', async () => {
  const { ask } = await gateWith({ maxDownloads: 2 });
  await ask(`/d/TOKEN/${ARCHIVE}`);
  const { answer } = await ask('/d/TOKEN', { headers: BROWSER });
  expect(answer.body.kind === 'text' && answer.body.text).toMatch(/<li>1 of \d+ downloads left<\/li>/);
});

test('the log never holds the token', async () => {
  const { ask, token } = await gateWith();
  for (const target of ['/d/TOKEN', '/d/TOKEN/none', `/d/TOKEN/${ARCHIVE}`]) {
    expect(JSON.stringify((await ask(target)).entry)).not.toContain(token);
  }
});

test('ids of grants sort by time and are version 7 UUIDs', () => {
  const random = new Uint8Array(10).fill(255);
  expect(timeOrderedUuid(Date.parse('2026-03-02T00:00:00Z'), random)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7fff-bfff-ffffffffffff$/);
  const ids = [0, 1, 999, 1e12, 1.7e12, 9e12].map((timeMs) => timeOrderedUuid(timeMs, random));
  expect([...ids].sort()).toEqual(ids);
});
