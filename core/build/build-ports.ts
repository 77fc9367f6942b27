/** Owns what the use-cases of builds are given: the ports, and the few settings in which targets differ. */
import type { ArtifactStore } from '../ports/artifact-store';
import type { BuildRunner } from '../ports/build-runner';
import type { Clock, Randomness } from '../ports/clock';
import type { Ledger } from '../ports/ledger';
import type { PlatformId } from '../platform';

export interface BuildPorts {
  readonly ledger: Ledger;
  readonly artifacts: ArtifactStore;
  readonly runner: BuildRunner;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** After it a job's process tree is ended. */
  readonly jobTimeoutMs: number;
  /** How long a job may stand without a runner's id before it counts as lost. */
  readonly startGraceMs: number;
  /**
   * Everything beside source and job that decides what a build makes: pinned tools, the builder itself, the host.
   * Undefined: results for this platform are not reused.
   */
  toolIdentity(platform: PlatformId): Promise<string | undefined>;
}
