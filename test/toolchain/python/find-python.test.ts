import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findPython, listPythons, lookForPython } from '../../../toolchain/python/find-python';
import { pinnedVersion } from '../../../toolchain/pins';
import { parseLauncherList, pythonCandidates } from '../../../toolchain/python/python-places';
import { type Answer, createToolchainFixture, type FixtureOptions, type ToolchainFixture } from '../toolchain-fixture';

let fixture: ToolchainFixture;
afterEach(() => fixture.close());

interface Told {
  readonly version?: string;
  readonly implementation?: string;
  readonly machine?: string;
  readonly isOrdinary?: boolean;
  readonly isFinal?: boolean;
  readonly hasHeaders?: boolean;
  readonly isVirtual?: boolean;
  readonly baseExecutable?: string;
}

/** What the probe prints; a path without an entry is a broken shim. */
function probes(told: () => Readonly<Record<string, Told | undefined>>): Answer {
  return ({ command, args }) => {
    if (!args.includes('-c')) return undefined;
    const python = told()[command];
    if (python === undefined) return { exitCode: 127, stderr: 'pyenv: python3.12: command not found' };
    const answer = {
      version: '3.12.1',
      isFinal: true,
      implementation: 'cpython',
      machine: 'x86_64',
      is64Bit: true,
      isOrdinary: true,
      isVirtual: false,
      baseExecutable: command,
      hasHeaders: true,
      sharedLibrary: null,
      isStandaloneBuild: false,
      ...python,
    };
    return { stdout: `a warning first\n${JSON.stringify(answer)}\n` };
  };
}

function place(...files: readonly string[]): void {
  for (const file of files) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '');
    chmodSync(file, 0o755);
  }
}

/** A host whose system folders hold nothing: the real /usr/bin answers to no probe. */
function host(told: () => Readonly<Record<string, Told | undefined>>, options: FixtureOptions = {}): ToolchainFixture {
  fixture = createToolchainFixture({ answer: probes(told), ...options });
  return fixture;
}

describe('findPython', () => {
  const told: Record<string, Told | undefined> = {};
  const in_ = (...parts: readonly string[]) => path.join(fixture.directory, ...parts);
  beforeEach(() => {
    for (const key of Object.keys(told)) Reflect.deleteProperty(told, key);
  });
  const put = (file: string, python: Told) => {
    place(file);
    told[file] = python;
  };

  test('takes the newest patch, from pyenv too, and never a shim', async () => {
    host(() => told);
    const shims = in_('user/.pyenv/shims');
    place(path.join(shims, 'python3.12'));
    put(in_('user/.pyenv/versions/3.12.1/bin/python3'), { version: '3.12.1' });
    put(in_('user/.pyenv/versions/3.12.7/bin/python3'), { version: '3.12.7' });
    put(in_('user/.pyenv/versions/3.13.0/bin/python3'), { version: '3.13.0' });
    const context = { ...fixture.context, environment: { PATH: shims } };
    expect(await findPython(context, '3.12')).toMatchObject({ version: '3.12.7', provider: 'pyenv', architecture: 'x86_64' });
    expect(await findPython(context, '3.12.1')).toMatchObject({ version: '3.12.1' });
    expect(fixture.runs.some(({ command }) => command.startsWith(shims))).toBe(false);
  });

  test('prefers one with headers to a newer one without', async () => {
    host(() => told);
    put(in_('bin/python3.12'), { version: '3.12.9', hasHeaders: false });
    put(in_('user/.asdf/installs/python/3.12.1/bin/python3'), { version: '3.12.1' });
    expect(await findPython({ ...fixture.context, environment: { PATH: in_('bin') } }, '3.12')).toMatchObject({
      version: '3.12.1',
      provider: 'asdf',
    });
  });

  test.each<[string, Told]>([
    ['another implementation', { implementation: 'pypy' }],
    ['another machine', { machine: 'aarch64' }],
    ['a free-threaded or debug build', { isOrdinary: false }],
    ['a pre-release', { isFinal: false }],
    ['another version', { version: '3.11.4' }],
  ])('passes over %s', async (_, python) => {
    host(() => told);
    put(in_('bin/python3.12'), python);
    expect(await lookForPython({ ...fixture.context, environment: { PATH: in_('bin') } }, '3.12')).toBeUndefined();
  });

  test('takes the interpreter that a virtual environment was made from', async () => {
    host(() => told);
    told[in_('opt/python3')] = {};
    put(in_('venv/bin/python'), { isVirtual: true, baseExecutable: in_('opt/python3') });
    expect(await findPython({ ...fixture.context, environment: { PATH: in_('venv/bin') } }, '3.12')).toMatchObject({
      path: in_('opt/python3'),
    });
  });

  test("knows uv's own as builds without a static library", async () => {
    host(() => told);
    put(in_('home/toolchains/python/cpython-3.12.9-linux-x86_64-gnu/bin/python3'), { version: '3.12.9' });
    expect(await findPython(fixture.context, '3.12')).toMatchObject({ provider: 'uv', needsSharedLibpython: true });
  });

  test('hands the probe nothing that points to another Python', async () => {
    host(() => told);
    put(in_('bin/python3.12'), {});
    await findPython(
      { ...fixture.context, environment: { PATH: in_('bin'), PYTHONHOME: '/other', PYTHONPATH: '/other', VIRTUAL_ENV: '/v', LANG: 'C' } },
      '3.12',
    );
    expect(fixture.runs.at(-1)?.env).toEqual({ PATH: in_('bin'), LANG: 'C' });
  });

  test('lists what can be built with, newest first', async () => {
    host(() => told);
    put(in_('user/.pyenv/versions/3.9.18/bin/python3'), { version: '3.9.18' });
    put(in_('user/.pyenv/versions/3.10.13/bin/python3'), { version: '3.10.13' });
    put(in_('user/.pyenv/versions/3.12.1/bin/python3'), { version: '3.12.1' });
    expect((await listPythons(fixture.context)).map(({ version }) => version)).toEqual(['3.12.1', '3.10.13']);
  });
});

