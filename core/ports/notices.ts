/** Tells people that a build has ended. The adapter is an SNS topic; a target without one hands none in. */
import type { BuildRecord } from '../build/build-record';

export interface Notices {
  /** May tell twice where two settle at once and one of them is cut off; never leaves one out without rejecting. */
  buildEnded(record: BuildRecord): Promise<void>;
}
