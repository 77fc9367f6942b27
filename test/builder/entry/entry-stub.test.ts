import '../../allow-processes';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ENTRY_INSPECTOR, EntryAnswerSchema, type EntryAnswer } from '../../../builder/entry/entry-inspector';
import { scriptStub, START_MODULE, startModule } from '../../../builder/entry/entry-stub';
import { STUB_FILE } from '../../../builder/job-layout';

/** These run the Python text with a real interpreter; what a compiler makes of it is proved by the real builds. */
const python = findPython();
const withPython = python === undefined ? describe.skip : describe;
if (python === undefined) console.warn('skipped: no python3 of 3.8 or later on PATH');

function findPython(): string | undefined {
  const found = spawnSync('python3', ['-c', 'import sys; assert sys.version_info >= (3, 8); print(sys.executable)'], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

let directory: string;
beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'slipway-entry-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function put(file: string, text: string | Uint8Array): string {
  const full = path.join(directory, file);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, text);
  return full;
}

function run(file: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  return spawnSync(python ?? '', [file, ...args], { encoding: 'utf8', env: { PATH: process.env.PATH, PYTHONPATH: directory, ...env } });
}

function inspect(question: { kind: 'script' | 'entry' | 'module'; name: string }, env: Record<string, string> = {}): EntryAnswer {
  const program = put('inspect_entry.py', ENTRY_INSPECTOR);
  const isIsolated = Object.keys(env).length === 0;
  const told = execFileSync(python ?? '', [...(isIsolated ? ['-I'] : []), program], {
    encoding: 'utf8',
    input: JSON.stringify({ ...question, projectDirectory: directory, startModule: START_MODULE }),
    env: { PATH: process.env.PATH, ...env },
  });
  return EntryAnswerSchema.parse(JSON.parse(told));
}

function mainOf(answer: EntryAnswer): Extract<EntryAnswer, { answer: 'main' }> {
  if (answer.answer !== 'main') throw new Error(`not a main file: ${JSON.stringify(answer)}`);
  return answer;
}

withPython('the stub of a script', () => {
  test.each([
    ['kit.cli:main', 'def main():\n    print("ran"); return 3\n'],
    ['kit.cli:App.run', 'class App:\n    @staticmethod\n    def run():\n        print("ran"); return 3\n'],
  ])('%s is called and its value is the exit code', (entryPoint, text) => {
    put('kit/__init__.py', '');
    put('kit/cli.py', text);
    put(`entry/${START_MODULE}.py`, startModule('kit', 'nuitka'));
    const result = run(put(`entry/${STUB_FILE}`, scriptStub('kit', entryPoint)));
    expect([result.stdout, result.status]).toEqual(['ran\n', 3]);
  });

  test('usage names the program, and a package of the same name is not hidden', () => {
    put('kit/__init__.py', '');
    put('kit/cli.py', 'import argparse\ndef main():\n    argparse.ArgumentParser().parse_args()\n');
    put(`entry/${START_MODULE}.py`, startModule('kit', 'nuitka'));
    const result = run(put(`entry/${STUB_FILE}`, scriptStub('kit', 'kit.cli:main')), ['--help']);
    expect(result.stdout).toMatch(/^usage: kit \[-h\]/);
  });

  test('a start as a multiprocessing child does not run the program', () => {
    const start = startModule('kit', 'pyinstaller');
    const child = 'import sys\nsys.argv[1:] = ["--multiprocessing-fork"]\nimport multiprocessing\n';
    put(`${START_MODULE}.py`, `${child}multiprocessing.freeze_support = lambda: (print("child"), sys.exit(0))\n${start}`);
    expect(run(put('main.py', `import ${START_MODULE}\nprint("program")\n`)).stdout).toBe('child\n');
    expect(startModule('kit', 'nuitka')).not.toContain('multi');
  });
});

