/**
 * Owns reading pyproject.toml: what the project is called, its scripts, where its version stands, which tools it uses.
 * Keys: PEP 621, PEP 735, and the documentation of Poetry, Hatch, setuptools, PDM and flit.
 */
import { parse, TomlError } from 'smol-toml';
import { normalizePackageName } from '../host/index-page';
import { SlipwayError } from '../slipway-error';

/** Where a version is to be found. */
export type VersionSource =
  | { readonly kind: 'static'; readonly version: string }
  /** A regular expression over a file, relative to the project folder; its group `version`. */
  | { readonly kind: 'pattern'; readonly file: string; readonly pattern: string }
  /** An attribute of a module, read and never imported. */
  | { readonly kind: 'attribute'; readonly module: string; readonly attribute: string; readonly folders: readonly string[] }
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'git'; readonly plugin: string }
  /** Code would have to run. */
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface Pyproject {
  /** `[project] name`, or Poetry's. */
  readonly name?: string;
  readonly description?: string;
  readonly license?: string;
  readonly homepage?: string;
  readonly version?: VersionSource;
  readonly requiresPython?: string;
  /** Console and windowed scripts with what each calls; undefined where a build backend decides it. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** Names of the distributions that it depends on, normalized. */
  readonly dependencies: readonly string[];
  readonly extras: readonly string[];
  readonly groups: readonly string[];
  readonly buildBackend?: string;
  readonly hasProjectTable: boolean;
  readonly hasPoetryTable: boolean;
  /** `[tool.uv.workspace]`: the lock is at its root. */
  readonly isUvWorkspace: boolean;
}

type Table = Readonly<Record<string, unknown>>;

/** @throws SlipwayError `pyproject-invalid` with the line */
export function parsePyproject(text: string): Pyproject {
  const document = readToml(text);
  const project = table(document.project);
  const tool = table(document.tool);
  const poetry = table(tool.poetry);
  const name = textOf(project.name) ?? textOf(poetry.name);
  const version = versionSource(document, name);
  const scripts = scriptsOf(project, poetry, table(tool.flit));
  const homepage = homepageOf(project, poetry);
  const license = licenseOf(project.license ?? poetry.license);
  return {
    ...optional('name', name),
    ...optional('description', textOf(project.description) ?? textOf(poetry.description)),
    ...optional('license', license),
    ...optional('homepage', homepage),
    ...optional('version', version),
    ...optional('requiresPython', textOf(project['requires-python']) ?? poetryPython(poetry)),
    ...optional('scripts', scripts),
    ...optional('buildBackend', textOf(table(document['build-system'])['build-backend'])),
    dependencies: dependencyNames(project, poetry),
    extras: [...new Set([...Object.keys(table(project['optional-dependencies'])), ...Object.keys(table(poetry.extras))])],
    groups: [...new Set([...Object.keys(table(document['dependency-groups'])), ...Object.keys(table(poetry.group))])],
    hasProjectTable: document.project !== undefined,
    hasPoetryTable: tool.poetry !== undefined,
    isUvWorkspace: table(tool.uv).workspace !== undefined,
  };
}

function readToml(text: string): Table {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const [first = ''] = cause.message.split('\n');
    throw new SlipwayError(
      'pyproject-invalid',
      `pyproject.toml:${cause.line}:${cause.column}: ${first.replace(/^Invalid TOML document: /, '')}`,
      {
        hint: `look at line ${cause.line} of pyproject.toml`,
        cause,
      },
    );
  }
}

function table(value: unknown): Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): Partial<Record<Key, Value>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, Value>);
}

/** An SPDX expression; a license file's text is none. */
function licenseOf(value: unknown): string | undefined {
  const text = textOf(value) ?? textOf(table(value).text);
  return text !== undefined && text.length <= 80 && !text.includes('\n') ? text : undefined;
}

function homepageOf(project: Table, poetry: Table): string | undefined {
  const urls = Object.entries({ ...table(poetry.urls), ...table(project.urls) });
  const find = (label: RegExp) => textOf(urls.find(([key]) => label.test(key))?.[1]);
  const found =
    find(/^home-?page$/i) ?? textOf(poetry.homepage) ?? find(/^(repository|source|source code|github)$/i) ?? textOf(poetry.repository);
  return found !== undefined && URL.canParse(found) ? found : undefined;
}

function scriptsOf(project: Table, poetry: Table, flit: Table): Readonly<Record<string, string>> | undefined {
  if (texts(project.dynamic).some((field) => ['scripts', 'gui-scripts', 'entry-points'].includes(field))) return undefined;
  const all = [table(project.scripts), table(project['gui-scripts']), table(poetry.scripts), table(flit.scripts)];
  return Object.fromEntries(
    all.flatMap((scripts) =>
      Object.entries(scripts).flatMap(([name, target]) => {
        // Poetry also knows { reference = "…", type = "console" }; other types are files.
        const called =
          textOf(target) ?? (table(target).type === 'file' ? undefined : textOf(table(target).reference ?? table(target).callable));
        return called === undefined ? [] : [[name, called] as const];
      }),
    ),
  );
}

function dependencyNames(project: Table, poetry: Table): readonly string[] {
  const own = texts(project.dependencies).flatMap((requirement) => requirementName(requirement) ?? []);
  const poetrys = Object.keys(table(poetry.dependencies)).filter((name) => name !== 'python');
  return [...new Set([...own, ...poetrys].map(normalizePackageName))];
}

/** The name at the start of a requirement such as `rich[jupyter]>=13 ; python_version > "3.8"`. */
export function requirementName(requirement: string): string | undefined {
  return /^\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)/.exec(requirement)?.[1];
}

