/**
 * Owns by which way a Linux program gets its glibc floor, the oldest glibc that it starts on: linked by the host's own compiler
 * against the host's glibc, or by zig against an older one. What the files truly need is measured after the compile.
 */
import { compilerOf } from '../recipe/compiler-options';
import type { JobPython } from '../job/job';
import { PLATFORMS, type PlatformId } from '../platform';
import { compareDottedVersions } from '../quantity';
import { cCompilerKind, namedCCompiler } from './c-compiler-choice';
import type { CCompiler, GlibcNeed, Host, PythonInstallation } from './host';

/** glibc 2.34 gave `__libc_start_main` a new version: every executable that is linked on it or later needs it. */
const START_MAIN_CHANGED = '2.34';

/** What zig 0.16 and later link for without gaps; below it start files are missing (https://github.com/ziglang/zig/issues/17769). */
export const LOWEST_LINKED_GLIBC = '2.17';

/**
 * What uv's Pythons for Linux are built against:
 * https://gregoryszorc.com/docs/python-build-standalone/main/running.html#runtime-requirements
 */
export const MANAGED_PYTHON_GLIBC = '2.17';

type LinkingHost = Pick<Host, 'platform' | 'glibc' | 'cCompiler'>;

/**
 * The glibc that a program's C is linked for by zig, or undefined where the compiler that is there anyway links for what the machine has.
 * Without a budget nothing changes, nor where the machine's own glibc is as old as the budget.
 * @param budget `budgets.glibc` of the recipe
 */
export function linkedGlibc(
  { platform, glibc }: Pick<LinkingHost, 'platform' | 'glibc'>,
  python: Pick<JobPython, 'compiler' | 'options'>,
  budget: string | undefined,
): string | undefined {
  if (budget === undefined || glibc === undefined || PLATFORMS[platform].os !== 'linux') return undefined;
  if (compilerOf(python) !== 'nuitka' || isAnotherCompilerNamed(python.options)) return undefined;
  return compareDottedVersions(budget, glibc) < 0 && compareDottedVersions(budget, LOWEST_LINKED_GLIBC) >= 0 ? budget : undefined;
}

/** clang is the machine's own, as gcc is: it links for the machine's glibc. */
function isAnotherCompilerNamed(options: readonly string[]): boolean {
  return options.some((option) => /^--(?:mingw64|clang|clang-cl|msvc)(?:=|$)/.test(option));
}

/** `x86_64-linux-gnu.2.28`: how zig is told, https://ziglang.org/download/0.16.0/release-notes.html and `zig targets`. */
export function glibcTarget(platform: PlatformId, glibc: string): string {
  return `${PLATFORMS[platform].arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu.${glibc}`;
}

/** What Nuitka compiles a program's C with: what the options name, else zig for an older glibc, else the machine's choice. */
export function chosenCCompiler(
  host: LinkingHost,
  python: Pick<JobPython, 'compiler' | 'options' | 'version'>,
  budget: string | undefined,
): CCompiler['kind'] | undefined {
  const named = namedCCompiler(python.options);
  if (named !== undefined) return named;
  return linkedGlibc(host, python, budget) === undefined ? cCompilerKind(host, python.version) : 'zig';
}

export interface GlibcFloor {
  readonly version: string;
  readonly reason: string;
}

/**
 * What linking alone demands, whatever Python is taken. @returns undefined where nothing is known of it
 * PyInstaller links nothing here: its start program comes compiled, for glibc 2.17.
 */
export function linkFloor(
  host: LinkingHost,
  python: Pick<JobPython, 'compiler' | 'options'>,
  budget: string | undefined,
): GlibcFloor | undefined {
  if (compilerOf(python) === 'pyinstaller') return { version: LOWEST_LINKED_GLIBC, reason: "PyInstaller's start program needs it" };
  const linked = linkedGlibc(host, python, budget);
  if (linked !== undefined) return { version: linked, reason: 'zig links for it' };
  if (host.glibc === undefined) return undefined;
  if (compareDottedVersions(host.glibc, START_MAIN_CHANGED) >= 0 && (budget === undefined || isAnotherCompilerNamed(python.options))) {
    return {
      version: START_MAIN_CHANGED,
      reason: `executables linked on this host's glibc ${host.glibc} start with a function of ${START_MAIN_CHANGED}`,
    };
  }
  if (budget !== undefined && compareDottedVersions(budget, LOWEST_LINKED_GLIBC) < 0 && !isAnotherCompilerNamed(python.options))
    return { version: LOWEST_LINKED_GLIBC, reason: 'zig links for none that is older' };
  return undefined;
}

/** What the interpreter and its library demand, which every program ships. */
export function pythonFloor(python: PythonInstallation | undefined): GlibcFloor | undefined {
  return python?.glibc === undefined
    ? undefined
    : { version: python.glibc.version, reason: `the Python ${python.version} at ${python.path} needs it itself, for ${python.glibc.file}` };
}

/** Of its modules and what they bring, those that ask for more than a floor: a program that uses one ships it. Highest first. */
export function modulesAbove({ moduleGlibc }: PythonInstallation, floor: string): readonly GlibcNeed[] {
  return (moduleGlibc ?? []).filter(({ version }) => compareDottedVersions(version, floor) > 0);
}

/** Whether an interpreter is known to run on a glibc. */
export function fitsGlibc({ glibc }: PythonInstallation, floor: string): boolean {
  return glibc !== undefined && compareDottedVersions(glibc.version, floor) <= 0;
}

/**
 * How compilers are told the oldest processor that a program shall run on. It is said always: gcc's own default is another one
 * on some systems (x86-64-v2 on Amazon Linux 2023), and zig spells the names its own way, `generic` being armv8-a
 * (Nuitka 4.3.3 hands it `armv8-a`, which zig 0.16 does not know).
 */
export function baselineOption(platform: PlatformId, cCompiler: CCompiler['kind'] | undefined): string | undefined {
  if (PLATFORMS[platform].os !== 'linux' || cCompiler === undefined) return undefined;
  const isArm = PLATFORMS[platform].arch === 'arm64';
  if (cCompiler === 'zig') return `--target-arch=${isArm ? 'generic' : 'x86_64'}`;
  return `--target-arch=${isArm ? 'armv8-a' : 'x86-64'}`;
}

/**
 * The processor level that a compiler was told, as reports name it; of a compile for arm64 none.
 * @param command the compiler's, such as `… --target-arch=x86_64_v3 …`
 */
export function toldBaseline(command: readonly string[]): string | undefined {
  const told = command.map((argument) => /^--target-arch=x86[-_]64(?:[-_](v[234]))?$/.exec(argument)).findLast((match) => match !== null);
  return told === undefined ? undefined : ['x86-64', ...(told?.[1] === undefined ? [] : [told[1]])].join('-');
}
