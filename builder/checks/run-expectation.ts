/** Owns the judgement of a program that ran to its end: what was expected, what came, and the evidence. Pure. */
import type { JobRunCheck } from '../../core/job/job';
import type { ProcessResult } from '../../core/ports/processes';
import { formatDuration } from '../../core/quantity';
import { describeEnd, tailOf } from '../process-end';

export type RunExpectation = Pick<JobRunCheck, 'exitCode' | 'timeoutMs' | 'stdout' | 'stdoutMatches' | 'stderrMatches'>;

/** What stands for `{version}`, `{name}` and `{tmp}`. */
export interface Fillings {
  readonly version: string;
  readonly name: string;
  readonly tmp: string;
}

/** Replaces the three names; other braces stay. */
export function fillIn(text: string, fillings: Fillings): string {
  return text.replace(/\{(version|name|tmp)\}/g, (_whole, name: keyof Fillings) => fillings[name]);
}

/** The same inside a regular expression, where the values mean themselves. */
export function fillInPattern(pattern: string, fillings: Fillings): string {
  return pattern.replace(/\{(version|name|tmp)\}/g, (_whole, name: keyof Fillings) =>
    fillings[name].replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'),
  );
}

/** CRLF reads as LF, and one line end at the very end does not count: the rule for comparing output. */
export function comparableOutput(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(/\n$/, '');
}

/**
 * Regular expressions are JavaScript's, with `m`: `^` and `$` stand at line ends.
 *
 * @param expectation its names already filled in
 * @returns every way in which it fell short, with the end of standard error; undefined where all is as expected
 */
export function judgeRun(expectation: RunExpectation, result: ProcessResult): string | undefined {
  const faults = [
    judgeEnd(expectation, result),
    expectation.stdout === undefined ? undefined : judgeOutput(expectation.stdout, result.stdout),
    judgePattern('standard output', expectation.stdoutMatches, result.stdout),
    judgePattern('standard error', expectation.stderrMatches, result.stderr),
  ].filter((fault) => fault !== undefined);
  if (faults.length === 0) return undefined;
  return [...faults, ...tailOf('standard error', result.stderr)].join('; ');
}

function judgeEnd({ exitCode, timeoutMs }: RunExpectation, result: ProcessResult): string | undefined {
  if (result.isTimedOut) return `timed out after ${formatDuration(timeoutMs)}`;
  return result.exitCode === exitCode ? undefined : `expected exit code ${exitCode}, ${describeEnd(result)}`;
}

function judgeOutput(expected: string, got: string): string | undefined {
  if (comparableOutput(expected) === comparableOutput(got)) return undefined;
  return `expected standard output ${quote(comparableOutput(expected))}, got ${quote(comparableOutput(got))}`;
}

function judgePattern(stream: string, pattern: string | undefined, got: string): string | undefined {
  if (pattern === undefined) return undefined;
  let expression: RegExp;
  try {
    expression = new RegExp(pattern, 'm');
  } catch (thrown) {
    return `'${pattern}' is no regular expression: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  }
  return expression.test(comparableOutput(got))
    ? undefined
    : `expected ${stream} to match /${pattern}/, got ${quote(comparableOutput(got))}`;
}

const LONGEST_QUOTE = 400;

/** One line, the middle left out of what is long. */
function quote(text: string): string {
  if (text === '') return 'nothing';
  const half = LONGEST_QUOTE / 2;
  const shown = text.length <= LONGEST_QUOTE ? text : `${text.slice(0, half)} … ${text.slice(-half)}`;
  return JSON.stringify(shown);
}
