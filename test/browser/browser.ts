/** A Chromium of the suite's own, and what it noticed while it showed a page. */
import axe from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { findChromium } from '../../scripts/chromium.mjs';
import type { Agent } from '../fakes/agents';

/** Quiet, and without a profile, a sandbox that root cannot have, or anything that it would fetch for itself. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('there is no Chromium: node scripts/chromium.mjs gets one');
  return chromium.launch({ executablePath, args: FLAGS, headless: true });
}

export interface OpenedPage {
  readonly page: Page;
  /** Addresses that were asked for, in order. */
  readonly requested: string[];
  /** What the console complained about, violations of the policy included, and requests that failed. */
  readonly complaints: string[];
  readonly close: () => Promise<void>;
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions & { readonly agent?: Agent } = {},
): Promise<OpenedPage> {
  const { agent, ...contextOptions } = options;
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...contextOptions });
  const page = await context.newPage();
  const requested: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText ?? ''}`));
  page.on('console', (message) => {
    // A denial is an answer; that its status is no success is what the console says of it.
    if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  if (agent !== undefined) await impersonate(page, agent);
  await page.goto(url);
  return { page, requested, complaints, close: () => context.close() };
}

/** The driver's own emulation makes up hints that Safari and Firefox never send. */
async function impersonate(page: Page, { userAgent, hints }: Agent): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const metadata = hints && { ...hints, brands: [{ brand: 'Chromium', version: '156' }], platformVersion: '', model: '', mobile: false };
  await session.send('Emulation.setUserAgentOverride', { userAgent, ...(metadata && { userAgentMetadata: metadata }) });
}

/** What the accessibility checker finds wrong, a line each. */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run({
      preload: false,
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  if (passes.length < 15) throw new Error(`the checker looked at next to nothing: ${passes.map(({ id }) => id).join(', ')}`);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html}: ${failureSummary ?? ''}`),
  );
}

/** How far the page is wider than its window. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
