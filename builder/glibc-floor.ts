/** Owns what can be said of a binary's glibc floor before it is compiled. What it truly needs is read from its files later. */
import { compilerOf } from '../core/recipe/compiler-options';
import {
  fitsGlibc,
  type GlibcFloor,
  linkedGlibc,
  linkFloor,
  MANAGED_PYTHON_GLIBC,
  modulesAbove,
  pythonFloor,
} from '../core/host/glibc-floor';
import type { GlibcNeed, Host, PythonInstallation } from '../core/host/host';
import type { PlannedFloor } from '../core/job/build-plan';
import type { Job, JobPython } from '../core/job/job';
import { PLATFORMS } from '../core/platform';
import { compareDottedVersions } from '../core/quantity';
import { SlipwayError } from '../core/slipway-error';
import type { PythonEnvironmentRequest } from '../toolchain/environment/environment-request';
import { pinnedVersion } from '../toolchain/pins';
import { pythonsOf, programsOf } from './job-programs';

/** The budget of a job, where it is for a system that has a glibc. */
export function glibcBudget({ platform, budgets }: Pick<Job, 'platform' | 'budgets'>): string | undefined {
  return PLATFORMS[platform].os === 'linux' ? budgets.glibc : undefined;
}

/** Whether an interpreter is of a wanted version: 3.12.1 is a 3.12. */
function isOfVersion(found: PythonInstallation | undefined, wanted: string): found is PythonInstallation {
  return found !== undefined && `${found.version}.`.startsWith(`${wanted}.`);
}

/** The interpreter that was found, where it is of the version and asks for no newer glibc than the budget. */
export function fittingPython({ python }: Host, { version }: JobPython, glibc: string | undefined): PythonInstallation | undefined {
  if (!isOfVersion(python, version)) return undefined;
  return glibc === undefined || python.glibc === undefined || fitsGlibc(python, glibc) ? python : undefined;
}

/** What an environment is told of the budget. */
export function environmentFloor(job: Job, host: Host, python: JobPython): Pick<PythonEnvironmentRequest, 'floor' | 'cCompiler'> {
  const glibc = glibcBudget(job);
  if (glibc === undefined) return {};
  return {
    floor: { platform: job.platform, glibc },
    ...(linkedGlibc(host, python, glibc) === undefined ? {} : { cCompiler: 'zig' as const }),
  };
}

/**
 * What no Python that could be fetched would mend. Of the Python it is said when one is chosen, because uv may bring another.
 * @throws SlipwayError `glibc-floor-unreachable` with the reachable one
 */
export function refuseUnreachableGlibc(job: Job, host: Host): void {
  const wanted = glibcBudget(job);
  if (wanted === undefined) return;
  for (const { binary, python } of pythonsOf(programsOf(job))) {
    const floor = linkFloor(host, python, wanted);
    if (floor === undefined || compareDottedVersions(floor.version, wanted) <= 0) continue;
    throw new SlipwayError(
      'glibc-floor-unreachable',
      `'${binary.name}' cannot run on glibc '${wanted}' when it is built here: ${floor.version} is the lowest, because ${floor.reason}`,
      {
        hint: isZigPossible(host, python, wanted)
          ? `take the C compiler out of the options: zig is used then, and links for glibc ${wanted}`
          : `set budgets.glibc to "${floor.version}", or build on a system with an older glibc`,
        details: { wanted, reachable: floor.version, binary: binary.name },
      },
    );
  }
}

function isZigPossible(host: Host, python: JobPython, wanted: string): boolean {
  return linkedGlibc(host, { ...python, options: [] }, wanted) !== undefined;
}

/** What a person should know before the compile of what may raise the floor: a program that uses a module ships it. */
export function floorWarnings(job: Job, python: PythonInstallation | undefined): readonly string[] {
  const wanted = glibcBudget(job);
  if (wanted === undefined || python === undefined) return [];
  // Highest first: of a module the first says enough.
  const byModule = new Map(
    modulesAbove(python, wanted)
      .toReversed()
      .map((need) => [need.module ?? need.file, need]),
  );
  if (byModule.size === 0 || !fitsGlibc(python, wanted)) return [];
  const list = [...byModule]
    .map(([module, { file, version }]: readonly [string, GlibcNeed]) => `${module} (${file}: ${version})`)
    .join(', ');
  return [`a program that uses one of these modules of Python ${python.version} needs more than glibc ${wanted}: ${list}`];
}

/** The ways in which a job's Python programs can be built here, each with the lowest glibc that it reaches. */
export function plannedFloors(job: Job, host: Host): readonly PlannedFloor[] {
  const budget = glibcBudget(job);
  if (host.glibc === undefined || PLATFORMS[job.platform].os !== 'linux') return [];
  return pythonsOf(programsOf(job)).flatMap(({ binary, python }) => {
    const own = isOfVersion(host.python, python.version) ? host.python : undefined;
    const usual = highest([linkFloor(host, python, undefined), hostPythonFloor(host, own)]);
    return [
      ...(usual === undefined
        ? []
        : [{ binary: binary.name, way: 'host toolchain' as const, ...usual, isChosen: !isLowWay(host, python, own, budget) }]),
      lowWay(host, binary.name, python, own, budget),
    ];
  });
}

function isLowWay(host: Host, python: JobPython, own: PythonInstallation | undefined, budget: string | undefined): boolean {
  if (budget === undefined) return false;
  return linkedGlibc(host, python, budget) !== undefined || (own?.glibc !== undefined && !fitsGlibc(own, budget));
}

function lowWay(
  host: Host,
  binary: string,
  python: JobPython,
  own: PythonInstallation | undefined,
  budget: string | undefined,
): PlannedFloor {
  const isFit = own?.glibc !== undefined && fitsGlibc(own, budget ?? MANAGED_PYTHON_GLIBC);
  const linker = compilerOf(python) === 'nuitka' ? `zig ${pinnedVersion('ziglang')} links for it` : 'nothing is linked';
  const source = isFit ? `${own.path} needs ${own.glibc.version}` : `uv's Pythons are built for ${MANAGED_PYTHON_GLIBC}`;
  return {
    binary,
    way: 'low floor',
    version: budget ?? MANAGED_PYTHON_GLIBC,
    reason: `${linker}; ${source}`,
    isChosen: isLowWay(host, python, own, budget),
    ...(isFit
      ? {}
      : {
          missing: `a Python ${python.version} of that age: uv fetches one from github.com or from the mirror that UV_PYTHON_INSTALL_MIRROR names, or SLIPWAY_PYTHON names one; without it the build ends before it compiles`,
        }),
  };
}

function hostPythonFloor(host: Host, own: PythonInstallation | undefined): GlibcFloor | undefined {
  if (own === undefined || host.pythonGlibc === undefined) return undefined;
  return pythonFloor(own) ?? { version: host.pythonGlibc, reason: `the Python ${own.version} at ${own.path} needs it itself` };
}

function highest(floors: readonly (GlibcFloor | undefined)[]): GlibcFloor | undefined {
  return floors.filter((floor) => floor !== undefined).sort((a, b) => compareDottedVersions(b.version, a.version))[0];
}
