/** The page as people meet it: the real gate on loopback, a real browser, and what both noticed. */
import '../allow-network';
import '../allow-processes';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { AGENTS, type Agent } from '../fakes/agents';
import { plainRelease, release, storeRelease, type Release } from '../fakes/release';
import { createGateFixture, get, type GateFixture } from '../local/distribution/gate-fixture';
import { launchChromium, openPage, overflowOf, violationsOf } from './browser';

const LINUX_ARCHIVE = 'fieldkit-linux-x86_64.tar.gz';
const HOSTILE = `"><script>document.title='x'</script>\u202E<img src=x onerror=alert(1)>${'verylongword'.repeat(20)}`;
const UNFOLD = "document.querySelectorAll('details').forEach((details) => { details.open = true; })";
const LATER = '2099-01-01T00:00:00.000Z';

let browser: Browser;
let fixture: GateFixture;
let gateUrl: string;
/** Addresses by what a link is, and what was handed out there. */
const links = new Map<string, string>();
const releases = new Map<string, Release>();

const RELEASES: Readonly<Record<string, Release>> = {
  full: release({ change: { expiresAt: LATER, allowedRanges: ['127.0.0.0/8'] } }),
  limited: release({ change: { expiresAt: LATER, maxDownloads: 1 } }),
  usedUp: release({ change: { expiresAt: LATER, maxDownloads: 1 } }),
  plain: plainRelease({ expiresAt: LATER }),
  split: release({ binaries: ['fieldkit', 'probe'], change: { expiresAt: LATER } }),
  hostile: release({
    platforms: ['linux-x86_64', 'macos-arm64'],
    change: {
      expiresAt: LATER,
      title: HOSTILE,
      version: HOSTILE,
      about: { publisher: HOSTILE, description: HOSTILE, license: HOSTILE, homepage: 'javascript:alert(1)', installers: [] },
    },
  }),
  expired: release({ change: { expiresAt: '2026-01-01T00:00:00.000Z' } }),
  revoked: release({ change: { expiresAt: LATER, revokedAt: '2026-01-01T00:00:00.000Z' } }),
  elsewhere: release({ change: { expiresAt: LATER, allowedRanges: ['203.0.113.0/24'] } }),
};

beforeAll(async () => {
  browser = await launchChromium();
  fixture = createGateFixture();
  gateUrl = (await fixture.start()).url;
  for (const [i, [name, handedOut]] of Object.entries(RELEASES).entries()) await putLink(name, handedOut, i);
  await get(`${linkOf('usedUp')}/${LINUX_ARCHIVE}`);
});

afterAll(async () => {
  await browser.close();
  await fixture.close();
});

async function putLink(name: string, { distribution, contents }: Release, number: number): Promise<void> {
  const own: Release = { contents, distribution: { ...distribution, distId: `${number}`.padStart(16, '0') } };
  releases.set(name, own);
  links.set(name, `${gateUrl}/d/${await storeRelease(fixture.ports, own)}`);
}

const linkOf = (name: string) => links.get(name) ?? `${gateUrl}/d/${'A'.repeat(32)}`;
const distIdOf = (name: string) => releases.get(name)?.distribution.distId ?? '';
const contentOf = (name: string, file: string) => releases.get(name)?.contents.get(file) ?? Buffer.alloc(0);

async function visit<T>(
  url: string,
  options: BrowserContextOptions & { readonly agent?: Agent },
  look: (page: Page, seen: Seen) => Promise<T>,
): Promise<T> {
  const { page, close, ...seen } = await openPage(browser, url, options);
  try {
    return await look(page, seen);
  } finally {
    await close();
  }
}

interface Seen {
  readonly requested: readonly string[];
  readonly complaints: readonly string[];
}

const firstDownloads = (page: Page) =>
  page
    .locator('a.get')
    .evaluateAll((found) =>
      found.map((link) => (link as unknown as { getAttribute(name: string): string }).getAttribute('href').split('/').at(-1)),
    );

describe('what comes first', () => {
  const WINDOWS = 'fieldkit-windows-x86_64.zip';
  const MACS = ['fieldkit-macos-arm64.tar.gz', 'fieldkit-macos-x86_64.tar.gz'];
  test.each<[keyof typeof AGENTS, readonly string[]]>([
    ['chromeOnWindows', [WINDOWS]],
    ['firefoxOnWindows', [WINDOWS]],
    ['chromeOnWindowsArm', []],
    // The architecture is asked for and told within one visit.
    ['chromeOnAppleSilicon', MACS.slice(0, 1)],
    ['chromeOnIntelMac', MACS.slice(1)],
    ['safariOnMac', MACS],
    ['firefoxOnMac', MACS],
    ['chromeOnLinux', [LINUX_ARCHIVE]],
    ['chromeOnLinuxArm', ['fieldkit-linux-arm64.tar.gz']],
    ['firefoxOnLinux', [LINUX_ARCHIVE]],
    ['chromeOnAndroid', []],
    ['safariOnIphone', []],
  ])('%s', async (agent, files) => {
    await visit(linkOf('full'), { agent: AGENTS[agent] }, async (page) => {
      expect(await firstDownloads(page)).toEqual(files);
      expect(await page.getByText('This link has nothing for').count()).toBe(files.length === 0 ? 1 : 0);
      expect(await page.getByRole('link', { name: /^Download .*fieldkit/ }).count()).toBe(5);
    });
  });
});

