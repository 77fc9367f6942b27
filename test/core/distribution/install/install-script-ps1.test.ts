import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Language, Parser, type Node } from 'web-tree-sitter';
import { installScriptPs1, psQuoted } from '../../../../core/distribution/install/install-script-ps1';
import { distributionWith } from '../../../fakes/distributions';
import { installableDistribution, installablePackage } from '../../../fakes/installable';

const LINK = 'https://gate.example.org/d/AbCdEfGhIjKlMnOpQrStUvWxYz012345';
const GRAMMAR = path.resolve(__dirname, '../../../../node_modules/tree-sitter-powershell/tree-sitter-powershell.wasm');

let parser: Parser;
beforeAll(async () => {
  await Parser.init();
  parser = new Parser();
  parser.setLanguage(await Language.load(readFileSync(GRAMMAR)));
});

function scriptOf(change: Parameters<typeof installableDistribution>[0] = {}): string {
  return installScriptPs1(installableDistribution(change), LINK) ?? '';
}

function uninstallerOf(script: string): string {
  return /@'\n([^]*?)\n'@\n/.exec(script)?.[1] ?? '';
}

function nodesOf(text: string): readonly Node[] {
  const visit = (node: Node): readonly Node[] => [node, ...node.children.flatMap((child) => (child === null ? [] : visit(child)))];
  const tree = parser.parse(text);
  if (tree === null) throw new Error('the parser gave up');
  return visit(tree.rootNode);
}

const problemsIn = (text: string) => nodesOf(text).flatMap((node) => (node.isError || node.isMissing ? [node.text] : []));
/** What runs: the same whatever a record says. */
const commandsIn = (text: string) => nodesOf(text).flatMap((node) => (node.type === 'command_name' ? [node.text] : []));

test('both scripts parse, and are judged by a parser that sees mistakes', () => {
  const script = scriptOf();
  expect(problemsIn(script)).toEqual([]);
  expect(problemsIn(uninstallerOf(script))).toEqual([]);
  expect(problemsIn(script.replace('function Show-Usage {', 'function Show-Usage'))).not.toEqual([]);
});

