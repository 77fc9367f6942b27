/** Owns the calls about builds that every target answers. */
import type { Readable } from 'node:stream';
import type { BuildManifest } from './build-manifest';
import type { Artifact, BuildRecord } from './build-record';
import type { BuildRequest } from './build-request';
import type { PlatformId } from '../platform';
import type { LogChunk } from '../ports/build-runner';
import type { SlipwayError } from '../slipway-error';

export interface StartBuildOptions {
  /** False runs every step although an equal build is stored. */
  readonly useCache: boolean;
  /** Values of the recipe's secrets, by name. They go to the runner's environment and nowhere else. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** What `latest` means: the newest that was started, or the newest that succeeded. */
export type Latest = 'started' | 'succeeded';

export interface BuildService {
  /** What this target can build. */
  platforms(): Promise<readonly PlatformId[]>;
  /** Returns as soon as the jobs are on their way. The same request twice is one build. */
  start(request: BuildRequest, openSource: () => Readable, options: StartBuildOptions): Promise<BuildRecord>;
  /** Reruns what failed of a build, from the same source. */
  retry(reference: string, requestId: string, options?: { readonly name?: string } & Partial<StartBuildOptions>): Promise<BuildRecord>;
  /** Settles what has ended, then answers. `reference` is an id, a prefix of one, or `latest`: by default the newest that was started. */
  status(reference: string, name?: string, latest?: Latest): Promise<BuildRecord>;
  /** Newest first. A record that cannot be read is left out and told to `onProblem`. */
  list(options: {
    readonly name?: string;
    readonly limit: number;
    readonly onProblem?: (problem: SlipwayError) => void;
  }): Promise<readonly BuildRecord[]>;
  /** Asks every open job to end. The jobs may still be open in the answer, and may still end otherwise. */
  cancel(reference: string, name?: string): Promise<BuildRecord>;
  log(buildId: string, platform: PlatformId, from?: string): Promise<LogChunk>;
  /** Undefined while the build is open. */
  manifest(buildId: string): Promise<BuildManifest | undefined>;
  /** The stream fails with `checksum-mismatch` when the stored bytes are no longer those of the artifact. */
  openArtifact(buildId: string, artifact: Artifact): Promise<Readable>;
  /** Sees one job through, from its start to its record. Only where jobs run on this machine. */
  supervise?(buildId: string, platform: PlatformId): Promise<void>;
}
