import '../../allow-network';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { storageKey } from '../../../core/storage-key';
import { startGateServer } from '../../../local/distribution/gate-server';
import { createManualClock } from '../../fakes/manual-clock';
import { sha256Of, storeBuild } from '../../fakes/distributions';
import { createGateFixture, get, pathRequest, urlOf, type GateFixture } from './gate-fixture';

const CONTENT = randomBytes(300_000);
let fixture: GateFixture;

function fileWith(content: Buffer, name = 'kit.bin'): string {
  const file = path.join(fixture.homeDirectory, 'input', name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

beforeEach(() => {
  fixture = createGateFixture();
});

afterEach(() => fixture.close());

const linkFor = async (change: Parameters<typeof pathRequest>[1] = {}) =>
  fixture.service.distribute(pathRequest(fileWith(CONTENT), change));

test('a build is downloaded, and every file of it verifies', async () => {
  await storeBuild(fixture.ports, { contents: { 'linux-x86_64': CONTENT } });
  await fixture.start();
  const view = await fixture.service.distribute({ ...pathRequest(''), from: { build: 'latest', name: 'fieldkit' } });
  const archive = await get(urlOf(view));
  expect(archive.status).toBe(200);
  expect(archive.headers['content-disposition']).toBe('attachment; filename="fieldkit-linux-x86_64.tar.gz"');
  expect(archive.body.equals(CONTENT)).toBe(true);
  const sums = await get(`${urlOf(view)}/SHA256SUMS`);
  expect(sums.body.toString()).toBe(`${sha256Of(CONTENT)}  fieldkit-linux-x86_64.tar.gz\n`);
  for (const file of view.distribution.files) {
    const answer = await get(`${urlOf(view)}/${file.file}`);
    expect(sha256Of(answer.body)).toBe(file.sha256);
    expect(answer.headers['content-length']).toBe(String(file.sizeBytes));
  }
  expect(await fixture.service.downloads(view.distribution.distId.slice(0, 6))).toHaveLength(2);
});

test('ranges, HEAD and conditions are answered as the standard says', async () => {
  await fixture.start();
  const url = urlOf(await linkFor());
  const range = await get(url, { headers: { range: 'bytes=100-199' } });
  expect(range.status).toBe(206);
  expect(range.headers['content-range']).toBe('bytes 100-199/300000');
  expect(range.body.equals(CONTENT.subarray(100, 200))).toBe(true);
  const etag = range.headers.etag ?? '';
  expect((await get(url, { headers: { range: 'bytes=299999-', 'if-range': etag } })).body).toHaveLength(1);
  expect((await get(url, { headers: { range: 'bytes=300000-' } })).status).toBe(416);
  expect((await get(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
  const head = await get(url, { method: 'HEAD' });
  expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '300000', 0]);
  expect((await get(url, { method: 'POST' })).status).toBe(405);
});

test('an empty file is a file', async () => {
  await fixture.start();
  const view = await fixture.service.distribute(pathRequest(fileWith(Buffer.alloc(0), 'empty.bin')));
  const answer = await get(urlOf(view));
  expect([answer.status, answer.headers['content-length'], answer.body.length]).toEqual([200, '0', 0]);
});

test('the address of the connection decides, not what a header says', async () => {
  await fixture.start();
  const url = urlOf(await linkFor({ allowedIps: ['127.0.0.1/32'] }));
  expect((await get(url, { localAddress: '127.0.0.1' })).status).toBe(200);
  const denied = await get(url, { localAddress: '127.0.0.2', headers: { 'x-forwarded-for': '127.0.0.1' } });
  expect(denied.status).toBe(403);
  expect(denied.body.toString()).toContain('your address: 127.0.0.2');
  const event = await fixture.eventOf((candidate) => candidate.event === 'decision' && candidate.status === 403);
  expect(event).toMatchObject({ reason: 'address-not-allowed', address: '127.0.0.2' });
  expect(denied.body.toString()).toContain((event as { reference: string }).reference);
});

test('behind a proxy the last forwarded address decides', async () => {
  await fixture.start({ trustProxy: true });
  const url = urlOf(await linkFor({ allowedIps: ['203.0.113.0/24'] }));
  expect((await get(url, { headers: { 'x-forwarded-for': '10.0.0.1, 203.0.113.9' } })).status).toBe(200);
  expect((await get(url, { headers: { 'x-forwarded-for': '203.0.113.9, 10.0.0.1' } })).status).toBe(403);
  expect((await get(url)).status).toBe(403);
});

test('me is this machine', async () => {
  await fixture.start();
  const view = await linkFor({ allowedIps: ['me'] });
  expect(view.distribution.allowedRanges).toContain('127.0.0.1/32');
  expect((await get(urlOf(view))).status).toBe(200);
  expect((await get(urlOf(view), { localAddress: '127.0.0.9' })).status).toBe(403);
});

test('a link ends at its hour and not before', async () => {
  await fixture.close();
  const clock = createManualClock('2026-03-01T00:00:00Z');
  fixture = createGateFixture({ clock });
  await fixture.start();
  const url = urlOf(await linkFor({ expiresHours: 1 }));
  clock.advance(3_599_999);
  expect((await get(url)).status).toBe(200);
  clock.advance(1);
  const over = await get(url);
  expect([over.status, over.body.toString()]).toEqual([410, expect.stringContaining('expired')]);
});

test('a revoked link answers to nobody at once, its copies are gone, and other links hold', async () => {
  await fixture.start();
  const other = urlOf(await linkFor());
  const view = await linkFor();
  expect((await get(urlOf(view))).status).toBe(200);
  await fixture.service.revoke(view.distribution.distId);
  expect((await get(urlOf(view))).status).toBe(410);
  expect((await get(`${urlOf(view)}/SHA256SUMS`)).status).toBe(410);
  expect(readdirSync(path.join(fixture.homeDirectory, 'store', 'distributions', view.distribution.distId))).toEqual([]);
  expect((await get(other)).status).toBe(200);
});

test('100 concurrent downloads of a link for 10 are exactly 10 grants, also over two gates', async () => {
  const gates = [await fixture.start(), await fixture.start()];
  expect(gates.map((gate) => gate.isAdvertised)).toEqual([true, false]);
  const { url, distribution } = await linkFor({ maxDownloads: 10 });
  const token = (url ?? '').slice((url ?? '').lastIndexOf('/') + 1);
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => get(`${gates[i % 2]?.url ?? ''}/d/${token}`, { localAddress: `127.0.1.${i + 1}` })),
  );
  const granted = answers.filter((answer) => answer.status === 200);
  expect(granted).toHaveLength(10);
  expect(granted.every((answer) => answer.body.equals(CONTENT))).toBe(true);
  expect(answers.filter((answer) => answer.status === 410)).toHaveLength(90);
  const grants = await fixture.service.downloads(distribution.distId);
  expect(grants.map((grant) => grant.grantId).sort()).toEqual(Array.from({ length: 10 }, (_, i) => `000${i}`));
  expect(new Set(grants.map((grant) => grant.address)).size).toBe(10);
  expect((await fixture.service.list({ limit: 1 }))[0]).toMatchObject({ state: 'exhausted', grantCount: 10 });
});

test('without a limit every one of 100 concurrent downloads is counted', async () => {
  await fixture.start();
  const view = await linkFor();
  const answers = await Promise.all(Array.from({ length: 100 }, () => get(urlOf(view))));
  expect(answers.every((answer) => answer.status === 200 && answer.body.equals(CONTENT))).toBe(true);
  expect((await fixture.service.latest('fieldkit')).grantCount).toBe(100);
});

/** Descriptors of this process that lead below `folder`; undefined where the system does not say. */
function openFilesBelow(folder: string): number | undefined {
  if (process.platform !== 'linux') return undefined;
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(folder);
    } catch {
      return false; // Closed since it was listed.
    }
  }).length;
}

