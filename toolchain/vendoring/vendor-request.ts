/** Owns what is asked for when wheels are fetched for a target, and how an index is named. */
import type { JobPython } from '../../core/job/job';
import type { PlatformId } from '../../core/platform';
import type { DeclaredIndex } from '../environment/project-files';

export interface VendorRequest {
  /** Where slipway.yaml's paths are relative to, absolute. */
  readonly projectDirectory: string;
  /** What goes into the source archive, absolute; default the project folder. What a dependency needs from outside it is vendored. */
  readonly sourceDirectory?: string;
  /** Filled with wheels; made if it is not there. Absolute. */
  readonly vendorDirectory: string;
  readonly python: JobPython;
  readonly platform: PlatformId;
  /** `budgets.glibc`: no wheel is taken that asks for a newer one. */
  readonly glibc?: string;
  readonly version: string;
  /** Names of variables whose values must not be shown. */
  readonly secretNames?: readonly string[];
}

export type NamedIndex = DeclaredIndex;
