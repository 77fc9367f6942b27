/**
 * Owns reading slipway.yaml: every problem at once, each with its line and column.
 * What the keys mean belongs to `recipe.ts`, the words for zod's findings to `recipe-issues.ts`.
 */
import { type Document, isAlias, isMap as isYamlMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { BinarySpecSchema, isMap, mergeOverrides, ReadyCheckSchema, RecipeSchema, RunCheckSchema, type Recipe } from './recipe';
import { describeIssues, type KeyPath, type RecipeIssue, type RecipeValues } from './recipe-issues';
import { keyPathText } from './recipe-paths';
import { platformsNamed, recipeRuleIssues } from './recipe-rules';
import { SlipwayError } from '../slipway-error';

export interface RecipeProblem {
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  /** Such as `binaries.fieldkit.python.version`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
  /** The code that the problem has when it stands alone. */
  readonly code?: string;
  readonly hint?: string;
}

export interface RecipeDocument {
  readonly recipe: Recipe;
  /** As it is called in messages. */
  readonly file: string;
  /** Where a key or its value stands; the nearest parent where the key is not there. */
  locate(path: KeyPath, at?: RecipeIssue['at']): { readonly line: number; readonly column: number };
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
  const lines = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ''), { lineCounter: lines, prettyErrors: false, merge: true, stringKeys: true });
  const locate: RecipeDocument['locate'] = (path, at = 'value') => positionIn(lines, offsetOf(document, path, at));
  const syntax = syntaxProblems(document, lines);
  if (syntax.problems.length > 0 && !syntax.isReadable) throw recipeInvalid(file, syntax.problems);
  const raw = plainValue(document, file);
  const issues = judge(raw, {
    valueAt: (path) => valueAt(raw, path),
    typedAt: (path) => typedAt(document, path),
  });
  const problems = [
    ...syntax.problems,
    ...issues.map(({ path, at, message }) => ({ ...locate(path, at), path: keyPathText(path), message })),
  ];
  if (problems.length > 0) throw recipeInvalid(file, problems);
  return { recipe: RecipeSchema.parse(raw), file, locate };
}

const MOST_PROBLEMS_SHOWN = 40;

/** One error for everything that is wrong with a recipe; in the order of the file, each problem once. */
export function recipeInvalid(file: string, found: readonly RecipeProblem[]): SlipwayError {
  const lineOf = ({ line, column, path, message }: RecipeProblem) =>
    `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`;
  const problems = [...new Map(found.map((problem) => [lineOf(problem), problem])).values()].sort(
    (a, b) => a.line - b.line || a.column - b.column,
  );
  const [only] = problems;
  const shown = problems
    .slice(0, MOST_PROBLEMS_SHOWN)
    .map((problem) => `\n  ${lineOf(problem)}${problem.hint === undefined ? '' : ` (${problem.hint})`}`);
  const rest = problems.length > MOST_PROBLEMS_SHOWN ? `\n  and ${problems.length - MOST_PROBLEMS_SHOWN} more` : '';
  const message =
    problems.length === 1 && only !== undefined ? lineOf(only) : `${file} has ${problems.length} problems:${shown.join('')}${rest}`;
  return new SlipwayError('recipe-invalid', message, {
    hint: `correct ${file}, then run slipway check`,
    details: { file, problems },
  });
}

/** After a duplicate key the rest of the file still means something; after other faults of syntax it does not. */
function syntaxProblems(
  document: Document.Parsed,
  lines: LineCounter,
): { readonly problems: readonly RecipeProblem[]; readonly isReadable: boolean } {
  const problems = document.errors.map((error): RecipeProblem => {
    const position = positionIn(lines, error.pos[0]);
    if (error.code === 'DUPLICATE_KEY')
      return { ...position, path: '', message: `duplicate key${keyAt(document, error.pos[0])}: keep one of the two` };
    if (error.code === 'MULTIPLE_DOCS') return { ...position, path: '', message: 'expected one YAML document: take out the line ---' };
    if (error.code === 'NON_STRING_KEY') return { ...position, path: '', message: 'a key has to be a text' };
    const [first = ''] = error.message.split('\n');
    return { ...position, path: '', message: `YAML syntax: ${first.charAt(0).toLowerCase()}${first.slice(1)}` };
  });
  return { problems, isReadable: document.errors.every(({ code }) => code === 'DUPLICATE_KEY') };
}

