/**
 * Owns reading a YAML text that people write: its value, what is wrong with its syntax, and where each key stands.
 * What the keys mean belongs to whoever reads it: `recipe-text.ts`, `core/deployment/settings-text.ts`.
 */
import { type Document, isAlias, isMap as isYamlMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { SlipwayError, type ErrorCode } from '../slipway-error';
import { isMap } from './recipe';
import type { KeyPath, RecipeIssue, RecipeValues } from './recipe-issues';
import { keyPathText } from './recipe-paths';

export interface TextProblem {
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

/** Where a key or its value stands; the nearest parent where the key is not there. */
export type Locate = (path: KeyPath, at?: RecipeIssue['at']) => { readonly line: number; readonly column: number };

export interface YamlText {
  /** What the text says; undefined where it is not readable. */
  readonly raw: unknown;
  /** After a duplicate key the rest of the file still means something; after other faults of syntax it does not. */
  readonly isReadable: boolean;
  /** Of the syntax. */
  readonly problems: readonly TextProblem[];
  readonly values: RecipeValues;
  readonly locate: Locate;
}

/** Far more than anybody writes: the time that reading takes grows faster than the text. */
const MOST_CHARACTERS = 200_000;

export function readYaml(text: string): YamlText {
  const refused = refuseText(text);
  return refused === undefined ? readText(text) : readText('', [refused]);
}

/** What is not looked into. */
function refuseText(text: string): TextProblem | undefined {
  if (text.length > MOST_CHARACTERS) {
    return { line: 1, column: 1, path: '', message: `the file has ${text.length} characters, at most ${MOST_CHARACTERS} are read` };
  }
  // Decoding puts this letter in the place of bytes that mean nothing.
  const at = text.indexOf('\uFFFD');
  if (at < 0) return undefined;
  const before = text.slice(0, at).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  return { line: before.length, column, path: '', message: 'the file is not UTF-8: save it in that encoding' };
}

function readText(text: string, refused: readonly TextProblem[] = []): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ''), { lineCounter: lines, prettyErrors: false, merge: true, stringKeys: true });
  const locate: Locate = (path, at = 'value') => positionIn(lines, offsetOf(document, path, at));
  const syntax = syntaxProblems(document, lines);
  const { raw, problem } = syntax.isReadable ? plainValue(document) : {};
  return {
    raw,
    isReadable: syntax.isReadable && problem === undefined && refused.length === 0,
    problems: [
      ...refused,
      ...syntax.problems,
      ...zeroBytes(document, lines),
      ...(problem === undefined ? [] : [{ line: 1, column: 1, path: '', message: problem }]),
    ],
    values: { valueAt: (path) => valueAt(raw, path), typedAt: (path) => typedAt(document, path) },
    locate,
  };
}

/** The issues of a text, each where it stands. */
export function locateIssues(issues: readonly RecipeIssue[], locate: Locate): readonly TextProblem[] {
  return issues.map(({ path, at, message }) => ({ ...locate(path, at), path: keyPathText(path), message }));
}

const MOST_PROBLEMS_SHOWN = 40;

/** One error for everything that is wrong with a text; in the order of the file, each problem once. */
export function textInvalid(code: ErrorCode, file: string, found: readonly TextProblem[], hint: string): SlipwayError {
  const lineOf = ({ line, column, path, message }: TextProblem) => `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`;
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
  return new SlipwayError(code, message, { hint, details: { file, problems } });
}

function syntaxProblems(
  document: Document.Parsed,
  lines: LineCounter,
): { readonly problems: readonly TextProblem[]; readonly isReadable: boolean } {
  const problems = document.errors.map((error): TextProblem => {
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

/** No system takes one in a name, an argument or a variable. */
function zeroBytes(document: Document.Parsed, lines: LineCounter): readonly TextProblem[] {
  const problems: TextProblem[] = [];
  visit(document, {
    Scalar(_, { value, range }) {
      if (typeof value === 'string' && value.includes('\0')) {
        problems.push({ ...positionIn(lines, range?.[0] ?? 0), path: '', message: 'a text must not hold a zero byte' });
      }
    },
  });
  return problems;
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

/** `problem`: an alias leads nowhere, into itself, or to too much. */
function plainValue(document: Document.Parsed): { readonly raw?: unknown; readonly problem?: string } {
  let raw: unknown;
  try {
    raw = document.toJS();
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { problem: `YAML alias: ${message.charAt(0).toLowerCase()}${message.slice(1)}` };
  }
  return containsItself(raw, []) ? { problem: 'YAML alias: an anchor contains itself' } : { raw };
}

function containsItself(value: unknown, parents: readonly unknown[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (parents.includes(value)) return true;
  return Object.values(value).some((child) => containsItself(child, [...parents, value]));
}

/** Undefined where nothing stands. */
export function valueAt(raw: unknown, path: KeyPath): unknown {
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