/** Poetry writes `^3.10`, which PEP 440 does not know. */
function poetryPython(poetry: Table): string | undefined {
  const constraint = textOf(table(poetry.dependencies).python);
  return constraint
    ?.split(',')
    .map((part) =>
      part
        .trim()
        .replace(/^\^3\.(\d+)(?:\.\d+)?$/, '>=3.$1,<4')
        .replace(/^~3\.(\d+)(?:\.\d+)?$/, '==3.$1.*'),
    )
    .join(',');
}

/** Hatch's own default, as its documentation gives it. */
const HATCH_PATTERN = String.raw`(?im)^(__version__|VERSION)(?: ?: ?str)? *= *(['"])v?(?P<version>.+?)\2`;
const PDM_PATTERN = String.raw`(?m)^__version__\s*=\s*['"](?P<version>.+?)['"]\s*(?:#.*)?$`;

function versionSource(document: Table, name: string | undefined): VersionSource | undefined {
  const project = table(document.project);
  const tool = table(document.tool);
  const poetry = table(tool.poetry);
  const fixed = textOf(project.version);
  if (fixed !== undefined) return { kind: 'static', version: fixed };
  const isDynamicPoetry = table(tool['poetry-dynamic-versioning']).enable === true;
  if (isDynamicPoetry) return { kind: 'git', plugin: 'poetry-dynamic-versioning' };
  const poetrys = textOf(poetry.version);
  if (poetrys !== undefined) return { kind: 'static', version: poetrys };
  if (document.project !== undefined && !texts(project.dynamic).includes('version')) return undefined;
  return (
    hatchVersion(table(table(tool.hatch).version)) ??
    setuptoolsVersion(document, tool) ??
    pdmVersion(tool) ??
    flitVersion(document, tool, name)
  );
}

function hatchVersion(hatch: Table): VersionSource | undefined {
  if (Object.keys(hatch).length === 0) return undefined;
  const source = textOf(hatch.source) ?? 'regex';
  const file = textOf(hatch.path);
  switch (source) {
    case 'vcs':
      return { kind: 'git', plugin: 'hatch-vcs' };
    case 'uv-dynamic-versioning':
    case 'versioningit':
      return { kind: 'git', plugin: source };
    case 'regex': {
      if (file === undefined) return { kind: 'unreadable', reason: '[tool.hatch.version] names no path' };
      const pattern = hatch.pattern === true ? undefined : textOf(hatch.pattern);
      return { kind: 'pattern', file, pattern: pattern ?? HATCH_PATTERN };
    }
    case 'env':
      return {
        kind: 'unreadable',
        reason: `[tool.hatch.version] takes it from the environment variable '${textOf(hatch.variable) ?? ''}'`,
      };
    default:
      return { kind: 'unreadable', reason: `[tool.hatch.version] takes it from '${source}', which runs code` };
  }
}

function setuptoolsVersion(document: Table, tool: Table): VersionSource | undefined {
  const setuptools = table(tool.setuptools);
  const dynamic = table(table(setuptools.dynamic).version);
  const attribute = textOf(dynamic.attr);
  if (attribute !== undefined) return attributeSource(attribute, setuptoolsFolders(setuptools));
  const file = textOf(dynamic.file) ?? texts(dynamic.file)[0];
  if (file !== undefined) return { kind: 'file', file };
  const requires = texts(table(document['build-system']).requires).map((requirement) =>
    normalizePackageName(requirementName(requirement) ?? ''),
  );
  if (tool.setuptools_scm !== undefined || requires.includes('setuptools-scm')) return { kind: 'git', plugin: 'setuptools-scm' };
  const plugin = ['setuptools-git-versioning', 'versioningit', 'pbr', 'dunamai'].find((candidate) => requires.includes(candidate));
  return plugin === undefined ? undefined : { kind: 'git', plugin };
}

/** Also of setup.cfg: `package.module.attribute`. */
export function attributeSource(reference: string, folders: readonly string[]): VersionSource {
  const at = reference.lastIndexOf('.');
  return at < 0
    ? { kind: 'unreadable', reason: `'${reference}' names no module` }
    : { kind: 'attribute', module: reference.slice(0, at), attribute: reference.slice(at + 1), folders };
}

function setuptoolsFolders(setuptools: Table): readonly string[] {
  const mapped = Object.values(table(setuptools['package-dir'])).filter((folder) => typeof folder === 'string');
  const where = texts(table(table(setuptools.packages).find).where);
  return [...new Set([...mapped, ...where, 'src', '.'])];
}

function pdmVersion(tool: Table): VersionSource | undefined {
  const pdm = table(table(tool.pdm).version);
  switch (pdm.source) {
    case 'scm':
      return { kind: 'git', plugin: 'pdm' };
    case 'file': {
      const file = textOf(pdm.path);
      return file === undefined
        ? { kind: 'unreadable', reason: '[tool.pdm.version] names no path' }
        : { kind: 'pattern', file, pattern: PDM_PATTERN };
    }
    case 'call':
      return { kind: 'unreadable', reason: '[tool.pdm.version] calls a function' };
    default:
      return undefined;
  }
}

/** flit takes it from the module itself. */
function flitVersion(document: Table, tool: Table, name: string | undefined): VersionSource | undefined {
  if (!(textOf(table(document['build-system'])['build-backend']) ?? '').startsWith('flit')) return undefined;
  const module = textOf(table(table(tool.flit).module).name) ?? name?.replaceAll('-', '_');
  return module === undefined ? undefined : { kind: 'attribute', module, attribute: '__version__', folders: ['src', '.'] };
}