function keyAt(document: Document.Parsed, offset: number): string {
  let found = '';
  visitPairs(document.contents, (key) => {
    if (isScalar(key) && key.range?.[0] === offset) found = ` '${String(key.value)}'`;
  });
  return found;
}

function visitPairs(node: unknown, visit: (key: unknown) => void): void {
  if (isSeq(node)) node.items.forEach((item) => visitPairs(item, visit));
  if (!isYamlMap(node)) return;
  for (const pair of node.items) {
    visit(pair.key);
    visitPairs(pair.value, visit);
  }
}

/** @throws SlipwayError `recipe-invalid` for an alias that leads nowhere, into itself, or to too much */
function plainValue(document: Document.Parsed, file: string): unknown {
  const refuse = (message: string) => recipeInvalid(file, [{ line: 1, column: 1, path: '', message: `YAML alias: ${message}` }]);
  let raw: unknown;
  try {
    raw = document.toJS();
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    throw refuse(`${message.charAt(0).toLowerCase()}${message.slice(1)}`);
  }
  if (containsItself(raw, [])) throw refuse('an anchor contains itself');
  return raw;
}

function containsItself(value: unknown, parents: readonly unknown[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (parents.includes(value)) return true;
  return Object.values(value).some((child) => containsItself(child, [...parents, value]));
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
  const [runs, readies] = [check.run !== undefined, check.ready !== undefined];
  if (runs && readies) return [{ path, at: 'value', message: 'expected run or ready, not both: make them two checks' }];
  if (!runs && !readies) {
    const meant = check.args !== undefined ? 'ready: { line: READY }' : 'run: [--version]';
    return [{ path, at: 'value', message: `expected run or ready, such as ${meant}` }];
  }
  const [schema, other] = runs ? [RunCheckSchema, ReadyCheckSchema] : [ReadyCheckSchema, RunCheckSchema];
  return describeIssues(schema, schema.safeParse(check).error?.issues ?? [], values, path).map((found) => {
    const key = found.path.at(-1);
    const isOthers =
      found.path.length === path.length + 1 && typeof key === 'string' && found.message.startsWith('unknown key') && key in other.shape;
    if (!isOthers) return found;
    const help = key === 'args' ? ': the arguments stand under run' : '';
    return { ...found, message: `'${key}' belongs to a check with ${runs ? 'ready' : 'run'}${help}` };
  });
}

function valueAt(raw: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      Array.isArray(value) ? (value[Number(key)] as unknown) : isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined,
    raw,
  );
}

function typedAt(document: Document.Parsed, path: KeyPath): string | undefined {
  const { value } = findNode(document, path) ?? {};
  return isScalar(value) && typeof value.source === 'string' ? value.source : undefined;
}

function positionIn(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function offsetOf(document: Document.Parsed, path: KeyPath, at: RecipeIssue['at']): number {
  for (let length = path.length; length > 0; length -= 1) {
    const found = findNode(document, path.slice(0, length));
    if (found === undefined) continue;
    const key = found.key?.range?.[0];
    const value = found.value?.range?.[0];
    // What is missing is shown at the key that lacks it.
    return (at === 'key' || length < path.length ? (key ?? value) : (value ?? key)) ?? 0;
  }
  return document.contents?.range[0] ?? 0;
}

interface Found {
  readonly key?: Node;
  readonly value?: Node;
}

function findNode(document: Document.Parsed, path: KeyPath): Found | undefined {
  let found: Found | undefined = document.contents === null ? undefined : { value: document.contents };
  for (const key of path) {
    if (found === undefined) return undefined;
    found = childOf(document, found.value, key);
  }
  return found;
}

function childOf(document: Document.Parsed, parent: Node | undefined, key: string | number): Found | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node)) {
    const item = node.items[Number(key)];
    return item === undefined || isPair(item) ? undefined : { value: item as Node };
  }
  if (!isYamlMap(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
  if (pair === undefined) return undefined;
  return { key: pair.key as Node, ...(pair.value === null ? {} : { value: pair.value as Node }) };
}
