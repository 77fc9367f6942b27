import { comparableOutput, fillIn, fillInPattern, judgeRun, type RunExpectation } from '../../../builder/checks/run-expectation';
import { describeEnd, tailOf } from '../../../builder/process-end';
import type { ProcessResult } from '../../../core/ports/processes';

const fillings = { version: '1.4.0+local', name: 'toolbox', tmp: '/tmp/a b' };
const ended = (changes: Partial<ProcessResult> = {}): ProcessResult => ({
  exitCode: 0,
  signal: null,
  isTimedOut: false,
  stdout: '',
  stderr: '',
  durationMs: 5,
  ...changes,
});
const judge = (expectation: Partial<RunExpectation>, result: Partial<ProcessResult>) =>
  judgeRun({ exitCode: 0, timeoutMs: 2_000, ...expectation }, ended(result));

test.each([
  ['{name} {version}', 'toolbox 1.4.0+local'],
  ['--db={tmp}/db', '--db=/tmp/a b/db'],
  ['{other} {} {{name}}', '{other} {} {toolbox}'],
])('%j is filled in', (text, expected) => {
  expect(fillIn(text, fillings)).toBe(expected);
});

test('inside a pattern a filling means itself', () => {
  const pattern = new RegExp(fillInPattern('^{name} {version}$', fillings));
  expect(pattern.test('toolbox 1.4.0+local')).toBe(true);
  expect(pattern.test('toolbox 1x4x0+local')).toBe(false);
  expect(fillInPattern('a{2} {name}', fillings)).toBe('a{2} toolbox');
});

test.each([
  ['a\n', 'a'],
  ['a\r\nb\r\n', 'a\nb'],
  ['a\n\n', 'a\n'],
  ['a', 'a'],
  ['', ''],
])('%j compares as %j', (text, expected) => {
  expect(comparableOutput(text)).toBe(expected);
});

test.each<[string, Partial<RunExpectation>, Partial<ProcessResult>]>([
  ['exit code alone', {}, { stdout: 'whatever' }],
  ['another exit code', { exitCode: 3 }, { exitCode: 3 }],
  ['exact output, line end or not', { stdout: 'tool 1' }, { stdout: 'tool 1\r\n' }],
  ['exact output of a block scalar', { stdout: 'a\nb\n' }, { stdout: 'a\nb\n' }],
  ['no output', { stdout: '' }, { stdout: '' }],
  ['a pattern at a line', { stdoutMatches: '^List .* hosts$' }, { stdout: 'Usage:\r\nList all hosts\r\nmore' }],
  ['a pattern on standard error', { stderrMatches: 'warning: \\d+' }, { stderr: 'warning: 12' }],
])('%s passes', (_what, expectation, result) => {
  expect(judge(expectation, result)).toBeUndefined();
});

test.each<[string, Partial<RunExpectation>, Partial<ProcessResult>, string]>([
  [
    'exit code',
    {},
    { exitCode: 2, stderr: 'no such option\n' },
    'expected exit code 0, got exit code 2; standard error ends with:\n  no such option',
  ],
  ['signal', {}, { exitCode: null, signal: 'SIGSEGV' }, 'expected exit code 0, ended by SIGSEGV'],
  ['time', {}, { exitCode: null, signal: 'SIGKILL', isTimedOut: true }, 'timed out after 2.0s'],
  ['output', { stdout: 'tool 1' }, { stdout: 'tool 2\n' }, 'expected standard output "tool 1", got "tool 2"'],
  ['missing output', { stdout: 'tool 1' }, {}, 'expected standard output "tool 1", got nothing'],
  ['one empty line too many', { stdout: 'a' }, { stdout: 'a\n\n' }, 'expected standard output "a", got "a\\n"'],
  ['pattern', { stdoutMatches: '^b' }, { stdout: 'a\n' }, 'expected standard output to match /^b/, got "a"'],
  ['pattern on standard error', { stderrMatches: 'x' }, {}, 'expected standard error to match /x/, got nothing'],
  [
    'several',
    { stdout: 'a', exitCode: 1 },
    { stdout: 'b' },
    'expected exit code 1, got exit code 0; expected standard output "a", got "b"',
  ],
])('%s is told with the evidence', (_what, expectation, result, reason) => {
  expect(judge(expectation, result)).toBe(reason);
});

test('a pattern that is none is told', () => {
  expect(judge({ stdoutMatches: '(' }, {})).toMatch(/^'\(' is no regular expression: /);
});

test('long output is shown by its ends', () => {
  const reason = judge({ stdout: 'short' }, { stdout: `begin${'x'.repeat(5_000)}end` }) ?? '';
  expect(reason).toContain('"begin');
  expect(reason).toContain('end"');
  expect(reason.length).toBeLessThan(600);
});

test('only the last lines of standard error are shown', () => {
  const [tail = ''] = tailOf('standard error', Array.from({ length: 50 }, (_, line) => `line ${line}`).join('\n'));
  expect(tail.split('\n')).toHaveLength(9);
  expect(tail).toContain('  line 49');
});

test('Windows says by a number what is a signal elsewhere', () => {
  expect(describeEnd({ exitCode: 0xc0000135, signal: null })).toBe('got exit code 3221225781 (a DLL was not found)');
});
