/** Owns what the toolchain is given: this machine's ports and the place where tools are kept. */
import path from 'node:path';
import type { Downloads } from '../core/ports/downloads';
import type { Files } from '../core/ports/files';
import type { Processes } from '../core/ports/processes';
import { PLATFORMS, type PlatformId } from '../core/platform';

export interface ToolchainContext {
  readonly files: Files;
  readonly processes: Processes;
  readonly downloads: Downloads;
  /** The environment of the caller: proxies, registries, credentials. */
  readonly environment: Readonly<Record<string, string>>;
  /** The platform of this host; handed in, so that Windows and macOS ways can be tested anywhere. */
  readonly platform: PlatformId;
  readonly cpuCount: number;
  /** `$SLIPWAY_HOME`: `toolchains/` and `cache/` live below it. */
  readonly homeDirectory: string;
  /** The Node that runs this, absolute: it runs npm too. */
  readonly nodePath?: string;
  /** The user's own home, where pip's, npm's and pyenv's files are. */
  readonly userDirectory: string;
  /** One line for the log. */
  log(line: string): void;
}

/** How the host writes paths: handed in with the platform, so that Windows' way can be tested anywhere. */
export function hostPaths(context: Pick<ToolchainContext, 'platform'>): path.PlatformPath {
  return PLATFORMS[context.platform].os === 'windows' ? path.win32 : path.posix;
}
