/** Owns which C compiler Nuitka is told to use: the plan shows what the build does. */
import { PLATFORMS } from '../platform';
import { compareDottedVersions } from '../quantity';
import type { CCompiler, Host } from './host';

/** Nuitka 4.3.3 builds with MinGW64 for older Pythons only. */
const NO_MINGW_FROM = '3.13';

/** Whether Nuitka refuses MinGW for a Python. @param pythonVersion such as 3.13 */
export function isTooNewForMingw(pythonVersion: string): boolean {
  return compareDottedVersions(pythonVersion, NO_MINGW_FROM) >= 0;
}

/** The compiler that the recipe's own options name: it brings one, and none of the machine's is needed. */
export function namedCCompiler(options: readonly string[]): 'zig' | 'mingw' | undefined {
  if (options.includes('--zig')) return 'zig';
  return options.includes('--mingw64') ? 'mingw' : undefined;
}

/**
 * The machine's own compiler. A Windows machine without one that serves gets zig: it is a package of the index like the others,
 * while Visual Studio is an installation.
 * @returns undefined where there is none and none can be brought
 */
export function cCompilerKind(
  { platform, cCompiler }: Pick<Host, 'platform' | 'cCompiler'>,
  pythonVersion: string,
): CCompiler['kind'] | undefined {
  const kind = cCompiler?.kind;
  if (PLATFORMS[platform].os !== 'windows') return kind;
  return kind === undefined || (kind === 'mingw' && isTooNewForMingw(pythonVersion)) ? 'zig' : kind;
}
