import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import '../../allow-processes';
import { readGitState } from '../../../core/project/git';
import { resolveVersion, type VersionPorts } from '../../../core/project/project-version';
import { readPythonProject } from '../../../core/project/python-project';
import { createNodeFiles } from '../../../local/machine/files-node';
import { createNodeProcesses } from '../../../local/machine/processes-node';

const environment = {
  PATH: process.env.PATH ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
  GIT_AUTHOR_DATE: '2026-01-02T03:04:05Z',
  GIT_COMMITTER_DATE: '2026-01-02T03:04:05Z',
};
const ports: VersionPorts = { files: createNodeFiles(), processes: createNodeProcesses(), environment };
let directory: string;

beforeEach(() => {
  directory = realpathSync(mkdtempSync(path.join(tmpdir(), 'slipway-version-')));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    writeFileSync(path.join(directory, file), content);
  }
}

const git = (...args: string[]) => execFileSync('git', args, { cwd: directory, env: environment, encoding: 'utf8', stdio: 'pipe' }).trim();

function commit(...tags: string[]): void {
  git('add', '-A');
  git('commit', '--allow-empty', '-qm', 'c');
  for (const tag of tags) git('tag', tag);
}

async function resolve(version: string, at = directory) {
  return resolveVersion(ports, { version, name: 'kit', projectDirectory: at, python: await readPythonProject(ports.files, at) });
}

const project = (more: string) => `[project]\nname = "kit"\ndynamic = ["version"]\n${more}`;

test.each<[string, Readonly<Record<string, string>>, string, string]>([
  ['a static version', { 'pyproject.toml': '[project]\nname = "kit"\nversion = "1.4.0"' }, '1.4.0', 'pyproject.toml'],
  [
    'hatch, a path',
    { 'pyproject.toml': project('[tool.hatch.version]\npath = "kit/v.py"'), 'kit/v.py': '# head\n__version__ = "2.0.0rc1"\n' },
    '2.0.0rc1',
    'kit/v.py',
  ],
  [
    'hatch, another name',
    { 'pyproject.toml': project('[tool.hatch.version]\npath = "v.py"'), 'v.py': "VERSION: str = 'v3.1'" },
    '3.1',
    'v.py',
  ],
  [
    'hatch, a pattern',
    { 'pyproject.toml': project("[tool.hatch.version]\npath = 'v'\npattern = '(?i)^Release (?P<version>\\S+)'"), v: 'x\nrelease 7.1\n' },
    '7.1',
    'v',
  ],
  [
    'setuptools, an attribute',
    {
      'pyproject.toml': project('[tool.setuptools.dynamic]\nversion = { attr = "kit.__version__" }'),
      'src/kit/__init__.py': 'from ._v import a, __version__\n',
      'src/kit/_v.py': "__version__: Final = '1.2.3'\n",
    },
    '1.2.3',
    'src/kit/__init__.py',
  ],
  [
    'setuptools, a tuple',
    { 'pyproject.toml': project('[tool.setuptools.dynamic]\nversion = { attr = "kit.V" }'), 'kit.py': 'V = (1, 2, 3)\n' },
    '1.2.3',
    'kit.py',
  ],
  [
    'setuptools, a file',
    { 'pyproject.toml': project('[tool.setuptools.dynamic]\nversion = { file = "VERSION" }'), VERSION: '5.0\n' },
    '5.0',
    'VERSION',
  ],
  [
    'setup.cfg',
    { 'setup.cfg': '[metadata]\nname = kit\nversion = attr: kit.__version__\n', 'kit/__init__.py': '__version__ = "0.2"' },
    '0.2',
    'kit/__init__.py',
  ],
  ['setup.py', { 'setup.py': 'from setuptools import setup\nsetup(name="kit", version="0.3")\n' }, '0.3', 'setup.py'],
  [
    'tools configured beside setup.cfg',
    { 'pyproject.toml': '[tool.black]\nline-length = 100', 'setup.cfg': '[metadata]\nname = kit\nversion = 0.4\n' },
    '0.4',
    'setup.cfg',
  ],
])('from-pyproject: %s', async (_what, files, version, origin) => {
  write(files);
  expect(await resolve('from-pyproject')).toEqual({ version, origin });
});

test('from-package-json, and a version as written', async () => {
  write({ 'package.json': '{ "version": "1.0.0-beta.1" }' });
  expect(await resolve('from-package-json')).toEqual({ version: '1.0.0-beta.1', origin: 'package.json' });
  expect(await resolve('2.0')).toEqual({ version: '2.0', origin: 'slipway.yaml' });
});

