/** Owns how the end of a program is told: its code or signal, and the last that it said. */
import type { ProcessResult } from '../core/ports/processes';

/** `got exit code 3`, `ended by SIGSEGV`. */
export function describeEnd({ exitCode, signal }: Pick<ProcessResult, 'exitCode' | 'signal'>): string {
  if (signal !== null) return `ended by ${signal}`;
  return `got exit code ${exitCode ?? 'none'}${WINDOWS_STATUS[exitCode ?? 0] ?? ''}`;
}

/** How Windows reports what are signals elsewhere, and the commonest reason why a program does not load (NTSTATUS, ntstatus.h). */
const WINDOWS_STATUS: Readonly<Record<number, string>> = {
  0xc0000005: ' (access violation)',
  0xc0000135: ' (a DLL was not found)',
  0xc0000139: ' (a DLL lacks an entry point)',
  0xc000007b: ' (a DLL is for another machine)',
  0xc0000409: ' (stack buffer overrun, or abort)',
};

/** The last lines of a stream as evidence; empty where it says nothing. */
export function tailOf(stream: string, text: string, lineCount = 8): readonly string[] {
  const lines = text.trimEnd().split(/\r?\n/).slice(-lineCount);
  const tail = lines.join('\n').slice(-1_500);
  return tail.trim() === '' ? [] : [`${stream} ends with:\n${tail.replace(/^/gm, '  ')}`];
}