test('a script that broke off is no whole command: after its parameters it is one block', () => {
  const lines = scriptOf().trimEnd().split('\n');
  const start = lines.indexOf('& {');
  expect(start).toBeGreaterThan(0);
  expect(lines.slice(0, start).every((line) => /^(#.*|param\(|\)|\s+\[(string|switch)\]\$\w+,?|)$/.test(line))).toBe(true);
  expect(lines.at(-1)).toMatch(/^\} @\{ .* \}$/);
  // In between nothing closes it: every line of code is indented, or of a here-string.
  const outside = lines
    .slice(start + 1, -1)
    .join('\n')
    .replace(/@(['"])\n[^]*?\n\1@/g, '')
    .split('\n');
  expect(outside.filter((line) => /^\S/.test(line))).toEqual([]);
});

test('it says what it installs, with the paths of Windows', () => {
  const file = installablePackage('windows-x86_64');
  const text = scriptOf({ files: [file], about: { installers: ['script'], publisher: "O'Brien", homepage: 'https://example.org' } });
  expect(text).toContain(`Link = '${LINK}'`);
  expect(text).toContain(
    `@{ File = 'fieldkit-windows-x86_64.zip'; Size = 10; Sha256 = '${file.sha256}'; Folder = 'fieldkit-windows-x86_64'; Programs = @(@{ Name = 'fieldkit'; Path = 'fieldkit-windows-x86_64\\fieldkit.exe' }) }`,
  );
  expect(text).toContain(`Release = '1.4.0-${file.sha256.slice(0, 12)}'`);
  expect(text).toContain(`Publisher = 'O''Brien'`);
});

test('what it leaves for removal holds neither the link nor its token', () => {
  expect(uninstallerOf(scriptOf())).toContain(`Name = 'fieldkit'`);
  expect(uninstallerOf(scriptOf())).not.toContain('AbCdEf');
});

test('Windows PowerShell 5.1 knows every word of it', () => {
  const script = scriptOf();
  const types = new Set(nodesOf(script).map((node) => node.type));
  expect([...types].filter((type) => /ternary|null_coalesc/.test(type))).toEqual([]);
  const code = script.replace(/@(['"])\n[^]*?\n\1@/g, "''").replace(/'(?:[^']|'')*'|"(?:[^"`]|`.|"")*"|^\s*#.*$/gm, "''");
  expect(code).not.toMatch(
    /\?\?|\?\.|&&|\|\||\s\?\s.*\s:\s|-AsHashtable|-Parallel|-Resume\b|-SkipCertificateCheck|\$Is(Windows|Linux|MacOS)|Join-String|clean\s*\{/,
  );
});

test('it stops at errors, never ends the shell that it runs in, and changes settings in its own block alone', () => {
  const script = scriptOf();
  expect(commandsIn(script)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(exit|iex|Invoke-Expression|Set-ExecutionPolicy|setx)$/i)]),
  );
  expect(nodesOf(script).filter((node) => /^exit\b/i.test(node.text) && node.type === 'flow_control_statement')).toEqual([]);
  for (const setting of [`$ErrorActionPreference = 'Stop'`, `$ProgressPreference = 'SilentlyContinue'`, 'Set-StrictMode -Version 2']) {
    expect(script).toContain(`\n    ${setting}\n`);
  }
  expect(script).not.toMatch(/\$(global|script|env):(?!OS\b|LOCALAPPDATA\b|Path\b|PROCESSOR_ARCHITECTURE\b|\$)/i);
  expect(script.indexOf('LanguageMode')).toBeLessThan(script.indexOf('[Net.'));
});

test('PATH is read as it is stored, and written back as what it was', () => {
  const script = scriptOf();
  expect(script).toContain('DoNotExpandEnvironmentNames');
  expect(script).toContain("GetValueKind('Path')");
  expect(script).not.toMatch(/SetEnvironmentVariable\('Path'/i);
});

const HOSTILE = [
  `'; Remove-Item C:\\ -Recurse #`,
  '\u2019; calc; \u2018',
  '\u201A; calc; \u201B',
  '$(calc)',
  '`$(calc)',
  '"; calc; "',
  "x\n'@\ncalc\n@'\n",
  'Ñandú ’ñ',
  '\u202Egnp.exe',
  '%0acalc',
  '\\u0027; calc',
  '\u{1F600}',
];

test.each(HOSTILE)('text such as %j stays text', (text) => {
  const change = { title: text, version: text, about: { installers: ['script' as const], title: text, publisher: text, homepage: text } };
  const script = scriptOf(change);
  expect(script).toMatch(/^[\n\x20-\x7e]*$/);
  expect(problemsIn(script)).toEqual([]);
  expect(problemsIn(uninstallerOf(script))).toEqual([]);
  const unescapes = (commands: readonly string[]) => commands.filter((command) => command !== 'calc');
  expect(commandsIn(script)).toEqual(unescapes(commandsIn(scriptOf())));
  expect(commandsIn(uninstallerOf(script))).toEqual(commandsIn(uninstallerOf(scriptOf())));
});

test('a literal means the text that it was made from', () => {
  const meaning = (literal: string) => {
    const inner = /'((?:[^']|'')*)'/.exec(literal)?.[1]?.replaceAll("''", "'") ?? '';
    return literal.startsWith('[regex]')
      ? inner.replace(/\\u([0-9a-f]{4})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      : inner;
  };
  for (const text of [...HOSTILE, 'plain', "it's", 'a\\b', '', '日本語 [x]+']) expect(meaning(psQuoted(text))).toBe(text);
});

test('there is none without a package for Windows that PowerShell can unpack', () => {
  expect(installScriptPs1(installableDistribution({ files: [installablePackage('linux-x86_64')] }), LINK)).toBeUndefined();
  expect(installScriptPs1(distributionWith(), LINK)).toBeUndefined();
  const tar = installablePackage('windows-x86_64', { file: 'fieldkit-windows-x86_64.tar.gz' });
  expect(installScriptPs1(installableDistribution({ files: [tar] }), LINK)).toBeUndefined();
});
