/**
 * Owns a check that is a program of the project: it gets the built binary's path and an empty folder by environment, does with it what
 * its host would do, and passes with exit code 0. It is held to its time, and nothing that it started is left afterwards.
 */
import type { Job, JobScriptCheck } from '../../core/job/job';
import type { CheckResult } from '../../core/job/report';
import type { ProcessResult } from '../../core/ports/processes';
import { formatDuration } from '../../core/quantity';
import { isSlipwayError } from '../../core/slipway-error';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import { orphansOf } from '../handshake/orphans';
import { describeEnd, tailOf } from '../process-end';
import { checkTitle } from './probe';
import { inFreshRoom, plainEnvironment } from './room';
import { fillIn, type Fillings } from './run-expectation';
import { type ScriptCommand, scriptCommand } from './script-command';

/** Never rejects for what the script does. */
export async function performScriptCheck(
  context: BuilderContext,
  job: Job,
  binary: BuiltBinary,
  check: JobScriptCheck,
): Promise<CheckResult> {
  const result = { title: checkTitle(check), kind: 'script' } as const;
  const startedAtMs = context.clock.nowMs();
  try {
    const command = await scriptCommand(context, job, check);
    const { fault, note, durationMs } = await runScript(context, job, binary, check, command);
    const reason = fault ?? note;
    return { ...result, outcome: fault === undefined ? 'passed' : 'failed', ...(reason === undefined ? {} : { reason }), durationMs };
  } catch (thrown) {
    if (!isSlipwayError(thrown) || thrown.code !== 'process-not-started') throw thrown;
    return { ...result, outcome: 'failed', reason: thrown.message, durationMs: context.clock.nowMs() - startedAtMs };
  }
}

interface ScriptEnd {
  readonly fault?: string;
  readonly note?: string;
  readonly durationMs: number;
}

function runScript(
  context: BuilderContext,
  job: Job,
  binary: BuiltBinary,
  check: JobScriptCheck,
  { command, args, env }: ScriptCommand,
): Promise<ScriptEnd> {
  return inFreshRoom(context.files, async (room) => {
    const fillings: Fillings = { version: job.version, name: job.name, tmp: room.tmp };
    const own = Object.fromEntries(Object.entries(check.env).map(([name, value]) => [name, fillIn(value, fillings)]));
    const running = context.processes.start({
      command,
      args: [...args, ...check.args.map((argument) => fillIn(argument, fillings))],
      cwd: room.tmp,
      env: {
        ...plainEnvironment(context.platform, context.environment, room),
        ...env,
        ...own,
        SLIPWAY_PROGRAM: binary.executable,
        SLIPWAY_TMP: room.tmp,
        SLIPWAY_VERSION: job.version,
      },
      timeoutMs: check.timeoutMs,
    });
    try {
      const result = await running.result;
      const orphans = await orphansOf(running, context.clock);
      const left = orphans.length === 0 ? undefined : leftText(orphans);
      const fault = judge(check, result);
      return {
        durationMs: result.durationMs,
        ...(fault === undefined ? {} : { fault: [fault, left].filter((part) => part !== undefined).join('; ') }),
        ...(left === undefined ? {} : { note: left }),
      };
    } finally {
      await running.killTree();
    }
  });
}

function judge({ timeoutMs }: JobScriptCheck, result: ProcessResult): string | undefined {
  if (!result.isTimedOut && result.exitCode === 0) return undefined;
  const fault = result.isTimedOut ? `timed out after ${formatDuration(timeoutMs)}` : `expected exit code 0, ${describeEnd(result)}`;
  const said = tailOf('standard error', result.stderr);
  return [fault, ...(said.length === 0 ? tailOf('standard output', result.stdout) : said)].join('; ');
}

function leftText(pids: readonly number[]): string {
  const [what, how] = pids.length === 1 ? ['1 process', 'was'] : [`${pids.length} processes`, 'were'];
  return `it left ${what} running, which ${how} ended: ${pids.join(', ')}`;
}
