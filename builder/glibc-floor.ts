/** Owns what can be said of a binary's glibc floor before it is compiled. What it truly needs is read from its files later. */
import { compilerOf } from '../core/recipe/compiler-options';
import type { Host, PythonInstallation } from '../core/host/host';
import type { Job, JobPython } from '../core/job/job';
import { compareDottedVersions } from '../core/quantity';
import { SlipwayError } from '../core/slipway-error';

/** glibc 2.34 gave `__libc_start_main` a new version: every executable that is linked on it or later needs it. */
const START_MAIN_CHANGED = '2.34';

export interface ReachableFloor {
  readonly version: string;
  readonly reason: string;
}

/** The lowest glibc that a binary from this host can need as far as it is known; undefined where nothing is. */
function reachableGlibc(host: Host, python: Pick<JobPython, 'compiler' | 'version'>): ReachableFloor | undefined {
  const floors: ReachableFloor[] = [];
  if (host.pythonGlibc !== undefined && isOfVersion(host.python, python.version)) {
    floors.push({ version: host.pythonGlibc, reason: `the interpreter ${host.python.path} needs it itself` });
  }
  // PyInstaller links nothing here: its start program comes compiled, for glibc 2.17.
  if (compilerOf(python) === 'nuitka' && host.glibc !== undefined && compareDottedVersions(host.glibc, START_MAIN_CHANGED) >= 0) {
    floors.push({
      version: START_MAIN_CHANGED,
      reason: `executables linked on this host's glibc ${host.glibc} start with a function of ${START_MAIN_CHANGED}`,
    });
  }
  return floors.sort((a, b) => compareDottedVersions(b.version, a.version))[0];
}

/** Whether an interpreter is of a wanted version: 3.12.1 is a 3.12. */
export function isOfVersion(found: PythonInstallation | undefined, wanted: string): found is PythonInstallation {
  return found !== undefined && `${found.version}.`.startsWith(`${wanted}.`);
}

/** @throws SlipwayError `glibc-floor-unreachable` with the reachable one */
export function refuseUnreachableGlibc(job: Job, host: Host): void {
  const wanted = job.budgets.glibc;
  if (wanted === undefined || !job.platform.startsWith('linux-')) return;
  for (const { name, python } of job.binaries) {
    const floor = python === undefined ? undefined : reachableGlibc(host, python);
    if (floor === undefined || compareDottedVersions(floor.version, wanted) <= 0) continue;
    throw new SlipwayError(
      'glibc-floor-unreachable',
      `'${name}' cannot run on glibc '${wanted}' when it is built here: ${floor.version} is the lowest, because ${floor.reason}`,
      {
        hint: `set budgets.glibc to "${floor.version}", or build on a system with an older glibc`,
        details: { wanted, reachable: floor.version, binary: name },
      },
    );
  }
}
