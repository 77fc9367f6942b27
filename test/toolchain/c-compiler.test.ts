import { findCCompiler, requireCCompiler } from '../../toolchain/c-compiler';
import { createToolchainFixture, type FixtureOptions, type ToolchainFixture } from './toolchain-fixture';

let fixture: ToolchainFixture;
afterEach(() => fixture.close());

const GCC = 'gcc (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright (C) 2022 Free Software Foundation, Inc.\n';
const CLANG = 'Apple clang version 16.0.0 (clang-1600.0.26.6)\nTarget: arm64-apple-darwin24.1.0\n';

const cases: readonly [string, FixtureOptions, unknown][] = [
  ['gcc', { found: { gcc: '/usr/bin/gcc' }, answer: () => ({ stdout: GCC }) }, { path: '/usr/bin/gcc', kind: 'gcc', version: '12.2.0' }],
  [
    'clang on macOS',
    { platform: 'macos-arm64', found: { clang: '/usr/bin/clang' }, answer: () => ({ stdout: CLANG }) },
    { path: '/usr/bin/clang', kind: 'clang', version: '16.0.0' },
  ],
  [
    'the stub of a Mac without the tools',
    {
      platform: 'macos-arm64',
      found: { clang: '/usr/bin/clang' },
      answer: () => ({ exitCode: 1, stderr: 'xcode-select: note: no developer tools were found' }),
    },
    undefined,
  ],
  [
    'a gcc without the headers of the C library',
    {
      found: { gcc: '/usr/bin/gcc' },
      answer: ({ args }) =>
        args.includes('-E') ? { exitCode: 1, stderr: 'fatal error: stdlib.h: No such file or directory' } : { stdout: GCC },
    },
    undefined,
  ],
  [
    'what CC names',
    { environment: { CC: '/opt/clang -m64' }, answer: () => ({ stdout: 'clang version 19.1.0\n' }) },
    { path: '/opt/clang', kind: 'clang', version: '19.1.0' },
  ],
  [
    'MinGW on Windows',
    { platform: 'windows-x86_64', found: { gcc: 'C:\\mingw\\gcc.exe' }, answer: () => ({ stdout: GCC }) },
    { path: 'C:\\mingw\\gcc.exe', kind: 'mingw', version: '12.2.0' },
  ],
  ['nothing', {}, undefined],
];

test.each(cases)('finds %s', async (_, options, expected) => {
  fixture = createToolchainFixture(options);
  expect(await findCCompiler(fixture.context)).toEqual(expected);
});

test('finds Visual Studio by vswhere', async () => {
  const listing = JSON.stringify([{ installationPath: 'C:\\VS\\2022', installationVersion: '17.12.3' }]);
  fixture = createToolchainFixture({ platform: 'windows-x86_64', answer: () => ({ stdout: listing }) });
  const files = {
    ...fixture.context.files,
    stat: () => Promise.resolve({ kind: 'file' as const, sizeBytes: 1, mode: 0, modifiedAtMs: 0 }),
  };
  expect(await findCCompiler({ ...fixture.context, files })).toEqual({ path: 'C:\\VS\\2022', kind: 'msvc', version: '17.12.3' });
  expect(fixture.runs[0]?.command).toBe('C:\\Program Files (x86)\\Microsoft Visual Studio\\Installer\\vswhere.exe');
});

test.each([
  [{}, /no working C compiler/, /^install/],
  [{ CC: 'tcc' }, /'tcc', does not work/, /^unset CC, or install/],
])('a lack is one sentence with the command that mends it: %j', async (environment, message, hint) => {
  fixture = createToolchainFixture({ environment: environment });
  await expect(requireCCompiler(fixture.context)).rejects.toMatchObject({
    code: 'compiler-missing',
    message: expect.stringMatching(message) as string,
    hint: expect.stringMatching(hint) as string,
  });
});

describe('on a Mac', () => {
  const clang = { platform: 'macos-arm64' as const, found: { clang: '/usr/bin/clang' } };

  test('a stub is never run: it would open a window', async () => {
    fixture = createToolchainFixture({
      ...clang,
      answer: ({ command }) => ({ exitCode: command.endsWith('xcode-select') ? 2 : 0, stdout: CLANG }),
    });
    await expect(requireCCompiler(fixture.context)).rejects.toMatchObject({
      hint: expect.stringContaining('xcode-select --install') as string,
    });
    expect(new Set(fixture.runs.map(({ command }) => command))).toEqual(new Set(['/usr/bin/xcode-select']));
  });

  test('a licence that was not accepted is told as that', async () => {
    const stderr =
      'You have not agreed to the Xcode license agreements. Please run sudo xcodebuild -license from within a Terminal window.';
    fixture = createToolchainFixture({
      ...clang,
      answer: ({ command }) => (command.endsWith('xcode-select') ? {} : { exitCode: 69, stderr }),
    });
    await expect(requireCCompiler(fixture.context)).rejects.toMatchObject({
      code: 'compiler-missing',
      hint: 'accept the licence of Xcode: sudo xcodebuild -license accept',
    });
  });
});

test('clang on Windows is none: Nuitka uses it through Visual Studio alone', async () => {
  fixture = createToolchainFixture({
    platform: 'windows-x86_64',
    found: { clang: 'C:\\LLVM\\bin\\clang.exe' },
    answer: () => ({ stdout: 'clang version 19.1.0\nTarget: x86_64-pc-windows-msvc\n' }),
  });
  await expect(requireCCompiler(fixture.context)).rejects.toMatchObject({ hint: expect.stringContaining('BuildTools') as string });
});
