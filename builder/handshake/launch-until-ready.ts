/**
 * Owns the launch of a program that goes on running, as its host launches it: until it says that it is ready, a moment longer, and
 * then its end. Every way in which that can fail has a name of its own and the evidence with it.
 */
import type { LaunchFault } from '../../core/job/launch-fault';
import type { PlatformId } from '../../core/platform';
import type { Clock } from '../../core/ports/clock';
import type { Connections } from '../../core/ports/connections';
import type { Files } from '../../core/ports/files';
import type { Processes, ProcessRequest, ProcessResult, RunningProcess } from '../../core/ports/processes';
import { formatDuration } from '../../core/quantity';
import { isSlipwayError } from '../../core/slipway-error';
import { describeEnd, tailOf } from '../process-end';
import { orphansOf } from './orphans';
import { createReadyProtocol, type ProtocolEvent, type ReadyExpectation, type ReadyProtocol } from './ready-protocol';
import { explainStartFault, foreignProgram } from './start-fault';

export interface LaunchPorts {
  readonly processes: Processes;
  readonly connections: Connections;
  readonly files: Files;
  readonly clock: Clock;
  readonly platform: PlatformId;
}

export interface ReadyLaunch {
  /** Absent where the program kept to the protocol until its end. */
  readonly fault?: { readonly kind: LaunchFault; readonly evidence: string };
  /** From just before the start to the announcement; absent where none came that a host could use. */
  readonly readyMs?: number;
  readonly port?: number;
  readonly peakMemoryBytes?: number;
  /** What stood after BOOT. */
  readonly boot?: string;
  /** What stood after SHUTDOWN, such as `reason=signal`. */
  readonly shutdown?: string;
  readonly heartbeatCount: number;
}

export interface LaunchLimits {
  /** For being ready. */
  readonly withinMs: number;
  /** How long it is looked on once it is ready: a second announcement or a crash shows then. Default 250 ms. */
  readonly watchMs?: number;
  /** How long it may take to end after it was asked to. Default 5 s. */
  readonly stopMs?: number;
}

const WATCH_MS = 250;
const STOP_MS = 5_000;
/** A program announces its port when it listens; the try costs nothing where it does. */
const PORT_MS = 1_000;

/** How POSIX systems end a program for what it did, in the names of Node. */
const CRASH_SIGNALS: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGSYS']);
/** From here on an exit code of Windows is an NTSTATUS error. */
const FIRST_NTSTATUS_ERROR = 0xc0000000;

/**
 * Starts the program, waits for its announcement, tries its port, looks on for a moment, asks it to stop and, after a grace, ends its
 * whole tree. Nothing of it is left when this returns. The announcement is timed when it arrives: nothing else is in that time.
 */
export async function launchUntilReady(
  ports: LaunchPorts,
  request: Omit<ProcessRequest, 'onOutput' | 'timeoutMs'>,
  expectation: ReadyExpectation,
  limits: LaunchLimits,
): Promise<ReadyLaunch> {
  const watched = watch(createReadyProtocol(expectation), ports.clock);
  const running = ports.processes.start({ ...request, onOutput: watched.onOutput });
  try {
    const ended = running.result.then((result) => watched.end(result));
    const fault = await judgeLaunch(ports, { running, watched, ended, limits, command: request.command });
    const peakMemoryBytes = (await running.result).peakMemoryBytes;
    return { ...watched.seen(), ...(fault === undefined ? {} : { fault }), ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }) };
  } catch (thrown) {
    if (!isSlipwayError(thrown) || thrown.code !== 'process-not-started') throw thrown;
    const { fault: kind, evidence } = await explainStartFault(ports.files, ports.platform, request.command, thrown.message);
    return { fault: { kind, evidence }, heartbeatCount: 0 };
  } finally {
    await running.killTree();
  }
}

type Fault = NonNullable<ReadyLaunch['fault']>;

interface Launch {
  readonly running: RunningProcess;
  readonly watched: Watched;
  readonly ended: Promise<ProcessResult>;
  readonly limits: LaunchLimits;
  readonly command: string;
}

/** In the order of time; whatever returns early leaves the program to be killed, and waits for that. */
async function judgeLaunch(ports: LaunchPorts, launch: Launch): Promise<Fault | undefined> {
  const { running, watched, ended, limits } = launch;
  const { withinMs, watchMs = WATCH_MS, stopMs = STOP_MS } = limits;
  const first = await withinTime(withinMs, Promise.race([watched.announced, ended.then(() => undefined)]));
  if (first?.kind !== 'ready') return unreadyFault(ports, launch, first);
  if (first.port !== undefined && !(await ports.connections.answers(first.port, PORT_MS))) {
    const result = await killed(launch);
    return told('port-not-answering', `nobody takes connections at port ${first.port} of this machine's loopback`, result);
  }
  await withinTime(watchMs, Promise.race([ended, watched.announcedTwice]));
  if (watched.isEnded)
    return told('crashed-after-ready', `it ended by itself after it was ready: ${describeEnd(await ended)}`, await ended);
  running.stop();
  const result = await withinTime(stopMs, ended);
  if (result === undefined) {
    return told('ignored-stop', `it still ran ${formatDuration(stopMs)} after it was asked to end, and was killed`, await killed(launch));
  }
  if (watched.readyCount > 1) return told('ready-twice', `it said ${watched.readyCount} times that it is ready`, result, 'standard output');
  if (isCrash(result)) return told('crashed-after-ready', `it crashed when it was asked to end: ${describeEnd(result)}`, result);
  const orphans = await orphansOf(running, ports.clock);
  if (orphans.length === 0) return undefined;
  return told(
    'orphaned-child',
    `it ended, and ${orphans.length} of the processes that it had started did not: ${orphans.join(', ')}`,
    result,
  );
}

