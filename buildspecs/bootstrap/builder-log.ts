/** Owns the builder's output on its way to the build machine's log: redacted, whole lines kept for the report, the step noted. */
import { parsePhase } from '../../core/build/build-log';
import { createRedactor } from '../../core/redaction';

const KEPT_LINES = 40;
/** What stays of a line that does not end. */
const LONGEST_LINE = 4096;

export interface BuilderLog {
  take(stream: 'stdout' | 'stderr', chunk: Uint8Array): void;
  /** Call it when the builder has ended. */
  finish(): void;
  /** The newest lines, redacted. */
  tail(): readonly string[];
  /** The step that the builder named last. */
  step(): string | undefined;
}

/** @param secrets values, not names */
export function createBuilderLog(write: (text: string) => void, secrets: readonly string[]): BuilderLog {
  const lines: string[] = [];
  let step: string | undefined;
  const note = (line: string) => {
    step = parsePhase(line)?.name ?? step;
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
  };
  const streams = { stdout: createStream(write, note, secrets), stderr: createStream(write, note, secrets) };
  return {
    take: (stream, chunk) => streams[stream].take(chunk),
    finish() {
      streams.stdout.finish();
      streams.stderr.finish();
    },
    tail: () => [...lines],
    step: () => step,
  };
}

function createStream(write: (text: string) => void, note: (line: string) => void, secrets: readonly string[]) {
  const decoder = new TextDecoder();
  const redactor = createRedactor(secrets);
  let open = '';
  const show = (text: string) => {
    if (text === '') return;
    write(text);
    const parts = (open + text).split(/\r?\n/);
    open = (parts.pop() ?? '').slice(-LONGEST_LINE);
    parts.forEach(note);
  };
  return {
    take: (chunk: Uint8Array) => show(redactor.push(decoder.decode(chunk, { stream: true }))),
    finish() {
      show(redactor.push(decoder.decode()) + redactor.flush());
      if (open !== '') note(open);
      open = '';
    },
  };
}
