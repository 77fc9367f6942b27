/** Owns the judgement of a program whose reader has gone, as in `program | head -0`. Pure. */
import type { ProcessResult } from '../../core/ports/processes';
import { formatDuration } from '../../core/quantity';
import { tailOf } from './run-expectation';

/** What interpreters print when an error reached nobody: Python's uncaught exception, its fatal error, Node's uncaught error event. */
const CRASH = /^(?:Traceback \(most recent call last\):|Fatal Python error:|\s*throw er; \/\/ Unhandled 'error' event|Segmentation fault)/m;

/**
 * Python, on its way out, notes a failed last flush of standard output in this form and ends with code 120 (bpo-5319):
 * every program that only prints does, and it is no crash.
 */
const NOTE_AT_EXIT = /^Exception ignored (?:in|while)[^\n]*(?:\n[^\n]*)?\nBrokenPipeError: [^\n]*$/gm;

/**
 * The program must come to its end in time, by itself or by SIGPIPE, with whatever code, and without a crash report.
 *
 * @returns a fault, or a note on how it ended where that is worth knowing
 */
export function judgeClosedPipe(result: ProcessResult): { readonly fault?: string; readonly note?: string } {
  if (result.isTimedOut) return { fault: `its reader had gone, and it had not ended after ${formatDuration(result.durationMs)}` };
  const evidence = tailOf('standard error', result.stderr);
  if (result.signal !== null && result.signal !== 'SIGPIPE') return { fault: [`ended by ${result.signal}`, ...evidence].join('; ') };
  const notes = result.stderr.match(NOTE_AT_EXIT);
  const crash = CRASH.exec(result.stderr.replaceAll('\r\n', '\n').replace(NOTE_AT_EXIT, ''));
  if (crash !== null) return { fault: ['crashed when its reader had gone', ...evidence].join('; ') };
  return notes === null ? {} : { note: `Python noted the broken pipe on its way out, with exit code ${result.exitCode ?? 'none'}` };
}
