/**
 * Owns the reading of what a launched program says on standard output: a state machine, fed with chunks. The lines of a sidecar are
 * BOOT, READY, HEARTBEAT and SHUTDOWN, each with words after it or none; in place of READY a JSON object with a port may come.
 * Every other line is the program's own affair. It starts nothing and knows no time: `launch-until-ready.ts` does.
 */

export type ReadyExpectation =
  | { readonly kind: 'line'; readonly line: string }
  /** A line that is a JSON object whose `key` is an integer above zero, such as `{"port": 4711}`. */
  | { readonly kind: 'json'; readonly key: string };

export type ProtocolEvent =
  /** What stands after the word. */
  | { readonly kind: 'boot'; readonly words: string }
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'ready'; readonly port?: number }
  /** It announced itself, but not in a way that can be used; nothing better will follow. */
  | { readonly kind: 'unusable'; readonly fault: 'malformed-json' | 'port-zero'; readonly reason: string }
  /** What stands after the word, such as `reason=signal`. */
  | { readonly kind: 'shutdown'; readonly words: string };

export interface ReadyProtocol {
  /** @returns what became certain with this chunk, in order */
  push(chunk: Uint8Array): readonly ProtocolEvent[];
  /** Standard output has ended: a last line without a line end counts. */
  end(): readonly ProtocolEvent[];
  /** What came since the last line end, for a diagnosis. */
  readonly unfinishedLine: string;
  readonly hasOutput: boolean;
}

/** A line that grows beyond this is no announcement; it is dropped. */
const LONGEST_LINE = 1024 * 1024;

/**
 * A line counts as a word of the protocol when it is the word, or begins with it and goes on after white space
 * (`READY` also in `READY 4711`, not in `READYING`). CRLF and white space at the end do not matter.
 */
export function createReadyProtocol(expectation: ReadyExpectation): ReadyProtocol {
  const decoder = new TextDecoder();
  let unfinished = '';
  let hasOutput = false;
  const judge = (lines: readonly string[]) => lines.flatMap((line) => judgeLine(expectation, line.trimEnd()) ?? []);
  return {
    push(chunk) {
      hasOutput ||= chunk.length > 0;
      const lines = (unfinished + decoder.decode(chunk, { stream: true })).split('\n');
      unfinished = lines.pop() ?? '';
      if (unfinished.length > LONGEST_LINE) unfinished = '';
      return judge(lines);
    },
    end() {
      const last = unfinished + decoder.decode();
      unfinished = '';
      return judge([last]);
    },
    get unfinishedLine() {
      return unfinished;
    },
    get hasOutput() {
      return hasOutput;
    },
  };
}

function judgeLine(expectation: ReadyExpectation, line: string): ProtocolEvent | undefined {
  const announced = expectation.kind === 'json' ? judgeJson(expectation.key, line) : judgeWord(expectation.line, line);
  if (announced !== undefined) return announced;
  if (wordsAfter('HEARTBEAT', line) !== undefined) return { kind: 'heartbeat' };
  const boot = wordsAfter('BOOT', line);
  if (boot !== undefined) return { kind: 'boot', words: boot };
  const shutdown = wordsAfter('SHUTDOWN', line);
  return shutdown === undefined ? undefined : { kind: 'shutdown', words: shutdown };
}

function judgeWord(expected: string, line: string): ProtocolEvent | undefined {
  return wordsAfter(expected, line) === undefined ? undefined : { kind: 'ready' };
}

/** @returns undefined for a line that does not begin with the word */
function wordsAfter(word: string, line: string): string | undefined {
  if (!line.startsWith(word)) return undefined;
  const rest = line.slice(word.length);
  return rest === '' || /^\s/.test(rest) ? rest.trim() : undefined;
}

function judgeJson(key: string, line: string): ProtocolEvent | undefined {
  if (!line.trimStart().startsWith('{')) return undefined;
  const shown = line.length > 200 ? `${line.slice(0, 200)}…` : line;
  const unusable = (fault: 'malformed-json' | 'port-zero', reason: string): ProtocolEvent => ({
    kind: 'unusable',
    fault,
    reason: `${reason}: ${shown}`,
  });
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // A log line may begin with a brace; one that also names the key was meant.
    return line.includes(`"${key}"`) ? unusable('malformed-json', 'malformed JSON') : undefined;
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  const port: unknown = (value as Record<string, unknown>)[key];
  if (typeof port === 'number' && Number.isInteger(port) && port > 0 && port <= 65_535) return { kind: 'ready', port };
  if (port === 0) return unusable('port-zero', `'${key}' is 0: it printed what it asked for, not what the system gave it`);
  return unusable('malformed-json', `'${key}' is no port from 1 to 65535`);
}
