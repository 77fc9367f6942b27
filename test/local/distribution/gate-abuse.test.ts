/** The gate in the hands of people who do not mean well, or whose programs are broken: whatever they send, others are served. */
import '../../allow-network';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { startGateServer, type GateServer } from '../../../local/distribution/gate-server';
import { createGateFixture, get, pathRequest, urlOf, type GateFixture } from './gate-fixture';

const CONTENT = randomBytes(3_000_000);
const HEADERS_MS = 1_000;
let fixture: GateFixture;
let server: GateServer;
let port: number;
/** `/d/<token>` of a link to one file. */
let link: string;
let transfers: string[];
let tellTransfer: () => void = () => undefined;
const faults: string[] = [];
const sockets: net.Socket[] = [];

beforeEach(async () => {
  fixture = createGateFixture();
  const file = path.join(fixture.homeDirectory, 'kit.bin');
  writeFileSync(file, CONTENT);
  link = new URL(urlOf(await fixture.service.distribute(pathRequest(file)))).pathname;
  // Of this test alone: what an earlier one began may end now.
  const outcomes: string[] = [];
  transfers = outcomes;
  server = await startGateServer({
    ports: { ...fixture.ports, rangesEnforcedBy: 'gate' },
    store: fixture.ports.store,
    host: '127.0.0.1',
    port: 0,
    trustProxy: false,
    runId: 'run',
    onDecision: () => undefined,
    onTransfer: ({ outcome }) => {
      outcomes.push(outcome);
      tellTransfer();
    },
    onFault: ({ message }) => faults.push(message),
    headersTimeoutMs: HEADERS_MS,
  });
  port = Number(new URL(server.url).port);
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.stop(0);
  expect(faults.splice(0)).toEqual([]);
  await fixture.close();
});

async function connect(localAddress = '127.0.0.1'): Promise<net.Socket> {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress });
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Everything that comes until the gate closes the connection. */
async function answerTo(bytes: string | Buffer, options: { readonly isEnded?: boolean } = {}): Promise<Buffer> {
  const socket = await connect();
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  if (options.isEnded === true) socket.end(bytes);
  else socket.write(bytes);
  await closed;
  return Buffer.concat(chunks);
}

const statusesOf = (answer: Buffer) => [...answer.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);

/** Resolves when so many files that were begun have ended. */
async function transferred(count: number): Promise<void> {
  while (transfers.length < count) await new Promise<void>((resolve) => (tellTransfer = resolve));
}

async function expectOthersServed(): Promise<void> {
  const { status, body } = await get(`${server.url}${link}`, { localAddress: '127.0.0.9' });
  expect(status).toBe(200);
  expect(body.equals(CONTENT)).toBe(true);
}

