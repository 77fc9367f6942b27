/** Proves that Nuitka's result gets the program's own name, also where a package of that name ships data beside it. */
import { mkdtemp, mkdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BuilderContext } from '../../../builder/builder-context';
import { nuitka } from '../../../builder/compilers/nuitka';
import type { CompileRequest } from '../../../builder/compilers/python-compiler';
import { createNodeFiles } from '../../../local/machine/files-node';

let jobDirectory: string;
beforeEach(async () => {
  jobDirectory = await mkdtemp(path.join(tmpdir(), 'slipway-nuitka-'));
});
afterEach(() => rm(jobDirectory, { recursive: true, force: true }));

function requestFor(platform: 'linux-x86_64' | 'windows-x86_64'): CompileRequest {
  return {
    job: { platform, name: 'kit', version: '1.0.0', budgets: {}, source: { epochSeconds: 0, projectPath: '.' } },
    binary: { name: 'kit', console: true },
    python: {
      mode: 'standalone',
      include: { packages: [], modules: [], packageData: ['kit'], metadata: [], data: [] },
      exclude: { packages: [], modules: [] },
      options: [],
    },
    paths: {
      environment: 'work/environments/kit',
      mainFile: 'work/entry/kit/_slipway_main.py',
      compileDirectory: 'work/compile/kit',
      scratchDirectory: 'work/scratch/kit',
    },
    host: { platform, cpuCount: 2 },
    distribution: 'kit',
    searchPath: [],
  } as unknown as CompileRequest;
}

async function compiled(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const full = path.join(jobDirectory, 'work/compile/kit/_slipway_main.dist', file);
    await mkdir(path.dirname(full), { recursive: true });
    await writeFile(full, file);
  }
}

const find = (platform: 'linux-x86_64' | 'windows-x86_64') =>
  nuitka.findProgram({ files: createNodeFiles(), jobDirectory } as unknown as BuilderContext, requestFor(platform));

it('never tells Nuitka the name of a package on systems without .exe', () => {
  expect(nuitka.commands(requestFor('linux-x86_64'))[0]?.argv).toContain('--output-filename=kit.bin');
  expect(nuitka.commands(requestFor('windows-x86_64'))[0]?.argv).toContain('--output-filename=kit.exe');
});

it('gives the executable its own name', async () => {
  await compiled(['kit.bin', 'lib.so']);
  const program = await find('linux-x86_64');
  expect(program).toMatchObject({ form: 'folder', executable: 'kit' });
  expect(await readFile(path.join(program.path, 'kit'), 'utf8')).toBe('kit.bin');
});

it('leads to it by a link where a folder has the name', async () => {
  await compiled(['kit.bin', 'kit/themes/dark.toml']);
  const program = await find('linux-x86_64');
  expect(await readlink(path.join(program.path, 'kit'))).toBe('lib/kit.bin');
  expect(await readFile(path.join(program.path, 'kit'), 'utf8')).toBe('kit.bin');
  expect(await readFile(path.join(program.path, 'lib/kit/themes/dark.toml'), 'utf8')).toBe('kit/themes/dark.toml');
});

it('needs neither on Windows', async () => {
  await compiled(['kit.exe', 'kit/themes/dark.toml']);
  const program = await find('windows-x86_64');
  expect(await readFile(path.join(program.path, 'kit.exe'), 'utf8')).toBe('kit.exe');
});

it('fails where Nuitka left nothing', async () => {
  await compiled(['lib.so']);
  await expect(find('linux-x86_64')).rejects.toMatchObject({ code: 'compile-failed' });
});

describe('the C compiler', () => {
  const argvOf = (kind: string, platform: 'linux-x86_64' | 'windows-x86_64', options: readonly string[] = []) => {
    const request = requestFor(platform);
    const host = { ...request.host, cCompiler: { path: '', kind, version: '1' } };
    return nuitka.commands({ ...request, host, python: { ...request.python, options } } as unknown as CompileRequest)[0]?.argv ?? [];
  };

  it.each(['--zig', '--mingw64', '--msvc=14.3'])('is the one that the options choose: %s', (option) => {
    const chosen = argvOf('msvc', 'windows-x86_64', [option]).filter((argument) => /^--(?:zig|mingw64|msvc|clang)/.test(argument));
    expect(chosen).toEqual([option]);
  });

  it('is zig on Windows where there is none, and the one that is there elsewhere', () => {
    const request = requestFor('windows-x86_64');
    const bare = { ...request, host: { platform: 'windows-x86_64', cpuCount: 2 } as const };
    expect(nuitka.commands(bare)[0]?.argv).toContain('--zig');
    expect(argvOf('msvc', 'windows-x86_64')).toContain('--msvc=latest');
    expect(argvOf('gcc', 'linux-x86_64')).not.toContain('--zig');
  });

  it('is clang by name on Linux only', () => {
    expect(argvOf('clang', 'linux-x86_64')).toContain('--clang');
    expect(argvOf('clang', 'windows-x86_64')).not.toContain('--clang');
  });
});

it.each([
  ['3.0.1.dev0+gabc.dirty', '3.0.1.0'],
  ['1.4.0rc2', '1.4.0.0'],
  ['2026.11', '2026.11.0.0'],
  ['1.2.3.4.5', '1.2.3.4'],
  ['1.99999', '1.65535.0.0'],
])('tells Windows four numbers of %s', (version, numbers) => {
  const request = requestFor('windows-x86_64');
  const argv = nuitka.commands({ ...request, job: { ...request.job, version } })[0]?.argv;
  expect(argv).toEqual(expect.arrayContaining([`--file-version=${numbers}`, `--product-version=${numbers}`]));
});
