/** Owns what the use-cases of builds are given: the ports, and the few settings in which targets differ. */
import type { Readable } from 'node:stream';
import type { ArtifactStore } from '../ports/artifact-store';
import type { BuildRunner } from '../ports/build-runner';
import type { Clock, Randomness } from '../ports/clock';
import type { Ledger } from '../ports/ledger';
import type { Notices } from '../ports/notices';
import type { PlatformId } from '../platform';
import type { BuildRecord } from './build-record';

export interface BuildPorts {
  readonly ledger: Ledger;
  readonly artifacts: ArtifactStore;
  readonly runner: BuildRunner;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** After it a job's process tree is ended. */
  readonly jobTimeoutMs: number;
  /** Where platforms differ in it. */
  jobTimeoutMsOf?(platform: PlatformId): number | undefined;
  /** How long a job may stand without a runner's id before it counts as lost. */
  readonly startGraceMs: number;
  /**
   * A job that stands without a runner's id for this long is looked for and started again by the sweep,
   * and a start that fails for a while only leaves its job waiting for that.
   * Undefined: nobody starts again, so a job whose start fails has failed.
   */
  readonly restartAfterMs?: number;
  /** Jobs of all builds together that may be open at once. Undefined: as many as are asked for. */
  readonly concurrentJobs?: number;
  /**
   * Shows people and scripts which build of an application is the newest that succeeded; called after the pointer has moved.
   * @throws SlipwayError `parameter-not-written`
   */
  publishLatest?(name: string): Promise<void>;
  /** Told once of every end of a build, see `announce-end.ts`. */
  readonly notices?: Notices;
  /** Counts every end of a build, once. Must not throw. */
  onEnded?(record: BuildRecord): void;
  /**
   * Everything beside source and job that decides what a build makes: pinned tools, the builder itself, the host.
   * Undefined: results for this platform are not reused.
   */
  toolIdentity(platform: PlatformId): Promise<string | undefined>;
  /** Who builds for this platform, as provenance names it: a URI, one for all that has to be trusted alike. */
  builderId(platform: PlatformId): string;
  readonly streamOf: (bytes: Uint8Array) => Readable;
}
