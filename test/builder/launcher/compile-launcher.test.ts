/** What zig is told; what it makes of it is tried by test/full/launcher.test.ts. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { compileLauncher } from '../../../builder/launcher/compile-launcher';
import type { LauncherSpec } from '../../../builder/launcher/launcher-spec';
import { PLATFORM_IDS, PLATFORMS } from '../../../core/platform';
import type { ProcessRequest } from '../../../core/ports/processes';
import { pinnedVersion, pinnedWheel } from '../../../toolchain/pins';
import { createToolchainFixture, type Answer, type ToolchainFixture } from '../../toolchain/toolchain-fixture';

let fixture: ToolchainFixture;
let given: Record<string, string>;

function open(answer: Answer): LauncherSpec {
  given = {};
  fixture = createToolchainFixture({ answer, environment: { PATH: '/bin', CPATH: '/stray', SDKROOT: '/stray', ZIG_LIB_DIR: '/stray' } });
  const folder = path.join(fixture.context.homeDirectory, 'toolchains', `zig-${pinnedVersion('ziglang')}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'zig'), 'zig');
  writeFileSync(
    path.join(folder, 'slipway.json'),
    JSON.stringify({ wheelSha256: pinnedWheel('ziglang', 'linux-x86_64').sha256, sizeBytes: 3 }),
  );
  return { outputFile: path.join(fixture.directory, 'out', 'kit'), folders: ['../lib'], program: 'kit', args: [] };
}

/** Keeps what it was given, and writes the output that it was asked for. */
function compiles(request: ProcessRequest): { readonly exitCode: number } {
  for (const name of readdirSync(request.cwd)) given[name] = readFileSync(path.join(request.cwd, name), 'latin1');
  writeFileSync(path.join(request.cwd, request.args[request.args.indexOf('-o') + 1] ?? ''), 'a launcher', { mode: 0o600 });
  return { exitCode: 0 };
}

afterEach(() => fixture.close());

test.each(PLATFORM_IDS)(
  '%s: from a folder of its own, under names that are always the same, without what the caller set',
  async (platform) => {
    const spec = open(compiles);
    await compileLauncher(fixture.context, spec, platform);
    const [request, ...others] = fixture.runs;
    expect(others).toEqual([]);
    expect(request?.args.slice(0, 2)).toEqual(['cc', '-target']);
    expect(request?.args.filter((arg) => arg.includes(request.cwd))).toEqual([]);
    expect(request?.env).toEqual({
      PATH: '/bin',
      ZIG_GLOBAL_CACHE_DIR: path.join(fixture.context.homeDirectory, 'cache', 'zig'),
      ZIG_LIB_DIR: path.join(fixture.context.homeDirectory, 'toolchains', `zig-${pinnedVersion('ziglang')}`, 'lib'),
      ZIG_LOCAL_CACHE_DIR: path.join(request?.cwd ?? '', 'cache'),
    });
    const expected = {
      linux: ['launcher.c', 'linux.h', 'spec.h'],
      macos: ['launcher.c', 'macos.h', 'spec.h'],
      windows: ['launcher.c', 'launcher.res', 'spec.h'],
    };
    expect(Object.keys(given).sort()).toEqual(expected[PLATFORMS[platform].os]);
    expect(readFileSync(spec.outputFile, 'utf8')).toBe('a launcher');
    expect(statSync(spec.outputFile).mode & 0o777).toBe(0o755);
  },
);

test('a program without a console is one of the Windows subsystem, with its icon', async () => {
  const spec = open(compiles);
  const icon = path.join(fixture.directory, 'kit.ico');
  const picture = Buffer.alloc(22 + 4);
  picture.writeUInt16LE(1, 2);
  picture.writeUInt16LE(1, 4);
  picture.writeUInt32LE(4, 14);
  picture.writeUInt32LE(22, 18);
  picture.write('ICON', 22);
  writeFileSync(icon, picture);
  await compileLauncher(fixture.context, { ...spec, windows: { console: false, icon, version: '1.2.3' } }, 'windows-x86_64');
  expect(fixture.runs[0]?.args).toContain('-Wl,--subsystem,windows');
  expect(given['spec.h']).toContain('#define IS_CONSOLE 0');
  expect(given['launcher.res']).toContain('ICON');
});

test('what the compiler says is told, and nothing is left', async () => {
  const spec = open(() => ({ exitCode: 1, stderr: 'launcher.c:1:1: note: x\nlauncher.c:2:3: error: no space left\n' }));
  await expect(compileLauncher(fixture.context, spec, 'linux-arm64')).rejects.toMatchObject({
    code: 'launcher-failed',
    message: 'zig cannot compile the launcher: launcher.c:2:3: error: no space left',
  });
  expect(() => statSync(fixture.runs[0]?.cwd ?? '')).toThrow('ENOENT');
  expect(() => statSync(spec.outputFile)).toThrow('ENOENT');
});
