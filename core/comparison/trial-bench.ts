/** Owns what a comparison needs of the machine that it runs on, beside builds: to be alone on it, and to launch what was built. */
import type { Job } from '../job/job';
import type { LaunchFault } from '../job/launch-fault';

/** A program as it lies unpacked. */
export interface TrialProgram {
  readonly name: string;
  /** Its folder and its executable, absolute. */
  readonly directory: string;
  readonly executable: string;
}

export interface TrialLaunch {
  /** Launch to ready, or to exit. */
  readonly durationMs: number;
  readonly fault?: LaunchFault | 'failed';
  /** Of a fault: what was seen. */
  readonly evidence?: string;
  readonly peakMemoryBytes?: number;
}

export interface TrialLauncher {
  /** `ready`, `run --version`. */
  readonly title: string;
  readonly kind: 'ready' | 'run';
  readonly args: readonly string[];
  readonly withinMs?: number;
  /** How a launch is made cold, for a person. */
  readonly coldMethod: string;
  /** Never rejects for what the program does. */
  launch(options: { readonly isCold: boolean; readonly measuresMemory: boolean }): Promise<TrialLaunch>;
  /** Removes what was made for it. */
  end(): Promise<void>;
}

export interface TrialBench {
  /**
   * Runs `action` while no other comparison runs on this machine, with an empty folder that is removed after it. What one that was
   * killed has left is removed first.
   * @throws SlipwayError `comparison-running`
   */
  exclusively<T>(action: (directory: string) => Promise<T>): Promise<T>;
  /** @param job of the trial build: says which check the launches follow */
  launcher(job: Job, program: TrialProgram): Promise<TrialLauncher>;
  /** Waits until the machine is quiet, for a while at most. @returns the share of its processors in use at the end, where it can tell */
  awaitQuiet(): Promise<number | undefined>;
}

/** More of the processors in use than this disturbs what is measured. */
export const QUIET_SHARE = 0.25;
