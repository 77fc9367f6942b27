/** What `slipway downloads` says of downloads that were complete, broke off, went on, or that nobody saw the end of. */
import '../../allow-network';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { GateEvent } from '../../../core/distribution/gate/gate-service';
import type { SlipwayError } from '../../../core/slipway-error';
import { createGateFixture, get, pathRequest, urlOf, type GateFixture } from './gate-fixture';

/** More than sockets hold, so that a reader who leaves has not been sent everything. */
const CONTENT = randomBytes(24 * 1024 * 1024);
let fixture: GateFixture;

beforeEach(() => {
  fixture = createGateFixture();
});

afterEach(() => fixture.close());

async function handOut(content = CONTENT) {
  const file = path.join(fixture.homeDirectory, 'input', 'kit.bin');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  const view = await fixture.service.distribute(pathRequest(file));
  const { distId } = view.distribution;
  return {
    url: urlOf(view),
    distId,
    downloads: (onProblem?: (problem: SlipwayError) => void) => fixture.service.downloads(distId, onProblem),
  };
}

/** Resolves when so many sendings have ended and are recorded. */
const ended = (count: number) => {
  let seen = 0;
  return fixture.eventOf((event: GateEvent) => event.event === 'transfer' && ++seen === count);
};

/** Reads a little, then goes. */
async function leaveEarly(url: string): Promise<void> {
  const request = http.get(url, { agent: false });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  await once(response, 'data');
  request.destroy();
}

test('a complete download has all its bytes, its checksums are none', async () => {
  await fixture.start();
  const { url, downloads } = await handOut();
  expect((await get(url)).body.equals(CONTENT)).toBe(true);
  await get(`${url}/SHA256SUMS`);
  await ended(2);
  expect(await downloads()).toMatchObject([{ file: 'kit.bin', outcome: 'complete', sentBytes: CONTENT.length, address: '127.0.0.1' }]);
});

test('one that broke off says how much was sent, and is complete when the rest was fetched', async () => {
  await fixture.start();
  const { url, downloads } = await handOut();
  await leaveEarly(url);
  await ended(1);
  const [broken, ...others] = await downloads();
  expect(others).toEqual([]);
  expect(broken?.outcome).toBe('broken-off');
  expect(broken?.sentBytes).toBeLessThan(CONTENT.length);
  const rest = await get(url, { headers: { range: 'bytes=1-' } });
  expect(rest.status).toBe(206);
  await ended(2);
  expect(await downloads()).toMatchObject([{ grantId: broken?.grantId, outcome: 'complete' }]);
});

test('one in pieces is one download', async () => {
  await fixture.start();
  const { url, downloads } = await handOut();
  const half = CONTENT.length / 2;
  await get(url, { headers: { range: `bytes=0-${half - 1}` } });
  await ended(1);
  expect(await downloads()).toMatchObject([{ outcome: 'broken-off', sentBytes: half }]);
  await get(url, { headers: { range: `bytes=${half}-` } });
  await ended(2);
  expect(await downloads()).toMatchObject([{ outcome: 'complete', sentBytes: CONTENT.length }]);
});

test('one that broke off does not go on when its link was revoked', async () => {
  await fixture.start();
  const { url, distId, downloads } = await handOut();
  await leaveEarly(url);
  await ended(1);
  await fixture.service.revoke(distId);
  expect((await get(url, { headers: { range: 'bytes=1-' } })).status).toBe(410);
  expect(await downloads()).toMatchObject([{ outcome: 'broken-off' }]);
});

test('an empty file is complete', async () => {
  await fixture.start();
  const { url, downloads } = await handOut(Buffer.alloc(0));
  expect((await get(url)).status).toBe(200);
  await ended(1);
  expect(await downloads()).toMatchObject([{ outcome: 'complete', sentBytes: 0 }]);
});

test('a gate that stops has recorded what it cut off', async () => {
  const gate = await fixture.start();
  const { url, downloads } = await handOut();
  await leaveEarly(url);
  await gate.stop();
  expect(await downloads()).toMatchObject([{ outcome: 'broken-off' }]);
});

test('where no end was recorded a download was started, and a damaged record is told', async () => {
  await fixture.start();
  const { url, distId, downloads } = await handOut();
  await get(url);
  await ended(1);
  const folder = path.join(fixture.homeDirectory, 'store', 'transfers', distId);
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.json'));
  writeFileSync(path.join(folder, file), '{"schemaVersion":1,');
  const problems: SlipwayError[] = [];
  expect(await downloads((problem) => problems.push(problem))).toMatchObject([{ outcome: 'unreadable' }]);
  expect(problems).toMatchObject([{ code: 'record-corrupt', message: expect.stringContaining(file) as string }]);
  rmSync(folder, { recursive: true });
  expect(await downloads()).toMatchObject([{ outcome: 'started' }]);
});

test('a file that is gone when it is to be sent was no download', async () => {
  await fixture.start();
  const { url, distId, downloads } = await handOut();
  rmSync(path.join(fixture.homeDirectory, 'store', 'distributions', distId, 'kit.bin'), { recursive: true, force: true });
  expect((await get(url)).status).toBe(503);
  const event = await fixture.eventOf((candidate) => candidate.event === 'decision');
  expect(event).toMatchObject({ reason: 'file-missing', distId, isGrant: false });
  expect(await downloads()).toEqual([]);
});