async function killed({ running, ended }: Launch): Promise<ProcessResult> {
  await running.killTree();
  return ended;
}

async function unreadyFault(ports: LaunchPorts, launch: Launch, sign: ProtocolEvent | undefined): Promise<Fault> {
  const { watched, ended, limits, command } = launch;
  const { unfinishedLine, hasOutput } = watched.protocol;
  if (sign === undefined && watched.isEnded) {
    // A program that the system does not know is handed to a shell by the C library, which makes neither head nor tail of it.
    const foreign = await foreignProgram(ports.files, ports.platform, command);
    if (foreign !== undefined) return { kind: foreign.fault, evidence: foreign.evidence };
    const result = await ended;
    return told('exited-before-ready', `exited before it was ready: ${describeEnd(result)}`, result, 'standard output');
  }
  watched.giveUp();
  const result = await killed(launch);
  if (sign?.kind === 'unusable') return told(sign.fault, sign.reason, result);
  const late = `not ready within ${formatDuration(limits.withinMs)}`;
  if (unfinishedLine !== '') {
    return told('not-ready-in-time', `${late}: it wrote ${JSON.stringify(unfinishedLine.slice(0, 200))} without ending the line`, result);
  }
  if (hasOutput) return told('not-ready-in-time', late, result, 'standard output');
  return told('not-ready-in-time', `${late}: nothing came on standard output (a program must flush it when it goes to a pipe)`, result);
}

/** @param also a stream that says more of it than standard error alone */
function told(kind: LaunchFault, what: string, { stdout, stderr }: ProcessResult, also?: 'standard output'): Fault {
  const said = also === undefined ? [] : tailOf(also, stdout, 3);
  return { kind, evidence: [what, ...said, ...tailOf('standard error', stderr)].join('; ') };
}

function isCrash({ exitCode, signal }: ProcessResult): boolean {
  return signal === null ? (exitCode ?? 0) >= FIRST_NTSTATUS_ERROR : CRASH_SIGNALS.has(signal);
}

interface Watched {
  readonly protocol: ReadyProtocol;
  readonly onOutput: NonNullable<ProcessRequest['onOutput']>;
  /** The first announcement, usable or not. */
  readonly announced: Promise<ProtocolEvent>;
  readonly announcedTwice: Promise<void>;
  readonly readyCount: number;
  readonly isEnded: boolean;
  /** What comes now is too late. */
  giveUp(): void;
  /** Reads the last line, which may lack its end. */
  end(result: ProcessResult): ProcessResult;
  seen(): Omit<ReadyLaunch, 'fault' | 'peakMemoryBytes'>;
}

/** Everything that the program says, from its start to its end. Call it just before the start. */
function watch(protocol: ReadyProtocol, clock: Clock): Watched {
  const startedAtMs = clock.nowMs();
  const seen: { -readonly [Key in keyof ReturnType<Watched['seen']>]: ReturnType<Watched['seen']>[Key] } = { heartbeatCount: 0 };
  let [readyCount, isEnded, isGivenUp] = [0, false, false];
  let announce: (event: ProtocolEvent) => void = () => undefined;
  let announceTwice: () => void = () => undefined;
  const announced = new Promise<ProtocolEvent>((resolve) => (announce = resolve));
  const announcedTwice = new Promise<void>((resolve) => (announceTwice = resolve));
  const take = (event: ProtocolEvent) => {
    if (isGivenUp) return;
    if (event.kind === 'heartbeat') seen.heartbeatCount += 1;
    if (event.kind === 'boot') seen.boot = event.words;
    if (event.kind === 'shutdown') seen.shutdown = event.words;
    if (event.kind === 'unusable') announce(event);
    // Of two objects with a port the first counts: the second may be a line of the program's log.
    if (event.kind !== 'ready' || (event.port !== undefined && readyCount > 0)) return;
    readyCount += 1;
    if (readyCount > 1) return announceTwice();
    seen.readyMs = clock.nowMs() - startedAtMs;
    if (event.port !== undefined) seen.port = event.port;
    announce(event);
  };
  return {
    protocol,
    announced,
    announcedTwice,
    onOutput: (stream, chunk) => {
      if (stream === 'stdout') for (const event of protocol.push(chunk)) take(event);
    },
    get readyCount() {
      return readyCount;
    },
    get isEnded() {
      return isEnded;
    },
    giveUp: () => void (isGivenUp = true),
    end(result) {
      for (const event of protocol.end()) take(event);
      isEnded = true;
      return result;
    },
    seen: () => seen,
  };
}

/** @returns undefined once the time is over; leaves no timer behind */
async function withinTime<T>(limitMs: number, awaited: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), limitMs)));
  try {
    return await Promise.race([awaited, over]);
  } finally {
    clearTimeout(timer);
  }
}
