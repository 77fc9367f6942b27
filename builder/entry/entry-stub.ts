/**
 * Owns the Python text that a binary starts with: what every binary does first, the stub of a script entry point,
 * and the program that turns a module or a file into such a main file. Nothing is written or run here.
 */
import type { PythonCompiler } from '../../core/recipe/compiler-options';

/** The module that every main file imports first. */
export const START_MODULE = '_slipway_start';

/**
 * The text of {@link START_MODULE}.
 *
 * - `sys.argv[0]` is how the program was called, without `.exe`: usage and `--help` show the program's name, as with pip's launchers.
 *   Nuitka 4.3.3 follows the link of a program that lies in `lib/` (see `compilers/nuitka.ts`): it is led back to the link.
 * - A stream whose encoding cannot hold every character (a pipe on a legacy code page, the C locale) writes escapes
 *   instead of ending the program with UnicodeEncodeError; the encoding itself stays.
 * - PyInstaller starts a program again for each `multiprocessing` child: such a start must not run the program.
 *   The module is named so that its analysis does not ship multiprocessing with every program.
 */
export function startModule(binary: string, compiler: PythonCompiler): string {
  const lines = [
    `"""What ${binary} does before anything else. Written by Slipway."""`,
    'import os',
    'import sys',
    '',
    '',
    'def _program(called):',
    '    directory, base = os.path.split(called or "")',
    '    stem, suffix = os.path.splitext(base)',
    '    if suffix.lower() == ".exe":',
    '        return os.path.join(directory, stem)',
    `    if base == ${pythonString(`${binary}.bin`)}:`,
    '        above, last = os.path.split(directory)',
    `        return os.path.join(above if last == "lib" else directory, ${pythonString(binary)})`,
    '    if not base or suffix == ".py":',
    `        return os.path.join(directory, ${pythonString(binary)})`,
    '    return called',
    '',
    '',
    'def _lenient(stream):',
    '    encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "").replace("_", "")',
    '    if stream is None or encoding.startswith("utf") or not hasattr(stream, "reconfigure"):',
    '        return',
    '    if stream.errors in ("strict", "surrogateescape"):',
    '        stream.reconfigure(errors="backslashreplace")',
    '',
    '',
    'sys.argv[:1] = [_program(sys.argv[0] if sys.argv else "")]',
    '_lenient(sys.stdout)',
    '_lenient(sys.stderr)',
  ];
  return [...lines, ...(compiler === 'pyinstaller' ? MULTIPROCESSING_CHILD : []), ''].join('\n');
}

const MULTIPROCESSING_CHILD: readonly string[] = [
  'if any(word == "--multiprocessing-fork" or word.startswith("from multiprocessing.") for word in sys.argv[1:]):',
  '    try:',
  '        __import__("".join(("multi", "processing"))).freeze_support()',
  '    except ImportError:',
  '        pass',
];

/**
 * The main file of a `[project.scripts]` entry point.
 * @param entryPoint `package.module:object.attribute`
 */
export function scriptStub(binary: string, entryPoint: string): string {
  const [module = '', object = ''] = entryPoint.split(':');
  const [name = '', ...attributes] = object.split('.');
  const callee = ['_entry', ...attributes].join('.');
  return [
    `"""Entry of ${binary}. Written by Slipway."""`,
    `import ${START_MODULE}`,
    'import sys',
    '',
    `from ${module} import ${name} as _entry`,
    '',
    'if __name__ == "__main__":',
    `    sys.exit(${callee}())`,
    '',
  ].join('\n');
}

/** A Python literal of any text. */
function pythonString(text: string): string {
  return JSON.stringify(text);
}
