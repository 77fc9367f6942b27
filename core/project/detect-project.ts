/**
 * Owns the look at a folder that has no slipway.yaml yet: which program is in it, how it is started, locked and versioned.
 * Best effort, without running anything. What is written of it belongs to `recipe-template.ts`.
 */
import path from 'node:path';
import { type DetectedNode, detectNode } from './detect-node';
import type { Files } from '../ports/files';
import { type PythonProject, readPythonProject } from './python-project';
import { choosePython } from './python-version-choice';
import { SlipwayError } from '../slipway-error';

export type DetectingFiles = Pick<Files, 'stat' | 'list' | 'readText'>;

/** How a program starts; one of the three. */
export type Start =
  | { readonly kind: 'script'; readonly name: string }
  | { readonly kind: 'module'; readonly name: string }
  | { readonly kind: 'entry'; readonly file: string };

export interface DetectedPython {
  readonly project: PythonProject | undefined;
  /** What the project is made with: uv, poetry, hatch, pdm, flit, setuptools, or plain. */
  readonly tool: string;
  readonly start: Start;
  /** Scripts beside the one that was chosen. */
  readonly otherScripts: readonly string[];
  /** The program reads its arguments by a library that answers `--help`. */
  readonly answersHelp: boolean;
  readonly lock?: string;
  readonly requirements?: string;
  /** A lock that cannot be installed from as it is. */
  readonly foreignLock?: string;
  readonly pythonVersion: string;
  /** Import names of packages with data files, the project's own among them. */
  readonly packageData: readonly string[];
  /** `source.root`, where the lock lies in a parent. */
  readonly sourceRoot?: string;
}

export interface DetectedProject {
  readonly folderName: string;
  readonly python?: DetectedPython;
  readonly node?: DetectedNode;
}

const DESCRIPTIONS = ['pyproject.toml', 'setup.cfg', 'setup.py', 'package.json'];

/**
 * @param directory absolute
 * @throws SlipwayError `project-not-found`, `pyproject-invalid`
 */
export async function detectProject(files: DetectingFiles, directory: string): Promise<DetectedProject> {
  if ((await files.stat(directory)) === undefined) {
    throw new SlipwayError('project-not-found', `there is no folder '${directory}'`, {
      hint: 'slipway init DIR, with the folder of the project',
    });
  }
  const folderName = path.basename(directory);
  const [project, node] = await Promise.all([readPythonProject(files, directory), detectNode(files, directory)]);
  const python = await detectPython(files, directory, project);
  if (python !== undefined) return { folderName, python };
  if (node !== undefined) return { folderName, node };
  throw await nothingFound(files, directory, project);
}

async function nothingFound(files: DetectingFiles, directory: string, project: PythonProject | undefined): Promise<SlipwayError> {
  if (project !== undefined) {
    return new SlipwayError('project-not-found', `'${directory}' has a ${project.file}, and no program in it that could be started`, {
      hint: `add [project.scripts] to it, a __main__.py to the package, or a main.py`,
      details: { directory, lookedFor: ['[project.scripts]', '__main__.py', ...ENTRY_FILES] },
    });
  }
  if ((await files.stat(path.join(directory, 'package.json'))) !== undefined) {
    return new SlipwayError('project-not-found', `'${directory}' has a package.json, and no program in it that could be started`, {
      hint: 'add "bin" or "main" to package.json',
      details: { directory, lookedFor: ['bin', 'main'] },
    });
  }
  return new SlipwayError(
    'project-not-found',
    `no project in '${directory}': looked for ${DESCRIPTIONS.join(', ')}, ${ENTRY_FILES.join(', ')}`,
    {
      hint: 'run slipway init in the folder of the program, or name it: slipway init DIR',
      details: { directory, lookedFor: [...DESCRIPTIONS, ...ENTRY_FILES] },
    },
  );
}

