/**
 * Owns the life of one job on this machine: starts the builder, writes its redacted log, and ends its whole tree on request or
 * when its time is over; then stages what it made and has the build settled.
 * It runs in a process of its own, see `build-runner-process.ts`, which can be killed at any point.
 */
import { parsePhase } from '../../core/build/build-log';
import { JobSchema } from '../../core/job/job';
import type { ArtifactStore } from '../../core/ports/artifact-store';
import type { Clock } from '../../core/ports/clock';
import type { Files } from '../../core/ports/files';
import type { Processes, ProcessResult, RunningProcess } from '../../core/ports/processes';
import { formatDuration } from '../../core/quantity';
import { createRedactor } from '../../core/redaction';
import { SlipwayError } from '../../core/slipway-error';
import { storageKey } from '../../core/storage-key';
import { hasCode } from '../../core/build/stored-build';
import { createBuildLog, type BuildLog } from './build-log-file';
import {
  jobDirectory,
  readSmallFile,
  TicketFileSchema,
  type EndFile,
  type JobDirectory,
  type JobPlace,
  type StateFile,
} from './job-directory';
import { stageOutputs } from './job-outputs';
import type { ProcessIdentity } from './process-identity';

export interface SupervisorPorts {
  readonly files: Files;
  readonly processes: Processes;
  readonly identity: ProcessIdentity;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  /** This process's own: the caller's, with the values of secrets. */
  readonly environment: Readonly<Record<string, string>>;
  readonly homeDirectory: string;
  readonly pid: number;
  /** The command line of the builder, to which the job's folder is added. */
  readonly builderCommand: readonly [command: string, ...args: string[]];
}

const TICK_MS = 150;
/** How often a sign of life is written where nothing changes. */
const HEARTBEAT_MS = 20_000;

/**
 * Returns when the job has ended and its outputs are staged. Does nothing where another supervisor has the job.
 * @returns whether this one had it
 */
export async function superviseJob(ports: SupervisorPorts, place: JobPlace): Promise<boolean> {
  const directory = jobDirectory(ports.homeDirectory, place);
  const ticket = await readSmallFile(ports.files, directory.ticket, TicketFileSchema);
  if (ticket === undefined) {
    throw new SlipwayError('file-not-found', `there is no job at '${directory.root}'`, { hint: 'run slipway start-build' });
  }
  if (!(await claim(ports, directory))) return false;
  const job = JobSchema.parse(JSON.parse(await ports.files.readText(directory.job)));
  const secrets = job.secretNames.flatMap((name) => ports.environment[name] ?? []);
  const log = createBuildLog(ports.files, directory.log);
  const end = await runBuilder(ports, directory, ticket.timeoutMs, secrets, log);
  await log.close();
  if (end.end === 'exited') {
    await stageOutputs(ports, directory, storageKey.stagingPrefix(place.buildId, place.platform, ticket.nonce), secrets);
  }
  await createOnce(ports.files, directory.end, JSON.stringify(end));
  return true;
}

async function claim(ports: SupervisorPorts, directory: JobDirectory): Promise<boolean> {
  return createOnce(ports.files, directory.supervisor, JSON.stringify({ pid: ports.pid }));
}

async function createOnce(files: Files, file: string, content: string): Promise<boolean> {
  try {
    await files.create(file, content);
    return true;
  } catch (thrown) {
    if (hasCode(thrown, 'file-exists')) return false;
    throw thrown;
  }
}

async function runBuilder(
  ports: SupervisorPorts,
  directory: JobDirectory,
  timeoutMs: number,
  secrets: readonly string[],
  log: BuildLog,
): Promise<EndFile> {
  const state = createState(ports, directory);
  const output = createOutput(secrets, log, state);
  let builder: RunningProcess;
  try {
    const [command, ...args] = ports.builderCommand;
    builder = ports.processes.start({
      command,
      args: [...args, directory.root],
      cwd: directory.root,
      env: { ...ports.environment, SLIPWAY_HOME: ports.homeDirectory },
      keepBytes: 0,
      onOutput: (stream, chunk) => output.take(stream, chunk),
    });
    const token = await ports.identity.startTokenOf(builder.pid);
    await state.change({ builder: { pid: builder.pid, ...(token === undefined ? {} : { token }) } });
    const { why, result } = await watch(ports, directory, builder, timeoutMs, state);
    output.finish();
    return { ...endOf(why, result, timeoutMs), endedAt: new Date(ports.clock.nowMs()).toISOString() };
  } catch (thrown) {
    output.finish();
    if (!hasCode(thrown, 'process-not-started')) throw thrown;
    const detail = (thrown as SlipwayError).message;
    log.write(`${detail}\n`);
    return { end: 'exited', detail, endedAt: new Date(ports.clock.nowMs()).toISOString() };
  } finally {
    await state.flush();
  }
}

