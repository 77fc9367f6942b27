/** What a build does between getting its machine and giving it back. Two kinds do it: a shell, and a function of a test. */
import type { Build } from '@aws-sdk/client-codebuild';
import type { BuildLog } from './build-log';
import type { CommandPhase } from './build-spec';
import type { ObjectStore, ReadParameter } from './ports';

export type PhaseStatus = 'SUCCEEDED' | 'FAILED' | 'FAULT' | 'TIMED_OUT' | 'STOPPED';

export interface PhaseOutcome {
  readonly status: PhaseStatus;
  readonly statusCode?: string;
  readonly message?: string;
  /** How the buildspec wants a failure of this phase to be taken. */
  readonly onFailure?: 'ABORT' | 'CONTINUE' | undefined;
}

export const SUCCEEDED: PhaseOutcome = { status: 'SUCCEEDED' };

export function failedPhase(statusCode: string, message: string): PhaseOutcome {
  return { status: 'FAILED', statusCode, message };
}

export interface ExecutionContext {
  readonly build: Build;
  readonly objects: ObjectStore;
  readonly readParameter: ReadParameter;
  readonly log: BuildLog;
  /** Aborted when the build is stopped or has timed out. */
  readonly signal: AbortSignal;
  /** Variables that CodeBuild sets, and those of the project and of the start, parameters still as names. */
  readonly region: string;
  readonly account: string;
}

export interface OutputFile {
  /** Relative to the artifact. */
  readonly path: string;
  readonly content: Buffer;
}

export interface Execution {
  /** DOWNLOAD_SOURCE. */
  download(): Promise<PhaseOutcome>;
  run(phase: CommandPhase, isSucceeding: boolean): Promise<PhaseOutcome>;
  /** What UPLOAD_ARTIFACTS uploads. @throws OutputError */
  output(): Promise<{ readonly files: readonly OutputFile[]; readonly name?: string | undefined }>;
  dispose(): Promise<void>;
}
