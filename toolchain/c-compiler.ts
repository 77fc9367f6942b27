/** Owns finding the C compiler that Nuitka will use, and ccache. */
import type { CCompiler } from '../core/host/host';
import { compilerHint } from '../core/host/host-hint';
import { PLATFORMS } from '../core/platform';
import { isSlipwayError, SlipwayError } from '../core/slipway-error';
import { isAppleStub, isLicenseOpen, LICENSE_HINT } from './apple-tools';
import { readDistribution } from './linux-distribution';
import { hostPaths, type ToolchainContext } from './toolchain-context';

const VERSION_TIMEOUT_MS = 20_000;

/**
 * The compiler that CC names, else the system's usual one. One that cannot find the C library's headers is none.
 * On Windows clang does not count: Nuitka uses it through Visual Studio alone.
 * @returns undefined where there is none; {@link requireCCompiler} says it with the command that mends it
 */
export async function findCCompiler(context: ToolchainContext): Promise<CCompiler | undefined> {
  if (PLATFORMS[context.platform].os === 'windows') return (await findMsvc(context)) ?? (await findOnPath(context, ['gcc'], 'mingw'));
  const named = (context.environment.CC ?? '').trim().split(/\s+/)[0] ?? '';
  const usual = PLATFORMS[context.platform].os === 'macos' ? ['clang', 'cc'] : ['gcc', 'clang', 'cc'];
  return findOnPath(context, named === '' ? usual : [named]);
}

/**
 * @throws SlipwayError `compiler-missing` with the command for this host's distribution
 */
export async function requireCCompiler(context: ToolchainContext): Promise<CCompiler> {
  const compiler = await findCCompiler(context);
  if (compiler !== undefined) return compiler;
  const named = (context.environment.CC ?? '').trim();
  const message =
    named === '' ? 'there is no working C compiler on this machine' : `the C compiler that CC names, '${named}', does not work`;
  throw new SlipwayError('compiler-missing', message, {
    hint: `${named === '' ? '' : 'unset CC, or '}${await mendingHint(context)}`,
    details: { platform: context.platform },
  });
}

async function mendingHint(context: ToolchainContext): Promise<string> {
  if (await isLicenseOpen(context)) return LICENSE_HINT;
  return compilerHint(context.platform, await readDistribution(context));
}

/** @returns the path of ccache, or undefined */
export function findCcache(context: ToolchainContext): Promise<string | undefined> {
  return context.processes.find('ccache', context.environment);
}

async function findOnPath(
  context: ToolchainContext,
  commands: readonly string[],
  gccKind: 'gcc' | 'mingw' = 'gcc',
): Promise<CCompiler | undefined> {
  for (const command of commands) {
    const path = hostPaths(context).isAbsolute(command) ? command : await context.processes.find(command, context.environment);
    if (path === undefined || (await isAppleStub(context, path))) continue;
    const told = await run(context, path, ['--version']);
    const kind = told === undefined ? undefined : kindOf(told, gccKind);
    // A compiler package without the C library's headers is common in small containers, and fails after minutes otherwise.
    if (
      told === undefined ||
      kind === undefined ||
      (await run(context, path, ['-E', '-x', 'c', '-'], '#include <stdlib.h>\n')) === undefined
    )
      continue;
    return { path, kind, version: /(\d+\.\d+(?:\.\d+)?)/.exec(told.replace(/\([^)]*\)/g, ''))?.[1] ?? 'unknown' };
  }
  return undefined;
}

function kindOf(versionText: string, gccKind: 'gcc' | 'mingw'): CCompiler['kind'] | undefined {
  if (/clang/i.test(versionText)) return 'clang';
  if (/Free Software Foundation|gcc/i.test(versionText)) return gccKind;
  return undefined;
}

/** vswhere is where every Visual Studio since 2017 puts it: https://github.com/microsoft/vswhere/wiki */
async function findMsvc(context: ToolchainContext): Promise<CCompiler | undefined> {
  const programs = context.environment['ProgramFiles(x86)'] ?? context.environment['PROGRAMFILES(X86)'] ?? 'C:\\Program Files (x86)';
  const vswhere = hostPaths(context).join(programs, 'Microsoft Visual Studio', 'Installer', 'vswhere.exe');
  if ((await context.files.stat(vswhere)) === undefined) return undefined;
  const told = await run(context, vswhere, [
    ...['-latest', '-products', '*', '-requires', 'Microsoft.VisualStudio.Component.VC.Tools.x86.x64'],
    ...['-format', 'json', '-utf8'],
  ]);
  const first = parseVswhere(told ?? '');
  return first === undefined ? undefined : { path: first.installationPath, kind: 'msvc', version: first.installationVersion };
}

function parseVswhere(text: string): { installationPath: string; installationVersion: string } | undefined {
  try {
    const list: unknown = JSON.parse(text);
    const [first] = Array.isArray(list) ? (list as readonly Record<string, unknown>[]) : [];
    const { installationPath, installationVersion } = first ?? {};
    return typeof installationPath === 'string' && typeof installationVersion === 'string'
      ? { installationPath, installationVersion }
      : undefined;
  } catch {
    return undefined; // It prints nothing where nothing is installed.
  }
}

/** @returns what it printed, or undefined where it does not start or fails */
async function run(context: ToolchainContext, command: string, args: readonly string[], stdin?: string): Promise<string | undefined> {
  try {
    const result = await context.processes.run({
      command,
      args,
      cwd: context.userDirectory,
      // Messages are read: they must be English.
      env: { ...context.environment, LC_ALL: 'C' },
      timeoutMs: VERSION_TIMEOUT_MS,
      ...(stdin === undefined ? {} : { stdin }),
    });
    return result.exitCode === 0 ? result.stdout : undefined;
  } catch (thrown) {
    if (isSlipwayError(thrown) && thrown.code === 'process-not-started') return undefined;
    throw thrown;
  }
}