type Why = 'exited' | 'cancelled' | 'timed-out';

function endOf(why: Why, result: ProcessResult, timeoutMs: number): Omit<EndFile, 'endedAt'> {
  if (why === 'timed-out') return { end: why, detail: `the build took longer than ${formatDuration(timeoutMs)}` };
  if (why === 'cancelled') return { end: why };
  return { end: why, detail: result.signal === null ? `exit code ${result.exitCode}` : `signal ${result.signal}` };
}

/**
 * Waits for the builder's end, a cancel request or the end of its time, whichever is first; then nothing of its tree is left.
 * Time is counted in ticks: neither a clock that is set nor a machine that slept makes a build time out.
 */
async function watch(
  ports: SupervisorPorts,
  directory: JobDirectory,
  builder: RunningProcess,
  timeoutMs: number,
  state: StateKeeper,
): Promise<{ readonly why: Why; readonly result: ProcessResult }> {
  const exit: { result?: ProcessResult } = {};
  const exited = builder.result.then((result) => {
    exit.result = result;
  });
  let elapsedMs = 0;
  let why: Why = 'exited';
  while (exit.result === undefined) {
    const beforeMs = ports.clock.nowMs();
    await Promise.race([exited, ports.clock.sleep(TICK_MS)]);
    elapsedMs += Math.min(Math.max(0, ports.clock.nowMs() - beforeMs), 10 * TICK_MS);
    if (isSet(exit)) break;
    await state.beat(elapsedMs);
    if ((await ports.files.stat(directory.cancel)) !== undefined) why = 'cancelled';
    else if (elapsedMs >= timeoutMs) why = 'timed-out';
    else continue;
    if (!isSet(exit)) break;
    why = 'exited'; // It ended by itself while we looked: its own end counts.
  }
  await builder.killTree();
  return { why, result: await builder.result };
}

/** Set by another turn of the event loop than the one that the type checker sees. */
function isSet(exit: { readonly result?: ProcessResult }): boolean {
  return exit.result !== undefined;
}

interface StateKeeper {
  change(part: Partial<StateFile>): Promise<void>;
  /** For a change that nobody waits for. */
  note(part: Partial<StateFile>): void;
  beat(elapsedMs: number): Promise<void>;
  flush(): Promise<void>;
}

function createState(ports: SupervisorPorts, directory: JobDirectory): StateKeeper {
  let state: StateFile = { startedAt: new Date(ports.clock.nowMs()).toISOString() };
  let writing = Promise.resolve();
  let beatAtMs = 0;
  const change = (part: Partial<StateFile>): Promise<void> => {
    state = { ...state, ...part };
    const text = JSON.stringify(state);
    // It only tells how far the job is; a full disk must not end the build here.
    writing = writing.then(() => ports.files.write(directory.state, text)).catch(() => undefined);
    return writing;
  };
  return {
    change,
    note: (part) => void change(part),
    async beat(elapsedMs) {
      if (elapsedMs - beatAtMs < HEARTBEAT_MS) return;
      beatAtMs = elapsedMs;
      await change({});
    },
    flush: () => writing,
  };
}

/** Bytes of two streams -> redacted text in the log, and the phase that it tells. */
function createOutput(
  secrets: readonly string[],
  log: BuildLog,
  state: StateKeeper,
): { take(stream: 'stdout' | 'stderr', chunk: Uint8Array): void; finish(): void } {
  const phases = createPhaseReader(state);
  const streams = { stdout: createStream(), stderr: createStream() };
  function createStream() {
    return { decoder: new TextDecoder('utf-8'), redactor: createRedactor(secrets) };
  }
  const show = (text: string) => {
    log.write(text);
    phases.take(text);
  };
  return {
    take(name, chunk) {
      const { decoder, redactor } = streams[name];
      show(redactor.push(decoder.decode(chunk, { stream: true })));
    },
    finish() {
      for (const { decoder, redactor } of Object.values(streams)) show(redactor.push(decoder.decode()) + redactor.flush());
    },
  };
}

function createPhaseReader(state: StateKeeper): { take(text: string): void } {
  let rest = '';
  return {
    take(text) {
      const lines = (rest + text).split(/\r?\n/);
      rest = (lines.pop() ?? '').slice(-4096);
      for (const line of lines) {
        const marker = parsePhase(line);
        if (marker === undefined) continue;
        const { step, stepCount, title } = marker;
        state.note({ phase: marker.name, progress: { step, stepCount, title } });
      }
    },
  };
}
