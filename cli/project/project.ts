/**
 * Owns the one loader of a project: slipway.yaml and the folder around it, read, proved and resolved.
 * `check`, `plan` and `start-build` all begin here.
 */
import path from 'node:path';
import type { BuildRequest, JobTemplate } from '../../core/build/build-request';
import type { Variant } from '../../core/comparison/variant';
import { readGitState, type GitPorts } from '../../core/project/git';
import { jobTemplates } from '../../core/recipe/job-template';
import { PLATFORM_IDS, type PlatformId } from '../../core/platform';
import type { SourceRequest } from '../../core/ports/source-packer';
import { findProjectProblems, lintRecipeOptions, projectError, type ProjectProblem } from '../../core/recipe/project-problems';
import { type ResolvedVersion, resolveVersion, type VersionPorts } from '../../core/project/project-version';
import { type PythonProject, readPythonProject } from '../../core/project/python-project';
import { binaryForPlatform, type Recipe } from '../../core/recipe/recipe';
import { nearestOf } from '../../core/recipe/recipe-issues';
import { keyPathText, namedPaths } from '../../core/recipe/recipe-paths';
import { readRecipe, type RecipeDocument } from '../../core/recipe/recipe-text';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import type { CliContext } from '../context';
import { chooseCompilers } from './compiler-choice';
import { findRecipeFile } from './recipe-file';

export interface Project {
  readonly recipe: Recipe;
  /** Absolute. */
  readonly recipePath: string;
  /** The folder of slipway.yaml, absolute. */
  readonly projectDirectory: string;
  /** `source.root`, absolute. */
  readonly sourceRoot: string;
  /** `projectDirectory` relative to `sourceRoot`, forward slashes, `.` where they are one. */
  readonly projectPath: string;
  readonly version: string;
  /** Where the version comes from, for a person. */
  readonly versionOrigin: string;
  /** Absent outside a git repository. */
  readonly git?: { readonly commit: string; readonly isDirty: boolean };
  /** The commit's time where nothing was changed since, else 1980-01-01. */
  readonly epochSeconds: number;
  /** What pyproject.toml, setup.cfg or setup.py say. */
  readonly python?: PythonProject;
  /** What is allowed and yet wants to be known. */
  readonly warnings: readonly string[];
  readonly templates: Readonly<Partial<Record<PlatformId, JobTemplate>>>;
  /** The same with one compiler and mode for every Python program: for comparisons. */
  readonly templatesOf: (variant: Variant) => Project['templates'];
  /** `additions` is empty: vendored wheels are added by whoever starts the build. */
  readonly sourceRequest: SourceRequest;
}

/** ZIP knows no earlier day, and no release was made then. */
const NO_COMMIT_EPOCH_SECONDS = 315_532_800;

/**
 * @throws SlipwayError `recipe-not-found`, `app-mismatch`, `recipe-invalid`, `pyproject-invalid`; for one thing that does not fit its folder
 *   the code of that thing (`script-not-found`, `entry-not-found`, `lock-missing`, `data-not-found`, `module-not-runnable`,
 *   `version-unresolved`, `git-…`), for several `recipe-invalid` with all of them
 */
export async function loadProject(context: CliContext): Promise<Project> {
  const files = await context.files();
  const recipePath = await findRecipeFile(context);
  const projectDirectory = path.dirname(recipePath);
  const document = readRecipe(await files.readText(recipePath), shownPath(context, recipePath));
  refuseOtherApplication(context, document);
  const { recipe } = document;
  const ports: VersionPorts & GitPorts = {
    files,
    processes: await context.processes(),
    environment: definedVariables(context.environment),
  };
  const python = await readPythonProject(files, projectDirectory);
  const sourceRoot = path.resolve(projectDirectory, recipe.source.root);
  const [version, problems, git] = await Promise.all([
    versionOrProblem(ports, { recipe, projectDirectory, python }),
    findProjectProblems(files, recipe, { directory: projectDirectory, python }),
    readGitState(ports, sourceRoot),
  ]);
  const options = lintRecipeOptions(recipe, python);
  const found = [...problems, ...options.problems];
  if ('error' in version) throw projectError(document, [version, ...found]);
  if (found.length > 0) throw projectError(document, found);
  const projectPath = path.relative(sourceRoot, projectDirectory).split(path.sep).join('/') || '.';
  const chosen = await chooseCompilers(files, recipe, projectDirectory);
  const facts = { version: version.version, ...(python?.name === undefined ? {} : { distribution: python.name }) };
  return {
    recipe,
    recipePath,
    projectDirectory,
    sourceRoot,
    projectPath,
    version: version.version,
    versionOrigin: version.origin,
    ...(git === undefined ? {} : { git: { commit: git.commit, isDirty: git.isDirty } }),
    epochSeconds: git === undefined || git.isDirty ? NO_COMMIT_EPOCH_SECONDS : Math.max(git.commitEpochSeconds, NO_COMMIT_EPOCH_SECONDS),
    ...(python === undefined ? {} : { python }),
    warnings: [...options.warnings, ...chosen.warnings],
    templates: jobTemplates(recipe, { ...facts, decisions: chosen.decisions }),
    templatesOf: (variant) => jobTemplates(recipe, { ...facts, variant }),
    sourceRequest: sourceRequest(recipe, { sourceRoot, projectPath, pythonFile: python?.file }),
  };
}