describe('everybody can read it', () => {
  const SCHEMES = [{ colorScheme: 'light' }, { colorScheme: 'dark' }, { colorScheme: 'light', forcedColors: 'active' }] as const;
  const PAGES = ['split', 'plain', 'usedUp', 'hostile', 'expired'] as const;

  test.each(SCHEMES.flatMap((scheme) => [320, 1280].map((width) => [JSON.stringify(scheme), width, scheme] as const)))(
    'the checker finds nothing in %s at %i px',
    async (_, width, scheme) => {
      await visit(linkOf('full'), { ...scheme, agent: AGENTS.safariOnMac, viewport: { width, height: 800 } }, async (page) => {
        expect(await overflowOf(page)).toBe(0);
        await page.evaluate(UNFOLD);
        expect(await violationsOf(page)).toEqual([]);
        expect(await overflowOf(page)).toBe(0);
      });
    },
  );

  test.each(PAGES)('the checker finds nothing on the page: %s', async (name) => {
    for (const [agent, colorScheme, width] of [
      ['safariOnIphone', 'light', 320],
      ['firefoxOnLinux', 'dark', 1280],
    ] as const) {
      await visit(linkOf(name), { agent: AGENTS[agent], colorScheme, viewport: { width, height: 700 } }, async (page) => {
        await page.evaluate(UNFOLD);
        expect(await violationsOf(page)).toEqual([]);
        expect(await overflowOf(page)).toBe(0);
      });
    }
  });

  test('nothing has to be scrolled sideways at 200 and 400 percent, or with letters twice as large', async () => {
    for (const width of [640, 320, 256]) {
      await visit(linkOf('split'), { agent: AGENTS.chromeOnWindows, viewport: { width, height: 480 } }, async (page) => {
        await page.evaluate(UNFOLD);
        if (width === 640) await page.evaluate("document.documentElement.style.fontSize = '200%'");
        expect(await overflowOf(page)).toBe(0);
      });
    }
  });

  test('landmarks, one title, and a language', async () => {
    await visit(linkOf('full'), { agent: AGENTS.chromeOnLinux }, async (page) => {
      expect(await page.title()).toBe('Download Field Kit 1.4.0');
      expect(await page.locator('html').getAttribute('lang')).toBe('en');
      for (const role of ['banner', 'main', 'contentinfo'] as const) expect(await page.getByRole(role).count()).toBe(1);
      expect(await page.getByRole('heading', { level: 1 }).allTextContents()).toEqual(['Field Kit 1.4.0']);
      expect(await page.getByRole('region', { name: 'Linux, x86-64' }).getByRole('link').allTextContents()).toEqual([
        expect.stringMatching(/^Download for Linux, x86-64 fieldkit-linux-x86_64\.tar\.gz, /),
      ]);
    });
  });

  test('on paper nothing stays folded', async () => {
    await visit(linkOf('full'), { agent: AGENTS.chromeOnLinux }, async (page) => {
      const uninstall = page.getByText(/uninstall\.sh/).first();
      expect(await uninstall.isVisible()).toBe(false);
      await page.emulateMedia({ media: 'print' });
      expect(await uninstall.isVisible()).toBe(true);
    });
  });
});

describe('by keyboard', () => {
  test('Tab reaches every download, in the order of the page, and shows where it is', async () => {
    await visit(linkOf('full'), { agent: AGENTS.safariOnMac }, async (page) => {
      const reached: string[] = [];
      for (;;) {
        await page.keyboard.press('Tab');
        const focused = await page.evaluate<{ name: string; outline: string } | null>(
          '(() => { const e = document.activeElement; if (e === null || e === document.body) return null; const s = getComputedStyle(e); return { name: e.textContent.trim(), outline: `${s.outlineStyle} ${s.outlineWidth}` }; })()',
        );
        if (focused === null || reached.length > 40) break;
        expect(focused.outline).toBe('solid 3px');
        reached.push(focused.name);
      }
      expect(
        reached
          .filter((name) => name.startsWith('Download '))
          .map((name) => /[a-z]+-[a-z]+-[a-z0-9_]+\.(tar\.gz|zip)/.exec(name)?.[0] ?? name),
      ).toEqual([
        'fieldkit-macos-arm64.tar.gz',
        'fieldkit-macos-x86_64.tar.gz',
        'Download in a terminal',
        LINUX_ARCHIVE,
        'fieldkit-linux-arm64.tar.gz',
        'fieldkit-windows-x86_64.zip',
      ]);
      expect(reached.slice(-2)).toEqual(['SHA256SUMS', 'manifest.json']);
    });
  });

  test('Enter downloads the focused file, whole and by its name', async () => {
    await visit(linkOf('full'), { agent: AGENTS.chromeOnLinux }, async (page) => {
      await page.getByRole('link', { name: 'Download for Linux, x86-64' }).focus();
      const download = await downloadOf(page, () => page.keyboard.press('Enter'));
      expect(download.name).toBe(LINUX_ARCHIVE);
      expect(download.bytes.equals(contentOf('full', LINUX_ARCHIVE))).toBe(true);
    });
  });

  test('Enter unfolds what goes with another system', async () => {
    await visit(linkOf('full'), { agent: AGENTS.chromeOnLinux, javaScriptEnabled: false }, async (page) => {
      const steps = page.getByText('Unblock-File fieldkit-windows-x86_64.zip');
      expect(await steps.isVisible()).toBe(false);
      await page.getByText('Checksums, requirements and steps for Windows').focus();
      await page.keyboard.press('Enter');
      await steps.waitFor({ state: 'visible' });
    });
  });
});

