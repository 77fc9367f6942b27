/**
 * Owns the search for secrets in bytes: text, constants inside compiled programs, and strings in UTF-16LE.
 * What a secret looks like is `secret-rules.ts`. A finding never repeats the secret.
 */
import { createByteSearch, SHORTEST_NEEDLE } from './byte-search';
import type { SecretFinding } from '../job/report';
import { SECRET_RULES, type SecretRule } from './secret-rules';

/** Shorter values of the job's own secrets stand in every program by chance. */
export const SHORTEST_SCANNED_VALUE = 6;

/** How much of a file is seen around a hit: rules look at most this far. */
const BEFORE_CHARACTERS = 512;
const AFTER_CHARACTERS = 4608;
/** What a stream keeps back: a hit is judged once all that may belong to it is there (two bytes a character in UTF-16). */
const LOOKAHEAD_BYTES = AFTER_CHARACTERS * 2;
const LOOKBEHIND_BYTES = BEFORE_CHARACTERS * 2;
const MOST_FINDINGS_PER_FILE = 100;

export interface SecretStream {
  push(chunk: Uint8Array): void;
  /** Call once; more than a hundred findings in one file are cut. */
  end(): readonly SecretFinding[];
}

export interface SecretScanner {
  /** @param file what the findings name; forward slashes */
  scan(file: string, bytes: Uint8Array): readonly SecretFinding[];
  /** For files that are too large to hold: any cut into chunks gives the same findings. */
  open(file: string): SecretStream;
}

interface Needle {
  readonly bytes: Uint8Array;
  readonly isWide: boolean;
  /** Either the rule to try, or the name of the job's secret that stands here. */
  readonly rule?: SecretRule;
  readonly secret?: { readonly name: string; readonly characters: number };
}

interface Hit extends SecretFinding {
  readonly end: number;
  /** How much it tells: 0 the job's own secret, 1 an issuer's shape, 2 an assignment. */
  readonly rank: 0 | 1 | 2;
}

/** @param values the job's own secrets by name: found wherever they stand, in the spellings that files use */
export function createSecretScanner(values: Readonly<Record<string, string>> = {}): SecretScanner {
  const needles = [
    ...SECRET_RULES.flatMap(needlesOfRule),
    ...Object.entries(values).flatMap(([name, value]) => needlesOfValue(name, value)),
  ];
  const search = createByteSearch(needles.map((needle) => needle.bytes));
  const examine = (file: string, bytes: Uint8Array, base: number, from: number, to: number, hits: Hit[]) => {
    search.scan(bytes, from, to, (offset, index) => {
      const needle = needles[index];
      const hit = needle === undefined || hits.length >= MOST_FINDINGS_PER_FILE ? undefined : judge(file, bytes, base, offset, needle);
      if (hit !== undefined) hits.push(hit);
    });
  };
  return {
    scan(file, bytes) {
      const hits: Hit[] = [];
      examine(file, bytes, 0, 0, bytes.length, hits);
      return settle(hits);
    },
    open(file) {
      const hits: Hit[] = [];
      let held = new Uint8Array(0);
      let [base, judged] = [0, 0];
      const advance = (to: number) => {
        examine(file, held, base, judged - base, to - base, hits);
        judged = Math.max(judged, to);
        const keepFrom = Math.max(base, judged - LOOKBEHIND_BYTES);
        held = held.subarray(keepFrom - base);
        base = keepFrom;
      };
      return {
        push(chunk) {
          const joined = new Uint8Array(held.length + chunk.length);
          joined.set(held);
          joined.set(chunk, held.length);
          held = joined;
          if (base + held.length - LOOKAHEAD_BYTES > judged) advance(base + held.length - LOOKAHEAD_BYTES);
        },
        end() {
          advance(base + held.length);
          return settle(hits);
        },
      };
    },
  };
}

const narrow = (text: string) => Buffer.from(text, 'utf8');
const wide = (text: string) => Buffer.from(text, 'utf16le');

function needlesOfRule(rule: SecretRule): readonly Needle[] {
  return rule.starts.flatMap((start) => [
    { bytes: narrow(start), isWide: false, rule },
    { bytes: wide(start), isWide: true, rule },
  ]);
}

/** As it is, as base64, percent-encoded, inside a JSON string; of a long value of several lines each line too. */
function needlesOfValue(name: string, value: string): readonly Needle[] {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= 24);
  const texts = [value, ...lines, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)];
  const secret = { name, characters: value.length };
  if (value.length < SHORTEST_SCANNED_VALUE) return [];
  return [...new Set([...texts, narrow(value).toString('base64').replace(/=+$/, '')])]
    .filter((text) => text.length >= SHORTEST_NEEDLE)
    .flatMap((text) => [
      { bytes: narrow(text), isWide: false, secret },
      { bytes: wide(text), isWide: true, secret },
    ]);
}

function judge(file: string, bytes: Uint8Array, base: number, offset: number, needle: Needle): Hit | undefined {
  const at = base + offset;
  if (needle.secret !== undefined) {
    const preview = `value of ${needle.secret.name} (${needle.secret.characters} characters)`;
    return { kind: 'job-secret', file, offset: at, preview, end: at + needle.bytes.length, rank: 0 };
  }
  const { rule, isWide } = needle;
  if (rule === undefined) return undefined;
  const size = isWide ? 2 : 1;
  const start = Math.max(isWide ? offset % 2 : 0, offset - BEFORE_CHARACTERS * size);
  const text = textOf(bytes.subarray(start, offset + AFTER_CHARACTERS * size), isWide);
  const index = (offset - start) / size;
  rule.pattern.lastIndex = index;
  const match = rule.pattern.exec(text);
  if (match === null) return undefined;
  const secret = match[1] ?? match[0];
  if (rule.isReal !== undefined && !rule.isReal(secret, text, index)) return undefined;
  const shown = rule.shown ?? textOf(needle.bytes, isWide);
  const preview = `${shown.trimEnd()}… (${secret.length} characters)`;
  return { kind: rule.kind, file, offset: at, preview, end: at + match[0].length * size, rank: rule.isGeneric === true ? 2 : 1 };
}

/** Latin-1, or UTF-16LE in which everything beyond Latin-1 reads as a character that no secret holds. */
function textOf(bytes: Uint8Array, isWide: boolean): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, isWide ? bytes.length & ~1 : bytes.length);
  return buffer.toString(isWide ? 'utf16le' : 'latin1');
}

/** One finding per place: the more telling kind where several stand in it. */
function settle(hits: readonly Hit[]): readonly SecretFinding[] {
  const tellsMore = (other: Hit, hit: Hit) => other.rank < hit.rank || (other.rank === hit.rank && hits.indexOf(other) < hits.indexOf(hit));
  const isCovered = (hit: Hit) => hits.some((other) => other.offset < hit.end && hit.offset < other.end && tellsMore(other, hit));
  return hits.filter((hit) => !isCovered(hit)).map(({ kind, file, offset, preview }) => ({ kind, file, offset, preview }));
}
