/**
 * Owns what a folder says about the Python project in it: pyproject.toml, else setup.cfg and setup.py.
 * setup.py is read, never run.
 */
import { parse } from 'ini';
import path from 'node:path';
import { normalizePackageName } from '../host/index-page';
import type { Files } from '../ports/files';
import { attributeSource, parsePyproject, type Pyproject, requirementName, type VersionSource } from './pyproject';
import { isSlipwayError } from '../slipway-error';

export interface PythonProject extends Pyproject {
  /** Where it is described: pyproject.toml, setup.cfg or setup.py. */
  readonly file: string;
}

/**
 * @param directory absolute
 * @returns undefined where no Python project is described
 * @throws SlipwayError `pyproject-invalid`
 */
export async function readPythonProject(files: Pick<Files, 'readText'>, directory: string): Promise<PythonProject | undefined> {
  const [toml, cfg, setup] = await Promise.all(
    ['pyproject.toml', 'setup.cfg', 'setup.py'].map((file) => readIfThere(files, path.join(directory, file))),
  );
  const pyproject = toml === undefined ? undefined : parsePyproject(toml);
  const legacy = readLegacy(cfg, setup);
  if (pyproject === undefined) return legacy;
  // A pyproject.toml that only configures tools, beside a setup.cfg or setup.py that describes the project.
  if (!pyproject.hasProjectTable && !pyproject.hasPoetryTable && legacy !== undefined) {
    const version = legacy.version ?? pyproject.version;
    return { ...pyproject, ...legacy, ...(version === undefined ? {} : { version }) };
  }
  const inherited = pyproject.version === undefined && legacy?.version !== undefined ? { version: legacy.version } : {};
  return { ...pyproject, ...inherited, file: 'pyproject.toml' };
}

async function readIfThere(files: Pick<Files, 'readText'>, file: string): Promise<string | undefined> {
  try {
    return await files.readText(file);
  } catch (thrown) {
    if (isSlipwayError(thrown) && thrown.code === 'file-not-found') return undefined;
    throw thrown;
  }
}

const NOTHING: Omit<PythonProject, 'file'> = {
  dependencies: [],
  extras: [],
  groups: [],
  buildBackend: 'setuptools.build_meta',
  hasProjectTable: false,
  hasPoetryTable: false,
  isUvWorkspace: false,
};

function readLegacy(cfg: string | undefined, setup: string | undefined): PythonProject | undefined {
  const configured = cfg === undefined ? undefined : readSetupCfg(cfg);
  const called = setup === undefined ? undefined : readSetupPy(setup);
  if (configured?.name === undefined && called === undefined) return undefined;
  const dependencies = [...new Set([...(configured?.dependencies ?? []), ...(called?.dependencies ?? [])])];
  const scripts = { ...called?.scripts, ...configured?.scripts };
  return {
    ...NOTHING,
    ...called,
    ...configured,
    dependencies,
    file: configured?.name === undefined ? 'setup.py' : 'setup.cfg',
    // What setup.py computes cannot be read: then any script may exist.
    ...(called !== undefined && called.scripts === undefined ? {} : { scripts }),
  };
}

type Described = Partial<PythonProject> & { readonly dependencies: readonly string[] };

/** Keys: https://setuptools.pypa.io/en/latest/userguide/declarative_config.html */
function readSetupCfg(text: string): Described {
  // Lists go over several indented lines, which ini would take for keys; they are read below.
  const joined = text.replaceAll('\r\n', '\n').replaceAll(/\n[ \t]+\S[^\n]*/g, '');
  const sections = parse(joined) as Record<string, Record<string, unknown> | undefined>;
  const value = (section: string, key: string): string | undefined => {
    const found = sections[section]?.[key] ?? sections[section]?.[key.replaceAll('_', '-')];
    return typeof found === 'string' && found.trim() !== '' ? found : undefined;
  };
  const lines = (found: string | undefined) =>
    (found ?? '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'));
  const points = ['console_scripts', 'gui_scripts'].flatMap((key) => lines(setupCfgList(text, key)));
  const version = value('metadata', 'version');
  const source = version === undefined ? undefined : setupCfgVersion(version);
  return {
    ...described(value('metadata', 'name'), value('metadata', 'description'), value('options', 'python_requires')),
    ...(source === undefined ? {} : { version: source }),
    dependencies: lines(setupCfgList(text, 'install_requires'))
      .flatMap((requirement) => requirementName(requirement) ?? [])
      .map(normalizePackageName),
    scripts: entryPoints(points),
  };
}

/** The indented lines below `key =`: an entry point has an equals sign of its own, which no ini reader keeps apart. */
function setupCfgList(text: string, key: string): string | undefined {
  const match = new RegExp(
    `^${key.replaceAll('_', '[_-]')}[ \\t]*=[ \\t]*([^\\n]*(?:\\n(?:[ \\t]+[^\\n]*|[ \\t]*(?=\\n[ \\t]+\\S)))*)`,
    'm',
  ).exec(text.replaceAll('\r\n', '\n'));
  return match?.[1];
}

function described(name: string | undefined, description: string | undefined, requiresPython: string | undefined): Partial<PythonProject> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(requiresPython === undefined ? {} : { requiresPython }),
  };
}

function setupCfgVersion(text: string): VersionSource {
  const [, kind, value = ''] = /^(attr|file):\s*(.+)$/.exec(text.trim()) ?? [];
  if (kind === 'attr') return attributeSource(value.trim(), ['src', '.']);
  if (kind === 'file') return { kind: 'file', file: value.split(',')[0]?.trim() ?? '' };
  return { kind: 'static', version: text.trim() };
}

function entryPoints(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, target] = /^([^=\s]+)\s*=\s*(\S.*)$/.exec(line) ?? [];
      return name === undefined || target === undefined ? [] : [[name, target.trim()] as const];
    }),
  );
}

/** Only what stands in setup.py as plain text; what it computes stays unknown. */
function readSetupPy(text: string): Described | undefined {
  if (!/\bsetup\s*\(/.test(text)) return undefined;
  const argument = (key: string) => new RegExp(`\\b${key}\\s*=\\s*(['"])([^'"\\n]*)\\1`).exec(text)?.[2];
  const listed = (key: string) => {
    const body = new RegExp(`\\b${key}['"]?\\s*[=:]\\s*\\[([^\\]]*)\\]`).exec(text)?.[1];
    return body === undefined ? undefined : [...body.matchAll(/(['"])([^'"\n]+)\1/g)].map((match) => match[2] ?? '');
  };
  const version = argument('version');
  const plugin = /\buse_scm_version\b/.test(text) ? 'setuptools-scm' : /\bpbr\s*=\s*True\b/.test(text) ? 'pbr' : undefined;
  const points = [...(listed('console_scripts') ?? []), ...(listed('gui_scripts') ?? [])];
  const isComputed = /\bentry_points\s*=/.test(text) && points.length === 0;
  return {
    ...described(argument('name'), argument('description'), argument('python_requires')),
    ...(plugin !== undefined
      ? { version: { kind: 'git', plugin } }
      : version !== undefined
        ? { version: { kind: 'static', version } }
        : {}),
    dependencies: (listed('install_requires') ?? []).flatMap((requirement) => requirementName(requirement) ?? []).map(normalizePackageName),
    ...(isComputed ? {} : { scripts: entryPoints(points) }),
  };
}
