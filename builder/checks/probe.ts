/**
 * Owns one way of starting a binary and judging what came of it, so that the same can be tried in many places:
 * as the job asks, from another folder, in another environment.
 */
import type { Job, JobCheck, JobReadyCheck, JobRunCheck } from '../../core/job/job';
import type { LaunchFault } from '../../core/job/launch-fault';
import { PLATFORMS } from '../../core/platform';
import type { ProcessRequest, ProcessResult } from '../../core/ports/processes';
import { isSlipwayError } from '../../core/slipway-error';
import type { BuilderContext } from '../builder-context';
import { showsCrash } from './closed-pipe';
import { launchUntilReady } from '../handshake/launch-until-ready';
import { type Environment, inFreshRoom, plainEnvironment, type Room } from './room';
import { fillIn, fillInPattern, type Fillings, judgeRun, type RunExpectation } from './run-expectation';
import { tailOf } from '../process-end';

/** Where and how a binary is started. */
export interface Place {
  /** Absolute. */
  readonly executable: string;
  /** A program, with its arguments, that starts the executable in its own way. */
  readonly starter?: readonly string[];
  /** @param own what the check itself sets. Default: {@link plainEnvironment} with that on top */
  readonly environmentOf?: (room: Room, own: Environment) => Environment;
  readonly closeStdout?: boolean;
  readonly measureMemory?: boolean;
  /** The program runs as another user, who must get into the room. */
  readonly isForAnyone?: boolean;
}

export interface Attempt {
  /** What went wrong, with the evidence; undefined where all was as expected. */
  readonly fault?: string;
  /** Of a program that is waited for: the name of what went wrong. */
  readonly launchFault?: LaunchFault;
  /** Launch to exit, or launch to ready; the preparation is not in it. */
  readonly durationMs: number;
  readonly peakMemoryBytes?: number;
  /** Of a program that ran to its end. */
  readonly result?: ProcessResult;
}

export interface Probe {
  /** `run --version`, `ready`: for titles. */
  readonly title: string;
  readonly kind: 'run' | 'ready';
  /** Never rejects for what the program does; each attempt has a fresh `{tmp}`. */
  attempt(place: Place): Promise<Attempt>;
  /** Judges the end of a program alone, whatever it printed. */
  judgeEnd(result: ProcessResult): string | undefined;
}

/**
 * Becomes the program once the first line of standard input has come. The port closes the reading end of standard output
 * before it writes to standard input: so the program surely finds it closed, however busy the machine is.
 */
const WAIT_FOR_STDIN = ['/bin/sh', '-c', 'read -r go; exec "$@"', 'sh'];

/** Output that is compared must not be cut. */
const KEEP_BYTES = 8 * 1024 * 1024;

/** A check whose subject is the binary itself, started with these arguments. */
export type LaunchCheck = JobRunCheck | JobReadyCheck;

export function isLaunchCheck(check: JobCheck): check is LaunchCheck {
  return check.kind !== 'script';
}

/** How a report calls a check of the job. */
export function checkTitle(check: JobCheck): string {
  return [check.kind, ...(check.kind === 'script' ? [check.script] : []), ...check.args].join(' ');
}

/** The attempt that a check of the job describes. */
export function probeOf(context: BuilderContext, job: Job, check: LaunchCheck): Probe {
  const title = checkTitle(check);
  const attempt = (place: Place) =>
    inFreshRoom(context.files, async (room): Promise<Attempt> => {
      if (place.isForAnyone === true) await openToAnyone(context, room);
      const fillings: Fillings = { version: job.version, name: job.name, tmp: room.tmp };
      const request = requestOf(context, check, place, room, fillings);
      try {
        return check.kind === 'run' ? await runToEnd(context, check, request, fillings) : await launch(context, check, request, fillings);
      } catch (thrown) {
        if (isSlipwayError(thrown) && thrown.code === 'process-not-started') return { fault: thrown.message, durationMs: 0 };
        throw thrown;
      }
    });
  const judgeEnd = (result: ProcessResult) =>
    check.kind === 'run' ? judgeRun({ exitCode: check.exitCode, timeoutMs: check.timeoutMs }, result) : undefined;
  return { title, kind: check.kind, attempt, judgeEnd };
}

/**
 * For a binary of which the job checks nothing: `--help` must end, and must end everywhere as it does in a plain place.
 * What it ends with is the program's own affair, unless its interpreter gave up: a module that is missing shows here first.
 */