async function detectPython(
  files: DetectingFiles,
  directory: string,
  project: PythonProject | undefined,
): Promise<DetectedPython | undefined> {
  const start = await findStart(files, directory, project);
  if (start === undefined) return undefined;
  const packages = await ownPackages(files, directory);
  const pinned = await readIfThere(files, path.join(directory, '.python-version'));
  const scripts = Object.keys(project?.scripts ?? {});
  return {
    project,
    tool: await toolOf(files, directory, project),
    start,
    otherScripts: start.kind === 'script' ? scripts.filter((name) => name !== start.name) : [],
    answersHelp: await answersHelp(files, directory, project, start),
    ...(await findLock(files, directory)),
    pythonVersion: choosePython(project?.requiresPython, pinned),
    packageData: [...dependencyData(project?.dependencies ?? []), ...(await packagesWithData(files, packages))],
  };
}

const ENTRY_FILES = ['main.py', '__main__.py', 'app.py', 'cli.py', 'run.py', 'src/main.py'];

async function findStart(files: DetectingFiles, directory: string, project: PythonProject | undefined): Promise<Start | undefined> {
  const scripts = Object.keys(project?.scripts ?? {}).filter((name) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name));
  const isOwn = (name: string) => importName(name) === importName(project?.name ?? '');
  const script = scripts.find(isOwn) ?? scripts[0];
  if (script !== undefined) return { kind: 'script', name: script };
  const runnable: string[] = [];
  for (const { name, directory: folder } of await ownPackages(files, directory)) {
    if ((await files.stat(path.join(folder, '__main__.py')))?.kind === 'file') runnable.push(name);
  }
  const module = runnable.find(isOwn) ?? runnable[0];
  if (module !== undefined) return { kind: 'module', name: module };
  const candidates = [...ENTRY_FILES, ...(project?.name === undefined ? [] : [`${importName(project.name)}.py`])];
  for (const file of candidates) if ((await files.stat(path.join(directory, file)))?.kind === 'file') return { kind: 'entry', file };
  return undefined;
}

function importName(name: string): string {
  return name.toLowerCase().replace(/[-.]+/g, '_');
}

interface OwnPackage {
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
}

const NO_PROGRAM = new Set(['tests', 'test', 'docs', 'examples', 'scripts', 'benchmarks', 'node_modules', 'build', 'dist']);

/** Packages in `src/` and beside pyproject.toml. */
async function ownPackages(files: DetectingFiles, directory: string): Promise<readonly OwnPackage[]> {
  const found: OwnPackage[] = [];
  for (const folder of [path.join(directory, 'src'), directory]) {
    if ((await files.stat(folder))?.kind !== 'directory') continue;
    for (const { name, kind } of await files.list(folder)) {
      const isCandidate = kind === 'directory' && /^[A-Za-z_]\w*$/.test(name) && !NO_PROGRAM.has(name);
      if (isCandidate && (await files.stat(path.join(folder, name, '__init__.py')))?.kind === 'file') {
        found.push({ name, directory: path.join(folder, name) });
      }
    }
  }
  return found;
}

/** What Python itself makes of a package is no data. */
const NO_DATA = /\.(py|pyi|pyc|pyo|pyx|pxd|c|h|cpp|so|pyd|dll|dylib)$|^py\.typed$|^\./;
const DEEPEST = 4;

async function packagesWithData(files: DetectingFiles, packages: readonly OwnPackage[]): Promise<readonly string[]> {
  const flags = await Promise.all(packages.map(({ directory }) => holdsData(files, directory, 0)));
  return packages.filter((_package, index) => flags[index]).map(({ name }) => name);
}

async function holdsData(files: DetectingFiles, directory: string, depth: number): Promise<boolean> {
  for (const { name, kind } of await files.list(directory)) {
    if (kind === 'file' && !NO_DATA.test(name)) return true;
    const isInner = kind === 'directory' && depth < DEEPEST && !/^(__pycache__|tests?|\..*)$/.test(name);
    if (isInner && (await holdsData(files, path.join(directory, name), depth + 1))) return true;
  }
  return false;
}

