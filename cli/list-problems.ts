/** Owns how a list tells of what it had to leave out: on standard error for a person, in the envelope for a script. */
import type { SlipwayError } from '../core/slipway-error';
import type { CliContext } from './context';

export interface ListProblems {
  /** For the service: takes a record that could not be read. */
  readonly onProblem: (problem: SlipwayError) => void;
  /** Warns of each. @returns them as the envelope's data holds them */
  tell(context: CliContext): readonly unknown[];
}

export function collectListProblems(): ListProblems {
  const problems: SlipwayError[] = [];
  return {
    onProblem: (problem) => void problems.push(problem),
    tell({ terminal }) {
      for (const { message, code, hint } of problems)
        terminal.note(`warning: ${message} [${code}]\n${hint === undefined ? '' : `hint: ${hint}\n`}`);
      return problems.map(({ code, message, hint, details }) => ({ code, message, hint: hint ?? null, details }));
    },
  };
}
