import { judgeClosedPipe } from '../../../builder/checks/closed-pipe';
import type { ProcessResult } from '../../../core/ports/processes';

const ended = (changes: Partial<ProcessResult>): ProcessResult => ({
  exitCode: 0,
  signal: null,
  isTimedOut: false,
  stdout: '',
  stderr: '',
  durationMs: 1_500,
  ...changes,
});

const AT_EXIT =
  "Exception ignored in: <_io.TextIOWrapper name='<stdout>' mode='w' encoding='utf-8'>\nBrokenPipeError: [Errno 32] Broken pipe\n";
const UNCAUGHT = 'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\nBrokenPipeError: [Errno 32] Broken pipe\n';

test.each([
  ['ends well', { exitCode: 0 }],
  ['ends with a code of its own', { exitCode: 1, stderr: 'tool: cannot write\n' }],
  ['is ended by SIGPIPE', { exitCode: null, signal: 'SIGPIPE' }],
])('a program that %s is sound', (_what, result) => {
  expect(judgeClosedPipe(ended(result))).toEqual({});
});

test('what Python notes on its way out is noted', () => {
  expect(judgeClosedPipe(ended({ exitCode: 120, stderr: AT_EXIT }))).toEqual({
    note: 'Python noted the broken pipe on its way out, with exit code 120',
  });
});

test.each([
  ['hangs', { exitCode: null, signal: 'SIGKILL', isTimedOut: true }, 'its reader had gone, and it had not ended after 1.5s'],
  ['crashes', { exitCode: null, signal: 'SIGSEGV' }, 'ended by SIGSEGV'],
  [
    'aborts',
    { exitCode: null, signal: 'SIGABRT', stderr: 'Fatal Python error: x' },
    'ended by SIGABRT; standard error ends with:\n  Fatal Python error: x',
  ],
  ['shows a traceback', { exitCode: 1, stderr: UNCAUGHT }, 'crashed when its reader had gone; '],
  ['shows both', { exitCode: 120, stderr: UNCAUGHT + AT_EXIT }, 'crashed when its reader had gone; '],
  [
    'shows an uncaught error of Node',
    { exitCode: 1, stderr: "node:events:497\n      throw er; // Unhandled 'error' event\n      ^\n" },
    'crashed when',
  ],
])('a program that %s is not', (_what, result, fault) => {
  expect(judgeClosedPipe(ended(result)).fault).toContain(fault);
});
