/** Owns the calls about builds that every target answers. */
import type { Readable } from 'node:stream';
import type { BuildManifest } from './build-manifest';
import type { Artifact, BuildRecord } from './build-record';
import type { BuildRequest } from './build-request';
import type { PlatformId } from './platform';
import type { LogChunk } from './ports/build-runner';

export interface StartBuildOptions {
  /** False runs every step although an equal build is stored. */
  readonly useCache: boolean;
}

export interface BuildService {
  /** Returns as soon as the jobs are on their way. The same request twice is one build. */
  start(request: BuildRequest, openSource: () => Readable, options: StartBuildOptions): Promise<BuildRecord>;
  /** Reruns what failed of a build, from the same source. */
  retry(reference: string, requestId: string): Promise<BuildRecord>;
  /** Settles what has ended, then answers. `reference` is an id, a prefix of one, or `latest`. */
  status(reference: string, name?: string): Promise<BuildRecord>;
  list(options: { readonly name?: string; readonly limit: number }): Promise<readonly BuildRecord[]>;
  cancel(reference: string): Promise<BuildRecord>;
  log(buildId: string, platform: PlatformId, from?: string): Promise<LogChunk>;
  /** Undefined while the build is open. */
  manifest(buildId: string): Promise<BuildManifest | undefined>;
  openArtifact(buildId: string, artifact: Artifact): Promise<Readable>;
}
