/**
 * Owns one ignore file: how its lines are read and which of its rules decides on a path, exactly as git does it.
 * Paths and patterns are strings of bytes, see {@link bytesOf}. How several files combine is `source-selection.ts`.
 * A library was weighed and left: docs/decisions/006-source-archive.md.
 */
import { isGlobSpecial, wildmatch } from './wildmatch';

export interface IgnoreRule {
  /** As written, without the end-of-line. */
  readonly text: string;
  /** The ignore file, for messages. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Starts with `!`: brings back. */
  readonly isNegated: boolean;
  readonly isForDirectoriesOnly: boolean;
  /** Without `!` and the last slash. */
  readonly pattern: string;
  /** How a path is held against it: by its name alone, or by the whole path below the ignore file's folder. */
  readonly matches: 'name' | 'path';
  /** How many characters of `pattern` stand for themselves. */
  readonly literalLength: number;
  /** `*.ext`: the rest after the star is plain. */
  readonly isSuffix: boolean;
}

export interface IgnoreFile {
  /** The folder that the rules hold below, with a slash at the end; empty for the top. */
  readonly base: string;
  readonly rules: readonly IgnoreRule[];
}

/** A path or name as git compares it: one character per byte of its UTF-8 form. */
export function bytesOf(text: string): string {
  return /^[\0-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** The text that {@link bytesOf} came from, for messages. */
export function textOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/**
 * @param content the file's bytes, one character each
 * @param base the folder it lies in, relative to the top, with a slash at the end; empty for the top
 * @param file what messages call it
 */
export function parseIgnoreFile(content: string, base: string, file: string): IgnoreFile {
  const rules: IgnoreRule[] = [];
  const text = content.startsWith('\xef\xbb\xbf') ? content.slice(3) : content;
  for (const [index, whole] of text.split('\n').entries()) {
    const rule = parseRule(whole, file, index + 1);
    if (rule !== undefined) rules.push(rule);
  }
  return { base, rules };
}

function parseRule(whole: string, file: string, line: number): IgnoreRule | undefined {
  if (whole === '' || whole.startsWith('#')) return undefined;
  const ended = whole.endsWith('\r') ? whole.slice(0, -1) : whole;
  const nul = ended.indexOf('\0');
  const text = withoutTrailingSpaces(nul < 0 ? ended : ended.slice(0, nul));
  const isNegated = text.startsWith('!');
  const body = isNegated ? text.slice(1) : text;
  const isForDirectoriesOnly = body.endsWith('/');
  const pattern = isForDirectoriesOnly ? body.slice(0, -1) : body;
  return {
    text: textOf(text),
    file,
    line,
    isNegated,
    isForDirectoriesOnly,
    pattern,
    matches: pattern.includes('/') ? 'path' : 'name',
    literalLength: Math.min(literalLengthOf(body), pattern.length),
    isSuffix: body.startsWith('*') && literalLengthOf(body.slice(1)) === body.length - 1,
  };
}

function literalLengthOf(pattern: string): number {
  let length = 0;
  while (length < pattern.length && !isGlobSpecial(pattern.charCodeAt(length))) length++;
  return length;
}

/** Spaces at the end go, unless a backslash holds the first of them. */
function withoutTrailingSpaces(text: string): string {
  let firstSpace = -1;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === ' ') {
      if (firstSpace < 0) firstSpace = i;
      continue;
    }
    firstSpace = -1;
    if (text[i] === '\\' && ++i >= text.length) return text;
  }
  return firstSpace < 0 ? text : text.slice(0, firstSpace);
}

/**
 * The last rule of the file that matches, or undefined.
 * @param path below the top, without a slash at the end; `name` its last part
 */
export function findRule(file: IgnoreFile, path: string, name: string, isDirectory: boolean): IgnoreRule | undefined {
  for (let i = file.rules.length - 1; i >= 0; i--) {
    const rule = file.rules[i];
    if (rule === undefined || (rule.isForDirectoriesOnly && !isDirectory)) continue;
    if (rule.matches === 'name' ? matchesName(rule, name) : matchesPath(rule, file.base, path)) return rule;
  }
  return undefined;
}

function matchesName(rule: IgnoreRule, name: string): boolean {
  if (rule.literalLength === rule.pattern.length) return rule.pattern === name;
  if (rule.isSuffix) return name.endsWith(rule.pattern.slice(1));
  return wildmatch(rule.pattern, name, false);
}

function matchesPath(rule: IgnoreRule, base: string, path: string): boolean {
  if (!path.startsWith(base)) return false;
  const isAnchored = rule.pattern.startsWith('/');
  const pattern = isAnchored ? rule.pattern.slice(1) : rule.pattern;
  const literalLength = Math.max(0, isAnchored ? rule.literalLength - 1 : rule.literalLength);
  const relative = path.slice(base.length);
  if (literalLength > relative.length || !relative.startsWith(pattern.slice(0, literalLength))) return false;
  if (literalLength === pattern.length) return relative.length === literalLength;
  // git matches what follows the plain beginning as a pattern of its own; that shows in `a**/b`.
  return wildmatch(pattern.slice(literalLength), relative.slice(literalLength), true);
}

/**
 * Whether a negated rule with a path could match something below `directory`: then a folder that is left out is looked into.
 * A rule without a slash never asks for that, as in git.
 * @param directory below the top, without a slash at the end
 */
export function reachesBelow(rule: IgnoreRule, base: string, directory: string): boolean {
  if (!rule.isNegated || rule.matches !== 'path') return false;
  const pattern = rule.pattern.startsWith('/') ? rule.pattern.slice(1) : rule.pattern;
  const plainFolders = pattern.slice(0, pattern.slice(0, literalLengthOf(pattern)).lastIndexOf('/') + 1);
  if (plainFolders === '') return false;
  const below = `${directory}/`;
  const reached = base + plainFolders;
  return (
    reached.startsWith(below) ||
    (below.startsWith(reached) && plainFolders.length < pattern.length && literalLengthOf(pattern) < pattern.length)
  );
}