test('a caller who leaves frees the file, and a slow one does not fill the memory', async () => {
  await fixture.start();
  const view = await fixture.service.distribute(pathRequest(fileWith(Buffer.alloc(64_000_000, 7), 'large.bin')));
  const copies = path.join(fixture.homeDirectory, 'store', 'distributions');
  const before = process.memoryUsage().arrayBuffers;
  const responses = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const request = http.get(urlOf(view), { agent: false });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      await once(response, 'readable'); // And nobody reads on.
      return response;
    }),
  );
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64_000_000);
  if (openFilesBelow(copies) !== undefined) expect(openFilesBelow(copies)).toBe(10);
  const aborted = new Promise<void>((resolve) => {
    let count = 0;
    void fixture.eventOf((event) => event.event === 'transfer' && event.outcome === 'aborted' && ++count === 10).then(() => resolve());
  });
  for (const response of responses) response.destroy();
  await aborted;
  if (openFilesBelow(copies) !== undefined) expect(openFilesBelow(copies)).toBe(0);
});

test('large files come whole to everybody, also when more ask than get them in large pieces', async () => {
  await fixture.start();
  const content = randomBytes(5_000_001);
  const url = urlOf(await fixture.service.distribute(pathRequest(fileWith(content, 'large.bin'))));
  const answers = await Promise.all(Array.from({ length: 9 }, () => get(url)));
  expect(answers.map(({ body }) => body.equals(content))).toEqual(Array.from({ length: 9 }, () => true));
  const range = await get(url, { headers: { range: 'bytes=1000-4999999' } });
  expect(range.body.equals(content.subarray(1_000, 5_000_000))).toBe(true);
});