test.each([
  ['noise', () => randomBytes(5_000)],
  ['a hello of TLS', () => Buffer.from('16030100f5010000f10303', 'hex')],
  ['zeros', () => Buffer.alloc(10_000)],
  ['a method without end', () => Buffer.from('G'.repeat(100_000))],
  ['half a line and an end', () => Buffer.from('GET /d/')],
  ['a line of control characters', () => Buffer.from('GET /\u0001\u0000\u007f HTTP/1.1\r\nhost: x\r\n\r\n', 'latin1')],
  ['two lengths', () => Buffer.from('GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n')],
  [
    'a length and chunks',
    () => Buffer.from('GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET'),
  ],
  ['a folded header', () => Buffer.from('GET / HTTP/1.1\r\nhost: x\r\nx: a\r\n b\r\n : c\r\n\r\n')],
  ['a version to come', () => Buffer.from('GET / HTTP/9.9\r\nhost: x\r\n\r\n')],
  ['HTTP/2 at once', () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
  ['too many headers', () => Buffer.from(`GET / HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(20_000)}\r\n`)],
  ['a header of a megabyte', () => Buffer.from(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(1_000_000)}\r\n\r\n`)],
  ['a target of a megabyte', () => Buffer.from(`GET /${'y'.repeat(1_000_000)} HTTP/1.1\r\nhost: x\r\n\r\n`)],
  ['a tunnel', () => Buffer.from('CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: x\r\n\r\n')],
])('%s is refused or cut off, and others are served', async (_what, bytes) => {
  const statuses = statusesOf(await answerTo(bytes(), { isEnded: true }));
  for (const status of statuses) expect(['400', '404', '405', '408', '414', '431', '505']).toContain(status);
  await expectOthersServed();
});

test('a body is neither read nor waited for', async () => {
  const answer = await answerTo(`POST ${link} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000000\r\n\r\nabc`);
  expect(statusesOf(answer)).toEqual(['405']);
  const chunked = await answerTo(`GET ${link}/SHA256SUMS HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n`);
  expect(statusesOf(chunked)).toEqual(['200']);
  expect(chunked.toString()).toContain('connection: close');
});

test('who dribbles a request is cut off in time', async () => {
  const socket = await connect();
  const closed = new Promise<void>((resolve) => socket.resume().once('close', () => resolve()));
  const dribble = setInterval(() => socket.write('x'), 50);
  socket.write('GET / HTTP/1.1\r\nx: ');
  await closed;
  clearInterval(dribble);
  // And who says nothing at all, too.
  const silent = await connect();
  await new Promise<void>((resolve) => silent.resume().once('close', () => resolve()));
});

test('2,000 connections that say nothing keep nobody else from the gate', async () => {
  const flood = Array.from({ length: 2_000 }, () => {
    const socket = net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.66' });
    sockets.push(socket);
    socket.on('error', () => undefined);
    return new Promise<void>((resolve) => {
      socket.once('connect', () => {
        socket.write('GET /d/');
        resolve();
      });
      socket.once('close', () => resolve());
    });
  });
  await Promise.all(flood);
  await expectOthersServed();
  for (const socket of sockets.splice(0)) socket.destroy();
  // What was held is free again, also for that address.
  const giveUpAtMs = Date.now() + 20_000;
  let status = 0;
  while (status !== 200 && Date.now() < giveUpAtMs) {
    const asked = get(`${server.url}${link}`, { localAddress: '127.0.0.66' });
    ({ status } = await asked.catch(() => ({ status: 0 })));
  }
  expect(status).toBe(200);
});

test('the forms of old programs and of proxies are answered: no host, HTTP/1.0, the whole address', async () => {
  const old = await answerTo(`GET ${link} HTTP/1.0\r\n\r\n`);
  expect(statusesOf(old)).toEqual(['200']);
  expect(old.subarray(-CONTENT.length).equals(CONTENT)).toBe(true);
  const whole = await answerTo(`HEAD http://gate.example:8722${link} HTTP/1.1\r\nhost: gate.example:8722\r\nconnection: close\r\n\r\n`);
  expect(statusesOf(whole)).toEqual(['200']);
});

test('requests in a row on one connection are answered in their order, whole', async () => {
  const line = (method: string, target: string, more = '') => `${method} ${target} HTTP/1.1\r\nhost: x\r\n${more}\r\n`;
  const answer = await answerTo(
    [
      line('GET', link, 'range: bytes=0-9\r\n'),
      line('GET', link),
      line('GET', `${link}/nothing`),
      line('GET', link, 'range: bytes=10-2000000\r\n'),
      line('HEAD', link),
      line('GET', '/', 'connection: close\r\n'),
    ].join(''),
  );
  expect(statusesOf(answer)).toEqual(['206', '200', '404', '206', '200', '404']);
  expect(answer.includes(CONTENT.subarray(0, 500_000))).toBe(true);
  expect(answer.includes(CONTENT.subarray(10, 2_000_001))).toBe(true);
  await transferred(3);
  expect(transfers).toEqual(['complete', 'complete', 'complete']);
});

/** Descriptors of this process that lead to a distribution's copy; undefined where the system does not say. */
function openCopies(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const copies = path.join(fixture.homeDirectory, 'store', 'distributions');
  const leads = (descriptor: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(copies);
    } catch {
      return false; // Closed since it was listed.
    }
  };
  return readdirSync('/proc/self/fd').filter(leads).length;
}

test('callers who go, before an answer, within one or with others waiting behind it, leave nothing open', async () => {
  const requests = (count: number) => `GET ${link} HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(count);
  for (let times = 0; times < 30; times++) {
    const socket = await connect(`127.0.3.${times + 1}`);
    socket.write(requests(1 + (times % 5)));
    if (times % 3 > 0) await once(socket, 'data');
    if (times % 2 === 0) socket.destroy();
    else socket.resetAndDestroy();
  }
  const giveUpAtMs = Date.now() + 20_000;
  while ((openCopies() ?? 0) > 0 && Date.now() < giveUpAtMs) await new Promise((resolve) => setImmediate(resolve));
  expect(openCopies() ?? 0).toBe(0);
  await expectOthersServed();
});
