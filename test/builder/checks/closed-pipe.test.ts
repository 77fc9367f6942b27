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

const FLUSH = 'Traceback (most recent call last):\n  File "<string>", line 1, in <module>\nBrokenPipeError: [Errno 32] Broken pipe\n';
const WINDOWS = 'Traceback (most recent call last):\r\n  File "x.py", line 1, in <module>\r\nOSError: [Errno 22] Invalid argument\r\n';
const NODE = [
  'node:events:497',
  "      throw er; // Unhandled 'error' event",
  '      ^',
  '',
  'Error: write EPIPE',
  '    at afterWriteDispatched (node:internal/stream_base_commons:161:15)',
].join('\n');
const OTHER = 'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\nAttributeError: no attribute\n';

test.each([
  ["Python's note on its way out", AT_EXIT],
  ["Python's traceback", UNCAUGHT],
  ["PyInstaller's flush", FLUSH + AT_EXIT],
  ['the same on Windows', WINDOWS],
  ["Node's uncaught error", NODE],
])('%s of the broken pipe is noted', (_what, stderr) => {
  expect(judgeClosedPipe(ended({ exitCode: 1, stderr }))).toEqual({
    note: 'it reported the broken pipe on standard error, with exit code 1',
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
  ['falls over something else', { exitCode: 1, stderr: OTHER }, 'crashed when its reader had gone; '],
  ['falls over something else after it', { exitCode: 120, stderr: UNCAUGHT + OTHER }, 'crashed when its reader had gone; '],
  ['shows another uncaught error of Node', { exitCode: 1, stderr: NODE.replace('EPIPE', 'EIO') }, 'crashed when'],
])('a program that %s is not', (_what, result, fault) => {
  expect(judgeClosedPipe(ended(result)).fault).toContain(fault);
});