async function downloadOf(page: Page, act: () => Promise<void>): Promise<{ readonly name: string; readonly bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), act()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

describe('what it asks for', () => {
  test.each(['full', 'plain', 'hostile', 'expired', 'elsewhere', 'unknown'])(
    'nothing of others, nothing that fails, nothing against the policy: %s',
    async (name) => {
      await visit(linkOf(name), { agent: AGENTS.chromeOnLinux }, async (page, { requested, complaints }) => {
        await page.waitForLoadState('networkidle');
        expect(new Set(requested)).toEqual(new Set([linkOf(name)]));
        expect(complaints).toEqual([]);
        expect(await page.title()).not.toBe('x');
        expect(await page.locator('script, img, iframe, form, object').count()).toBe(0);
      });
    },
  );

  test('the style is the one that the policy allows', async () => {
    await visit(linkOf('full'), {}, async (page) => {
      expect(await page.evaluate("getComputedStyle(document.querySelector('h1')).marginTop")).toBe('0px');
      expect(await page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth")).toBe('736px');
    });
  });

  test('opening it is no download; a click is one', async () => {
    await visit(linkOf('limited'), { agent: AGENTS.chromeOnLinux, javaScriptEnabled: false }, async (page) => {
      await page.reload();
      expect(await fixture.service.downloads(distIdOf('limited'))).toEqual([]);
      expect(await page.getByText('1 of 1 downloads left').count()).toBe(1);
      const download = await downloadOf(page, () => page.getByRole('link', { name: 'Download for Linux' }).click());
      expect(createHash('sha256').update(download.bytes).digest('hex')).toBe(releases.get('limited')?.distribution.files[0]?.sha256);
      expect(await fixture.service.downloads(distIdOf('limited'))).toHaveLength(1);
      await page.reload();
      expect(await page.getByText('Every download that this link permits was made.').count()).toBe(1);
      expect(
        await page
          .getByRole('link', { name: /fieldkit/ })
          .filter({ hasText: 'Download' })
          .count(),
      ).toBe(0);
      const sums = await downloadOf(page, () => page.getByRole('link', { name: 'SHA256SUMS' }).click());
      expect(sums.bytes.toString()).toContain(LINUX_ARCHIVE);
    });
  });

  test('it works at an address with a slash at its end, too', async () => {
    await visit(`${linkOf('full')}/`, { agent: AGENTS.chromeOnLinux, javaScriptEnabled: false }, async (page) => {
      const { name } = await downloadOf(page, () => page.getByRole('link', { name: 'Download for Linux' }).click());
      expect(name).toBe(LINUX_ARCHIVE);
    });
  });
});

describe('a link that gives nothing', () => {
  test.each([
    ['expired', 410, 'This link has expired', 'Ask whoever sent it to you for a new one.'],
    ['revoked', 410, 'This link was revoked', 'Whoever sent it took it back.'],
    ['elsewhere', 403, 'This link does not answer to your address', 'It works from certain networks only.'],
    ['unknown', 404, 'There is nothing at this address', 'copy all of it once more'],
  ])('%s', async (name, status, heading, next) => {
    await visit('about:blank', { javaScriptEnabled: false }, async (page) => {
      const answer = await page.goto(linkOf(name));
      expect(answer?.status()).toBe(status);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(heading);
      const text = await page.locator('body').innerText();
      expect(text).toContain(next);
      expect(text).toMatch(/Your address\s+127\.0\.0\.1\s+Reference\s+[0-9a-z]{10}/);
    });
  });

  test('from a file that is not there, one link leads to those that are', async () => {
    await visit(`${linkOf('full')}/nothing.zip`, { agent: AGENTS.chromeOnLinux }, async (page) => {
      await page.getByRole('link', { name: 'Go to the page of this link' }).click();
      await page.getByRole('heading', { name: 'Field Kit' }).waitFor();
      expect(page.url()).toBe(`${linkOf('full')}/`);
    });
  });
});
