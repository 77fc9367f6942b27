/** The terminal of this process, and Ctrl+C as a signal that can be awaited. */
import type { Terminal } from './context';

/** @param isQuiet leaves notes out; errors are notes too and are written by `main.ts` with `isQuiet` false */
export function nodeTerminal(environment: Readonly<Record<string, string | undefined>>): Terminal {
  const isInteractive = process.stderr.isTTY && environment.TERM !== 'dumb' && (environment.CI ?? '') === '';
  return {
    write: (text) => void process.stdout.write(text),
    note: (text) => void process.stderr.write(text),
    isInteractive,
    hasColor: isInteractive && (environment.NO_COLOR ?? '') === '',
    columns: process.stderr.columns ?? 80,
  };
}

/** Aborts at the first Ctrl+C; a second one ends the process at once, as every terminal program lets you. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  });
  return controller.signal;
}