withPython('what every binary does first', () => {
  test.each([
    ['/opt/x/kit', '/opt/x/kit'],
    ['kit.exe', 'kit'],
    ['C:/apps/Kit.EXE', 'C:/apps/Kit'],
    ['', 'kit'],
    ['/work/_slipway_main.py', '/work/kit'],
    ['my.tool', 'my.tool'],
    ['/opt/kit/lib/kit.bin', '/opt/kit/kit'],
    ['lib/kit.bin', 'kit'],
    ['/opt/kit/kit.bin', '/opt/kit/kit'],
    ['/opt/kit/other.bin', '/opt/kit/other.bin'],
  ])('called as %j it is %j', (called, expected) => {
    put(`${START_MODULE}.py`, startModule('kit', 'nuitka'));
    const main = put('main.py', `import sys\nsys.argv[0] = ${JSON.stringify(called)}\nimport ${START_MODULE}\nprint(sys.argv)\n`);
    expect(run(main, ['a']).stdout).toBe(`['${expected}', 'a']\n`);
  });

  test.each([
    ['cp1252', 'caf\u00e9 \\u2713\n'],
    ['ascii', 'caf\\xe9 \\u2713\n'],
    ['ascii:surrogateescape', 'caf\\xe9 \\u2713\n'],
    ['ascii:replace', 'caf? ?\n'],
    ['utf-8', 'caf\u00e9 \u2713\n'],
  ])('a pipe in %s gets what it can hold', (encoding, expected) => {
    put(`${START_MODULE}.py`, startModule('kit', 'nuitka'));
    const main = put('main.py', `import ${START_MODULE}\nprint("caf\\u00e9 \\u2713")\n`);
    const result = spawnSync(python ?? '', [main], { env: { PATH: process.env.PATH, PYTHONPATH: directory, PYTHONIOENCODING: encoding } });
    expect(result.status).toBe(0);
    expect(new TextDecoder(encoding === 'utf-8' ? 'utf-8' : 'windows-1252').decode(result.stdout)).toBe(expected);
  });

  test('a program without streams starts', () => {
    put(`${START_MODULE}.py`, startModule('kit', 'nuitka'));
    const main = put('main.py', `import sys\nsys.stdout = None\nimport ${START_MODULE}\nsys.stderr.write("up")\n`);
    expect(run(main).stderr).toBe('up');
  });
});

