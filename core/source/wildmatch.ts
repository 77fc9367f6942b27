/**
 * Owns git's glob language as `.gitignore` speaks it: `*`, `**`, `?`, classes and escapes.
 * Works on strings of bytes (one character per UTF-8 byte), because git does: `?` is one byte, not one letter.
 * It knows nothing of negation, folders or files; that is `ignore-rules.ts`.
 */

/** How a try ended. The two last stop outer stars from trying what cannot succeed, which keeps the time low. */
type Outcome = 'match' | 'mismatch' | 'text-used-up' | 'stuck-at-slash';

const SLASH = 47;
const STAR = 42;
const QUESTION = 63;
const OPEN = 91;
const CLOSE = 93;
const BACKSLASH = 92;
const COLON = 58;

/* eslint-disable no-control-regex -- the class of control characters holds them */
const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[A-Za-z0-9]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  cntrl: /[\0-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[\x21-\x7e]/,
  lower: /[a-z]/,
  print: /[\x20-\x7e]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t\n\v\f\r]/,
  upper: /[A-Z]/,
  xdigit: /[A-Fa-f0-9]/,
};
/* eslint-enable no-control-regex */

/**
 * Whether `pattern` matches the whole of `text`.
 * @param stopsAtSlash `*`, `?` and classes match no slash, and `**` between slashes matches any number of folders
 */
export function wildmatch(pattern: string, text: string, stopsAtSlash: boolean): boolean {
  return tryMatch(pattern, 0, text, 0, stopsAtSlash) === 'match';
}

/** Whether `character` starts something other than itself in a pattern. */
export function isGlobSpecial(character: number): boolean {
  return character === STAR || character === QUESTION || character === OPEN || character === BACKSLASH;
}

function tryMatch(pattern: string, patternStart: number, text: string, textStart: number, stopsAtSlash: boolean): Outcome {
  let p = patternStart;
  let t = textStart;
  for (; p < pattern.length; p++, t++) {
    const code = pattern.charCodeAt(p);
    if (t >= text.length && code !== STAR) return 'text-used-up';
    const character = text.charCodeAt(t);
    if (code === STAR) {
      const star = readStar(pattern, p, patternStart, stopsAtSlash);
      const isOneFolder = !star.crossesSlash && pattern.charCodeAt(star.next) === SLASH;
      if (!isOneFolder) return matchStar(pattern, star, text, t, stopsAtSlash);
      const slash = text.indexOf('/', t);
      if (slash < 0) return 'mismatch';
      p = star.next;
      t = slash;
    } else if (code === OPEN) {
      const end = matchSet(pattern, p, character);
      if (end === 'unclosed') return 'text-used-up';
      if (!end.isMatch || (stopsAtSlash && character === SLASH)) return 'mismatch';
      p = end.at;
    } else if (code === QUESTION) {
      if (stopsAtSlash && character === SLASH) return 'mismatch';
    } else {
      if (code === BACKSLASH) p++;
      if (pattern.charCodeAt(p) !== character) return 'mismatch';
    }
  }
  return t < text.length ? 'mismatch' : 'match';
}

interface Star {
  /** Where the pattern goes on after the stars. */
  readonly next: number;
  readonly crossesSlash: boolean;
  /** A `**` before a slash, which may also stand for no folder at all. */
  readonly mayBeNothing: boolean;
}

function readStar(pattern: string, at: number, patternStart: number, stopsAtSlash: boolean): Star {
  let next = at + 1;
  while (pattern.charCodeAt(next) === STAR) next++;
  if (!stopsAtSlash) return { next, crossesSlash: true, mayBeNothing: false };
  if (next === at + 1) return { next, crossesSlash: false, mayBeNothing: false };
  const opens = at === patternStart || pattern.charCodeAt(at - 1) === SLASH;
  const isBeforeSlash = pattern.charCodeAt(next) === SLASH;
  const closes =
    next === pattern.length || isBeforeSlash || (pattern.charCodeAt(next) === BACKSLASH && pattern.charCodeAt(next + 1) === SLASH);
  return { next, crossesSlash: opens && closes, mayBeNothing: opens && isBeforeSlash };
}

function matchStar(pattern: string, star: Star, text: string, from: number, stopsAtSlash: boolean): Outcome {
  if (star.mayBeNothing && tryMatch(pattern, star.next + 1, text, from, stopsAtSlash) === 'match') return 'match';
  if (star.next === pattern.length) return star.crossesSlash || !text.includes('/', from) ? 'match' : 'mismatch';
  const literal = pattern.charCodeAt(star.next);
  for (let t = from; t < text.length; t++) {
    if (!isGlobSpecial(literal)) {
      while (t < text.length && text.charCodeAt(t) !== literal && (star.crossesSlash || text.charCodeAt(t) !== SLASH)) t++;
      if (text.charCodeAt(t) !== literal) return 'mismatch';
    }
    const outcome = tryMatch(pattern, star.next, text, t, stopsAtSlash);
    if (outcome !== 'mismatch') {
      if (!star.crossesSlash || outcome !== 'stuck-at-slash') return outcome;
    } else if (!star.crossesSlash && text.charCodeAt(t) === SLASH) return 'stuck-at-slash';
  }
  return 'text-used-up';
}

/** Reads the set that opens at `open` and says whether it holds `character`, and where its `]` stands. */
function matchSet(pattern: string, open: number, character: number): { readonly isMatch: boolean; readonly at: number } | 'unclosed' {
  let p = open + 1;
  const isNegated = pattern[p] === '!' || pattern[p] === '^';
  if (isNegated) p++;
  let isFound = false;
  /** The character before a dash; -1 where a range cannot start. */
  let before = -1;
  for (let isFirst = true; isFirst || pattern.charCodeAt(p) !== CLOSE; p++, isFirst = false) {
    if (p >= pattern.length) return 'unclosed';
    const named = pattern.startsWith('[:', p) ? readClass(pattern, p + 2) : undefined;
    if (named === 'unclosed') return 'unclosed';
    if (named !== undefined) {
      isFound ||= named.expression.test(String.fromCharCode(character));
      before = -1;
      p = named.end;
    } else if (pattern[p] === '-' && before >= 0 && p + 1 < pattern.length && pattern.charCodeAt(p + 1) !== CLOSE) {
      if (pattern.charCodeAt(++p) === BACKSLASH && ++p >= pattern.length) return 'unclosed';
      isFound ||= before <= character && character <= pattern.charCodeAt(p);
      before = -1;
    } else {
      if (pattern.charCodeAt(p) === BACKSLASH && ++p >= pattern.length) return 'unclosed';
      before = pattern.charCodeAt(p);
      isFound ||= before === character;
    }
  }
  return { isMatch: isFound !== isNegated, at: p };
}

/** Reads `name:]`; undefined where it is no class name but plain characters. An unknown name spoils the pattern, as in git. */
function readClass(pattern: string, start: number): { readonly expression: RegExp; readonly end: number } | 'unclosed' | undefined {
  const end = pattern.indexOf(']', start);
  if (end < 0) return 'unclosed';
  if (end === start || pattern.charCodeAt(end - 1) !== COLON) return undefined;
  const name = pattern.slice(start, end - 1);
  const expression = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
  return expression === undefined ? 'unclosed' : { expression, end };
}