test.each<[string, string, Readonly<Record<string, string>>, string]>([
  ['no pyproject.toml', 'from-pyproject', {}, 'there is no pyproject.toml beside slipway.yaml'],
  ['no version in it', 'from-pyproject', { 'pyproject.toml': '[project]\nname = "kit"' }, 'pyproject.toml says nothing about the version'],
  [
    'a file that is not there',
    'from-pyproject',
    { 'pyproject.toml': project('[tool.setuptools.dynamic]\nversion = { file = "V" }') },
    "takes the version from 'V', and there is no such file",
  ],
  [
    'code that computes it',
    'from-pyproject',
    { 'pyproject.toml': project('[tool.setuptools.dynamic]\nversion = { attr = "kit.V" }'), 'kit.py': 'V = compute()' },
    '\'kit.py\' holds no line such as V = "1.4.0"',
  ],
  [
    'a module that is not there',
    'from-pyproject',
    { 'pyproject.toml': project('[tool.setuptools.dynamic]\nversion = { attr = "kit.V" }') },
    'there is no kit.py or kit/__init__.py',
  ],
  [
    'a pattern that finds nothing',
    'from-pyproject',
    { 'pyproject.toml': project('[tool.hatch.version]\npath = "v"'), v: '' },
    "'v' holds no version",
  ],
  [
    'a pattern of Python alone',
    'from-pyproject',
    { 'pyproject.toml': project("[tool.hatch.version]\npath = 'v'\npattern = '(?<!a{2,})(?P<version>.*+)'"), v: '' },
    'is understood by Python alone',
  ],
  [
    'a variable',
    'from-pyproject',
    { 'pyproject.toml': project('[tool.hatch.version]\nsource = "env"\nvariable = "V"') },
    "the environment variable 'V'",
  ],
  ['package.json without one', 'from-package-json', { 'package.json': '{}' }, 'package.json has no version'],
  ['package.json that is no JSON', 'from-package-json', { 'package.json': '{' }, 'package.json is no JSON'],
  [
    'what is no version',
    'from-pyproject',
    { 'pyproject.toml': '[project]\nname = "kit"\nversion = "one two"' },
    "'one two' from pyproject.toml is no version",
  ],
])('%s is told', async (_what, version, files, message) => {
  write(files);
  await expect(resolve(version)).rejects.toMatchObject({ code: 'version-unresolved', message: expect.stringContaining(message) as string });
});

describe('in a git repository', () => {
  beforeEach(() => void git('init', '-q', '-b', 'main'));

  test('a tag is the version; commits and changes after it show', async () => {
    write({ 'a.txt': '1', 'pyproject.toml': project('[tool.hatch.version]\nsource = "vcs"') });
    commit('v1.4.0', 'nightly', 'v1.4.0rc2');
    expect(await resolve('from-git-tag')).toEqual({ version: '1.4.0', origin: 'the git tag v1.4.0' });
    expect(await resolve('from-pyproject')).toMatchObject({ version: '1.4.0' });
    write({ 'a.txt': '2' });
    commit();
    const short = git('rev-parse', '--short=7', 'HEAD');
    expect(await resolve('from-git-tag')).toEqual({ version: `1.4.1.dev1+g${short}`, origin: 'the git tag v1.4.0 and 1 commit' });
    write({ 'a.txt': '3', 'new.txt': 'not tracked' });
    expect(await resolve('from-git-tag')).toMatchObject({ version: `1.4.1.dev1+g${short}.dirty` });
  });

  test("where programs share a repository, a program's own tags count", async () => {
    write({ 'kit/a.txt': '1' });
    commit('v9.0.0', 'kit-v1.0.0', 'other-v2.0.0');
    expect(await resolve('from-git-tag', path.join(directory, 'kit'))).toMatchObject({ version: '1.0.0' });
  });

  test('no commit, no tag and no history each have their own error', async () => {
    await expect(resolve('from-git-tag')).rejects.toMatchObject({ code: 'git-tag-missing', hint: 'commit, then git tag v0.1.0' });
    write({ 'a.txt': '1' });
    commit('release-1');
    await expect(resolve('from-git-tag')).rejects.toMatchObject({ code: 'git-tag-missing' });
    commit('v1.0.0');
    commit();
    const shallow = path.join(directory, 'shallow');
    git('clone', '-q', '--depth=1', '--no-tags', `file://${directory}`, shallow);
    await expect(resolve('from-git-tag', shallow)).rejects.toMatchObject({ code: 'git-shallow', hint: 'git fetch --unshallow --tags' });
  });

  test('the state of a folder is its commit, and whether anything below it differs', async () => {
    write({ 'kit/a.txt': '1', '.gitignore': 'ignored\n' });
    commit();
    const kit = path.join(directory, 'kit');
    const state = { commit: git('rev-parse', 'HEAD'), commitEpochSeconds: Date.parse('2026-01-02T03:04:05Z') / 1000 };
    expect(await readGitState(ports, kit)).toEqual({ ...state, isDirty: false });
    write({ 'elsewhere.txt': '1', 'kit/ignored': '1' });
    expect(await readGitState(ports, kit)).toEqual({ ...state, isDirty: false });
    write({ 'kit/new.txt': '1' });
    expect(await readGitState(ports, kit)).toEqual({ ...state, isDirty: true });
    mkdirSync(path.join(directory, 'ignored/inner'), { recursive: true });
    expect(await readGitState(ports, path.join(directory, 'ignored/inner'))).toBeUndefined();
  });
});

test('outside a repository, and without git', async () => {
  expect(await readGitState(ports, directory)).toBeUndefined();
  await expect(resolve('from-git-tag')).rejects.toMatchObject({
    code: 'git-failed',
    message: expect.stringContaining('no git repository') as string,
  });
  const without: VersionPorts = { ...ports, environment: { PATH: directory } };
  expect(await readGitState(without, directory)).toBeUndefined();
  await expect(
    resolveVersion(without, { version: 'from-git-tag', name: 'kit', projectDirectory: directory, python: undefined }),
  ).rejects.toMatchObject({ code: 'git-missing' });
});