test('without any it asks uv for one; what cannot be fetched is told with the command that gets it', async () => {
  host(() => ({}), {
    answer: ({ args }) =>
      args[0] === 'python'
        ? { exitCode: 1, stderr: 'error: Failed to install cpython-3.12.9\n  cause: Request failed\n  cause: dns error\n' }
        : undefined,
  });
  const executable = path.join(fixture.context.homeDirectory, 'toolchains', `uv-${pinnedVersion('uv')}`, 'uv');
  place(executable);
  writeFileSync(
    path.join(path.dirname(executable), 'slipway.json'),
    JSON.stringify({ sha256: createHash('sha256').update('').digest('hex') }),
  );
  await expect(findPython(fixture.context, '3.12')).rejects.toMatchObject({
    code: 'python-missing',
    message: 'no Python 3.12 on this machine, and it cannot be fetched: dns error',
    hint: expect.stringMatching(/UV_PYTHON_INSTALL_MIRROR/) as string,
  });
  expect(fixture.runs.at(-1)).toMatchObject({ command: executable, args: ['python', 'install', '3.12', '--no-bin'] });
});

test("Windows: the launcher, the usual folder and uv's, written its way", async () => {
  const listing =
    ' -V:3.12 *        C:\\Program Files\\Python312\\python.exe\r\n -V:3.11          C:\\Users\\me\\AppData\\Local\\Programs\\Python\\Python311\\python.exe\r\n -V:ContinuumAnalytics/py39-64  D:\\conda\\python.exe\r\n';
  expect(parseLauncherList(`${listing}No more\n`)).toEqual([
    'C:\\Program Files\\Python312\\python.exe',
    'C:\\Users\\me\\AppData\\Local\\Programs\\Python\\Python311\\python.exe',
    'D:\\conda\\python.exe',
  ]);
  fixture = createToolchainFixture({
    platform: 'windows-x86_64',
    userDirectory: 'C:\\Users\\me',
    found: { py: 'C:\\Windows\\py.exe' },
    answer: () => ({ stdout: listing }),
    environment: { Path: 'C:\\Python\\Scripts;D:\\tools' },
  });
  const listed: string[] = [];
  const folders: Readonly<Record<string, readonly string[]>> = {
    'C:\\Users\\me\\AppData\\Local\\Programs\\Python': ['Python312', 'Python311', 'Launcher'],
    'C:\\Users\\me\\AppData\\Roaming\\uv\\python': ['cpython-3.12.9-windows-x86_64-none'],
    'C:\\Users\\me\\.pyenv\\pyenv-win\\versions': ['3.12.4', '3.10.1'],
  };
  const files = {
    ...fixture.context.files,
    list: (directory: string) => {
      listed.push(directory);
      return Promise.resolve((folders[directory] ?? []).map((name) => ({ name, kind: 'directory' as const })));
    },
    realPath: (file: string) => Promise.resolve(file),
  };
  const candidates = await pythonCandidates({ ...fixture.context, files }, '3.12');
  expect(candidates.map(({ path: file, provider }) => `${provider} ${file}`)).toEqual([
    'uv C:\\Users\\me\\AppData\\Roaming\\uv\\python\\cpython-3.12.9-windows-x86_64-none\\python.exe',
    'pyenv C:\\Users\\me\\.pyenv\\pyenv-win\\versions\\3.12.4\\python.exe',
    'python.org C:\\Users\\me\\AppData\\Local\\Programs\\Python\\Python312\\python.exe',
    'python.org C:\\Program Files\\Python312\\python.exe',
    'python.org C:\\Users\\me\\AppData\\Local\\Programs\\Python\\Python311\\python.exe',
    'python.org D:\\conda\\python.exe',
  ]);
  expect(listed).toContain('D:\\tools');
});

test.each([
  ['windows-x86_64', 'C:\\Users\\me\\AppData\\Local\\Microsoft\\WindowsApps', 'python.exe'],
  ['macos-arm64', '/usr/bin', 'python3'],
] as const)('a stub that opens a window is no candidate: %s', async (platform, folder, name) => {
  fixture = createToolchainFixture({ platform, environment: { PATH: folder } });
  const files = {
    ...fixture.context.files,
    list: (directory: string) => Promise.resolve(directory === folder ? [{ name, kind: 'file' as const }] : []),
    realPath: (file: string) => Promise.resolve(file),
  };
  expect(await pythonCandidates({ ...fixture.context, files }, '3.12')).toEqual([]);
});
