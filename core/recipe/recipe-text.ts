/**
 * Owns reading slipway.yaml: every problem at once, each with its line and column.
 * What the keys mean belongs to `recipe.ts`, the words for zod's findings to `recipe-issues.ts`.
 */
import type { z } from 'zod';
import { BinarySpecSchema, CHECK_KINDS, CHECK_SCHEMAS, isMap, mergeOverrides, RecipeSchema, type Recipe } from './recipe';
import { describeIssues, type KeyPath, type RecipeIssue, type RecipeValues } from './recipe-issues';
import { platformsNamed, recipeRuleIssues } from './recipe-rules';
import { locateIssues, readYaml, textInvalid, valueAt, type Locate, type TextProblem } from './yaml-text';
import type { SlipwayError } from '../slipway-error';

export type RecipeProblem = TextProblem;

export interface RecipeDocument {
  readonly recipe: Recipe;
  /** As it is called in messages. */
  readonly file: string;
  readonly locate: Locate;
}

/** @throws SlipwayError `recipe-invalid` */
export function parseRecipe(text: string, file: string): Recipe {
  return readRecipe(text, file).recipe;
}

/**
 * @param file how messages call it
 * @throws SlipwayError `recipe-invalid` with every problem in `details.problems`
 */
export function readRecipe(text: string, file: string): RecipeDocument {
  const yaml = readYaml(text);
  if (!yaml.isReadable) throw recipeInvalid(file, yaml.problems);
  const { raw, locate, values } = yaml;
  const problems = [...yaml.problems, ...locateIssues(judge(raw, values), locate)];
  if (problems.length > 0) throw recipeInvalid(file, problems);
  return { recipe: RecipeSchema.parse(raw), file, locate };
}

/** One error for everything that is wrong with a recipe; in the order of the file, each problem once. */
export function recipeInvalid(file: string, found: readonly RecipeProblem[]): SlipwayError {
  return textInvalid('recipe-invalid', file, found, `correct ${file}, then run slipway check`);
}

function judge(raw: unknown, values: RecipeValues): readonly RecipeIssue[] {
  if (!isMap(raw)) {
    return [
      {
        path: [],
        at: 'value',
        message: raw === null ? 'the file is empty: run slipway init' : 'expected a map of keys, such as name: fieldkit',
      },
    ];
  }
  const parsed = RecipeSchema.safeParse(raw);
  // Checks are judged one by one below: what the parser says of a union helps nobody.
  const issues = (parsed.error?.issues ?? []).filter(({ path }) => path[0] !== 'checks' || path.length < 2);
  return [
    ...describeIssues(RecipeSchema, issues, values),
    ...binaryIssues(raw, values),
    ...(Array.isArray(raw.checks) ? raw.checks.flatMap((check, index) => checkIssues(check, ['checks', index], values)) : []),
    ...recipeRuleIssues(raw),
  ];
}

/** Each binary as each platform gets it; a problem that an override brings is shown there. */
function binaryIssues(raw: Readonly<Record<string, unknown>>, values: RecipeValues): readonly RecipeIssue[] {
  if (!isMap(raw.binaries)) return [];
  const platforms = platformsNamed(raw);
  return Object.entries(raw.binaries).flatMap(([name, entry]) => {
    if (!isMap(entry)) return [];
    const base: KeyPath = ['binaries', name];
    const merges =
      platforms.length === 0
        ? [{ merged: Object.fromEntries(Object.entries(entry).filter(([key]) => key !== 'overrides')), above: undefined }]
        : platforms.map((platform) => ({ merged: mergeOverrides(entry, platform), above: [...base, 'overrides', platform] as KeyPath }));
    return merges.flatMap(({ merged, above }) => {
      const issues = BinarySpecSchema.safeParse(merged).error?.issues ?? [];
      return issues.flatMap((issue) => describeLayered(issue, merged, base, above, values));
    });
  });
}

function describeLayered(
  issue: z.core.$ZodIssue,
  merged: unknown,
  base: KeyPath,
  above: KeyPath | undefined,
  values: RecipeValues,
): readonly RecipeIssue[] {
  const whereOf = (relative: KeyPath): KeyPath =>
    above !== undefined && values.valueAt([...above, ...relative]) !== undefined ? [...above, ...relative] : [...base, ...relative];
  const described = describeIssues(BinarySpecSchema, [issue], {
    valueAt: (path) => valueAt(merged, path),
    typedAt: (path) => values.typedAt(whereOf(path)),
  });
  return described.map((found) => ({ ...found, path: whereOf(found.path) }));
}

function checkIssues(check: unknown, path: KeyPath, values: RecipeValues): readonly RecipeIssue[] {
  if (!isMap(check)) return [{ path, at: 'value', message: 'expected a check such as { binary: NAME, run: [--version] }' }];
  const named = CHECK_KINDS.filter((kind) => check[kind] !== undefined);
  const [kind] = named;
  if (kind === undefined) {
    const meant = check.args !== undefined ? 'ready: { line: READY }' : 'run: [--version]';
    return [{ path, at: 'value', message: `expected run, ready or script, such as ${meant}` }];
  }
  if (named.length > 1) {
    const [both, two] = named.length === 2 ? ['both', 'two'] : ['all', 'three'];
    return [{ path, at: 'value', message: `expected ${named.join(' or ')}, not ${both}: make them ${two} checks` }];
  }
  const schema = CHECK_SCHEMAS[kind];
  return describeIssues(schema, schema.safeParse(check).error?.issues ?? [], values, path).map((found) => {
    const key = found.path.at(-1);
    if (found.path.length !== path.length + 1 || typeof key !== 'string' || !found.message.startsWith('unknown key')) return found;
    const owners = CHECK_KINDS.filter((other) => key in CHECK_SCHEMAS[other].shape);
    if (owners.length === 0) return found;
    const help = key === 'args' ? ': the arguments stand under run' : '';
    return { ...found, message: `'${key}' belongs to a check with ${owners.join(' or ')}${help}` };
  });
}
