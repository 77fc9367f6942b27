/**
 * Owns what can be wrong between a slipway.yaml and the folder that it stands in: files that are not there, scripts and extras
 * that the project does not have. All of it is found before anything is packed or built.
 */
import path from 'node:path';
import { lintCompilerOptions } from './compiler-options';
import type { Files } from '../ports/files';
import type { PythonProject } from '../project/python-project';
import { binaryForPlatform, isMap, type PythonSpec, type Recipe } from './recipe';
import { type KeyPath, nearestOf } from './recipe-issues';
import { npmProblems } from './npm-project';
import { keyPathText, type NamedPath, namedPaths } from './recipe-paths';
import { type RecipeDocument, recipeInvalid, type RecipeProblem } from './recipe-text';
import { SlipwayError } from '../slipway-error';

export interface ProjectProblem {
  /** The key that says what is not so. */
  readonly path: KeyPath;
  readonly error: SlipwayError;
}

export interface ProjectFolder {
  /** Absolute. */
  readonly directory: string;
  readonly python: PythonProject | undefined;
}

type LookingFiles = Pick<Files, 'stat' | 'realPath'>;

/** In no particular order. */
export async function findProjectProblems(
  files: LookingFiles & Pick<Files, 'readText'>,
  recipe: Recipe,
  folder: ProjectFolder,
): Promise<readonly ProjectProblem[]> {
  const missing = await Promise.all(namedPaths(recipe).map((named) => missingFile(files, folder, named)));
  const uses = pythonUses(recipe);
  const modules = await Promise.all(uses.map((use) => moduleProblem(files, folder, use)));
  return [
    ...missing.filter((problem) => problem !== undefined),
    ...(await npmProblems(files, recipe, folder.directory)),
    ...uses.flatMap((use) => [...scriptProblem(folder, use), ...extraProblems(folder, use)]),
    ...modules.filter((problem) => problem !== undefined),
  ];
}

export interface OptionFindings {
  readonly problems: readonly ProjectProblem[];
  readonly warnings: readonly string[];
}

/** Judges the raw compiler options of every binary on every platform. */
export function lintRecipeOptions(recipe: Recipe, python: PythonProject | undefined): OptionFindings {
  const problems: ProjectProblem[] = [];
  const warnings = new Set<string>();
  for (const { path: at, binary, spec } of pythonUses(recipe)) {
    const direct = lintCompilerOptions(spec, { dependencyNames: python?.dependencies ?? [] });
    // What the dependencies bring in turn is not known here: only a finding about a direct one is sure.
    const findings = direct.errors.length > 0 ? direct : lintCompilerOptions(spec);
    for (const finding of findings.errors) {
      const error = new SlipwayError('compiler-option-refused', finding, {
        hint: `correct the options of '${binary}'`,
        details: { binary },
      });
      problems.push({ path: [...at, 'options'], error });
    }
    for (const warning of findings.warnings) warnings.add(`options of '${binary}': ${warning}`);
  }
  return { problems, warnings: [...warnings] };
}

/**
 * One error for all of them: a single problem keeps its own code, several become `recipe-invalid` with each in `details.problems`.
 */
