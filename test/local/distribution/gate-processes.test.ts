/** Several gates of one machine on one store, each a process of its own, over HTTP: what a limit keeps, and what a gate that is killed leaves. */
import '../../allow-network';
import '../../allow-processes';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { grantsContract } from '../../contracts/grants';
import { createGateFixture, get, pathRequest, urlOf, type GateFixture } from './gate-fixture';
import { bundleProgram } from '../../fakes/bundled-program';

let program: string;
let folder: string;
let fixture: GateFixture;
const gates: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'slipway-gates-'));
  program = path.join(folder, 'gate-process.mjs');
  await bundleProgram(path.join(__dirname, 'gate-process.ts'), program);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(() => {
  fixture = createGateFixture();
});
afterEach(async () => {
  await Promise.all(gates.splice(0).map((gate) => kill(gate)));
  await fixture.close();
});

async function kill(gate: ChildProcess): Promise<void> {
  if (gate.exitCode !== null || gate.signalCode !== null) return;
  gate.kill('SIGKILL');
  await once(gate, 'close');
}

async function startProcess(): Promise<{ readonly url: string; readonly gate: ChildProcess }> {
  const gate = spawn(process.execPath, ['--no-warnings', program, fixture.homeDirectory], { stdio: ['ignore', 'pipe', 'inherit'] });
  gates.push(gate);
  const lines = createInterface({ input: gate.stdout });
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const event = JSON.parse(line) as { event: string; url?: string };
      if (event.event === 'listening') resolve(event.url ?? '');
    });
    gate.once('close', () => reject(new Error('the gate did not start')));
  });
  return { url, gate };
}

function fileWith(content: Buffer): string {
  const file = path.join(fixture.homeDirectory, 'kit.bin');
  writeFileSync(file, content);
  return file;
}

describe('the folder that they share', () => {
  grantsContract(() => {
    const { homeDirectory } = fixture;
    return Promise.resolve(() => createGateFixture({ homeDirectory }).ports.ledger);
  });
});

test('100 downloads at once through four processes are 37 whole files and 63 refusals', async () => {
  const content = randomBytes(700_000);
  const { url = '', distribution } = await fixture.service.distribute(pathRequest(fileWith(content), { maxDownloads: 37 }));
  const started = await Promise.all(Array.from({ length: 4 }, startProcess));
  const link = new URL(url).pathname;
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, at) => get(`${started[at % 4]?.url ?? ''}${link}`, { localAddress: `127.0.2.${at + 1}` })),
  );
  expect(answers.filter(({ status, body }) => status === 200 && body.equals(content))).toHaveLength(37);
  expect(answers.filter(({ status }) => status === 410)).toHaveLength(63);
  const grants = await fixture.service.downloads(distribution.distId);
  expect(grants.map(({ grantId }) => grantId).sort()).toEqual(Array.from({ length: 37 }, (_, at) => String(at).padStart(4, '0')));
});

test('a gate that is killed while it sends has granted once: another goes on with the download, and no more are given', async () => {
  const content = randomBytes(20_000_000);
  const view = await fixture.service.distribute(pathRequest(fileWith(content), { maxDownloads: 2 }));
  const link = new URL(urlOf(view)).pathname;
  const [first, second] = await Promise.all([startProcess(), startProcess()]);
  const [response] = (await once(http.get(`${first.url}${link}`, { agent: false }), 'response')) as [http.IncomingMessage];
  const received: Buffer[] = [];
  const cut = new Promise<void>((resolve) => response.once('error', () => resolve()));
  response.on('data', (chunk: Buffer) => received.push(chunk));
  await once(response, 'data');
  response.pause();
  first.gate.kill('SIGKILL');
  response.resume();
  await cut;
  const begun = Buffer.concat(received);
  expect(begun.length).toBeLessThan(content.length);
  const rest = await get(`${second.url}${link}`, { headers: { range: `bytes=${begun.length}-` } });
  expect(rest.status).toBe(206);
  expect(Buffer.concat([begun, rest.body]).equals(content)).toBe(true);
  expect(await fixture.service.downloads(view.distribution.distId)).toHaveLength(1);
  expect((await get(`${second.url}${link}`)).status).toBe(200);
  expect((await get(`${second.url}${link}`)).status).toBe(410);
});
