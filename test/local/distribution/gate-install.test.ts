/** How a gate learns by which address it was reached, which its install scripts and lists name; and what curl and wget make of both. */
import '../../allow-network';
import '../../allow-processes';
import { createInstallFixture, findProgram, hostPlatform, type InstallFixture, type Published } from '../../shell/install-fixture';
import { get } from './gate-fixture';

let fixture: InstallFixture;
let published: Published;

beforeEach(async () => {
  fixture = await createInstallFixture();
  published = await fixture.publish('1.0');
});

afterEach(() => fixture.close());

const token = () => published.url.slice(published.url.lastIndexOf('/') + 1);

async function askedAt(url: string, headers: Readonly<Record<string, string>> = {}) {
  const { status, body } = await get(`${url}/d/${token()}/install.sh`, { headers });
  return { status, link: /^ {2}link='(.*)'$/m.exec(body.toString())?.[1]?.replace(token(), 'TOKEN') };
}

const FORWARDED = { 'x-forwarded-host': 'spoofed.example.org, downloads.example.org:8443', 'x-forwarded-proto': 'http, https' };

test('by what the request says', async () => {
  const { url } = await fixture.gate.start();
  expect(await askedAt(url)).toEqual({ status: 200, link: `${url}/d/TOKEN` });
  expect(await askedAt(url, { host: 'Build-Box.local:8722' })).toEqual({ status: 200, link: 'http://build-box.local:8722/d/TOKEN' });
  expect(await askedAt(url, { host: '[::1]:8722' })).toEqual({ status: 200, link: 'http://[::1]:8722/d/TOKEN' });
});

test.each(["x';id;'", '$(id)', '`id`', 'a/b', 'user@host', 'a b', 'host:99999'])('and not by %j', async (host) => {
  const { url } = await fixture.gate.start();
  expect(await askedAt(url, { host })).toEqual({ status: 400, link: undefined });
  const { body } = await get(`${url}/d/${token()}`, { headers: { host } });
  expect(body.toString()).not.toMatch(/to install|id/);
});

test('by what a proxy says only where it is trusted', async () => {
  const { url } = await fixture.gate.start();
  expect(await askedAt(url, FORWARDED)).toEqual({ status: 200, link: `${url}/d/TOKEN` });
  const trusting = await fixture.gate.start({ trustProxy: true });
  expect(await askedAt(trusting.url, FORWARDED)).toEqual({ status: 200, link: 'https://downloads.example.org:8443/d/TOKEN' });
  expect(await askedAt(trusting.url, { 'x-forwarded-host': '$(id)' })).toEqual({ status: 400, link: undefined });
});

test('by what it was told, whatever a request says', async () => {
  const { url } = await fixture.gate.start({ baseUrl: 'https://downloads.example.org/kits', trustProxy: true });
  expect(await askedAt(url, { ...FORWARDED, host: '$(id)' })).toEqual({ status: 200, link: 'https://downloads.example.org/kits/d/TOKEN' });
});

test('curl gets a list where there are several files, with the line that installs, and nothing is counted', async () => {
  const list = await fixture.run(`curl -sS -w '%{http_code}' '${published.url}'`);
  const lines = list.stdout.split('\n');
  expect(lines.at(-1)).toBe('300');
  expect(lines).toContain(`to install: curl -fsSL ${published.url}/install.sh | sh`);
  expect((await fixture.run(`curl -fsSLOJ '${published.url}' && ls`)).stdout.split('\n')).toContain(token());
  expect(await fixture.gate.service.downloads(published.distribution.distId)).toEqual([]);
});

test('curl -LOJ saves one of the files, and install.sh, under their names', async () => {
  const [archive] = published.distribution.files;
  expect(
    (await fixture.run(`curl -fsSLOJ '${published.url}/${archive?.file ?? ''}' && curl -fsSLOJ '${published.url}/install.sh'`)).exitCode,
  ).toBe(0);
  const sums = await fixture.run(`echo '${archive?.sha256 ?? ''}  ${archive?.file ?? ''}' | sha256sum -c && head -n 1 install.sh`);
  expect(sums.stdout).toBe(`${archive?.file ?? ''}: OK\n#!/bin/sh\n`);
  expect(await fixture.gate.service.downloads(published.distribution.distId)).toHaveLength(1);
});

test('curl -I tells of install.sh what GET would', async () => {
  const head = (await fixture.run(`curl -fsSI '${published.url}/install.sh'`)).stdout;
  const length = (await fixture.run(`curl -fsS '${published.url}/install.sh' | wc -c`)).stdout.trim();
  expect(head).toMatch(/^content-type: text\/plain; charset=utf-8\r$/im);
  expect(head).toMatch(new RegExp(`^content-length: ${length}\\r$`, 'im'));
});

test('wget pipes it as well, and it installs', async () => {
  if (findProgram('wget') === undefined || hostPlatform === undefined) return void process.stderr.write('skipped: wget is not at hand\n');
  const done = await fixture.run(`wget -qO- '${published.url}/install.sh' | sh`);
  expect(done).toMatchObject({ exitCode: 0 });
  expect((await fixture.run('"$HOME/.local/bin/fieldkit"')).stdout).toBe('fieldkit 1.0\n');
});
