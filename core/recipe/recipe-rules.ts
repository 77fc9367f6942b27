/**
 * Owns the rules between the values of a slipway.yaml: names, paths, checks and platforms that must fit together.
 * They look at the raw document, so that they speak up even where another value is wrong; what has the wrong type is zod's to say.
 */
import posix from 'node:path/posix';
import { parseAddressRange } from '../distribution/addresses/address-range';
import { PLATFORM_IDS, PLATFORMS, PlatformIdSchema, type PlatformId } from '../platform';
import { caseFolded, windowsRefusal } from '../source/portable-name';
import { choiceProblem, DEPENDENCY_LIST_KEYS, ENTRY_KEYS, isMap, LANGUAGE_KEYS, mergeOverrides, READY_KEYS } from './recipe';
import { type KeyPath, nearestOf, type RecipeIssue } from './recipe-issues';
import { nodeLineProblem } from '../project/node-lines';
import { namedPaths } from './recipe-paths';
import { isSlipwayError } from '../slipway-error';
import { sidecarIssues } from './sidecar-rules';

type Fields = Readonly<Record<string, unknown>>;

/** Everything that breaks a rule, in no particular order. Pure. */
export function recipeRuleIssues(raw: unknown): readonly RecipeIssue[] {
  const recipe = fields(raw);
  return [
    ...platformRules(recipe),
    ...versionRule(recipe),
    ...rootRule(recipe),
    ...pathRules(recipe),
    ...binaryNameRules(recipe),
    ...binaryRules(recipe),
    ...list(recipe.checks).flatMap((check, index) => checkRules(recipe, fields(check), ['checks', index])),
    ...addressRules(recipe),
  ];
}

