import { NUITKA_OPTIONS, PYINSTALLER_OPTIONS } from '../../../core/recipe/compiler-option-names';
import { compilerOf, lintCompilerOptions, refuseCompilerOptions } from '../../../core/recipe/compiler-options';

const lint = (compiler: 'nuitka' | 'pyinstaller', options: readonly string[], dependencyNames?: readonly string[]) =>
  lintCompilerOptions({ compiler, options: [...options] }, dependencyNames === undefined ? {} : { dependencyNames });

describe('options that are refused', () => {
  test.each([
    ['nuitka', '--python-flag=static_hashes', 'hash randomization'],
    ['nuitka', '--python-flag=no_site,static_hashes', 'hash randomization'],
    ['nuitka', '--python-flag=-m', "set 'module'"],
    ['nuitka', '--output-dir=dist', 'chooses where'],
    ['nuitka', '--mode=onefile', "set 'mode'"],
    ['nuitka', '--standalone', 'mode: standalone'],
    ['nuitka', '--onefile', 'mode: onefile'],
    ['nuitka', '--output-filename=x', "binary's name"],
    ['nuitka', '--report=r.xml', 'report'],
    ['nuitka', '--remove-output', 'removes'],
    ['nuitka', '--run', 'runs the program'],
    ['nuitka', '--company-name=Acme', "'publisher'"],
    ['nuitka', '--module', 'no binary'],
    ['nuitka', '--macos-sign-keyring-password=hunter2', 'can be read'],
    ['nuitka', '--collect-all=x', 'option of pyinstaller'],
    ['nuitka', '--inclde-package=x', 'did you mean --include-package?'],
    ['nuitka', '-j', 'no option of nuitka'],
    ['nuitka', 'other.py', 'is no option'],
    ['pyinstaller', '--onefile', 'mode: onefile'],
    ['pyinstaller', '-F', 'mode: onefile'],
    ['pyinstaller', '--distpath=x', 'chooses where'],
    ['pyinstaller', '--lto=yes', 'option of nuitka'],
    ['pyinstaller', '--colect-all', 'did you mean --collect-all?'],
    ['pyinstaller', '-w', 'console: false'],
  ] as const)('%s %s', (compiler, option, reason) => {
    const { errors } = lint(compiler, [option]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(reason);
    expect(errors[0]).toContain(option.startsWith('--python-flag') ? '--python-flag' : option);
  });

  test('a wrong option is never passed over because others are sound', () => {
    expect(lint('nuitka', ['--lto=no', '--standalone', '--zig', '--bogus']).errors).toHaveLength(2);
  });
});

describe('options that pass', () => {
  test.each([
    ['nuitka', ['--enable-plugin=tk-inter']],
    ['nuitka', ['--enable-plugin', 'tk-inter']],
    ['nuitka', ['--lto=no', '--noinclude-pytest-mode=nofollow', '--deployment']],
    ['nuitka', ['--python-flag=no_site']],
    ['nuitka', ['--nofollow-import-to=pygments.lexers.[!_d]*']],
    ['pyinstaller', ['--collect-all', 'textual']],
    ['pyinstaller', ['-p', 'lib', '--noupx']],
    ['pyinstaller', ['--runtime-hook=hook.py']],
  ] as const)('%s %j', (compiler, options) => {
    expect(lint(compiler, options)).toEqual({ errors: [], warnings: [] });
  });

  test('a recipe key is named where there is one', () => {
    expect(lint('nuitka', ['--include-package=x']).warnings[0]).toContain("'include.packages'");
    expect(lint('pyinstaller', ['--hidden-import=x']).warnings[0]).toContain("'include.modules'");
  });
});

describe('docstrings', () => {
  test.each([
    ['nuitka', '--python-flag=no_docstrings'],
    ['nuitka', '--python-flag=-OO'],
    ['pyinstaller', '--optimize=2'],
  ] as const)('%s %s', (compiler, option) => {
    expect(lint(compiler, [option], ['Typer', 'psutil']).errors[0]).toContain('--help would be empty');
    expect(lint(compiler, [option], ['psutil'])).toEqual({ errors: [], warnings: [] });
    expect(lint(compiler, [option]).errors).toEqual([]);
    expect(lint(compiler, [option]).warnings).toHaveLength(1);
  });
});

test('refusal names the binary, the key and every fault', () => {
  expect(() => refuseCompilerOptions('kit', { compiler: 'nuitka', options: ['--run', '--bogus'] })).toThrow(
    expect.objectContaining({
      code: 'compiler-option-refused',
      hint: expect.stringContaining('binaries.kit.python.options') as string,
    }) as Error,
  );
  expect(refuseCompilerOptions('kit', { compiler: 'nuitka', options: ['--include-module=x'] })[0]).toContain("options of 'kit'");
});

test('auto is nuitka until compare has decided', () => {
  expect(compilerOf({ compiler: 'auto' })).toBe('nuitka');
  expect(compilerOf({ compiler: 'pyinstaller' })).toBe('pyinstaller');
});

test('the tables hold names without dashes, once each', () => {
  for (const table of [NUITKA_OPTIONS, PYINSTALLER_OPTIONS]) {
    expect(table.length).toBeGreaterThan(40);
    expect(new Set(table).size).toBe(table.length);
    expect(table.filter((name) => !/^[a-z][a-z0-9-]*$/.test(name))).toEqual([]);
  }
});
