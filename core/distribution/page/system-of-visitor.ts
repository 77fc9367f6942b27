/**
 * Owns what a request says of the computer behind it. What cannot be known stays unknown: Safari and Firefox call every Mac an Intel one,
 * Chromium every Linux x86_64 and every Windows x64, be they ARM or not.
 * https://www.chromium.org/updates/ua-reduction · https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-CH-UA-Arch
 */
import type { Architecture, OperatingSystem } from '../../platform';

export type VisitorSystem =
  | { readonly kind: 'known'; readonly os: OperatingSystem; /** Absent: every architecture of it may be. */ readonly arch?: Architecture }
  /** One that Slipway has no packages for, by the name that people call it. */
  | { readonly kind: 'foreign'; readonly name: string }
  | { readonly kind: 'unknown' };

/**
 * Asked for with the page, so that Chromium says which Mac, Linux or Windows it is: at once, by sending its request again.
 * Only over HTTPS and on loopback; elsewhere, and by other browsers, it is ignored. https://wicg.github.io/client-hints-infrastructure/#critical-ch
 */
export const SYSTEM_HINTS: Readonly<Record<string, string>> = { 'accept-ch': 'Sec-CH-UA-Arch', 'critical-ch': 'Sec-CH-UA-Arch' };

type Headers = Readonly<Record<string, string | undefined>>;

/** @param headers of the request, names in lower case */
export function systemOfVisitor(headers: Headers): VisitorSystem {
  const agent = headers['user-agent'] ?? '';
  const platform = unquoted(headers['sec-ch-ua-platform']);
  const told = platform === undefined ? undefined : HINTED_SYSTEMS[platform.toLowerCase()];
  // A hint of the architecture is about the browser's own system, so the agent's words for it no longer count.
  const found = told ?? SYSTEMS.find(({ pattern }) => pattern.test(agent))?.system;
  if (found === undefined) return { kind: 'unknown' };
  if (typeof found !== 'object') return { kind: 'foreign', name: found };
  const hinted = unquoted(headers['sec-ch-ua-arch'])?.toLowerCase();
  const arch = hinted === 'arm' ? 'arm64' : hinted === 'x86' ? 'x86_64' : archOfAgent(found.os, agent);
  if (arch === 'other') return { kind: 'foreign', name: `32-bit ${found.os === 'windows' ? 'Windows' : 'Linux'}` };
  return { kind: 'known', os: found.os, ...(arch === undefined ? {} : { arch }) };
}

type Found = { readonly os: OperatingSystem } | string;

/** The values of Sec-CH-UA-Platform, in lower case. */
const HINTED_SYSTEMS: Readonly<Record<string, Found>> = {
  windows: { os: 'windows' },
  macos: { os: 'macos' },
  linux: { os: 'linux' },
  android: 'Android',
  ios: 'iPhone and iPad',
  'chrome os': 'ChromeOS',
  'chromium os': 'ChromeOS',
};

/** The first that fits: Android calls itself Linux, and an iPhone says that it is like Mac OS X. */
const SYSTEMS: readonly { readonly pattern: RegExp; readonly system: Found }[] = [
  { pattern: /Windows Phone/i, system: 'Windows Phone' },
  { pattern: /Android/i, system: 'Android' },
  { pattern: /iPhone|iPad|iPod/, system: 'iPhone and iPad' },
  { pattern: /\bCrOS\b/, system: 'ChromeOS' },
  { pattern: /Tizen|Web0S|SMART-TV/i, system: 'television sets' },
  { pattern: /Windows NT/i, system: { os: 'windows' } },
  { pattern: /Macintosh|Mac OS X/i, system: { os: 'macos' } },
  { pattern: /FreeBSD/i, system: 'FreeBSD' },
  { pattern: /OpenBSD/i, system: 'OpenBSD' },
  { pattern: /NetBSD/i, system: 'NetBSD' },
  { pattern: /SunOS/, system: 'Solaris' },
  { pattern: /Linux/i, system: { os: 'linux' } },
];

/** `other`: none that there are packages for. */
function archOfAgent(os: OperatingSystem, agent: string): Architecture | 'other' | undefined {
  switch (os) {
    case 'macos':
      return undefined;
    case 'windows':
      if (/ARM64/i.test(agent)) return 'arm64';
      return /Win64|WOW64|x64/i.test(agent) ? undefined : 'other';
    case 'linux':
      if (/aarch64|arm64/i.test(agent)) return 'arm64';
      if (/armv[5-8]l|\bi[3-6]86\b(?! on x86_64)/i.test(agent)) return 'other';
      return /x86_64|amd64/i.test(agent) && !/Chrom(e|ium)\//.test(agent) ? 'x86_64' : undefined;
  }
}

/** Hints are strings of structured fields: `"macOS"`. */
function unquoted(hint: string | undefined): string | undefined {
  const text = hint?.trim().replace(/^"(.*)"$/, '$1');
  return text === '' ? undefined : text;
}
