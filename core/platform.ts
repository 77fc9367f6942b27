/**
 * Owns the table of target platforms: what each is called and how its files are named.
 * Which tools build on a platform belongs to `toolchain/` and `builder/`.
 */
import { z } from 'zod';

export const PLATFORM_IDS = ['linux-x86_64', 'linux-arm64', 'macos-x86_64', 'macos-arm64', 'windows-x86_64'] as const;

export const PlatformIdSchema = z.enum(PLATFORM_IDS);
export type PlatformId = z.infer<typeof PlatformIdSchema>;

export type OperatingSystem = 'linux' | 'macos' | 'windows';
export type Architecture = 'x86_64' | 'arm64';

export interface Platform {
  readonly id: PlatformId;
  readonly os: OperatingSystem;
  readonly arch: Architecture;
  /** What an executable's name ends with: `.exe` or nothing. */
  readonly executableSuffix: '' | '.exe';
  /** What `package.format: auto` means here. */
  readonly archiveFormat: 'tar.gz' | 'zip';
  /** The Rust target triple, which Tauri's `externalBin` puts into file names. */
  readonly triple: string;
  /** Node's `process.platform` and `process.arch` on such a host. */
  readonly nodePlatform: NodeJS.Platform;
  readonly nodeArch: string;
}

export const PLATFORMS: Readonly<Record<PlatformId, Platform>> = {
  'linux-x86_64': {
    id: 'linux-x86_64',
    os: 'linux',
    arch: 'x86_64',
    executableSuffix: '',
    archiveFormat: 'tar.gz',
    triple: 'x86_64-unknown-linux-gnu',
    nodePlatform: 'linux',
    nodeArch: 'x64',
  },
  'linux-arm64': {
    id: 'linux-arm64',
    os: 'linux',
    arch: 'arm64',
    executableSuffix: '',
    archiveFormat: 'tar.gz',
    triple: 'aarch64-unknown-linux-gnu',
    nodePlatform: 'linux',
    nodeArch: 'arm64',
  },
  'macos-x86_64': {
    id: 'macos-x86_64',
    os: 'macos',
    arch: 'x86_64',
    executableSuffix: '',
    archiveFormat: 'tar.gz',
    triple: 'x86_64-apple-darwin',
    nodePlatform: 'darwin',
    nodeArch: 'x64',
  },
  'macos-arm64': {
    id: 'macos-arm64',
    os: 'macos',
    arch: 'arm64',
    executableSuffix: '',
    archiveFormat: 'tar.gz',
    triple: 'aarch64-apple-darwin',
    nodePlatform: 'darwin',
    nodeArch: 'arm64',
  },
  'windows-x86_64': {
    id: 'windows-x86_64',
    os: 'windows',
    arch: 'x86_64',
    executableSuffix: '.exe',
    archiveFormat: 'zip',
    triple: 'x86_64-pc-windows-msvc',
    nodePlatform: 'win32',
    nodeArch: 'x64',
  },
};

/**
 * The platform that a host with these Node names builds natively.
 * @returns undefined for a host that Slipway has no name for (32-bit, BSD, …)
 */
export function platformOfHost(nodePlatform: string, nodeArch: string): PlatformId | undefined {
  return PLATFORM_IDS.find((id) => PLATFORMS[id].nodePlatform === nodePlatform && PLATFORMS[id].nodeArch === nodeArch);
}