/** Packages whose data files a program needs, by the dependency that brings them. */
const DATA_OF_DEPENDENCY: Readonly<Record<string, readonly string[]>> = {
  babel: ['babel'],
  boto3: ['boto3', 'botocore'],
  botocore: ['botocore'],
  certifi: ['certifi'],
  docutils: ['docutils'],
  faker: ['faker'],
  httpx: ['certifi'],
  jsonschema: ['jsonschema_specifications'],
  phonenumbers: ['phonenumbers'],
  pycountry: ['pycountry'],
  'python-dateutil': ['dateutil'],
  pytz: ['pytz'],
  requests: ['certifi'],
  tldextract: ['tldextract'],
  tzdata: ['tzdata'],
};

function dependencyData(dependencies: readonly string[]): readonly string[] {
  return [...new Set(dependencies.flatMap((name) => DATA_OF_DEPENDENCY[name] ?? []))].sort();
}

const ARGUMENT_READERS = ['typer', 'typer-slim', 'click', 'rich-click', 'cyclopts', 'docopt', 'fire', 'plumbum', 'cleo', 'cliff'];

async function answersHelp(files: DetectingFiles, directory: string, project: PythonProject | undefined, start: Start): Promise<boolean> {
  if (start.kind === 'script' || project?.dependencies.some((name) => ARGUMENT_READERS.includes(name)) === true) return true;
  const places =
    start.kind === 'entry'
      ? [start.file]
      : ['src', '.'].flatMap((folder) => ['__main__.py', 'cli.py'].map((file) => `${folder}/${start.name}/${file}`));
  const texts = await Promise.all(places.map((place) => readIfThere(files, path.join(directory, place))));
  return texts.some((text) => /^\s*(import|from)\s+(argparse|typer|click|cyclopts|docopt|fire)\b/m.test(text ?? ''));
}

async function toolOf(files: DetectingFiles, directory: string, project: PythonProject | undefined): Promise<string> {
  const has = async (file: string) => (await files.stat(path.join(directory, file)))?.kind === 'file';
  const backend = project?.buildBackend ?? '';
  if (await has('uv.lock')) return 'uv';
  if (project?.hasPoetryTable === true || (await has('poetry.lock'))) return 'poetry';
  const known = ['uv_build', 'hatchling', 'poetry', 'pdm', 'flit', 'setuptools'].find((name) => backend.startsWith(name));
  if (known !== undefined) return known === 'uv_build' ? 'uv' : known === 'hatchling' ? 'hatch' : known;
  return project === undefined ? 'plain' : 'pyproject';
}

type FoundLock = Pick<DetectedPython, 'lock' | 'requirements' | 'foreignLock' | 'sourceRoot'>;

async function findLock(files: DetectingFiles, directory: string): Promise<FoundLock> {
  const has = async (folder: string, file: string) => (await files.stat(path.join(folder, file)))?.kind === 'file';
  for (const lock of ['uv.lock', 'poetry.lock', 'pylock.toml']) if (await has(directory, lock)) return { lock };
  const workspace = await findWorkspace(files, directory);
  if (workspace !== undefined) return { lock: `${workspace}/uv.lock`, sourceRoot: workspace };
  const foreign = (await has(directory, 'pdm.lock')) ? { foreignLock: 'pdm.lock' } : {};
  return (await has(directory, 'requirements.txt')) ? { requirements: 'requirements.txt', ...foreign } : foreign;
}

const HIGHEST_PARENT = 5;

/** The root of a uv workspace, such as `..` or `../..`. */
async function findWorkspace(files: DetectingFiles, directory: string): Promise<string | undefined> {
  for (let level = 1; level <= HIGHEST_PARENT; level += 1) {
    const relative = Array.from({ length: level }, () => '..').join('/');
    const parent = path.join(directory, relative);
    if (parent === path.dirname(parent)) return undefined;
    const text = await readIfThere(files, path.join(parent, 'pyproject.toml'));
    if (text !== undefined && /^\[tool\.uv\.workspace\]/m.test(text) && (await files.stat(path.join(parent, 'uv.lock')))?.kind === 'file')
      return relative;
  }
  return undefined;
}

async function readIfThere(files: DetectingFiles, file: string): Promise<string | undefined> {
  return (await files.stat(file))?.kind === 'file' ? files.readText(file) : undefined;
}
