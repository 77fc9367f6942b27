import { parsePyproject } from '../../../core/project/pyproject';
import { choosePython } from '../../../core/project/python-version-choice';

test('a project by PEP 621', () => {
  const pyproject = parsePyproject(`
[project]
name = "Field.Kit"
version = "1.4.0"
description = "d"
license = { text = "MIT" }
requires-python = ">=3.10"
dependencies = ["Typer[all] >= 0.9 ; python_version > '3.8'", "psutil", "my_lib @ git+https://example.com/x"]
[project.scripts]
fieldkit = "fieldkit.cli:app"
[project.gui-scripts]
fieldkit-gui = "fieldkit.gui:main"
[project.optional-dependencies]
speed = ["orjson"]
[project.urls]
Source = "https://example.com/src"
Homepage = "https://example.com"
[dependency-groups]
dev = ["pytest"]
[build-system]
requires = ["uv_build"]
build-backend = "uv_build"
`);
  expect(pyproject).toMatchObject({
    name: 'Field.Kit',
    version: { kind: 'static', version: '1.4.0' },
    license: 'MIT',
    homepage: 'https://example.com',
    requiresPython: '>=3.10',
    scripts: { fieldkit: 'fieldkit.cli:app', 'fieldkit-gui': 'fieldkit.gui:main' },
    dependencies: ['typer', 'psutil', 'my-lib'],
    extras: ['speed'],
    groups: ['dev'],
    buildBackend: 'uv_build',
    hasProjectTable: true,
    hasPoetryTable: false,
  });
});

test("a project of Poetry's own table", () => {
  expect(
    parsePyproject(`
[tool.poetry]
name = "poe"
version = "0.3.0"
homepage = "https://example.com"
[tool.poetry.dependencies]
python = "^3.9"
Click = "^8"
[tool.poetry.group.gui.dependencies]
textual = "*"
[tool.poetry.extras]
fast = ["orjson"]
[tool.poetry.scripts]
poe = "poe.cli:main"
old = { reference = "poe.old:main", type = "console" }
file = { reference = "bin/x.sh", type = "file" }
`),
  ).toMatchObject({
    name: 'poe',
    version: { kind: 'static', version: '0.3.0' },
    requiresPython: '>=3.9,<4',
    scripts: { poe: 'poe.cli:main', old: 'poe.old:main' },
    dependencies: ['click'],
    extras: ['fast'],
    groups: ['gui'],
    hasPoetryTable: true,
  });
});

const project = (more: string) => `[project]\nname = "kit"\ndynamic = ["version"]\n${more}`;

test.each<[string, string, unknown]>([
  ['hatch with a path', project('[tool.hatch.version]\npath = "src/kit/__about__.py"'), { kind: 'pattern', file: 'src/kit/__about__.py' }],
  [
    'hatch with a pattern',
    project("[tool.hatch.version]\npath = 'v.txt'\npattern = '^v(?P<version>.*)$'"),
    { kind: 'pattern', pattern: '^v(?P<version>.*)$' },
  ],
  ['hatch-vcs', project('[tool.hatch.version]\nsource = "vcs"'), { kind: 'git', plugin: 'hatch-vcs' }],
  ['hatch from a variable', project('[tool.hatch.version]\nsource = "env"\nvariable = "V"'), { kind: 'unreadable' }],
  [
    'setuptools with an attribute',
    project('[tool.setuptools.dynamic]\nversion = { attr = "kit.meta.VERSION" }'),
    { kind: 'attribute', module: 'kit.meta', attribute: 'VERSION', folders: ['src', '.'] },
  ],
  [
    'setuptools with folders',
    project('[tool.setuptools]\npackage-dir = { "" = "lib" }\n[tool.setuptools.dynamic]\nversion = { attr = "kit.V" }'),
    { folders: ['lib', 'src', '.'] },
  ],
  ['setuptools with a file', project('[tool.setuptools.dynamic]\nversion = { file = ["VERSION"] }'), { kind: 'file', file: 'VERSION' }],
  ['setuptools-scm by its table', project('[tool.setuptools_scm]'), { kind: 'git', plugin: 'setuptools-scm' }],
  [
    'setuptools-scm by what the build requires',
    project('[build-system]\nrequires = ["setuptools", "setuptools_scm[toml]>=8"]'),
    { kind: 'git', plugin: 'setuptools-scm' },
  ],
  [
    'poetry-dynamic-versioning',
    '[tool.poetry]\nname = "kit"\nversion = "0.0.0"\n[tool.poetry-dynamic-versioning]\nenable = true',
    { kind: 'git', plugin: 'poetry-dynamic-versioning' },
  ],
  ['pdm from git', project('[tool.pdm.version]\nsource = "scm"'), { kind: 'git', plugin: 'pdm' }],
  ['pdm with a file', project('[tool.pdm.version]\nsource = "file"\npath = "kit.py"'), { kind: 'pattern', file: 'kit.py' }],
  [
    'flit',
    project('[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"'),
    { kind: 'attribute', module: 'kit', attribute: '__version__' },
  ],
])('the version of %s', (_what, text, expected) => {
  expect(parsePyproject(text).version).toMatchObject(expected as object);
});

test('a version that is neither given nor dynamic is none', () => {
  expect(parsePyproject('[project]\nname = "kit"').version).toBeUndefined();
});

test('scripts that a build backend decides are unknown', () => {
  expect(parsePyproject('[project]\nname = "kit"\nversion = "1"\ndynamic = ["scripts"]').scripts).toBeUndefined();
});

test('a mistake in the file is told with its place', () => {
  expect(() => parsePyproject('[project]\nname = kit')).toThrow(
    expect.objectContaining({ code: 'pyproject-invalid', message: expect.stringMatching(/^pyproject\.toml:2:\d+: /) as string }) as Error,
  );
});

test.each([
  [undefined, undefined, '3.12'],
  ['>=3.8', undefined, '3.13'],
  ['>=3.10,<3.13', undefined, '3.12'],
  ['>=3.9,<4', undefined, '3.13'],
  ['~=3.11', undefined, '3.13'],
  ['~=3.11.2', undefined, '3.11'],
  ['==3.11.*', undefined, '3.11'],
  ['>3.10,!=3.13.*,<=3.13', undefined, '3.12'],
  ['<3.12.4', undefined, '3.12'],
  ['==3.9.*', undefined, '3.9'],
  ['>=3', undefined, '3.13'],
  ['nonsense', undefined, '3.13'],
  ['>=3.10', '3.11\n', '3.11'],
  ['>=3.12', '3.11', '3.13'],
  [undefined, 'pypy3.10', '3.12'],
  [undefined, '3.13.1', '3.13'],
])('requires-python %s with .python-version %s gives %s', (requires, pinned, expected) => {
  expect(choosePython(requires, pinned)).toBe(expected);
});
