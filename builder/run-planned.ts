/** Owns running a planned command as the plan says it: the same arguments, the placeholders filled in. */
import path from 'node:path';
import type { PlannedCommand } from '../core/job/build-plan';
import type { ProcessResult } from '../core/ports/processes';
import type { BuilderContext } from './builder-context';
import { inJob } from './job-layout';
import type { Transcript } from './report/transcript';

/** Fills `$JOB` and `$SLIPWAY_HOME`, with the host's separators behind them. */
function expandPlaceholders(context: Pick<BuilderContext, 'jobDirectory' | 'homeDirectory'>, text: string): string {
  return text.replace(/\$(JOB|SLIPWAY_HOME)((?:\/[^:;]*)?)/g, (_, name: string, rest: string) =>
    path.join(name === 'JOB' ? context.jobDirectory : context.homeDirectory, ...rest.split('/')),
  );
}

/** An argument, or the value of an option, that is a path below one of the folders. */
const PLACED = /^(?:--?[\w:-]+=)?\$(?:JOB|SLIPWAY_HOME)\//;

function programPath(context: Pick<BuilderContext, 'jobDirectory' | 'homeDirectory'>, program: string, cwd: string): string {
  if (PLACED.test(program)) return expandPlaceholders(context, program);
  return program.includes('/') ? path.join(cwd, ...program.split('/')) : program;
}

/** @param env what the command gets beside its own variables; secrets of the caller are not for compilers */
export async function runPlanned(
  context: BuilderContext,
  transcript: Transcript,
  command: PlannedCommand,
  env: Readonly<Record<string, string>>,
): Promise<ProcessResult> {
  const cwd = inJob(context, command.cwd);
  const [program = '', ...args] = command.argv;
  const own = Object.fromEntries(Object.entries(command.env).map(([name, value]) => [name, expandPlaceholders(context, value)]));
  const collectors = { stdout: transcript.collect(), stderr: transcript.collect() };
  transcript.line(`$ ${command.argv.map(quoted).join(' ')}`);
  try {
    return await context.processes.run({
      command: programPath(context, program, cwd),
      args: args.map((argument) => (PLACED.test(argument) ? expandPlaceholders(context, argument) : argument)),
      cwd,
      env: { ...env, ...own },
      onOutput: (stream, chunk) => collectors[stream].push(chunk),
    });
  } finally {
    collectors.stdout.end();
    collectors.stderr.end();
  }
}

/** For reading and for pasting into a POSIX shell. */
export function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
