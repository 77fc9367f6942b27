/**
 * Owns getting uv: the pinned wheel is fetched from the package index that pip's configuration names, proved by its hash
 * and unpacked without any Python.
 */
import { SlipwayError } from '../core/slipway-error';
import type { ToolchainContext } from './toolchain-context';

export interface UvTool {
  /** Absolute path of the executable. */
  readonly path: string;
  readonly version: string;
}

/**
 * The pinned uv of this host, fetched on first use and kept under `toolchains/`. Safe when several call it at once.
 * @throws SlipwayError `tool-not-fetched` without network, `checksum-mismatch`
 */
export function ensureUv(context: ToolchainContext): Promise<UvTool> {
  return Promise.reject(new SlipwayError('internal', `uv for '${context.platform}' is not there yet`));
}
