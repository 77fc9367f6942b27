/**
 * Owns the judgement of a recipe's raw compiler options, before anything is compiled:
 * what Slipway sets itself, what leaves no binary, what does not exist, what breaks the program.
 */
import { closest } from 'fastest-levenshtein';
import { NUITKA_OPTIONS, PYINSTALLER_OPTIONS } from './compiler-option-names';
import type { JobPython } from '../job/job';
import { SlipwayError } from '../slipway-error';

export interface CompilerOptionFacts {
  /** The program's dependencies where they are known, by distribution name. */
  readonly dependencyNames?: readonly string[];
}

export interface CompilerOptionFindings {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

export type PythonCompiler = 'nuitka' | 'pyinstaller';

/** `auto` means the compiler that `slipway compare` chose; where it chose none, Nuitka. */
export function compilerOf(python: Pick<JobPython, 'compiler'>): PythonCompiler {
  return python.compiler === 'pyinstaller' ? 'pyinstaller' : 'nuitka';
}

/** What to write instead of an option that Slipway sets itself, by compiler and option. */
const OWNED: Readonly<Record<PythonCompiler, Readonly<Record<string, string>>>> = {
  nuitka: {
    mode: "set 'mode' of the binary instead",
    standalone: "set 'mode: standalone' instead",
    onefile: "set 'mode: onefile' instead",
    'output-dir': 'slipway chooses where the compiler writes',
    'output-filename': "the binary's name in slipway.yaml is its file name",
    'output-folder-name': 'the folder is named after the package in slipway.yaml',
    'remove-output': 'slipway removes what the compiler leaves',
    report: 'slipway asks for the report itself',
    main: "set 'entry', 'script' or 'module' instead",
    project: "set 'entry', 'script' or 'module' instead",
    'progress-bar': 'slipway shows the progress',
    'company-name': "set 'publisher' instead",
    'product-name': "set 'title' instead",
    'file-version': "set 'version' instead",
    'product-version': "set 'version' instead",
    'file-description': "set 'description' instead",
    'windows-console-mode': "set 'console' of the binary instead",
    'windows-icon-from-ico': "set 'icon' of the binary instead",
    'macos-sign-identity': "signing is reserved under 'signing'",
    'macos-sign-notarization': "signing is reserved under 'signing'",
    'macos-sign-keyring-filename': "signing is reserved under 'signing'",
    'macos-sign-keyring-password': 'a password in a command line can be read by every process',
  },
  pyinstaller: {
    onedir: "set 'mode: standalone' instead",
    onefile: "set 'mode: onefile' instead",
    name: "the binary's name in slipway.yaml is its file name",
    distpath: 'slipway chooses where the compiler writes',
    workpath: 'slipway chooses where the compiler writes',
    specpath: 'slipway chooses where the compiler writes',
    noconfirm: 'slipway sets it',
    clean: 'slipway sets it',
    console: "set 'console' of the binary instead",
    noconsole: "set 'console: false' of the binary instead",
    nowindowed: "set 'console' of the binary instead",
    windowed: "set 'console: false' of the binary instead",
    icon: "set 'icon' of the binary instead",
    'version-file': "set 'version', 'title' and 'publisher' instead",
    'codesign-identity': "signing is reserved under 'signing'",
  },
};

const PYINSTALLER_SHORT: Readonly<Record<string, string>> = {
  D: 'onedir',
  F: 'onefile',
  n: 'name',
  y: 'noconfirm',
  c: 'console',
  w: 'windowed',
  i: 'icon',
  v: 'version',
  h: 'help',
  p: 'paths',
  s: 'strip',
  m: 'manifest',
  r: 'resource',
  d: 'debug',
};

/** Options after which no binary of the planned kind is left. */
const NO_BINARY: ReadonlySet<string> = new Set([
  ...['help', 'help-all', 'help-plugin', 'help-plugins', 'version', 'plugin-list', 'github-workflow-options'],
  ...['list-package-data', 'list-package-dlls', 'list-package-exe', 'list-distribution-metadata'],
  ...['module', 'generate-c-only', 'devel-recompile-c-only', 'create-environment-from-report', 'macos-create-app-bundle', 'target'],
]);

/** Options that run what was just built, with the rights of the build. */
const RUNS: ReadonlySet<string> = new Set(['run', 'debugger', 'gdb']);

/** Raw options for which the recipe has a key that both compilers understand. */
const RECIPE_KEYS: Readonly<Record<string, string>> = {
  'include-package': 'include.packages',
  'include-module': 'include.modules',
  'include-package-data': 'include.package-data',
  'include-distribution-metadata': 'include.metadata',
  'include-data-dir': 'include.data',
  'include-data-files': 'include.data',
  'nofollow-import-to': 'exclude.modules',
  'hidden-import': 'include.modules',
  hiddenimport: 'include.modules',
  'collect-submodules': 'include.packages',
  'collect-data': 'include.package-data',
  'collect-datas': 'include.package-data',
  'copy-metadata': 'include.metadata',
  'add-data': 'include.data',
  'exclude-module': 'exclude.modules',
};

/** Libraries that print docstrings as help. */
const DOCSTRING_READERS: readonly string[] = ['typer', 'typer-slim', 'click', 'cyclopts', 'docopt', 'fire'];

export interface SortedOptions {
  /** What is for the compiler, or for nobody: that is left to the linter. */
  readonly own: readonly string[];
  /** What the other compiler knows and this one does not. */
  readonly foreign: readonly string[];
}

/** Options of a binary whose compiler is chosen for it: each goes to the compiler that knows it, with the value that follows it. */
export function sortCompilerOptions(compiler: PythonCompiler, options: readonly string[]): SortedOptions {
  const other: PythonCompiler = compiler === 'nuitka' ? 'pyinstaller' : 'nuitka';
  const own: string[] = [];
  const foreign: string[] = [];
  let isForeign = false;
  for (const option of options) {
    if (option.startsWith('-')) isForeign = longName(compiler, option) === undefined && longName(other, option) !== undefined;
    (isForeign ? foreign : own).push(option);
  }
  return { own, foreign };
}

/**
 * Judges `options` of one binary; pure.
 * Unique beginnings of long options count as the option, as both compilers take them.
 */
export function lintCompilerOptions(
  python: Pick<JobPython, 'compiler' | 'options'>,
  facts: CompilerOptionFacts = {},
): CompilerOptionFindings {
  const compiler = compilerOf(python);
  if (python.compiler === 'auto') return lintForBoth(python.options, facts);
  const errors: string[] = [];
  const warnings: string[] = [];
  python.options.forEach((option, index) => {
    if (!option.startsWith('-') || option === '-') {
      const before = python.options[index - 1];
      const isValue = before?.startsWith('-') === true && !before.includes('=');
      if (!isValue) errors.push(`'${option}' is no option: expected --name or --name=value`);
      return;
    }
    const name = longName(compiler, option);
    const value = option.includes('=') ? option.slice(option.indexOf('=') + 1) : (python.options[index + 1] ?? '');
    if (name === undefined) errors.push(unknownOption(compiler, option));
    else judge(compiler, option, name, value, facts, { errors, warnings });
  });
  return { errors, warnings };
}

/** Either may be chosen: what only one knows is its own affair, what neither knows is a mistake. */
function lintForBoth(options: readonly string[], facts: CompilerOptionFacts): CompilerOptionFindings {
  const found = (['nuitka', 'pyinstaller'] as const).map((compiler) =>
    lintCompilerOptions({ compiler, options: [...sortCompilerOptions(compiler, options).own] }, facts),
  );
  const once = (lines: readonly string[]) => [...new Set(lines)];
  return { errors: once(found.flatMap(({ errors }) => errors)), warnings: once(found.flatMap(({ warnings }) => warnings)) };
}

/**
 * @throws SlipwayError `compiler-option-refused` with everything that is wrong
 * @returns the warnings
 */
export function refuseCompilerOptions(
  binary: string,
  python: Pick<JobPython, 'compiler' | 'options'>,
  facts: CompilerOptionFacts = {},
): readonly string[] {
  const { errors, warnings } = lintCompilerOptions(python, facts);
  if (errors.length > 0) {
    throw new SlipwayError('compiler-option-refused', `options of the binary '${binary}' are refused: ${errors.join('; ')}`, {
      hint: `change binaries.${binary}.python.options in slipway.yaml`,
      details: { binary, errors },
    });
  }
  return warnings.map((warning) => `options of '${binary}': ${warning}`);
}

function judge(
  compiler: PythonCompiler,
  option: string,
  name: string,
  value: string,
  facts: CompilerOptionFacts,
  found: { readonly errors: string[]; readonly warnings: string[] },
): void {
  const instead = OWNED[compiler][name];
  const key = RECIPE_KEYS[name];
  if (instead !== undefined) found.errors.push(`'${option}' is refused: ${instead}`);
  else if (RUNS.has(name)) found.errors.push(`'${option}' is refused: it runs the program while it is built; use 'checks' instead`);
  else if (NO_BINARY.has(name)) found.errors.push(`'${option}' is refused: the compiler would leave no binary`);
  else if (name === 'python-flag') judgePythonFlags(value, facts, found);
  else if (name === 'python-option' || name === 'optimize') judgeOptimization(option, value, facts, found);
  // No key of the recipe takes a pattern.
  else if (key !== undefined && !/[*?[]/.test(value))
    found.warnings.push(`'${option}' works, and '${key}' says the same for every compiler`);
}

function judgePythonFlags(
  value: string,
  facts: CompilerOptionFacts,
  found: { readonly errors: string[]; readonly warnings: string[] },
): void {
  for (const flag of value.split(',')) {
    if (['static_hashes', 'norandomization', 'no_randomization', '-R'].includes(flag)) {
      found.errors.push(
        `'--python-flag=${flag}' is refused: Python has no such flag, and it would take the hash randomization from everyone who runs the program`,
      );
    } else if (['no_docstrings', 'nodocstrings', '-OO'].includes(flag)) judgeDocstrings(`--python-flag=${flag}`, facts, found);
    else if (['-m', 'package_mode'].includes(flag))
      found.errors.push(`'--python-flag=${flag}' is refused: set 'module' instead of 'entry'`);
  }
}

function judgeOptimization(
  option: string,
  value: string,
  facts: CompilerOptionFacts,
  found: { readonly errors: string[]; readonly warnings: string[] },
): void {
  if (value === '2' || value === 'OO' || value === 'O 2') judgeDocstrings(option, facts, found);
}

function judgeDocstrings(
  option: string,
  facts: CompilerOptionFacts,
  found: { readonly errors: string[]; readonly warnings: string[] },
): void {
  const readers = facts.dependencyNames?.filter((name) => DOCSTRING_READERS.includes(name.toLowerCase()));
  if (readers === undefined) {
    found.warnings.push(`'${option}' removes the help texts of a program that uses typer or click: they are docstrings`);
  } else if (readers.length > 0) {
    found.errors.push(`'${option}' is refused: ${readers.join(' and ')} shows docstrings as help, and --help would be empty`);
  }
}

function longName(compiler: PythonCompiler, option: string): string | undefined {
  const known = knownOptions(compiler);
  if (!option.startsWith('--'))
    return compiler === 'pyinstaller' ? PYINSTALLER_SHORT[option.charAt(1)] : option === '-h' ? 'help' : undefined;
  const written = option.slice(2).split('=', 1)[0] ?? '';
  if (known.includes(written)) return written;
  const beginnings = known.filter((name) => name.startsWith(written));
  return written.length > 1 && beginnings.length === 1 ? beginnings[0] : undefined;
}

function unknownOption(compiler: PythonCompiler, option: string): string {
  const other: PythonCompiler = compiler === 'nuitka' ? 'pyinstaller' : 'nuitka';
  const written = option.replace(/^--?/, '').split('=', 1)[0] ?? '';
  if (knownOptions(other).includes(written)) return `'${option}' is an option of ${other}, and this binary is compiled with ${compiler}`;
  return `'${option}' is no option of ${compiler}: did you mean --${closest(written, [...knownOptions(compiler)])}?`;
}

function knownOptions(compiler: PythonCompiler): readonly string[] {
  return compiler === 'nuitka' ? NUITKA_OPTIONS : PYINSTALLER_OPTIONS;
}
