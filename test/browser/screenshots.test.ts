/**
 * The pictures of the guide. They are taken each time, so that what they show works; `SCREENSHOTS=1 npm run test:browser` keeps them.
 * Fonts differ between machines, so a picture is no measure of another.
 */
import '../allow-network';
import '../allow-processes';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { createGateFixture, type GateFixture } from '../local/distribution/gate-fixture';
import { plainRelease, release, storeRelease } from '../fakes/release';
import { AGENTS, type Agent } from '../fakes/agents';
import { createManualClock } from '../fakes/manual-clock';
import { launchChromium, openPage } from './browser';

const FOLDER = path.join(__dirname, '../../docs/images');
const MOST_BYTES = 150_000;

let browser: Browser;
let fixture: GateFixture;
let url: string;
let endedUrl: string;
const clock = createManualClock('2026-03-01T00:20:00Z');

beforeAll(async () => {
  browser = await launchChromium();
  fixture = createGateFixture({ clock });
  const token = await storeRelease(fixture.ports, release({ areFilesLarge: true, change: { maxDownloads: 25 } }));
  const ended = await storeRelease(fixture.ports, plainRelease({ distId: 'ended00000000000', expiresAt: '2026-03-01T00:10:00.000Z' }));
  const gate = await fixture.start({ baseUrl: 'https://links.example.com' });
  url = `${gate.url}/d/${token}`;
  endedUrl = `${gate.url}/d/${ended}`;
});

afterAll(async () => {
  await browser.close();
  await fixture.close();
});

interface Picture {
  readonly name: string;
  readonly options: BrowserContextOptions & { readonly agent: Agent };
  readonly height: number;
}

const PICTURES: readonly Picture[] = [
  { name: 'download-page-light', options: { agent: AGENTS.firefoxOnLinux, colorScheme: 'light' }, height: 1180 },
  { name: 'download-page-dark', options: { agent: AGENTS.safariOnMac, colorScheme: 'dark' }, height: 1180 },
  { name: 'download-page-phone', options: { agent: AGENTS.safariOnIphone, colorScheme: 'light' }, height: 844 },
];

test.each(PICTURES)('$name', async ({ name, options, height }) => {
  const width = name.endsWith('phone') ? 390 : 960;
  const opened = await openPage(browser, url, { ...options, viewport: { width, height } });
  keep(name, await opened.page.screenshot({ type: 'png' }));
  await opened.close();
});

test('download-page-denied', async () => {
  const opened = await openPage(browser, endedUrl, {
    agent: AGENTS.firefoxOnLinux,
    colorScheme: 'light',
    viewport: { width: 960, height: 480 },
  });
  keep('download-page-denied', await opened.page.screenshot({ type: 'png' }));
  await opened.close();
});

function keep(name: string, picture: Buffer): void {
  expect(picture.length).toBeGreaterThan(5_000);
  expect(picture.length).toBeLessThan(MOST_BYTES);
  if (process.env.SCREENSHOTS === '1') writeFileSync(path.join(FOLDER, `${name}.png`), picture);
}
