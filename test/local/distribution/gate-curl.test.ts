/** The links in the hands of curl, as people use it: downloads, resumes, ranges, and clients at different loopback addresses. */
import '../../allow-network';
import '../../allow-processes';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createNodeProcesses } from '../../../local/machine/processes-node';
import { sha256Of } from '../../fakes/distributions';
import { createManualClock } from '../../fakes/manual-clock';
import { createGateFixture, pathRequest, urlOf, type GateFixture } from './gate-fixture';

const processes = createNodeProcesses();
const CONTENT = randomBytes(2_000_000);
const clock = createManualClock('2026-03-01T00:00:00Z');
let fixture: GateFixture;
let downloads: string;
let hasCurl = false;

beforeAll(async () => {
  hasCurl = (await processes.find('curl', { PATH: process.env.PATH ?? '' })) !== undefined;
  if (!hasCurl) process.stderr.write('skipped: curl is not on PATH\n');
});

beforeEach(async () => {
  fixture = createGateFixture({ clock });
  downloads = path.join(fixture.homeDirectory, 'downloads');
  mkdirSync(downloads);
  await fixture.start();
});

afterEach(() => fixture.close());

/** @returns curl's exit code, and what it printed of `-w` */
async function curl(...args: readonly string[]) {
  const result = await processes.run({
    command: 'curl',
    args: ['-sS', '--noproxy', '*', ...args],
    cwd: downloads,
    env: { PATH: process.env.PATH ?? '' },
    timeoutMs: 20_000,
  });
  return { exitCode: result.exitCode, stdout: result.stdout };
}

function withCurl(title: string, run: () => Promise<void>): void {
  test(title, async () => {
    if (hasCurl) await run();
  });
}

async function linkFor(change: Parameters<typeof pathRequest>[1] = {}, content = CONTENT) {
  const file = path.join(fixture.homeDirectory, 'kit.bin');
  writeFileSync(file, content);
  return fixture.service.distribute(pathRequest(file, change));
}

const statusOf = async (...args: readonly string[]) => (await curl('-o', '/dev/null', '-w', '%{http_code}', ...args)).stdout;

withCurl('curl -LOJ saves the file under its name, and it verifies', async () => {
  const view = await linkFor();
  expect((await curl('-fLOJ', urlOf(view))).exitCode).toBe(0);
  expect(sha256Of(readFileSync(path.join(downloads, 'kit.bin')))).toBe(view.distribution.files[0]?.sha256);
});

withCurl('curl -C - resumes a download, which stays one grant', async () => {
  const view = await linkFor({ maxDownloads: 1 });
  const url = `${urlOf(view)}/kit.bin`;
  expect((await curl('-r', '0-999999', '-o', 'kit.bin', url)).exitCode).toBe(0);
  expect(readFileSync(path.join(downloads, 'kit.bin'))).toHaveLength(1_000_000);
  expect((await curl('-f', '-C', '-', '-o', 'kit.bin', url)).exitCode).toBe(0);
  expect(readFileSync(path.join(downloads, 'kit.bin')).equals(CONTENT)).toBe(true);
  expect(await fixture.service.downloads(view.distribution.distId)).toHaveLength(1);
  expect(await statusOf(url)).toBe('410');
});

withCurl('an aborted download goes on where it stopped', async () => {
  const content = Buffer.concat(Array.from({ length: 20 }, () => CONTENT));
  const view = await linkFor({}, content);
  const cut = await curl('--limit-rate', '2M', '--max-time', '1', '-o', 'kit.bin', urlOf(view));
  expect(cut.exitCode).toBe(28);
  const received = readFileSync(path.join(downloads, 'kit.bin')).length;
  expect(received).toBeGreaterThan(0);
  expect(received).toBeLessThan(content.length);
  expect((await curl('-f', '-C', '-', '-o', 'kit.bin', urlOf(view))).exitCode).toBe(0);
  expect(readFileSync(path.join(downloads, 'kit.bin')).equals(content)).toBe(true);
  expect(await fixture.service.downloads(view.distribution.distId)).toHaveLength(1);
});

withCurl('ranges and HEAD', async () => {
  const url = urlOf(await linkFor());
  expect((await curl('-r', '5-9', '-w', '%{http_code} %{size_download}', '-o', 'part', url)).stdout).toBe('206 5');
  expect(readFileSync(path.join(downloads, 'part')).equals(CONTENT.subarray(5, 10))).toBe(true);
  expect((await curl('-I', url)).stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*content-length: 2000000\r\n/i);
});

withCurl('callers at other addresses are denied', async () => {
  const url = urlOf(await linkFor({ allowedIps: ['127.0.0.1/32', '127.0.0.64/26'] }));
  expect(await statusOf('--interface', '127.0.0.1', url)).toBe('200');
  expect(await statusOf('--interface', '127.0.0.2', url)).toBe('403');
  expect(await statusOf('--interface', '127.0.0.63', url)).toBe('403');
  expect(await statusOf('--interface', '127.0.0.64', url)).toBe('200');
  expect(await statusOf('--interface', '127.0.0.127', url)).toBe('200');
  expect(await statusOf('--interface', '127.0.0.128', url)).toBe('403');
});

withCurl('expired, revoked, used up and unknown links', async () => {
  const url = urlOf(await linkFor({ expiresHours: 1 }));
  expect(await statusOf(url)).toBe('200');
  clock.advance(3_600_000);
  expect((await curl(url)).stdout).toMatch(/^this link has expired\nyour address: 127\.0\.0\.1\nreference: [0-9a-z]{10}\n$/);
  const revoked = await linkFor();
  expect(await statusOf(urlOf(revoked))).toBe('200');
  await fixture.service.revoke(revoked.distribution.distId);
  expect(await statusOf(urlOf(revoked))).toBe('410');
  const once = urlOf(await linkFor({ maxDownloads: 1 }));
  expect([await statusOf(once), await statusOf(once)]).toEqual(['200', '410']);
  expect(await statusOf(url.replace(/\/d\/.*/, `/d/${'x'.repeat(32)}`))).toBe('404');
  expect(await statusOf('--path-as-is', `${url}/../../records`)).toBe('404');
});

withCurl('a link of two gates counts once', async () => {
  const second = await fixture.start();
  const url = urlOf(await linkFor({ maxDownloads: 1 }));
  const elsewhere = url.replace(/^http:\/\/[^/]+/, second.url);
  expect([await statusOf(url), await statusOf(elsewhere)]).toEqual(['200', '410']);
});
