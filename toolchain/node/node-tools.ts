/** Owns what is kept of each package of the registry: which files of Node, npm and esbuild, and under which name. */
import { PLATFORMS, type PlatformId } from '../../core/platform';
import type { ToolchainContext } from '../toolchain-context';
import { ensureKeptPackage, type KeptPackage, type KeptPackageRequest } from './kept-package';
import { nodeRuntimePackage, pinnedEsbuild, pinnedNpm } from './npm-pins';
import { askIntegrity, type NpmPackage } from './npm-registry';

export interface NodeRuntime extends KeptPackage {
  /** Exact. */
  readonly version: string;
  /** The package and the integrity that it was proved by. */
  readonly package: NpmPackage;
  /** Whether the integrity is Slipway's own; else it is what the registry said. */
  readonly isPinned: boolean;
}

/**
 * The Node that programs of a platform ship with, whatever this host is.
 * @param wanted a long-term line, or an exact version
 * @throws SlipwayError `node-version-unknown`, `tool-not-fetched`, `download-denied`, `checksum-mismatch`
 */
export async function ensureNodeRuntime(context: ToolchainContext, wanted: string, platform: PlatformId): Promise<NodeRuntime> {
  const { name, version, integrity: pinned } = nodeRuntimePackage(wanted, platform);
  const found: NpmPackage = { name, version, integrity: pinned ?? (await askIntegrity(context, name, version)) };
  const executable = `node${PLATFORMS[platform].executableSuffix}`;
  const kept = await ensureKeptPackage(context, {
    ...found,
    folder: `${name}-${version}`,
    main: executable,
    placeOf: (entry) => (entry === `bin/${executable}` ? executable : entry === 'LICENSE' ? entry : undefined),
  });
  return { ...kept, version, package: found, isPinned: pinned !== undefined };
}

/** Where npm is kept, and which file runs it. */
export const NPM_FOLDER = `npm-${pinnedNpm().version}`;
export const NPM_PROGRAM = 'bin/npm-cli.js';

export async function ensureNpm(context: ToolchainContext): Promise<KeptPackage> {
  return ensureKeptPackage(context, { ...pinnedNpm(), folder: NPM_FOLDER, main: NPM_PROGRAM, placeOf: withoutPages });
}

/** Its manual is a third of it. */
function withoutPages(entry: string): string | undefined {
  return /^(?:docs|man)\//.test(entry) ? undefined : entry;
}

/** Where esbuild is kept; its program is `esbuild`, with `.exe` on Windows. */
export function esbuildProgram(host: PlatformId): { readonly folder: string; readonly main: string } {
  return { folder: `esbuild-${pinnedEsbuild(host).version}`, main: `esbuild${PLATFORMS[host].executableSuffix}` };
}

export async function ensureEsbuild(context: ToolchainContext): Promise<KeptPackage> {
  const { folder, main } = esbuildProgram(context.platform);
  const request: KeptPackageRequest = {
    ...pinnedEsbuild(context.platform),
    folder,
    main,
    // On Windows it lies at the top of its package, elsewhere in bin/.
    placeOf: (entry) => (entry === main || entry === `bin/${main}` ? main : undefined),
  };
  return ensureKeptPackage(context, request);
}
