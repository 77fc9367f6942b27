/** The terminal of this process, and Ctrl+C as a signal that can be awaited. */
import { exitCodeOf } from '../core/slipway-error';
import type { Terminal } from './context';

/** @param isQuiet leaves notes out; errors are notes too and are written by `main.ts` with `isQuiet` false */
export function nodeTerminal(environment: Readonly<Record<string, string | undefined>>): Terminal {
  process.stdout.on('error', endWithoutReader);
  // Nobody reads the notes any more: that is no reason to give up what the command does.
  process.stderr.on('error', () => undefined);
  const isInteractive = process.stderr.isTTY && environment.TERM !== 'dumb' && (environment.CI ?? '') === '';
  return {
    write: (text) => void process.stdout.write(text),
    note: (text) => void process.stderr.write(text),
    isInteractive,
    hasColor: isInteractive && (environment.NO_COLOR ?? '') === '',
    columns: process.stderr.columns ?? 80,
  };
}

/**
 * `| head` ends a command that has nobody left to print for, and is no failure: the exit code stays the one that was reached.
 * Anything else, such as a full disk behind `>`, means that the result is lost.
 */
function endWithoutReader(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') {
    setImmediate(() => process.exit());
    return;
  }
  const code = error.code === 'ENOSPC' || error.code === 'EDQUOT' ? 'disk-full' : 'io-failed';
  process.stderr.write(`error: cannot write to standard output: ${error.message} [${code}]\n`);
  process.stderr.write('hint: free some space, or send the output somewhere else, and run the command again\n');
  process.exit(exitCodeOf(code));
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