withPython('a file as the main file', () => {
  const first = `import ${START_MODULE}`;

  test.each([
    ['plain', 'print(1)\n', `${first}\nprint(1)\n`],
    ['docstring with a blank line', '"""Doc."""\n\nprint(1)\n', `"""Doc."""\n${first}\nprint(1)\n`],
    [
      'future imports',
      '"""Doc."""\nfrom __future__ import annotations\nprint(1)\n',
      `"""Doc."""\nfrom __future__ import annotations\n${first}\nprint(1)\n`,
    ],
    ['shebang', '#!/usr/bin/env python3\nprint(1)\n', `${first}\nprint(1)\n`],
    ['decorated function', '@staticmethod\ndef f(): pass\n', `${first}\n@staticmethod\ndef f(): pass\n`],
    ['multi-line docstring', '"""Doc\n\nmore\n"""\nimport os\n', `"""Doc\n\nmore\n"""\n${first}\nimport os\n`],
    ['no final line feed', '"""Doc."""', `"""Doc."""\n${first}\n`],
    ['empty', '', `${first}\n`],
    ['other encoding', '# -*- coding: latin-1 -*-\nprint(1)\n', `# -*- coding: utf-8 -*-\n${first}\nprint(1)\n`],
  ])('%s', (_, source, expected) => {
    expect(mainOf(inspect({ kind: 'entry', name: put('app.py', source) })).source).toBe(expected);
  });

  test('bytes of another encoding are decoded by it', () => {
    const bytes = Buffer.concat([Buffer.from('# coding: latin-1\nprint("caf'), Buffer.from([0xe9]), Buffer.from('")\n')]);
    expect(mainOf(inspect({ kind: 'entry', name: put('app.py', bytes) })).source).toContain('café');
  });

  test('siblings are searched where the file is', () => {
    expect(mainOf(inspect({ kind: 'entry', name: put('tools/app.py', 'import other\n') })).searchPath).toEqual([
      path.join(directory, 'tools'),
    ]);
  });

  test('options in comments are disarmed and told', () => {
    const answer = mainOf(inspect({ kind: 'entry', name: put('app.py', '# nuitka-project: --mode=onefile\nprint(1)\n') }));
    expect(answer.hasCompilerComments).toBe(true);
    expect(answer.source).not.toMatch(/# nuitka-project/);
  });

  test('a syntax error has its place', () => {
    const file = put('app.py', 'print(1)\nif True\n    pass\n');
    expect(inspect({ kind: 'entry', name: file })).toMatchObject({ answer: 'syntax', file, line: 2, text: 'if True' });
  });

  test('a missing file is told', () => {
    expect(inspect({ kind: 'entry', name: path.join(directory, 'no.py') })).toEqual({ answer: 'no-file' });
  });
});

withPython('a module as the main file', () => {
  test('a package runs as python -m runs it, with relative imports', () => {
    put('kit/__init__.py', 'loaded = True\n');
    put('kit/cli.py', 'def main(): print("cli")\n');
    put('kit/sub/__init__.py', 'value = 7\n');
    const source =
      'from . import cli\nfrom .sub import value\nfrom .cli import (\n    main,\n)\nif __name__ == "__main__":\n    main(); print(value, cli.__name__)\n';
    put('kit/__main__.py', source);
    const answer = mainOf(inspect({ kind: 'module', name: 'kit' }));
    expect(answer.searchPath).toEqual([directory]);
    expect(answer.source).not.toMatch(/from \./);
    put(`entry/${START_MODULE}.py`, startModule('kit', 'nuitka'));
    expect(run(put(`entry/${STUB_FILE}`, answer.source)).stdout).toBe('cli\n7 kit.cli\n');
  });

  test('a module inside a package climbs with its dots', () => {
    put('src/kit/__init__.py', '');
    put('src/kit/base.py', 'name = "base"\n');
    put('src/kit/tools/__init__.py', '');
    put('src/kit/tools/show.py', 'from ..base import name\nfrom .. import base\nprint(name, base.name)\n');
    const answer = mainOf(inspect({ kind: 'module', name: 'kit.tools.show' }));
    expect(answer.searchPath).toEqual([path.join(directory, 'src')]);
    expect(answer.source).toContain('from kit.base import name\nfrom kit import base');
  });

  test.each([
    ['nothing.here', 'there is no such module'],
    ['bare', 'it is a package without __main__.py'],
  ])('%s is refused', (name, reason) => {
    put('bare/__init__.py', '');
    expect(inspect({ kind: 'module', name })).toEqual({ answer: 'no-module', reason });
  });

  test('nothing of the program is imported', () => {
    put('kit/__init__.py', 'raise SystemExit("imported")\n');
    put('kit/__main__.py', 'print(1)\n');
    expect(inspect({ kind: 'module', name: 'kit' }).answer).toBe('main');
  });
});

withPython('a script name', () => {
  function install(name: string, points: string, isLocal: boolean): void {
    put(`site/${name}-1.0.dist-info/METADATA`, `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`);
    put(`site/${name}-1.0.dist-info/entry_points.txt`, points);
    if (isLocal) put(`site/${name}-1.0.dist-info/direct_url.json`, '{"url": "file:///src", "dir_info": {}}');
  }
  const environment = () => ({ PYTHONPATH: path.join(directory, 'site') });
  beforeEach(() => {
    put('site/kit/__init__.py', '');
    put('site/kit/cli.py', 'app = print\n');
  });

  test('leads to its entry point and its distribution', () => {
    install('kit', '[console_scripts]\nkit = kit.cli:app [fast]\n', false);
    expect(inspect({ kind: 'script', name: 'kit' }, environment())).toEqual({
      answer: 'script',
      entryPoint: 'kit.cli:app',
      distribution: 'kit',
      broken: [],
    });
  });

  test('of the project itself wins over a dependency that has the same', () => {
    install('aaa', '[console_scripts]\nkit = aaa:main\n', false);
    install('kit', '[console_scripts]\nkit = kit:main\n', true);
    install('zzz', '[console_scripts]\nkit = zzz:main\n', false);
    expect(inspect({ kind: 'script', name: 'kit' }, environment())).toMatchObject({ entryPoint: 'kit:main' });
  });

  test('whose module is missing is told', () => {
    install('kit', '[console_scripts]\nkit = kit.gone:app\n', true);
    expect(inspect({ kind: 'script', name: 'kit' }, environment())).toMatchObject({
      answer: 'no-module',
      reason: expect.stringContaining("'kit.gone:app'") as string,
    });
  });

  test('whose module has a syntax error is told with its place', () => {
    install('kit', '[console_scripts]\nkit = kit.cli:app\n', true);
    const file = put('site/kit/cli.py', 'import os\ndef app(:\n');
    expect(inspect({ kind: 'script', name: 'kit' }, environment())).toMatchObject({ answer: 'syntax', file, line: 2 });
  });

  test('is answered with the other modules that have a syntax error', () => {
    install('kit', '[console_scripts]\nkit = kit.cli:app\n', true);
    put('site/kit/late.py', 'x = 1\nif x\n');
    put('site/kit-1.0.dist-info/RECORD', 'kit/__init__.py,,\nkit/cli.py,,\nkit/late.py,,\n');
    expect(inspect({ kind: 'script', name: 'kit' }, environment())).toMatchObject({
      answer: 'script',
      broken: [expect.stringMatching(/^kit\/late\.py:2: /) as string],
    });
  });

  test('that does not exist is answered with those that do', () => {
    install('kit', '[console_scripts]\nkit = kit.cli:app\n[gui_scripts]\nkit-gui = kit.gui:app\n', true);
    const answer = inspect({ kind: 'script', name: 'kitt' }, environment());
    expect(answer).toMatchObject({ answer: 'no-script', known: expect.arrayContaining(['kit', 'kit-gui']) as string[] });
  });
});
