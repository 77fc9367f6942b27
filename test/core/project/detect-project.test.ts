import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { detectProject } from '../../../core/project/detect-project';
import { appName, recipeTemplate } from '../../../core/recipe/recipe-template';
import { parseRecipe } from '../../../core/recipe/recipe-text';
import { createNodeFiles } from '../../../local/machine/files-node';

const files = createNodeFiles();
let directory: string;

beforeEach(() => {
  directory = path.join(mkdtempSync(path.join(tmpdir(), 'slipway-detect-')), 'my-Tool');
  mkdirSync(directory);
});
afterEach(() => rmSync(path.dirname(directory), { recursive: true, force: true }));

function write(contents: Readonly<Record<string, string>>): void {
  for (const [file, content] of Object.entries(contents)) {
    mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    writeFileSync(path.join(directory, file), content);
  }
}

const detect = (folder = directory) => detectProject(files, folder);

const PROJECT = '[project]\nname = "Kit"\nversion = "1.0"\n';

test.each<[string, Readonly<Record<string, string>>, object]>([
  [
    'uv, with its lock, data and known data of its dependencies',
    {
      'pyproject.toml': `${PROJECT}requires-python = ">=3.11"\ndependencies = ["requests"]\n[project.scripts]\nother = "kit:o"\nkit = "kit:m"`,
      'uv.lock': '',
      'src/kit/__init__.py': '',
      'src/kit/themes/dark.toml': '',
    },
    {
      tool: 'uv',
      start: { kind: 'script', name: 'kit' },
      otherScripts: ['other'],
      lock: 'uv.lock',
      pythonVersion: '3.13',
      packageData: ['certifi', 'kit'],
      answersHelp: true,
    },
  ],
  [
    'poetry without a lock',
    {
      'pyproject.toml':
        '[tool.poetry]\nname = "kit"\nversion = "1"\n[tool.poetry.dependencies]\npython = ">=3.9,<3.12"\n[tool.poetry.scripts]\nkit = "kit:m"',
    },
    { tool: 'poetry', start: { kind: 'script', name: 'kit' }, pythonVersion: '3.11', packageData: [] },
  ],
  [
    'hatch with a package that runs',
    {
      'pyproject.toml': `${PROJECT}[build-system]\nbuild-backend = "hatchling.build"`,
      'kit/__init__.py': '',
      'kit/__main__.py': 'import argparse',
    },
    { tool: 'hatch', start: { kind: 'module', name: 'kit' }, answersHelp: true },
  ],
  [
    'setup.cfg',
    {
      'setup.cfg':
        '[metadata]\nname = kit\n[options]\ninstall_requires =\n    pytz\n[options.entry_points]\nconsole_scripts =\n    kit = kit.cli:main\n',
    },
    { tool: 'setuptools', start: { kind: 'script', name: 'kit' }, packageData: ['pytz'] },
  ],
  [
    'setup.py that computes its scripts',
    { 'setup.py': 'setup(name="kit", entry_points=points())', 'kit/__init__.py': '', 'kit/__main__.py': '' },
    { tool: 'setuptools', start: { kind: 'module', name: 'kit' }, answersHelp: false },
  ],
  [
    'pdm with its own lock',
    { 'pyproject.toml': `${PROJECT}[build-system]\nbuild-backend = "pdm.backend"`, 'pdm.lock': '', 'main.py': '' },
    { tool: 'pdm', foreignLock: 'pdm.lock' },
  ],
  [
    'a plain file with requirements',
    { 'main.py': 'print()', 'requirements.txt': '', '.python-version': '3.11' },
    {
      tool: 'plain',
      start: { kind: 'entry', file: 'main.py' },
      requirements: 'requirements.txt',
      pythonVersion: '3.11',
      answersHelp: false,
    },
  ],
  [
    'what is no data of a package',
    {
      'pyproject.toml': `${PROJECT}[project.scripts]\nkit = "kit:m"`,
      'kit/__init__.py': '',
      'kit/py.typed': '',
      'kit/_x.pyi': '',
      'kit/tests/a.json': '',
      'tests/__init__.py': '',
      'tests/data.json': '',
    },
    { packageData: [] },
  ],
])('%s', async (_what, contents, expected) => {
  write(contents);
  const { python } = await detect();
  expect(python).toMatchObject(expected);
});

test('a member of a workspace takes the lock at its root', async () => {
  write({
    'pyproject.toml': '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
    'uv.lock': '',
    'packages/kit/pyproject.toml': `${PROJECT}[project.scripts]\nkit = "kit:m"`,
  });
  expect((await detect(path.join(directory, 'packages/kit'))).python).toMatchObject({ lock: '../../uv.lock', sourceRoot: '../..' });
});

test('a package.json with programs', async () => {
  write({
    'package.json': '{"name":"@org/kit","version":"1.0.0","bin":{"kit":"./cli.mjs","gone":"gone.mjs"},"engines":{"node":"^22.1"}}',
    'cli.mjs': '',
  });
  expect(await detect()).toEqual({
    folderName: 'my-Tool',
    node: { name: 'kit', version: '1.0.0', programs: { kit: 'cli.mjs' }, nodeVersion: '22' },
  });
});

test.each<[string, Readonly<Record<string, string>>, string]>([
  ['nothing', {}, 'looked for pyproject.toml, setup.cfg, setup.py, package.json'],
  ['a library', { 'pyproject.toml': PROJECT, 'kit/__init__.py': '' }, 'has a pyproject.toml, and no program in it that could be started'],
  ['a package.json without a program', { 'package.json': '{}' }, 'has a package.json, and no program in it'],
  ['a package.json that is no JSON', { 'package.json': '{' }, 'package.json is no JSON'],
])('%s is no project', async (_what, contents, message) => {
  write(contents);
  await expect(detect()).rejects.toMatchObject({ code: 'project-not-found', message: expect.stringContaining(message) as string });
});

test('a folder that is not there', async () => {
  await expect(detect(path.join(directory, 'gone'))).rejects.toMatchObject({ code: 'project-not-found' });
});

test.each([
  ['Field_Kit.x', 'field-kit-x'],
  ['3d-Viewer', 'd-viewer'],
  ['Größe', 'gro-e'],
  ['日本', 'app'],
  ['a'.repeat(60), 'a'.repeat(40)],
])('%s becomes the name %s', (wanted, name) => {
  expect(appName(wanted)).toBe(name);
});

test('whatever a project says of itself, the recipe can be read', async () => {
  write({
    'pyproject.toml': `[project]\nname = "kit"\nversion = "1"\ndescription = "a: b # c\\n- 'd' \\"e\\" {f}"\nlicense = "MIT OR 'x'"\n[project.scripts]\nkit = "kit:m"\n"a b" = "kit:m"\n[project.urls]\nHomepage = "https://example.com/a#b"\n`,
  });
  const text = recipeTemplate({ ...(await detect()), version: '1.2', native: 'windows-x86_64' });
  expect(parseRecipe(text, 'slipway.yaml')).toMatchObject({
    name: 'kit',
    version: '1.2',
    description: `a: b # c - 'd' "e" {f}`,
    license: "MIT OR 'x'",
    homepage: 'https://example.com/a#b',
    platforms: ['windows-x86_64'],
    checks: [{ binary: 'kit', run: ['--help'] }],
  });
});
