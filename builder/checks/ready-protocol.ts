/**
 * Owns the reading of what a launched program says on standard output until it is ready: a state machine, fed with chunks.
 * It starts nothing and knows no time: `ready-check.ts` does.
 */

export type ReadyExpectation =
  | { readonly kind: 'line'; readonly line: string }
  /** A line that is a JSON object whose `key` is an integer above zero, such as `{"port": 4711}`. */
  | { readonly kind: 'json'; readonly key: string };

export type ReadyEvent =
  | { readonly kind: 'ready'; readonly port?: number }
  /** It announced itself, but not in a way that can be used; nothing better will follow. */
  | { readonly kind: 'malformed'; readonly reason: string };

export interface ReadyProtocol {
  /** @returns the first event, once; undefined before and after it */
  push(chunk: Uint8Array): ReadyEvent | undefined;
  /** Standard output has ended: a last line without a line end counts. */
  end(): ReadyEvent | undefined;
  /** What came since the last line end, for a diagnosis. */
  readonly unfinishedLine: string;
  readonly hasOutput: boolean;
}

/** A line that grows beyond this is no announcement; it is dropped. */
const LONGEST_LINE = 1024 * 1024;

/**
 * A line counts as the announcement when it is the expected text, or begins with it and goes on after white space
 * (`READY` also in `READY 4711`, not in `READYING`). CRLF and white space at the end do not matter.
 */
export function createReadyProtocol(expectation: ReadyExpectation): ReadyProtocol {
  const decoder = new TextDecoder();
  let unfinished = '';
  let hasOutput = false;
  let isDone = false;

  const settle = (lines: readonly string[]): ReadyEvent | undefined => {
    if (isDone) return undefined;
    const event = lines.map((line) => judgeLine(expectation, line.trimEnd())).find((judged) => judged !== undefined);
    isDone = event !== undefined;
    return event;
  };
  return {
    push(chunk) {
      hasOutput ||= chunk.length > 0;
      const lines = (unfinished + decoder.decode(chunk, { stream: true })).split('\n');
      unfinished = lines.pop() ?? '';
      if (unfinished.length > LONGEST_LINE) unfinished = '';
      return settle(lines);
    },
    end() {
      const last = unfinished + decoder.decode();
      unfinished = '';
      return settle([last]);
    },
    get unfinishedLine() {
      return unfinished;
    },
    get hasOutput() {
      return hasOutput;
    },
  };
}

function judgeLine(expectation: ReadyExpectation, line: string): ReadyEvent | undefined {
  switch (expectation.kind) {
    case 'line': {
      const rest = line.startsWith(expectation.line) ? line.slice(expectation.line.length) : undefined;
      return rest === '' || (rest !== undefined && /^\s/.test(rest)) ? { kind: 'ready' } : undefined;
    }
    case 'json':
      return judgeJson(expectation.key, line);
  }
}

function judgeJson(key: string, line: string): ReadyEvent | undefined {
  if (!line.trimStart().startsWith('{')) return undefined;
  const shown = line.length > 200 ? `${line.slice(0, 200)}…` : line;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // A log line may begin with a brace; one that also names the key was meant.
    return line.includes(`"${key}"`) ? { kind: 'malformed', reason: `malformed JSON: ${shown}` } : undefined;
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  const port: unknown = (value as Record<string, unknown>)[key];
  if (typeof port === 'number' && Number.isInteger(port) && port > 0) return { kind: 'ready', port };
  const reason =
    port === 0 ? `'${key}' is 0: it printed what it asked for, not what the system gave it` : `'${key}' is no integer above zero`;
  return { kind: 'malformed', reason: `${reason}: ${shown}` };
}
