/** Browsers by what they really send: their User-Agent, and Chromium's hints where they have them. */

/** What a browser says of its system, as it really does. */
export interface Agent {
  readonly userAgent: string;
  /** Chromium's client hints; other browsers send none. */
  readonly hints?: { readonly platform: string; readonly architecture: 'arm' | 'x86' };
}

const chrome = (system: string, platform: string, architecture: 'arm' | 'x86'): Agent => ({
  userAgent: `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36`,
  hints: { platform, architecture },
});

export const AGENTS = {
  chromeOnWindows: chrome('Windows NT 10.0; Win64; x64', 'Windows', 'x86'),
  chromeOnWindowsArm: chrome('Windows NT 10.0; Win64; x64', 'Windows', 'arm'),
  firefoxOnWindows: { userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0' },
  chromeOnAppleSilicon: chrome('Macintosh; Intel Mac OS X 10_15_7', 'macOS', 'arm'),
  chromeOnIntelMac: chrome('Macintosh; Intel Mac OS X 10_15_7', 'macOS', 'x86'),
  safariOnMac: {
    userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
  },
  firefoxOnMac: { userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0' },
  chromeOnLinux: chrome('X11; Linux x86_64', 'Linux', 'x86'),
  chromeOnLinuxArm: chrome('X11; Linux x86_64', 'Linux', 'arm'),
  firefoxOnLinux: { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' },
  firefoxOnLinuxArm: { userAgent: 'Mozilla/5.0 (X11; Linux aarch64; rv:145.0) Gecko/20100101 Firefox/145.0' },
  chromeOnChromebook: chrome('X11; CrOS x86_64 14541.0.0', 'Chrome OS', 'x86'),
  chromeOnAndroid: chrome('Linux; Android 10; K', 'Android', 'arm'),
  safariOnIphone: {
    userAgent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
  },
} as const satisfies Readonly<Record<string, Agent>>;

/** The headers that it sends once it was asked for the architecture. */
export function headersOf({ userAgent, hints }: Agent): Readonly<Record<string, string>> {
  const hinted = hints === undefined ? {} : { 'sec-ch-ua-platform': `"${hints.platform}"`, 'sec-ch-ua-arch': `"${hints.architecture}"` };
  return { 'user-agent': userAgent, ...hinted };
}
