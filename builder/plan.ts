/** Owns the way from a job to its plan: pure, so that `slipway plan` says what the builder will do. */
import type { BuildPlan } from '../core/build-plan';
import type { Host } from '../core/host';
import type { Job } from '../core/job';
import { SlipwayError } from '../core/slipway-error';

/**
 * @throws SlipwayError `platform-not-buildable-here`, `glibc-floor-unreachable`, `node-not-supported-yet`, `compiler-option-refused`
 */
export function planBuild(job: Job, host: Host): BuildPlan {
  throw new SlipwayError('internal', `no plan yet for '${job.name}' on '${host.platform}'`);
}
