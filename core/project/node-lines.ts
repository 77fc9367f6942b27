/**
 * Owns which lines of Node a recipe may name, and for which platforms the npm registry has one version of them all.
 * The versions themselves are pinned in `toolchain/pins.json`; a test holds the two together.
 */
import { PLATFORM_IDS, type PlatformId } from '../platform';

/** The long-term line whose newest pinned version runs on every platform. */
export const USUAL_NODE_VERSION = '26';

const NODE_LINES: Readonly<Record<string, readonly PlatformId[]>> = {
  '22': PLATFORM_IDS,
  '24': ['linux-x86_64', 'linux-arm64', 'windows-x86_64'],
  '26': PLATFORM_IDS,
};

/** Oldest first; with a platform those that it has. */
export function nodeLines(platform?: PlatformId): readonly string[] {
  return Object.keys(NODE_LINES).filter((line) => platform === undefined || NODE_LINES[line]?.includes(platform) === true);
}

/**
 * What is wrong with a line; an exact version is the registry's to judge.
 * @returns undefined where nothing is
 */
export function nodeLineProblem(version: string, platform: PlatformId): string | undefined {
  if (version.includes('.') || NODE_LINES[version]?.includes(platform) === true) return undefined;
  const known = nodeLines(platform)
    .map((line) => `"${line}"`)
    .join(', ');
  return NODE_LINES[version] === undefined
    ? `Node '${version}' is no line that slipway knows: name one of ${known}, or an exact version`
    : `the npm registry has no usable Node '${version}' for ${platform}: name one of ${known}, or an exact version`;
}
