/**
 * Owns what a build says: every line goes through here, is redacted, written on, and kept for the report's tail.
 * Output of tools comes in chunks that may split a character, a line or a secret.
 */
import { createRedactor, redact } from '../../core/redaction';

/** How far back a diagnosis looks. */
const KEPT_LINES = 600;
/** A line without an end is shown after this many characters. */
const LONGEST_LINE = 16_384;

export interface OutputCollector {
  push(chunk: Uint8Array): void;
  /** Call it when the process has ended: the rest of the last line is written. */
  end(): void;
}

export interface Transcript {
  line(text: string): void;
  /** For one stream of one process. Empty lines and progress that a carriage return overwrites are left out. */
  collect(): OutputCollector;
  /** The newest lines, redacted, oldest first. */
  tail(count: number): readonly string[];
  /** The newest lines since the mark, as one text for a diagnosis. */
  textSince(mark: number): string;
  mark(): number;
}

/**
 * @param write gets whole redacted lines, without a line feed
 * @param secrets values, not names
 */
export function createTranscript(write: (text: string) => void, secrets: readonly string[]): Transcript {
  const kept: string[] = [];
  let count = 0;
  const show = (text: string) => {
    kept.push(text);
    count++;
    if (kept.length > KEPT_LINES) kept.shift();
    write(text);
  };
  const since = (mark: number) => kept.slice(Math.max(0, kept.length - (count - mark)));
  return {
    line: (text) => text.split('\n').forEach((part) => show(redact(part, secrets))),
    collect: () => collectLines(show, secrets),
    tail: (wanted) => (wanted === 0 ? [] : kept.slice(-wanted)),
    textSince: (mark) => since(mark).join('\n'),
    mark: () => count,
  };
}

function collectLines(show: (text: string) => void, secrets: readonly string[]): OutputCollector {
  const decoder = new TextDecoder();
  const redactor = createRedactor(secrets);
  let open = '';
  const take = (text: string) => {
    const parts = (open + text).split(/\r?\n|\r/);
    open = parts.pop() ?? '';
    for (const part of parts) if (part.trim() !== '') show(part);
    while (open.length > LONGEST_LINE) {
      show(open.slice(0, LONGEST_LINE));
      open = open.slice(LONGEST_LINE);
    }
  };
  return {
    push: (chunk) => take(redactor.push(decoder.decode(chunk, { stream: true }))),
    end() {
      take(redactor.push(decoder.decode()) + redactor.flush());
      if (open.trim() !== '') show(open);
      open = '';
    },
  };
}
