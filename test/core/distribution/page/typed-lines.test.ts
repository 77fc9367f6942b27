/** Every line that the page shows is one that its shell runs, or at least reads: copied whole, with a real archive beside it. */
import '../../../allow-processes';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from 'tar';
import { Language, Parser } from 'web-tree-sitter';
import { pageModel } from '../../../../core/distribution/page/page-model';
import type { Step } from '../../../../core/distribution/page/steps';
import { PLATFORMS, type PlatformId } from '../../../../core/platform';
import { sha256Of } from '../../../fakes/distributions';
import { release } from '../../../fakes/release';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'slipway däwnloads '));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const commandsOf = (steps: readonly Step[]) =>
  steps.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'command' ? part.command : [])));

function stepsFor(platform: PlatformId, sha256?: string): readonly Step[] {
  const { distribution } = release({ platforms: [platform] });
  const files = distribution.files.map((file) => (file.kind === 'archive' && sha256 !== undefined ? { ...file, sha256 } : file));
  const { os, arch } = PLATFORMS[platform];
  const model = pageModel({
    distribution: { ...distribution, files },
    nowMs: 0,
    linkPrefix: '',
    linkUrl: 'http://[fe80::1]:8722/d/TOKEN',
    system: { kind: 'known', os, arch },
  });
  const { steps = [], fetch, install } = model.first ?? {};
  return [
    ...steps,
    {
      title: 'lines',
      parts: [fetch, install?.command, install?.uninstall].flatMap((command) =>
        command === undefined ? [] : { kind: 'command', shell: 'Terminal', command },
      ),
    },
  ];
}

async function archiveOf(platform: PlatformId): Promise<string> {
  const name = `fieldkit-${platform}`;
  mkdirSync(path.join(folder, name));
  writeFileSync(path.join(folder, name, 'fieldkit'), '#!/bin/sh\necho fieldkit 1.4.0\n', { mode: 0o755 });
  const file = path.join(folder, `${name}.tar.gz`);
  await create({ cwd: folder, file, gzip: true }, [name]);
  rmSync(path.join(folder, name), { recursive: true });
  return file;
}

function run(shell: string, line: string): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(shell, ['-c', line], { cwd: folder, env: { PATH: process.env.PATH, LC_ALL: 'C' } });
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.resume();
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, output }));
  });
}

const hasShasum = (process.env.PATH ?? '').split(path.delimiter).some((entry) => existsSync(path.join(entry, 'shasum')));
if (!hasShasum) process.stderr.write("note: there is no shasum here (Perl brings it), so macOS's line to verify is read and not run\n");

test.each<PlatformId>(hasShasum ? ['linux-x86_64', 'macos-arm64'] : ['linux-x86_64'])(
  'of %s: verified, unpacked and run, and a damaged file is found out',
  async (platform) => {
    const file = await archiveOf(platform);
    const [verify = '', ...rest] = commandsOf(stepsFor(platform, sha256Of(readFileSync(file))));
    const unpack = rest.find((command) => command.startsWith('tar ')) ?? '';
    expect(await run('sh', verify)).toEqual({ exitCode: 0, output: `fieldkit-${platform}.tar.gz: OK\n` });
    expect(await run('sh', unpack)).toEqual({ exitCode: 0, output: 'fieldkit 1.4.0\n' });
    writeFileSync(file, 'cut off');
    const damaged = await run('sh', verify);
    expect(damaged.exitCode).not.toBe(0);
    expect(damaged.output).toBe(`fieldkit-${platform}.tar.gz: FAILED\n`);
  },
);

test.each(['linux-x86_64', 'macos-arm64'] as const)('every line of %s is one to a shell', async (platform) => {
  for (const line of commandsOf(stepsFor(platform))) {
    const { exitCode } = await run('sh', `set -n\n${line}`);
    expect([line, exitCode]).toEqual([line, 0]);
  }
});

test('every line of Windows is one to PowerShell', async () => {
  await Parser.init();
  const parser = new Parser();
  const grammar = path.resolve(__dirname, '../../../../node_modules/tree-sitter-powershell/tree-sitter-powershell.wasm');
  parser.setLanguage(await Language.load(readFileSync(grammar)));
  const lines = commandsOf(stepsFor('windows-x86_64'));
  expect(lines).toHaveLength(6);
  for (const line of lines) expect([line, parser.parse(`${line}\n`)?.rootNode.hasError]).toEqual([line, false]);
  parser.delete();
});