function fields(value: unknown): Fields {
  return isMap(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function issue(path: KeyPath, message: string, at: RecipeIssue['at'] = 'value'): RecipeIssue {
  return { path, at, message };
}

/** The platforms that the recipe names, as far as they are any. */
export function platformsNamed(raw: unknown): readonly PlatformId[] {
  const named = list(fields(raw).platforms);
  return PLATFORM_IDS.filter((platform) => named.includes(platform));
}

function isForWindows(recipe: Fields): boolean {
  return platformsNamed(recipe).some((platform) => PLATFORMS[platform].os === 'windows');
}

function platformRules(recipe: Fields): readonly RecipeIssue[] {
  const platforms = list(recipe.platforms);
  return platforms.flatMap((platform, index) =>
    platforms.indexOf(platform) < index ? [issue(['platforms', index], `'${String(platform)}' is named twice`)] : [],
  );
}

const VERSION_SOURCES = ['from-pyproject', 'from-package-json', 'from-git-tag'];

function versionRule({ version }: Fields): readonly RecipeIssue[] {
  if (typeof version !== 'string' || VERSION_SOURCES.includes(version)) return [];
  if (version.startsWith('from')) {
    const nearest = nearestOf(version, VERSION_SOURCES) ?? VERSION_SOURCES.join(', ');
    return [issue(['version'], `'${version}' is no source of a version: did you mean '${nearest}'?`)];
  }
  return /^[0-9A-Za-z][0-9A-Za-z.+!_-]{0,63}$/.test(version)
    ? []
    : [issue(['version'], `expected a version such as "1.4.0", or one of ${VERSION_SOURCES.join(', ')}, got '${version}'`)];
}

function rootRule(recipe: Fields): readonly RecipeIssue[] {
  const { root } = fields(recipe.source);
  if (typeof root !== 'string' || root === '' || rootDepth(recipe) !== undefined) return [];
  return [issue(['source', 'root'], `expected the folder of slipway.yaml or a parent of it, such as . or .. or ../.., got '${root}'`)];
}

/** How many folders `source.root` is above slipway.yaml; undefined where it is another folder. */
function rootDepth(recipe: Fields): number | undefined {
  const { root = '.' } = fields(recipe.source);
  if (typeof root !== 'string') return undefined;
  const normal = posix.normalize(`${root}/`);
  return /^(\.\/|(\.\.\/)+)$/.test(normal) ? normal.split('/').filter((part) => part === '..').length : undefined;
}

function pathRules(recipe: Fields): readonly RecipeIssue[] {
  const depth = rootDepth(recipe) ?? Infinity;
  const sources = namedPaths(recipe).flatMap(({ path, value }) => {
    const problem = sourcePathProblem(value, depth);
    return problem === undefined ? [] : [issue(path, problem)];
  });
  const targets = layersOf(recipe).flatMap(({ layer, path }) =>
    [
      { entries: list(fields(fields(layer.python).include).data), at: [...path, 'python', 'include', 'data'] },
      { entries: list(fields(layer.node).assets), at: [...path, 'node', 'assets'] },
    ].flatMap(({ entries, at }) =>
      entries.flatMap((entry, index) => {
        const { to } = fields(entry);
        const problem = typeof to === 'string' && to !== '' ? targetPathProblem(to, isForWindows(recipe)) : undefined;
        return problem === undefined ? [] : [issue([...at, index, 'to'], problem)];
      }),
    ),
  );
  return [...sources, ...targets];
}

function sourcePathProblem(value: string, depth: number): string | undefined {
  const general = generalPathProblem(value, 'relative to the folder of slipway.yaml');
  if (general !== undefined) return general;
  const climbed = posix
    .normalize(value)
    .split('/')
    .filter((part) => part === '..').length;
  return climbed > depth ? `'${value}' leaves the source: set source.root to a parent that holds it, or move it` : undefined;
}

function targetPathProblem(value: string, isWindows: boolean): string | undefined {
  const general = generalPathProblem(value, 'relative to the folder of the program');
  if (general !== undefined) return general;
  const normal = posix.normalize(value).replace(/\/$/, '');
  if (normal.startsWith('..')) return `'${value}' leaves the folder of the program`;
  const refusal = isWindows && normal !== '.' ? windowsRefusal(normal) : undefined;
  return refusal === undefined ? undefined : `Windows cannot hold '${value}': ${refusal}`;
}

function generalPathProblem(value: string, relative: string): string | undefined {
  if (posix.isAbsolute(value) || /^[A-Za-z]:/.test(value)) return `'${value}' is absolute: name it ${relative}`;
  return value.includes('\\') ? `'${value}' has a backslash: write '${value.replaceAll('\\', '/')}'` : undefined;
}

/** Each binary, and each of its overrides, with where it stands. */
function layersOf(recipe: Fields): readonly { readonly layer: Fields; readonly path: KeyPath }[] {
  return Object.entries(fields(recipe.binaries)).flatMap(([name, entry]) => [
    { layer: fields(entry), path: ['binaries', name] },
    ...Object.entries(fields(fields(entry).overrides)).map(([platform, override]) => ({
      layer: fields(override),
      path: ['binaries', name, 'overrides', platform],
    })),
  ]);
}

function binaryNameRules(recipe: Fields): readonly RecipeIssue[] {
  const isWindows = isForWindows(recipe);
  const names = Object.keys(fields(recipe.binaries));
  const appRefusal = isWindows && typeof recipe.name === 'string' ? windowsRefusal(recipe.name) : undefined;
  const own = appRefusal === undefined ? [] : [issue(['name'], `Windows cannot hold '${String(recipe.name)}': ${appRefusal}`)];
  const none =
    isMap(recipe.binaries) && names.length === 0
      ? [issue(['binaries'], 'expected at least one binary: its name, and python or node below it')]
      : [];
  const each = names.flatMap((name, index) => {
    const path = ['binaries', name];
    const refusal = isWindows ? windowsRefusal(name) : undefined;
    const twin = names.slice(0, index).find((other) => caseFolded(other) === caseFolded(name));
    return [
      ...(refusal === undefined ? [] : [issue(path, `Windows cannot hold '${name}': ${refusal}`, 'key')]),
      ...(/\.exe$/i.test(name)
        ? [issue(path, `'${name}' would become '${name}.exe': leave out .exe, slipway adds it on Windows`, 'key')]
        : []),
      ...(twin === undefined ? [] : [issue(path, `'${twin}' and '${name}' are one name on Windows and macOS: rename one`, 'key')]),
    ];
  });
  return [...own, ...none, ...each];
}

function binaryRules(recipe: Fields): readonly RecipeIssue[] {
  const platforms = platformsNamed(recipe);
  return Object.entries(fields(recipe.binaries)).flatMap(([name, entry]) => {
    const path = ['binaries', name];
    const { overrides } = fields(entry);
    const unbuilt = Object.keys(fields(overrides)).filter(
      (key) => PlatformIdSchema.safeParse(key).success && !platforms.some((platform) => platform === key),
    );
    return [
      ...unbuilt.map((key) =>
        issue([...path, 'overrides', key], `'${key}' is not built: add it to platforms, or take its overrides out`, 'key'),
      ),
      ...(isMap(entry) ? choiceRules(entry, path, platforms) : []),
      ...(isMap(entry) ? sidecarRules(recipe, name, entry, path) : []),
    ];
  });
}

/** One of several keys, on each platform: the parser says so only where everything else is in order. */
function choiceRules(entry: Fields, path: KeyPath, platforms: readonly PlatformId[]): readonly RecipeIssue[] {
  return platforms.flatMap((platform) => {
    const merged = mergeOverrides(entry, platform);
    const found: RecipeIssue[] = [];
    const demand = (value: unknown, keys: readonly string[], at: KeyPath, isRequired = true) => {
      const problem = isMap(value) ? choiceProblem(value, keys, isRequired) : undefined;
      if (problem !== undefined) found.push(issue(at, problem, 'key'));
    };
    demand(merged, LANGUAGE_KEYS, path);
    demand(merged.python, ENTRY_KEYS, [...path, 'python']);
    demand(fields(merged.python).dependencies, DEPENDENCY_LIST_KEYS, [...path, 'python', 'dependencies'], false);
    return [...found, ...nodeVersionRule(merged.node, [...path, 'node', 'version'], platform)];
  });
}

function sidecarRules(recipe: Fields, name: string, entry: Fields, path: KeyPath): readonly RecipeIssue[] {
  return sidecarIssues({
    name,
    path,
    layers: platformsNamed(recipe).map((platform) => mergeOverrides(entry, platform)),
    otherNames: Object.keys(fields(recipe.binaries)).filter((other) => other !== name),
    isSplit: fields(recipe.package).split === true,
  });
}

function nodeVersionRule(node: unknown, path: KeyPath, platform: PlatformId): readonly RecipeIssue[] {
  const { version } = fields(node);
  const problem = typeof version === 'string' && /^\d+$/.test(version) ? nodeLineProblem(version, platform) : undefined;
  return problem === undefined ? [] : [issue(path, problem)];
}

function checkRules(recipe: Fields, check: Fields, path: KeyPath): readonly RecipeIssue[] {
  return [
    ...checkedBinaryRule(recipe, check, path),
    ...checkedPlatformRules(recipe, check, path),
    ...['stdout-matches', 'stderr-matches'].flatMap((key) => expressionRule(check[key], [...path, key])),
    ...(isMap(check.ready) ? readyRule(check.ready, [...path, 'ready']) : []),
    ...scriptRule(recipe, check, [...path, 'script']),
  ];
}

/** A script is written in the language of its binary: that language's runtime and dependencies are there. */
function scriptRule(recipe: Fields, { binary, script }: Fields, path: KeyPath): readonly RecipeIssue[] {
  if (typeof script !== 'string' || typeof binary !== 'string') return [];
  const spec = fields(fields(recipe.binaries)[binary]);
  if (spec.python !== undefined && !script.endsWith('.py'))
    return [issue(path, `'${script}' is no Python file: '${binary}' is a Python program, whose checks are written in Python`)];
  if (spec.node !== undefined && !/\.[cm]?[jt]s$/.test(script))
    return [issue(path, `'${script}' is no JavaScript file: '${binary}' is a Node program, whose checks are .mjs, .js, .cjs or .ts files`)];
  return [];
}

function readyRule(ready: Fields, path: KeyPath): readonly RecipeIssue[] {
  const problem = choiceProblem(ready, READY_KEYS);
  return problem === undefined ? [] : [issue(path, problem, 'key')];
}

function checkedBinaryRule(recipe: Fields, { binary }: Fields, path: KeyPath): readonly RecipeIssue[] {
  const names = Object.keys(fields(recipe.binaries));
  if (typeof binary !== 'string' || names.length === 0 || names.includes(binary)) return [];
  const nearest = nearestOf(binary, names);
  const help = nearest === undefined ? `expected one of ${names.join(', ')}` : `did you mean '${nearest}'?`;
  return [issue([...path, 'binary'], `there is no binary '${binary}': ${help}`)];
}

function checkedPlatformRules(recipe: Fields, check: Fields, path: KeyPath): readonly RecipeIssue[] {
  if (!Array.isArray(check.platforms)) return [];
  if (check.platforms.length === 0)
    return [issue([...path, 'platforms'], 'this check would never run: name a platform, or leave the key out')];
  const built = platformsNamed(recipe);
  return check.platforms.flatMap((platform, index) =>
    PLATFORM_IDS.some((id) => id === platform) && !built.some((id) => id === platform)
      ? [issue([...path, 'platforms', index], `'${String(platform)}' is not built: add it to platforms, or take it out here`)]
      : [],
  );
}

function expressionRule(pattern: unknown, path: KeyPath): readonly RecipeIssue[] {
  if (typeof pattern !== 'string') return [];
  try {
    new RegExp(pattern.replace(/\{(version|name|tmp)\}/g, 'x'), 'm');
    return [];
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.replace(/^Invalid regular expression: .*: /s, '') : '';
    return [issue(path, `'${pattern}' is no regular expression: ${reason.toLowerCase()}`)];
  }
}

function addressRules(recipe: Fields): readonly RecipeIssue[] {
  return list(fields(recipe.distribute)['allowed-ips']).flatMap((range, index) => {
    if (typeof range !== 'string') return [];
    try {
      parseAddressRange(range);
      return [];
    } catch (thrown) {
      if (!isSlipwayError(thrown)) throw thrown;
      return [issue(['distribute', 'allowed-ips', index], thrown.message)];
    }
  });
}
