/** Owns the judgement of a program whose reader has gone, as in `program | head -0`. Pure. */
import type { ProcessResult } from '../../core/ports/processes';
import { formatDuration } from '../../core/quantity';
import { tailOf } from '../process-end';

/** What interpreters print when an error reached nobody: Python's uncaught exception, its fatal error, Node's uncaught error event. */
const CRASH = /^(?:Traceback \(most recent call last\):|Fatal Python error:|\s*throw er; \/\/ Unhandled 'error' event|Segmentation fault)/m;

/**
 * A program may well report the broken pipe itself, in its interpreter's way: a traceback that ends in BrokenPipeError
 * (on Windows EINVAL), Python's note when the last flush on its way out fails (exit code 120), Node's EPIPE.
 * PyInstaller's bootloader flushes by a script of one line and so shows a traceback for every program that only prints.
 */
const BROKEN_PIPE = [
  /^Traceback \(most recent call last\):\n(?:[ \t]+[^\n]*\n)*(?:BrokenPipeError|OSError: \[Errno 22\])[^\n]*$/gm,
  /^Exception ignored (?:in|while)[^\n]*\n(?:Traceback[^\n]*\n(?:[ \t]+[^\n]*\n)*)?(?:BrokenPipeError|OSError: \[Errno 22\])[^\n]*$/gm,
  /^[^\n]*\n\s*throw er; \/\/ Unhandled 'error' event\n[^]*?^Error: write EPIPE\b/gm,
];

/**
 * The program must come to its end in time, by itself or by SIGPIPE, with whatever code. What it says of the broken pipe
 * is noted; any other crash is a fault, for then it fell over something else.
 */
export function judgeClosedPipe(result: ProcessResult): { readonly fault?: string; readonly note?: string } {
  if (result.isTimedOut) return { fault: `its reader had gone, and it had not ended after ${formatDuration(result.durationMs)}` };
  const evidence = tailOf('standard error', result.stderr);
  if (result.signal !== null && result.signal !== 'SIGPIPE') return { fault: [`ended by ${result.signal}`, ...evidence].join('; ') };
  const { said, rest } = withoutBrokenPipe(result.stderr);
  if (CRASH.test(rest)) return { fault: ['crashed when its reader had gone', ...evidence].join('; ') };
  return rest === said ? {} : { note: `it reported the broken pipe on standard error, with exit code ${result.exitCode ?? 'none'}` };
}

/** Whether an error reached nobody: the interpreter printed it. A broken pipe is none. */
export function showsCrash(stderr: string): boolean {
  return CRASH.test(withoutBrokenPipe(stderr).rest);
}

function withoutBrokenPipe(stderr: string): { readonly said: string; readonly rest: string } {
  const said = stderr.replaceAll('\r\n', '\n');
  return { said, rest: BROKEN_PIPE.reduce((text, pattern) => text.replace(pattern, ''), said) };
}
