/** Joins what a comparison needs of this machine: its place, the processors' times, and the launches of programs that were built. */
import { hostname } from 'node:os';
import type { TrialBench } from '../../core/comparison/trial-bench';
import type { Clock, Randomness } from '../../core/ports/clock';
import type { Connections } from '../../core/ports/connections';
import type { Files } from '../../core/ports/files';
import type { Processes } from '../../core/ports/processes';
import type { ToolchainContext } from '../../toolchain/toolchain-context';
import { answersSignal } from '../build/process-identity';
import { nodeConnections } from '../machine/connections-node';
import type { Machine } from '../machine/machine';
import { processorTimes } from '../machine/processor-times';
import { toolchainOf } from '../machine/toolchain-machine';
import { createComparisonPlace } from './comparison-place';

/** What the launches of a comparison are given of this machine. */
export interface TrialPorts extends ToolchainContext {
  readonly clock: Clock;
  readonly connections: Connections;
  readonly jobDirectory: string;
}

/** What the builder makes of a program that was built. */
export type TrialLauncherOf = (ports: TrialPorts, ...trial: Parameters<TrialBench['launcher']>) => ReturnType<TrialBench['launcher']>;

export interface TrialMachine {
  readonly machine: Machine;
  readonly files: Files;
  readonly processes: Processes;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Takes what the toolchain says while it looks around, a line at a time. */
  readonly note: (line: string) => void;
}

export function createTrialBench({ machine, note, ...ports }: TrialMachine, launcher: TrialLauncherOf): TrialBench {
  const { homeDirectory } = machine;
  const here = { hostName: hostname(), pid: process.pid, isAlive: answersSignal };
  return {
    ...createComparisonPlace({ ...ports, ...here, homeDirectory, processorTimes }),
    launcher: (job, program) => {
      const jobDirectory = `${program.directory}.launches`;
      return launcher({ ...toolchainOf(machine, note), clock: ports.clock, connections: nodeConnections, jobDirectory }, job, program);
    },
  };
}
