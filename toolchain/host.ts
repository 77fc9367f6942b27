/** Owns the look at this host that `plan` and `doctor` show: what is there, without fetching anything. */
import type { FoundTool, Host, PythonInstallation } from '../core/host/host';
import { isSlipwayError } from '../core/slipway-error';
import { isAppleStub } from './apple-tools';
import { findCcache, findCCompiler } from './c-compiler';
import { readDistribution } from './linux-distribution';
import { listPythons, lookForPython } from './python/find-python';
import { measurePython } from './python/python-glibc';
import type { ToolchainContext } from './toolchain-context';
import { findUv } from './uv/fetch-uv';

/** What `init` writes and a recipe means when it names no version. */
const USUAL_PYTHON = '3.12';
const VERSION_TIMEOUT_MS = 10_000;

/**
 * Never throws for a missing tool: its field is absent. Fetches nothing.
 * @param pythonVersion such as 3.12: which interpreter `python` of the answer is to be. Without it everything is looked for:
 *   `pythons`, `uv`, `git`, `node`, `patchelf` and the free space too, and `python` is the one that a recipe gets by default
 * @param glibcBudget `budgets.glibc`: an interpreter that fits it comes before one that does not
 */
export async function inspectHost(context: ToolchainContext, pythonVersion?: string, glibcBudget?: string): Promise<Host> {
  const [glibc, cCompiler, ccachePath, distribution, inventory] = await Promise.all([
    readGlibc(context),
    findCCompiler(context),
    findCcache(context),
    readDistribution(context),
    pythonVersion === undefined ? takeInventory(context) : undefined,
  ]);
  const found =
    pythonVersion === undefined ? usualPython(inventory?.pythons ?? []) : await lookForPython(context, pythonVersion, glibcBudget);
  const python = found === undefined || found.glibc !== undefined ? found : await measurePython(context, found);
  return {
    platform: context.platform,
    cpuCount: context.cpuCount,
    homeDirectory: context.homeDirectory,
    distribution,
    ...(glibc === undefined ? {} : { glibc }),
    ...(cCompiler === undefined ? {} : { cCompiler }),
    ...(ccachePath === undefined ? {} : { ccachePath }),
    ...(python === undefined ? {} : { python }),
    ...(python?.glibc === undefined ? {} : { pythonGlibc: python.glibc.version }),
    ...inventory,
  };
}

function usualPython(pythons: readonly PythonInstallation[]): PythonInstallation | undefined {
  return pythons.find((python) => python.version.startsWith(`${USUAL_PYTHON}.`)) ?? pythons[0];
}

type Inventory = Pick<Host, 'pythons' | 'uv' | 'git' | 'node' | 'patchelf' | 'freeBytes'>;

async function takeInventory(context: ToolchainContext): Promise<Inventory> {
  const [pythons, uv, git, node, patchelf, freeBytes] = await Promise.all([
    listPythons(context),
    findUv(context),
    findTool(context, 'git'),
    findTool(context, 'node'),
    findTool(context, 'patchelf'),
    readFreeBytes(context),
  ]);
  return {
    pythons: await Promise.all(pythons.map((python) => measurePython(context, python))),
    ...(uv === undefined ? {} : { uv }),
    ...(git === undefined ? {} : { git }),
    ...(node === undefined ? {} : { node }),
    ...(patchelf === undefined ? {} : { patchelf }),
    ...(freeBytes === undefined ? {} : { freeBytes }),
  };
}

async function findTool(context: ToolchainContext, command: string): Promise<FoundTool | undefined> {
  const path = await context.processes.find(command, context.environment);
  const told = path === undefined || (await isAppleStub(context, path)) ? undefined : await firstLine(context, path, ['--version']);
  const version = /(\d+\.\d+(?:\.\d+)*)/.exec(told ?? '')?.[1];
  return path === undefined || version === undefined ? undefined : { path, version };
}

/** `getconf` says it on every glibc system; a system with another C library has no such value. */
async function readGlibc(context: ToolchainContext): Promise<string | undefined> {
  if (!context.platform.startsWith('linux')) return undefined;
  const told = await firstLine(context, 'getconf', ['GNU_LIBC_VERSION']);
  return /^glibc (\d+\.\d+)/.exec(told ?? '')?.[1];
}

async function firstLine(context: ToolchainContext, command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const result = await context.processes.run({
      command,
      args,
      cwd: context.userDirectory,
      env: context.environment,
      timeoutMs: VERSION_TIMEOUT_MS,
    });
    return result.exitCode === 0 ? result.stdout.split('\n')[0] : undefined;
  } catch (thrown) {
    if (isSlipwayError(thrown)) return undefined;
    throw thrown;
  }
}

/** The home may not be there yet: then its nearest parent's file system is the one that it will be on. */
async function readFreeBytes(context: ToolchainContext): Promise<number | undefined> {
  for (const place of [context.homeDirectory, context.userDirectory]) {
    try {
      return await context.files.freeBytes(place);
    } catch (thrown) {
      if (!isSlipwayError(thrown)) throw thrown;
    }
  }
  return undefined;
}