test('stopping lets a download end, and takes no new ones', async () => {
  const gate = await fixture.start();
  const content = Buffer.alloc(20_000_000, 3);
  const url = urlOf(await fixture.service.distribute(pathRequest(fileWith(content, 'large.bin'))));
  const request = http.get(url, { agent: false });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let isStopped = false;
  const stopped = gate.stop().then(() => (isStopped = true));
  await expect(get(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(isStopped).toBe(false);
  let received = 0;
  for await (const chunk of response) received += (chunk as Buffer).length;
  expect(received).toBe(content.length);
  await stopped;
});

test('a stop cuts what outlasts its bound', async () => {
  await linkFor();
  const [file] = (await fixture.ports.store.list('distributions/')).filter((stored) => stored.key.endsWith('kit.bin'));
  let isBegun = false;
  /** Gives a little and then nothing more. */
  const readNext = (buffer: Uint8Array) => {
    if (isBegun) return new Promise<number>(() => undefined);
    isBegun = true;
    buffer.set(Buffer.from('begin'));
    return Promise.resolve(5);
  };
  const hanging = { open: () => Promise.resolve({ sizeBytes: 300_000, readNext, close: () => Promise.resolve() }) };
  const { url } = await fixture.service.latest('fieldkit');
  const server = await startGateServer({
    ports: { ...fixture.ports, rangesEnforcedBy: 'gate' },
    store: hanging,
    host: '127.0.0.1',
    port: 0,
    trustProxy: false,
    runId: 'run',
    onDecision: () => undefined,
    onTransfer: () => undefined,
    onFault: () => undefined,
  });
  const request = http.get(`${server.url}/d/${(url ?? '').split('/').at(-1) ?? ''}`, { agent: false });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const cut = once(response, 'error').catch((thrown: unknown) => thrown);
  response.resume();
  await server.stop(50, 50);
  await cut;
  expect(response.complete).toBe(false);
  expect(file?.sizeBytes).toBe(300_000);
});

test('a copy that is lost is said, and counted as no more than a fault', async () => {
  await fixture.start();
  const view = await linkFor();
  await fixture.ports.store.remove(storageKey.distributionFile(view.distribution.distId, 'kit.bin'));
  const answer = await get(urlOf(view));
  expect([answer.status, answer.body.toString()]).toEqual([503, expect.stringContaining('cannot be read at the moment')]);
});

test('a record that cannot be read is told to the log, not to the caller', async () => {
  await fixture.start();
  const view = await linkFor();
  const file = path.join(fixture.homeDirectory, 'store', storageKey.distributionRecord(view.distribution.distId));
  writeFileSync(file, '{ half');
  const answer = await get(urlOf(view));
  expect(answer.status).toBe(500);
  expect(answer.body.toString()).not.toMatch(/record|json|store/i);
  expect(await fixture.eventOf((event) => event.event === 'fault')).toMatchObject({ code: 'record-corrupt' });
});

test('guessing fills neither log nor store', async () => {
  await fixture.start();
  const { distribution, url } = await linkFor();
  const base = (url ?? '').slice(0, -32);
  await Promise.all(Array.from({ length: 50 }, (_, i) => get(`${base}${String(i).padStart(32, 'A')}`)));
  expect(fixture.events.filter((event) => event.event === 'decision')).toEqual([]);
  expect(fixture.events.filter((event) => event.event === 'unknown')).toHaveLength(1);
  expect(await fixture.service.downloads(distribution.distId)).toEqual([]);
});

test('no event holds the token', async () => {
  await fixture.start();
  const url = urlOf(await linkFor());
  await get(url);
  await get(`${url}/none`);
  await fixture.eventOf((event) => event.event === 'transfer');
  expect(JSON.stringify(fixture.events)).not.toContain(url.split('/').at(-1));
});

test('half a request line is not waited for for ever, and rubbish is refused', async () => {
  const gate = await fixture.start();
  const port = Number(new URL(gate.url).port);
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.end('GET /d/x HTTP/1.1\r\nx: \u0001\u0000\r\n\r\n');
  const [first] = (await once(socket, 'data')) as [Buffer];
  expect(first.toString()).toMatch(/^HTTP\/1\.1 400 /);
  expect((await get(gate.url, { headers: { x: 'y'.repeat(20_000) } })).status).toBe(431);
});

test('a reader who stops reading is cut after the idle time', async () => {
  const view = await fixture.service.distribute(pathRequest(fileWith(Buffer.alloc(64_000_000, 7), 'large.bin')));
  const transfers: string[] = [];
  let tell = () => undefined as void;
  const ended = new Promise<void>((resolve) => (tell = resolve));
  const server = await startGateServer({
    ports: { ...fixture.ports, rangesEnforcedBy: 'gate' },
    store: fixture.ports.store,
    host: '127.0.0.1',
    port: 0,
    trustProxy: false,
    runId: 'run',
    onDecision: () => undefined,
    onTransfer: (transfer) => {
      transfers.push(transfer.outcome);
      tell();
    },
    onFault: () => undefined,
    idleTimeoutMs: 200,
  });
  const request = http.get(`${server.url}/d/${urlOf(view).split('/').at(-1) ?? ''}`, { agent: false });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.on('error', () => undefined);
  await ended;
  expect(transfers).toEqual(['aborted']);
  await server.stop(0);
});

test('a port that is taken is said with another one to try', async () => {
  const gate = await fixture.start();
  const port = Number(new URL(gate.url).port);
  await expect(fixture.start({ port })).rejects.toMatchObject({
    code: 'port-in-use',
    message: expect.stringContaining(`'${port}'`) as unknown,
    hint: expect.stringContaining('--port') as unknown,
  });
  await expect(fixture.start({ host: '203.0.113.250' })).rejects.toMatchObject({ code: 'listen-refused' });
});

test('links lead to the gate that runs; a file that outlived its gate is not believed', async () => {
  const serveFile = path.join(fixture.homeDirectory, 'serve.json');
  const without = await linkFor();
  expect(without.url).toMatch(/^http:\/\/127\.0\.0\.1:8722\/d\/[\w-]{32}$/);
  expect(without.warnings).toEqual([expect.stringContaining('slipway serve')]);
  const gate = await fixture.start();
  expect(statSync(serveFile).mode & 0o777).toBe(0o600);
  const during = await linkFor();
  expect(during.url?.startsWith(`${gate.url}/d/`)).toBe(true);
  expect(during.warnings).toEqual([]);
  await gate.stop();
  expect(() => statSync(serveFile)).toThrow('ENOENT');
  // Another program took the port of a gate that was killed.
  const stranger = http.createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(stranger, 'listening');
  const url = `http://127.0.0.1:${(stranger.address() as net.AddressInfo).port}`;
  writeFileSync(
    serveFile,
    JSON.stringify({ schemaVersion: 1, pid: process.pid, url, runId: 'old', startedAt: '2026-03-01T00:00:00.000Z' }),
  );
  expect((await linkFor()).url).toMatch(/^http:\/\/127\.0\.0\.1:8722\//);
  expect((await linkFor({ baseUrl: 'https://kit.example.org/x/' })).url).toMatch(/^https:\/\/kit\.example\.org\/x\/d\//);
  expect((await fixture.start()).isAdvertised).toBe(true);
  stranger.close();
  stranger.closeAllConnections();
});

test('the token is kept for the newest link alone, readable by its owner', async () => {
  await linkFor();
  const { distribution, url } = await linkFor();
  const folder = path.join(fixture.homeDirectory, 'tokens', 'fieldkit');
  expect(readdirSync(folder)).toEqual([`${distribution.distId}.json`]);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(path.join(folder, `${distribution.distId}.json`)).mode & 0o777).toBe(0o600);
  expect((await fixture.service.latest('fieldkit')).url).toBe(url);
});

test('folders, missing files and files with secrets are not handed out', async () => {
  const folder = path.dirname(fileWith(CONTENT));
  await expect(fixture.service.distribute(pathRequest(folder))).rejects.toMatchObject({
    code: 'path-not-distributable',
    hint: expect.stringContaining('tar -czf') as unknown,
  });
  await expect(fixture.service.distribute(pathRequest(`${folder}/none`))).rejects.toMatchObject({ code: 'file-not-found' });
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${randomBytes(600).toString('base64')}\n-----END RSA PRIVATE KEY-----\n`;
  const leaky = fileWith(Buffer.from(key), 'leaky.pem');
  await expect(fixture.service.distribute(pathRequest(leaky))).rejects.toMatchObject({ code: 'secrets-found' });
  expect((await fixture.service.distribute(pathRequest(leaky, { allowSecrets: ['leaky.pem'] }))).state).toBe('live');
});

test('a gate that listens at every address is named by one that others can go to', async () => {
  const gate = await fixture.start({ host: '0.0.0.0' });
  expect(gate.url).toMatch(/^http:\/\/\d+\.\d+\.\d+\.\d+:\d+$/);
  expect(gate.url).not.toContain('//0.0.0.0');
  const view = await linkFor();
  expect(view.url?.startsWith(`${gate.url}/d/`)).toBe(true);
  expect((await get(urlOf(view).replace(new URL(gate.url).hostname, '127.0.0.1'))).status).toBe(200);
});

test('a gate that cannot write down where it is does not go on behind the error', async () => {
  const free = net.createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as net.AddressInfo;
  free.close();
  await once(free, 'close');
  mkdirSync(path.join(fixture.homeDirectory, 'serve.json', 'in-the-way'), { recursive: true });
  await expect(fixture.start({ port })).rejects.toMatchObject({ name: 'SlipwayError' });
  const [refused] = (await once(net.connect(port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
  expect(refused.code).toBe('ECONNREFUSED');
});