export async function helpProbe(
  context: BuilderContext,
  job: Job,
  binary: string,
  place: Place,
  args: readonly string[] = ['--help'],
): Promise<{ readonly probe: Probe; readonly first: Attempt }> {
  const check = (exitCode: number): JobRunCheck => ({
    kind: 'run',
    binary,
    args: [...args],
    env: {},
    stdin: '',
    timeoutMs: 30_000,
    exitCode,
  });
  const plain = probeOf(context, job, check(0));
  const first = await plain.attempt(place);
  const { result } = first;
  if (result === undefined || result.isTimedOut || result.exitCode === null) return { probe: plain, first };
  if (result.exitCode !== 0 && showsCrash(result.stderr)) {
    const fault = [`crashed with exit code ${result.exitCode}`, ...tailOf('standard error', result.stderr)].join('; ');
    return { probe: plain, first: { ...first, fault } };
  }
  return { probe: probeOf(context, job, check(result.exitCode)), first: { durationMs: first.durationMs, result } };
}

async function openToAnyone({ files }: BuilderContext, room: Room): Promise<void> {
  await files.setMode(room.root, 0o755);
  for (const folder of [room.tmp, room.home, room.temp]) await files.setMode(folder, 0o777);
}

function requestOf(context: BuilderContext, check: LaunchCheck, place: Place, room: Room, fillings: Fillings): ProcessRequest {
  const own = Object.fromEntries(Object.entries(check.env).map(([name, value]) => [name, fillIn(value, fillings)]));
  const plain = (base: Room, added: Environment) => ({ ...plainEnvironment(context.platform, context.environment, base), ...added });
  const waits = place.closeStdout === true && PLATFORMS[context.platform].os !== 'windows';
  const [command = place.executable, ...before] = [...(place.starter ?? []), ...(waits ? WAIT_FOR_STDIN : []), place.executable];
  const stdin = `${waits ? 'go\n' : ''}${check.kind === 'run' ? fillIn(check.stdin, fillings) : ''}`;
  return {
    command,
    args: [...before, ...check.args.map((argument) => fillIn(argument, fillings))],
    cwd: room.tmp,
    env: (place.environmentOf ?? plain)(room, own),
    keepBytes: KEEP_BYTES,
    ...(stdin === '' ? {} : { stdin }),
    ...(place.closeStdout === undefined ? {} : { closeStdout: place.closeStdout }),
    ...(place.measureMemory === undefined ? {} : { measureMemory: place.measureMemory }),
  };
}

async function runToEnd(context: BuilderContext, check: JobRunCheck, request: ProcessRequest, fillings: Fillings): Promise<Attempt> {
  const running = context.processes.start({ ...request, timeoutMs: check.timeoutMs });
  try {
    const result = await running.result;
    const fault = judgeRun(filledExpectation(check, fillings), result);
    return {
      result,
      durationMs: result.durationMs,
      ...(fault === undefined ? {} : { fault }),
      ...(result.peakMemoryBytes === undefined ? {} : { peakMemoryBytes: result.peakMemoryBytes }),
    };
  } finally {
    await running.killTree();
  }
}

function filledExpectation(check: JobRunCheck, fillings: Fillings): RunExpectation {
  const { exitCode, timeoutMs, stdout, stdoutMatches, stderrMatches } = check;
  return {
    exitCode,
    timeoutMs,
    ...(stdout === undefined ? {} : { stdout: fillIn(stdout, fillings) }),
    ...(stdoutMatches === undefined ? {} : { stdoutMatches: fillInPattern(stdoutMatches, fillings) }),
    ...(stderrMatches === undefined ? {} : { stderrMatches: fillInPattern(stderrMatches, fillings) }),
  };
}

async function launch(context: BuilderContext, check: JobReadyCheck, request: ProcessRequest, fillings: Fillings): Promise<Attempt> {
  const expectation =
    check.jsonKey === undefined
      ? ({ kind: 'line', line: fillIn(check.line ?? 'READY', fillings) } as const)
      : ({ kind: 'json', key: check.jsonKey } as const);
  const { fault, readyMs = 0, peakMemoryBytes } = await launchUntilReady(context, request, expectation, { withinMs: check.withinMs });
  return {
    durationMs: readyMs,
    ...(fault === undefined ? {} : { fault: fault.evidence, launchFault: fault.kind }),
    ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
  };
}