export function projectError(document: Pick<RecipeDocument, 'file' | 'locate'>, problems: readonly ProjectProblem[]): SlipwayError {
  const located = problems.map(({ path: key, error }): RecipeProblem & { readonly error: SlipwayError } => ({
    ...document.locate(key),
    path: keyPathText(key),
    message: error.message,
    error,
  }));
  const unique = [...new Map(located.map((problem) => [`${problem.path} ${problem.message}`, problem])).values()];
  const [only] = unique;
  if (only !== undefined && unique.length === 1) {
    const { error, line, column } = only;
    return new SlipwayError(error.code, `${document.file}:${line}:${column}: ${only.path}: ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      details: { ...error.details, file: document.file, line, column, path: only.path },
      cause: error,
    });
  }
  return recipeInvalid(
    document.file,
    unique.map(({ error, ...problem }) => ({ ...problem, code: error.code, ...(error.hint === undefined ? {} : { hint: error.hint }) })),
  );
}

async function kindOf(files: LookingFiles, file: string): Promise<'file' | 'directory' | undefined> {
  const found = await files.stat(file);
  if (found?.kind === 'file' || found?.kind === 'directory') return found.kind;
  if (found?.kind !== 'link') return undefined;
  const target = await files.realPath(file).catch(() => undefined);
  return target === undefined || target === file ? undefined : kindOf(files, target);
}

async function missingFile(files: LookingFiles, folder: ProjectFolder, named: NamedPath): Promise<ProjectProblem | undefined> {
  if (named.kind === 'lock' && !INSTALLABLE_LOCK.test(path.posix.basename(named.value))) {
    return { path: named.path, error: foreignLock(named.value) };
  }
  const found = await kindOf(files, path.join(folder.directory, named.value));
  const mayBeFolder = named.kind === 'data' || named.kind === 'include';
  if (found === 'file' || (found === 'directory' && mayBeFolder)) return undefined;
  return { path: named.path, error: missingFileError(named, found === 'directory') };
}

/** What `toolchain/environment/environment-commands.ts` installs from. */
const INSTALLABLE_LOCK = /^(uv\.lock|poetry\.lock|pylock(\.[^.]+)?\.toml)$/;

function foreignLock(value: string): SlipwayError {
  const isPdm = path.posix.basename(value) === 'pdm.lock';
  return new SlipwayError('lock-unsupported', `no way to install from '${value}'`, {
    hint: isPdm
      ? 'pdm export --format pylock --output pylock.toml, then lock: pylock.toml'
      : 'use uv.lock, poetry.lock or pylock.toml; a requirements file stands under requirements',
  });
}

const LOCK_COMMANDS: Readonly<Record<string, string>> = {
  'uv.lock': 'uv lock',
  'poetry.lock': 'poetry lock',
  'pylock.toml': 'uv export --format pylock.toml -o pylock.toml',
};

function missingFileError({ kind, value }: NamedPath, isDirectory: boolean): SlipwayError {
  const message = isDirectory ? `'${value}' is a folder, and a file is needed` : `there is no file '${value}'`;
  switch (kind) {
    case 'entry':
      return new SlipwayError('entry-not-found', message, {
        hint: isDirectory ? 'name its main file, or the package under module' : 'paths are relative to the folder of slipway.yaml',
      });
    case 'lock': {
      const command = LOCK_COMMANDS[path.posix.basename(value)] ?? 'lock the dependencies';
      return new SlipwayError('lock-missing', message, { hint: `make it: ${command}` });
    }
    case 'npm-lock':
      return new SlipwayError('lock-missing', message, { hint: 'make it: npm install --package-lock-only' });
    case 'requirements':
      return new SlipwayError('lock-missing', message, { hint: 'paths are relative to the folder of slipway.yaml' });
    case 'include':
      return new SlipwayError('data-not-found', `there is no '${value}' to bring into the source`, {
        hint: 'make it first, or take it out of source.include',
      });
    case 'data':
    case 'icon':
      return new SlipwayError('data-not-found', message.replace('no file', 'no'), {
        hint: 'paths are relative to the folder of slipway.yaml',
      });
  }
}

interface PythonUse {
  readonly binary: string;
  /** Of the `python` key. */
  readonly path: KeyPath;
  readonly spec: PythonSpec;
}

/** What each binary takes from the project on each platform, at the key that says so. */
function pythonUses(recipe: Recipe): readonly PythonUse[] {
  return Object.entries(recipe.binaries).flatMap(([name, entry]) =>
    recipe.platforms.flatMap((platform) => {
      const { python } = binaryForPlatform(entry, platform);
      if (python === undefined) return [];
      const override = entry.overrides?.[platform]?.python;
      const isOverridden = isMap(override) && ['script', 'module', 'dependencies', 'options'].some((key) => key in override);
      const at: KeyPath = isOverridden ? ['binaries', name, 'overrides', platform, 'python'] : ['binaries', name, 'python'];
      return [{ binary: name, path: at, spec: python }];
    }),
  );
}

function scriptProblem({ python }: ProjectFolder, { path: at, spec: { script } }: PythonUse): readonly ProjectProblem[] {
  if (script === undefined) return [];
  const problem = (message: string, hint: string, known: readonly string[]) => [
    { path: [...at, 'script'], error: new SlipwayError('script-not-found', message, { hint, details: { known } }) },
  ];
  if (python === undefined) {
    return problem(
      `there is no script '${script}': no pyproject.toml beside slipway.yaml`,
      'name a file under entry instead of script',
      [],
    );
  }
  if (python.scripts === undefined || Object.hasOwn(python.scripts, script)) return [];
  const known = Object.keys(python.scripts);
  const table =
    python.hasPoetryTable && !python.hasProjectTable
      ? '[tool.poetry.scripts]'
      : python.file === 'pyproject.toml'
        ? '[project.scripts]'
        : python.file;
  if (known.length === 0) {
    return problem(
      `there is no script '${script}': ${table} has none`,
      `add ${script} = "PACKAGE.MODULE:FUNCTION" there, or use entry or module`,
      known,
    );
  }
  const nearest = nearestOf(script, known);
  const help = nearest === undefined ? '' : `, did you mean '${nearest}'?`;
  return problem(`there is no script '${script}' in ${table}${help}`, `the scripts that exist: ${known.join(', ')}`, known);
}

function extraProblems({ python }: ProjectFolder, use: PythonUse): readonly ProjectProblem[] {
  if (python?.file !== 'pyproject.toml') return [];
  const look = (named: readonly string[], known: readonly string[], key: 'extras' | 'groups', what: string) =>
    named.flatMap((name, index) => {
      if (known.some((other) => normal(other) === normal(name))) return [];
      const nearest = nearestOf(name, known);
      const help = known.length === 0 ? `it has none` : nearest === undefined ? `it has ${known.join(', ')}` : `did you mean '${nearest}'?`;
      const error = new SlipwayError('recipe-invalid', `there is no ${what} '${name}' in pyproject.toml: ${help}`, {
        hint: `correct ${keyPathText([...use.path, 'dependencies', key])}`,
      });
      return [{ path: [...use.path, 'dependencies', key, index], error }];
    });
  return [
    ...look(use.spec.dependencies.extras, python.extras, 'extras', 'extra'),
    ...look(use.spec.dependencies.groups, python.groups, 'groups', 'dependency group'),
  ];
}

function normal(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** Only a package of the project itself can be judged: any other may come with the dependencies. */
async function moduleProblem(
  files: LookingFiles,
  { directory }: ProjectFolder,
  { path: at, spec: { module } }: PythonUse,
): Promise<ProjectProblem | undefined> {
  if (module === undefined) return undefined;
  const inner = module.split('.').join('/');
  for (const folder of ['src', '.']) {
    const base = path.join(directory, folder, inner);
    if ((await kindOf(files, `${base}.py`)) === 'file') return undefined;
    if ((await kindOf(files, path.join(base, '__init__.py'))) === undefined) continue;
    if ((await kindOf(files, path.join(base, '__main__.py'))) === 'file') return undefined;
    const place = path.posix.join(folder, inner);
    return {
      path: [...at, 'module'],
      error: new SlipwayError('module-not-runnable', `'${module}' cannot be run: there is no ${place}/__main__.py`, {
        hint: 'add it, or name a script or a file under entry',
      }),
    };
  }
  return undefined;
}
