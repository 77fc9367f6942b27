/** `comparison.html` as people open it: a file on the disk, in a real browser, without a network and without scripts. */
import '../allow-network';
import '../allow-processes';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { comparisonPage } from '../../cli/show/comparison-page';
import type { Comparison } from '../../core/comparison/comparison';
import { VARIANT_IDS } from '../../core/comparison/variant';
import { COMPILE_FAILURE, fakeComparison } from '../fakes/comparisons';
import { launchChromium, openPage, overflowOf, violationsOf } from './browser';

const HOSTILE = `"><script>document.title='x'</script>\u202E${'verylongword'.repeat(20)}`;
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  plain: fakeComparison(),
  fallback: fakeComparison({ variants: { 'nuitka-standalone': { failed: 3 }, 'pyinstaller-onefile': { failure: COMPILE_FAILURE } } }),
  nothing: fakeComparison({ variants: Object.fromEntries(VARIANT_IDS.map((id) => [id, { failure: COMPILE_FAILURE }])) }),
  hostile: fakeComparison({
    variants: {
      'nuitka-standalone': { failed: 3, evidence: HOSTILE, failedChecks: [HOSTILE] },
      'nuitka-onefile': { failure: { ...COMPILE_FAILURE, message: HOSTILE } },
    },
    facts: { version: HOSTILE, warnings: [HOSTILE] },
  }),
};

let browser: Browser;
let folder: string;

beforeAll(async () => {
  browser = await launchChromium();
  folder = mkdtempSync(path.join(tmpdir(), 'slipway-comparison-'));
  for (const [name, comparison] of Object.entries(COMPARISONS))
    writeFileSync(path.join(folder, `${name}.html`), comparisonPage(comparison));
});

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

const urlOf = (name: string) => pathToFileURL(path.join(folder, `${name}.html`)).href;

const LOOKS = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 1280 },
  { colorScheme: 'light', width: 320 },
  { colorScheme: 'dark', width: 320, forcedColors: 'active' },
] as const;

test.each(Object.keys(COMPARISONS).flatMap((name) => LOOKS.map((look) => [name, JSON.stringify(look), look] as const)))(
  '%s is for everybody in %s',
  async (name, _, { width, ...scheme }) => {
    const { page, requested, complaints, close } = await openPage(browser, urlOf(name), { ...scheme, viewport: { width, height: 900 } });
    expect(await violationsOf(page)).toEqual([]);
    expect(await overflowOf(page)).toBe(0);
    expect(await page.title()).not.toBe('x');
    expect({ requested, complaints }).toEqual({ requested: [urlOf(name)], complaints: [] });
    if (process.env.PICTURES !== undefined)
      await page.screenshot({ path: path.join(process.env.PICTURES, `${name}-${width}-${scheme.colorScheme}.png`), fullPage: true });
    await close();
  },
);

test('works where no script may run', async () => {
  const { page, close } = await openPage(browser, urlOf('plain'), { javaScriptEnabled: false });
  expect(await page.getByRole('heading', { level: 1 }).allTextContents()).toEqual(['Compilers of kit 1.4.0']);
  expect(await page.getByRole('row').count()).toBe(5);
  await close();
});

test('a launch that took longer has its mark further to the right, at any width', async () => {
  for (const width of [320, 1280]) {
    const { page, close } = await openPage(browser, urlOf('plain'), { viewport: { width, height: 900 } });
    const rights = await page.locator('.strip:has(circle)').evaluateAll((strips) =>
      strips.map((strip) => {
        const marks = (
          strip as unknown as { querySelectorAll(selector: string): Iterable<{ getBoundingClientRect(): { right: number } }> }
        ).querySelectorAll('circle');
        return Math.max(...[...marks].map((mark) => mark.getBoundingClientRect().right));
      }),
    );
    const [standalone = 0, onefile = 0, onedir = 0, pyinstallerOnefile = 0] = rights;
    expect(onedir).toBeLessThan(standalone);
    expect(standalone).toBeLessThan(onefile);
    expect(onefile).toBeLessThan(pyinstallerOnefile);
    expect(pyinstallerOnefile).toBeLessThanOrEqual(width);
    await close();
  }
});
