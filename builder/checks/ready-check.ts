/** Owns the launch of a program that goes on running: until it says that it is ready, and then its end. */
import type { Clock } from '../../core/ports/clock';
import type { Processes, ProcessRequest, ProcessResult, RunningProcess } from '../../core/ports/processes';
import { formatDuration } from '../../core/quantity';
import { createReadyProtocol, type ReadyEvent, type ReadyExpectation, type ReadyProtocol } from './ready-protocol';
import { describeEnd, tailOf } from './run-expectation';

export type ReadyLaunch =
  | {
      readonly isReady: true;
      /** From just before the start to the announcement. */
      readonly readyMs: number;
      readonly port?: number;
      readonly peakMemoryBytes?: number;
    }
  | { readonly isReady: false; readonly diagnosis: string };

/** How long a program may take to end after it was asked to. */
const STOP_GRACE_MS = 5_000;

type FirstSign = ReadyEvent | { readonly kind: 'ended'; readonly result: ProcessResult };

/**
 * Starts the program, waits for its announcement, asks it to stop and, after a grace, ends its whole tree.
 * Nothing of it is left when this returns.
 *
 * @param withinMs the limit for being ready
 * @throws SlipwayError `process-not-started`
 */
export async function launchUntilReady(
  ports: { readonly processes: Processes; readonly clock: Clock },
  request: Omit<ProcessRequest, 'onOutput' | 'timeoutMs'>,
  expectation: ReadyExpectation,
  withinMs: number,
): Promise<ReadyLaunch> {
  const { clock, processes } = ports;
  const protocol = createReadyProtocol(expectation);
  let announce: (sign: FirstSign) => void = () => undefined;
  let readyMs = 0;
  const announced = new Promise<FirstSign>((resolve) => (announce = resolve));

  const startedAtMs = clock.nowMs();
  const running = processes.start({
    ...request,
    onOutput: (stream, chunk) => {
      const event = stream === 'stdout' ? protocol.push(chunk) : undefined;
      if (event === undefined) return;
      readyMs = clock.nowMs() - startedAtMs;
      announce(event);
    },
  });
  try {
    const ended = running.result.then((result): FirstSign => protocol.end() ?? { kind: 'ended', result });
    const sign = await withinTime(withinMs, Promise.race([announced, ended]));
    if (sign?.kind !== 'ready') return await diagnose(running, protocol, sign, withinMs);
    if (readyMs === 0) readyMs = clock.nowMs() - startedAtMs;
    running.stop();
    const result = (await withinTime(STOP_GRACE_MS, running.result)) ?? (await kill(running));
    return {
      isReady: true,
      readyMs,
      ...(sign.port === undefined ? {} : { port: sign.port }),
      ...(result.peakMemoryBytes === undefined ? {} : { peakMemoryBytes: result.peakMemoryBytes }),
    };
  } finally {
    await running.killTree();
  }
}

async function kill(running: RunningProcess): Promise<ProcessResult> {
  await running.killTree();
  return running.result;
}

async function diagnose(
  running: RunningProcess,
  protocol: ReadyProtocol,
  sign: FirstSign | undefined,
  withinMs: number,
): Promise<ReadyLaunch> {
  const { unfinishedLine, hasOutput } = protocol;
  const result = sign?.kind === 'ended' ? sign.result : await kill(running);
  const evidence = tailOf('standard error', result.stderr);
  const told = (diagnosis: string): ReadyLaunch => ({ isReady: false, diagnosis: [diagnosis, ...evidence].join('; ') });
  if (sign?.kind === 'malformed') return told(sign.reason);
  if (sign?.kind === 'ended') {
    const said = result.stdout.trim() === '' ? [] : tailOf('standard output', result.stdout, 3);
    return told([`exited before it was ready: ${describeEnd(result)}`, ...said].join('; '));
  }
  const late = `not ready within ${formatDuration(withinMs)}`;
  if (unfinishedLine !== '') return told(`${late}: it wrote ${JSON.stringify(unfinishedLine.slice(0, 200))} without ending the line`);
  if (!hasOutput) return told(`${late}: nothing came on standard output (a program must flush it when it goes to a pipe)`);
  return told([late, ...tailOf('standard output', result.stdout, 3)].join('; '));
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
