/**
 * Owns the compiling of launchers: small native programs that find a program beside them and become it. One host makes them for all
 * platforms with the pinned zig, and the same spec gives the same bytes on each: no path, no time and no name of this machine gets in.
 */
import path from 'node:path';
import { PLATFORMS, type PlatformId } from '../../core/platform';
import { SlipwayError } from '../../core/slipway-error';
import type { ToolchainContext } from '../../toolchain/toolchain-context';
import { ensureZig, type ZigTool } from '../../toolchain/zig/fetch-zig';
import { launcherName, specHeader, type LauncherSpec } from './launcher-spec';
import linuxHeader from './source/linux.h';
import macosHeader from './source/macos.h';
import posixSource from './source/posix.c';
import windowsSource from './source/windows.c';
import { windowsResource } from './windows-resource';

/** A launcher compiles in a second; the first one on a machine waits for nothing else. */
const TIMEOUT_MS = 10 * 60_000;

/**
 * As zig spells them. Linux: static, without any C library. macOS: the oldest that the pinned Pythons and Nodes run on.
 * https://ziglang.org/documentation/0.16.0/#Targets
 */
const TARGETS: Readonly<Record<PlatformId, string>> = {
  'linux-x86_64': 'x86_64-linux-musl',
  'linux-arm64': 'aarch64-linux-musl',
  'macos-x86_64': 'x86_64-macos.11.0',
  'macos-arm64': 'aarch64-macos.11.0',
  'windows-x86_64': 'x86_64-windows-gnu',
};

const COMMON_OPTIONS = ['-std=gnu11', '-Oz', '-s', '-Wall', '-Wextra', '-Werror', '-fno-stack-protector', '-fno-sanitize=all'];
/** Without a C library: what it would do at the start is not needed, and compiling it would take minutes. */
const FREESTANDING = ['-nostdlib', '-ffreestanding', '-fno-builtin', '-fno-unwind-tables', '-fno-asynchronous-unwind-tables'];

/**
 * Writes the launcher to `spec.outputFile`, executable.
 * On Apple silicon, which runs nothing unsigned, it carries the ad-hoc signature that zig's linker gives.
 * @throws SlipwayError `launcher-failed`, and what fetching zig throws
 */
export async function compileLauncher(context: ToolchainContext, spec: LauncherSpec, platform: PlatformId): Promise<void> {
  const { os } = PLATFORMS[platform];
  const zig = await ensureZig(context);
  const directory = await context.files.makeTemporaryDirectory('slipway-launcher-');
  const write = (name: string, content: string | Uint8Array) => context.files.write(path.join(directory, name), content);
  try {
    await write('spec.h', specHeader(spec, os));
    await write('launcher.c', os === 'windows' ? windowsSource : posixSource);
    if (os === 'linux') await write('linux.h', linuxHeader);
    if (os === 'macos') await write('macos.h', macosHeader);
    if (os === 'windows') await write('launcher.res', await resourceOf(context, spec));
    const output = os === 'windows' ? 'launcher.exe' : 'launcher';
    await run(context, zig, directory, [
      'cc',
      '-target',
      TARGETS[platform],
      ...COMMON_OPTIONS,
      ...systemOptions(zig, spec, platform),
      '-o',
      output,
    ]);
    await context.files.write(spec.outputFile, await context.files.readBytes(path.join(directory, output)), { mode: 0o755 });
  } finally {
    await context.files.remove(directory);
  }
}

function systemOptions(zig: ZigTool, spec: LauncherSpec, platform: PlatformId): readonly string[] {
  switch (PLATFORMS[platform].os) {
    case 'linux':
      return [...FREESTANDING, '-static', '-Wl,--build-id=none', 'launcher.c'];
    case 'macos':
      return ['launcher.c'];
    case 'windows': {
      const subsystem = spec.windows?.console === false ? 'windows' : 'console';
      const headers = path.join(zig.libraryDirectory, 'libc', 'include', 'any-windows-any');
      return [
        ...FREESTANDING,
        ...['-isystem', headers, 'launcher.c', 'launcher.res', '-lkernel32'],
        ...[`-Wl,--subsystem,${subsystem}`, '-Wl,-e,launcher_main'],
      ];
    }
  }
}

/** Icon and version. Not by `zig rc`, which compiles itself from source first, for minutes. */
async function resourceOf(context: ToolchainContext, spec: LauncherSpec): Promise<Uint8Array> {
  const { icon, ...facts } = spec.windows ?? {};
  return windowsResource({
    name: launcherName(spec),
    ...facts,
    ...(icon === undefined ? {} : { icon: { file: icon, bytes: await context.files.readBytes(icon) } }),
  });
}

async function run(context: ToolchainContext, zig: ZigTool, directory: string, args: readonly string[]): Promise<void> {
  // Names relative to the folder, which is another one each time.
  const result = await context.processes.run({
    command: zig.path,
    args,
    cwd: directory,
    env: { ...neededVariables(context.environment), ...zig.environment, ZIG_LOCAL_CACHE_DIR: path.join(directory, 'cache') },
    timeoutMs: TIMEOUT_MS,
  });
  if (result.exitCode === 0) return;
  throw new SlipwayError('launcher-failed', `zig cannot compile the launcher: ${firstLines(result.stderr)}`, {
    hint: 'free some disk space, remove the toolchains folder of SLIPWAY_HOME and start the build again',
    details: { args, output: result.stderr.trim().split('\n').slice(-20) },
  });
}

function firstLines(stderr: string): string {
  const errors = stderr.split(/\r?\n/).filter((line) => line.includes('error:'));
  return (errors[0] ?? stderr.trim().split(/\r?\n/).at(-1) ?? '').trim().slice(0, 300);
}

/** What any program needs to start; a CPATH or an SDKROOT of the caller would change the bytes. */
const NEEDED = new Set(['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SYSTEMROOT', 'SYSTEMDRIVE', 'USERPROFILE', 'LOCALAPPDATA']);

function neededVariables(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => NEEDED.has(name.toUpperCase())));
}