/** As a person would type it: relative where the file is near. */
function shownPath(context: CliContext, file: string): string {
  const relative = path.relative(context.workingDirectory, file);
  return relative.startsWith(`..${path.sep}..${path.sep}..`) || path.isAbsolute(relative) ? file : relative;
}

function refuseOtherApplication(context: CliContext, { recipe, file }: RecipeDocument): void {
  const { app } = context.globals;
  if (app === undefined || app === recipe.name) return;
  throw new SlipwayError('app-mismatch', `--app is '${app}', and ${file} is about '${recipe.name}'`, {
    hint: `leave out --app, or name the slipway.yaml of '${app}' with --config FILE`,
  });
}

/** The environment without what is not set. */
export function definedVariables(environment: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

async function versionOrProblem(
  ports: VersionPorts,
  {
    recipe,
    projectDirectory,
    python,
  }: { readonly recipe: Recipe; readonly projectDirectory: string; readonly python: PythonProject | undefined },
): Promise<ResolvedVersion | ProjectProblem> {
  try {
    return await resolveVersion(ports, { version: recipe.version, name: recipe.name, projectDirectory, python });
  } catch (thrown) {
    if (!isSlipwayError(thrown)) throw thrown;
    return { path: ['version'], error: thrown };
  }
}

function sourceRequest(
  recipe: Recipe,
  {
    sourceRoot,
    projectPath,
    pythonFile,
  }: { readonly sourceRoot: string; readonly projectPath: string; readonly pythonFile: string | undefined },
): SourceRequest {
  const named = namedPaths(recipe).map(({ path: key, value }) => ({ path: value, namedBy: keyPathText(key) }));
  const described = Object.entries(recipe.binaries).flatMap(([name, entry]) => {
    const needsProject = recipe.platforms.some((platform) => {
      const python = binaryForPlatform(entry, platform).python;
      return python?.script !== undefined || python?.dependencies.lock !== undefined;
    });
    return needsProject && pythonFile !== undefined ? [{ path: pythonFile, namedBy: `binaries.${name}.python` }] : [];
  });
  return {
    root: sourceRoot,
    include: recipe.source.include,
    projectPath,
    required: [...new Map([...named, ...described].map((entry) => [entry.path, entry])).values()],
    forWindows: recipe.platforms.includes('windows-x86_64'),
    additions: [],
  };
}

export interface RequestFacts {
  /** Made once per command and resent on retries. */
  readonly requestId: string;
  readonly platforms: readonly PlatformId[];
  readonly requestedBy: string;
  readonly source: { readonly sha256: string; readonly sizeBytes: number };
}

/** The request to build a project on some of its platforms. */
export function requestOf(project: Project, { requestId, platforms, requestedBy, source }: RequestFacts): BuildRequest {
  const { recipe, version, git, epochSeconds, projectPath, templates } = project;
  return {
    schemaVersion: 1,
    requestId,
    name: recipe.name,
    version,
    requestedBy,
    source: { sha256: source.sha256, sizeBytes: source.sizeBytes, ...(git === undefined ? {} : { git }), epochSeconds, projectPath },
    jobs: Object.fromEntries(platforms.flatMap((platform) => (templates[platform] === undefined ? [] : [[platform, templates[platform]]]))),
  };
}

export interface PlatformChoice {
  readonly recipe: Recipe;
  /** As typed after `--platform`: names, `all`, `native`; undefined where the option was not given. */
  readonly wanted: readonly string[] | undefined;
  readonly target: 'local' | 'aws';
  /** What the target can build: `BuildService.platforms()`. */
  readonly buildable: readonly PlatformId[];
  /** Of this machine; the first of `buildable` where the target is this machine. */
  readonly native?: PlatformId;
}

/**
 * The platforms to build, in the order of the platform table.
 * Without the option: what this machine, or the deployment, can build of the recipe.
 * @throws SlipwayError `bad-usage` for a name that is no platform, `platform-not-buildable-here`
 */
export function selectPlatforms({ recipe, wanted, target, buildable, native = buildable[0] }: PlatformChoice): readonly PlatformId[] {
  if (wanted === undefined && target === 'aws') return deployedPlatforms(recipe, buildable);
  const asked = wanted ?? ['native'];
  const chosen = new Set(asked.flatMap((word) => platformsOfWord(word, recipe, native)));
  for (const platform of chosen) {
    if (!recipe.platforms.includes(platform)) {
      throw new SlipwayError('platform-not-buildable-here', notListed(platform, recipe, wanted === undefined || asked.includes('native')), {
        hint: `add ${platform} to platforms in slipway.yaml${target === 'local' && native === platform ? '' : `, or name one of ${recipe.platforms.join(', ')}`}`,
        details: { wanted: platform, recipe: recipe.platforms, buildable },
      });
    }
    if (!buildable.includes(platform)) {
      const able = buildable.length === 0 ? 'nothing' : buildable.join(', ');
      throw new SlipwayError(
        'platform-not-buildable-here',
        `'${platform}' cannot be built ${target === 'local' ? 'on this machine' : 'by this deployment'}, which builds ${able}`,
        {
          hint:
            target === 'local'
              ? `build it on a ${platform} machine, or with --target aws; here: --platform native`
              : `use --platform ${buildable.join(',')}`,
          details: { wanted: platform, buildable },
        },
      );
    }
  }
  return PLATFORM_IDS.filter((platform) => chosen.has(platform));
}

/** @throws SlipwayError `platform-not-buildable-here` where the deployment builds none of the recipe's platforms */
function deployedPlatforms(recipe: Recipe, buildable: readonly PlatformId[]): readonly PlatformId[] {
  const chosen = PLATFORM_IDS.filter((platform) => recipe.platforms.includes(platform) && buildable.includes(platform));
  if (chosen.length > 0) return chosen;
  throw new SlipwayError(
    'platform-not-buildable-here',
    `this deployment builds ${buildable.join(', ') || 'nothing'}, and the recipe asks for ${recipe.platforms.join(', ')}`,
    {
      hint: 'add a platform to platforms in slipway.yaml, or to the deployment with slipway deploy',
      details: { buildable, recipe: recipe.platforms },
    },
  );
}

function notListed(platform: PlatformId, recipe: Recipe, isNative: boolean): string {
  return isNative
    ? `this machine is '${platform}', and the recipe builds ${recipe.platforms.join(', ')}`
    : `'${platform}' is not among the platforms of the recipe: ${recipe.platforms.join(', ')}`;
}

function platformsOfWord(word: string, recipe: Recipe, native: PlatformId | undefined): readonly PlatformId[] {
  if (word === 'all') return recipe.platforms;
  if (word === 'native' && native !== undefined) return [native];
  const known = PLATFORM_IDS.find((id) => id === word);
  if (known !== undefined) return [known];
  const nearest = nearestOf(word, [...PLATFORM_IDS, 'all', 'native']);
  throw new SlipwayError('bad-usage', `unknown platform '${word}'${nearest === undefined ? '' : `, did you mean '${nearest}'?`}`, {
    hint: `use --platform with ${recipe.platforms.join(', ')}, all or native`,
  });
}

/**
 * For a deployment: its builds read secrets themselves, and this machine needs those alone with which it fetches wheels.
 * What is not set here is left out.
 */
export function secretsAtHand(
  recipe: Pick<Recipe, 'secrets'>,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(recipe.secrets).flatMap(([name, { env }]) => ((environment[env] ?? '') === '' ? [] : [[name, environment[env] ?? '']])),
  );
}

/**
 * The values of the recipe's secrets, by the name that the build sees.
 * They go to the runner's environment and nowhere else.
 * @throws SlipwayError `secret-missing` with every variable that is not set
 */
export function readSecrets(
  recipe: Pick<Recipe, 'secrets'>,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const values = Object.entries(recipe.secrets).map(([name, { env }]) => ({ name, env, value: environment[env] ?? '' }));
  const missing = values.filter(({ value }) => value === '');
  if (missing.length > 0) {
    const variables = [...new Set(missing.map(({ env }) => env))];
    throw new SlipwayError('secret-missing', `secrets of slipway.yaml are not set: ${variables.map((name) => `'${name}'`).join(', ')}`, {
      hint: `set ${variables.length === 1 ? 'the variable' : 'the variables'} and run the command again: export ${variables.map((name) => `${name}=…`).join(' ')}`,
      details: { variables },
    });
  }
  return Object.fromEntries(values.map(({ name, value }) => [name, value]));
}
