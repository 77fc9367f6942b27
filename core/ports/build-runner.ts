/** Starts one platform's job somewhere and says how it fares. The adapters are CodeBuild and a detached process. */
import type { JobProgress } from '../build/build-record';
import type { Job } from '../job/job';
import type { PlatformId } from '../platform';

export interface JobTicket {
  readonly job: Job;
  readonly nonce: string;
  /** Where the source archive is. */
  readonly sourceKey: string;
  readonly sourceVersionId: string;
  readonly timeoutMs: number;
  readonly useCache: boolean;
  /** Values by name, for the job's environment. Never written anywhere. */
  readonly secrets?: Readonly<Record<string, string>>;
}

export type JobObservation =
  | { readonly state: 'queued' }
  | { readonly state: 'running'; readonly phase?: string; readonly progress?: JobProgress; readonly startedAt?: string }
  /** The runner's own word on how the job ended; whether it succeeded is proved from the report and the files. */
  | {
      readonly state: 'ended';
      readonly end: 'exited' | 'cancelled' | 'timed-out' | 'lost';
      readonly endedAt?: string;
      /** How it ended, for a person: `exit code 1`, `signal SIGKILL`, … */
      readonly detail?: string;
      /** When it started and the step that it was in. */
      readonly startedAt?: string;
      readonly phase?: string;
    };

export interface LogChunk {
  readonly text: string;
  /** Pass it to the next call to go on from here. */
  readonly next: string;
  /** No more will come. */
  readonly isComplete: boolean;
}

export interface BuildRunner {
  /** The platforms that this runner can build. */
  platforms(): Promise<readonly PlatformId[]>;
  /** Returns when the job is on its way, not when it ends. The same ticket twice starts one job. */
  start(ticket: JobTicket): Promise<{ readonly runnerId: string }>;
  observe(runnerId: string): Promise<JobObservation>;
  /**
   * The same for many jobs in as few calls as the runner's service allows. The answer holds every id that was asked for;
   * one that the runner does not know has ended as `lost`. Rejects as a whole when the service cannot be asked.
   */
  observeAll?(runnerIds: readonly string[]): Promise<ReadonlyMap<string, JobObservation>>;
  /** Asks for the end of the whole process tree; the job may still end otherwise. */
  cancel(runnerId: string): Promise<void>;
  log(buildId: string, platform: PlatformId, from?: string): Promise<LogChunk>;
  /** Looks for a job that was started while the record of its runner id was lost. */
  find?(buildId: string, platform: PlatformId, attempt: number): Promise<string | undefined>;
  /** The job is settled: what it no longer needs may go. Calling it again does no harm. */
  release?(runnerId: string, outcome: 'succeeded' | 'failed'): Promise<void>;
}
