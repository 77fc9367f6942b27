/** Owns finding a CPython interpreter on this host, or fetching one. */
import { fitsGlibc } from '../../core/host/glibc-floor';
import type { GlibcNeed, PythonInstallation } from '../../core/host/host';
import { oldGlibcPythonHint, pythonHint } from '../../core/host/host-hint';
import { compareDottedVersions } from '../../core/quantity';
import { SlipwayError } from '../../core/slipway-error';
import { readDistribution } from '../linux-distribution';
import { measureModules, measurePython } from './python-glibc';
import { NAMED_PROVIDER, pythonCandidates } from './python-places';
import { probePython } from './python-probe';
import { uvEnvironment } from '../tool-environment';
import type { ToolchainContext } from '../toolchain-context';
import { ensureUv } from '../uv/fetch-uv';

const INSTALL_TIMEOUT_MS = 15 * 60_000;
/** The oldest that the pinned compilers and uv still serve. */
const OLDEST_PYTHON = '3.10';

/**
 * The best CPython of a version: one that `SLIPWAY_PYTHON` names before all others, one with headers before one without,
 * then the newest patch, then the better place (uv's own, pyenv's, …, the system's). Where there is none, uv fetches one.
 * @param version `3.12` (the newest patch that is there) or `3.12.1`
 * @param glibc the oldest that the program shall run on: only an interpreter whose own files ask for no newer one will do
 * @throws SlipwayError `python-missing`, `glibc-floor-unreachable`
 */
export async function findPython(context: ToolchainContext, version: string, glibc?: string): Promise<PythonInstallation> {
  const found = await lookForPython(context, version, glibc);
  if (found === undefined) return installPython(context, version, glibc);
  return glibc === undefined || found.glibc === undefined || fitsGlibc(found, glibc)
    ? found
    : installPython(context, version, glibc, found);
}

/**
 * The same without fetching anything. With a glibc those that fit it come first, and what each asks for is measured.
 * @returns undefined where there is none
 */
export async function lookForPython(context: ToolchainContext, version: string, glibc?: string): Promise<PythonInstallation | undefined> {
  const found = (await probeAll(context, version)).filter((python) => isVersion(python, version)).sort(betterFirst);
  if (glibc === undefined) return found[0];
  const measured = await Promise.all(found.map((python) => measurePython(context, python)));
  const best = measured.find((python) => fitsGlibc(python, glibc)) ?? measured.sort(olderGlibcFirst)[0];
  return best === undefined ? undefined : measureModules(context, best);
}

function olderGlibcFirst(a: PythonInstallation, b: PythonInstallation): number {
  return compareDottedVersions(a.glibc?.version ?? '0', b.glibc?.version ?? '0');
}

/** Every usable interpreter of this host that Slipway can build with, newest version first. Fetches nothing. */
export async function listPythons(context: ToolchainContext): Promise<readonly PythonInstallation[]> {
  const pythons = (await probeAll(context)).filter((python) => compareDottedVersions(python.version, OLDEST_PYTHON) >= 0);
  return pythons.sort((a, b) => compareDottedVersions(b.version, a.version) || betterFirst(a, b));
}

async function probeAll(context: ToolchainContext, version?: string): Promise<PythonInstallation[]> {
  const candidates = await pythonCandidates(context, version);
  const found: (PythonInstallation | undefined)[] = [];
  for (let start = 0; start < candidates.length; start += PROBES_AT_ONCE) {
    const batch = candidates.slice(start, start + PROBES_AT_ONCE);
    found.push(...(await Promise.all(batch.map((candidate) => probePython(context, candidate.path, candidate.provider)))));
  }
  const byPath = new Map(found.filter((python) => python !== undefined).map((python) => [python.path, python]));
  return [...byPath.values()];
}

const PROBES_AT_ONCE = 4;

function isVersion(python: PythonInstallation, version: string): boolean {
  return python.version === version || (version.split('.').length === 2 && python.version.startsWith(`${version}.`));
}

/** The sort is stable, so equals stay in the order of their places. */
function betterFirst(a: PythonInstallation, b: PythonInstallation): number {
  return (
    Number(b.provider === NAMED_PROVIDER) - Number(a.provider === NAMED_PROVIDER) ||
    Number(b.hasHeaders === true) - Number(a.hasHeaders === true) ||
    compareDottedVersions(b.version, a.version)
  );
}

/** @param best what is there, where that asks for too new a glibc */
async function installPython(
  context: ToolchainContext,
  version: string,
  glibc?: string,
  best?: PythonInstallation,
): Promise<PythonInstallation> {
  const uv = await ensureUv(context);
  const why = best?.glibc === undefined ? '' : `: the one at ${best.path} needs glibc ${best.glibc.version}`;
  context.log(`fetching Python ${version}${why}`);
  const result = await context.processes.run({
    command: uv.path,
    args: ['python', 'install', version, '--no-bin'],
    cwd: context.homeDirectory,
    env: { ...(await uvEnvironment(context)), UV_PYTHON_DOWNLOADS: 'manual' },
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  const installed = result.exitCode === 0 ? await lookForPython(context, version, glibc) : undefined;
  if (installed !== undefined && (glibc === undefined || fitsGlibc(installed, glibc))) return installed;
  const reason = lastCause(result.stderr);
  if (glibc !== undefined && best?.glibc !== undefined) throw tooNewPython(version, glibc, best, best.glibc, reason);
  throw new SlipwayError(
    'python-missing',
    `no Python ${version} on this machine, and it cannot be fetched${reason === '' ? '' : `: ${reason}`}`,
    {
      hint: pythonHint(context.platform, version, await readDistribution(context)),
      details: { version, reason },
    },
  );
}

function tooNewPython(version: string, glibc: string, python: PythonInstallation, need: GlibcNeed, reason: string): SlipwayError {
  const fetching = reason === '' ? 'the one that uv fetches asks for more, too' : `none can be fetched: ${reason}`;
  return new SlipwayError(
    'glibc-floor-unreachable',
    `no Python ${version} here runs on glibc '${glibc}': the one at '${python.path}' needs ${need.version}, for ${need.file}; ${fetching}`,
    { hint: oldGlibcPythonHint(version, need.version), details: { wanted: glibc, reachable: need.version, python: python.path } },
  );
}

/** uv's innermost `cause:` line says what really went wrong. */
function lastCause(stderr: string): string {
  const lines = stderr.split(/\r?\n/).map((line) => line.trim());
  const causes = lines.filter((line) => line.startsWith('cause: ')).map((line) => line.slice('cause: '.length));
  return causes.at(-1) ?? lines.find((line) => line.startsWith('error: '))?.slice('error: '.length) ?? '';
}
