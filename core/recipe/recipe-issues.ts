/**
 * Owns the words for what zod finds wrong in a slipway.yaml: what was expected, what stands there, the nearest known key.
 * Where it stands belongs to `recipe-text.ts`.
 */
import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { redactUrls } from '../redaction';

export type KeyPath = readonly (string | number)[];

export interface RecipeIssue {
  readonly path: KeyPath;
  /** Whether the key is wrong or its value: that is where the finger points. */
  readonly at: 'key' | 'value';
  readonly message: string;
}

/** What the document holds at a path, as a value and as it was typed. */
export interface RecipeValues {
  valueAt(path: KeyPath): unknown;
  /** The text of a scalar, such as 3.10 for the number 3.1. */
  typedAt(path: KeyPath): string | undefined;
}

type Issue = z.core.$ZodIssue;

/**
 * @param schema what `issues` come from
 * @param base where the parsed value stands in the document
 */
export function describeIssues(
  schema: z.ZodType,
  issues: readonly Issue[],
  values: RecipeValues,
  base: KeyPath = [],
): readonly RecipeIssue[] {
  return issues.flatMap((issue) => describeIssue(schema, issue, values, base));
}

function describeIssue(schema: z.ZodType, issue: Issue, values: RecipeValues, base: KeyPath): readonly RecipeIssue[] {
  const inSchema = issue.path as KeyPath;
  const path = [...base, ...inSchema];
  const value = values.valueAt(path);
  // A message ends in terminals and CI logs: an address in it keeps its password to itself.
  const got = redactUrls(describeValue(value, values.typedAt(path)));
  const one = (message: string, at: RecipeIssue['at'] = 'value'): readonly RecipeIssue[] => [{ path, at, message }];
  const isMissing = value === undefined && path.length > 0 && ['invalid_type', 'invalid_value'].includes(issue.code);
  if (isMissing) {
    const [key, parent] = [path.at(-1) ?? '', path.slice(0, -1)];
    return [{ path: parent, at: 'key', message: `missing key '${key}': ${expectation(issue)}` }];
  }
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], at: 'key', message: unknownKey(key, schema, inSchema) }));
    case 'invalid_type':
      return one(`${expectation(issue)}, got ${got}${hasOwnWords(issue) ? '' : remedy(issue.expected, value, values.typedAt(path))}`);
    case 'invalid_value':
      return one(`${expectation(issue)}, got ${got}${didYouMean(value, issue.values)}`);
    case 'invalid_key':
      return one(`'${path.at(-1) ?? ''}' is no name to use here: ${issue.issues[0]?.message ?? ''}`, 'key');
    default:
      return isScalar(value) || value === null ? one(`${expectation(issue)}, got ${got}`) : one(expectation(issue), 'key');
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
};

/** What should stand there. */
function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return hasOwnWords(issue) ? issue.message : `expected ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
    case 'too_small':
      if (issue.origin === 'string') return 'expected a text that is not empty';
      return issue.origin === 'array' ? `expected at least ${issue.minimum} in the list` : `expected at least ${issue.minimum}`;
    case 'too_big':
      return `expected at most ${issue.maximum}`;
    case 'invalid_format':
      return issue.format === 'url' ? 'expected an address such as https://example.com' : issue.message;
    default:
      return issue.message;
  }
}

/** Whether the schema says itself what it expects. */
function hasOwnWords({ message }: Issue): boolean {
  return message.startsWith('expected');
}

function remedy(expected: string, value: unknown, typed: string | undefined): string {
  if (expected === 'string' && isScalar(value)) return `: write "${typed ?? String(value)}" in quotes`;
  if (expected === 'string' && typeof value === 'object' && value !== null) return ': a text with brackets or braces needs quotes';
  if ((expected === 'int' || expected === 'number') && typeof value === 'string' && /^\d+$/.test(value)) return ': write it without quotes';
  if (expected === 'boolean' && typeof value === 'string') {
    if (/^(yes|on|y|true)$/i.test(value)) return ': write true';
    if (/^(no|off|n|false)$/i.test(value)) return ': write false';
  }
  return expected === 'array' && typeof value === 'string' ? `: write [${value}]` : '';
}

type Scalar = string | number | boolean | bigint;

function isScalar(value: unknown): value is Scalar {
  return ['string', 'number', 'boolean', 'bigint'].includes(typeof value);
}

function describeValue(value: unknown, typed?: string): string {
  if (value === null || value === undefined) return 'nothing';
  if (!isScalar(value)) return Array.isArray(value) ? 'a list' : 'a map';
  if (typeof value === 'string') return `'${value.length > 80 ? `${value.slice(0, 80)}…` : value}'`;
  return `the ${typeof value === 'boolean' ? 'truth value' : 'number'} '${typed ?? String(value)}'`;
}

function didYouMean(value: unknown, known: readonly unknown[]): string {
  const nearest = typeof value === 'string' ? nearestOf(value, known.map(String)) : undefined;
  return nearest === undefined ? '' : `: did you mean '${nearest}'?`;
}

/** The known word that was probably meant; undefined where none is near. */
export function nearestOf(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const nearest = closest(word.toLowerCase(), [...known]);
  return distance(word.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, Math.floor(word.length / 2)) ? nearest : undefined;
}

function unknownKey(key: string, schema: z.ZodType, path: KeyPath): string {
  const shape = shapeAt(schema, path);
  const known = Object.keys(shape);
  const below = known.find((name) => Object.hasOwn(shapeAt(shape[name], []), key));
  const nearest = below === undefined ? nearestOf(key, known) : `${below}.${key}`;
  return nearest === undefined
    ? `unknown key '${key}', known here: ${known.sort().join(', ')}`
    : `unknown key '${key}', did you mean '${nearest}'?`;
}

interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly innerType?: unknown;
  readonly element?: unknown;
  readonly valueType?: unknown;
  readonly keyType?: { readonly options?: readonly string[] };
  readonly options?: readonly unknown[];
}

function definitionOf(schema: unknown): Definition | undefined {
  const definition = (schema as { _zod?: { def?: Definition } } | undefined)?._zod?.def;
  return definition?.innerType === undefined ? definition : definitionOf(definition.innerType);
}

/** The keys that the schema knows at a path, each with the schema of its value; empty where it is no map of known keys. */
function shapeAt(schema: unknown, path: KeyPath): Readonly<Record<string, unknown>> {
  const definition = definitionOf(schema);
  if (definition === undefined) return {};
  if (definition.options !== undefined && definition.type === 'union') {
    return Object.assign({}, ...definition.options.map((option) => shapeAt(option, path))) as Record<string, unknown>;
  }
  const [key, ...rest] = path;
  if (key !== undefined) return shapeAt(definition.shape?.[key] ?? definition.element ?? definition.valueType, rest);
  if (definition.shape !== undefined) return definition.shape;
  return Object.fromEntries((definition.keyType?.options ?? []).map((name) => [name, definition.valueType]));
}
