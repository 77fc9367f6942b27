/** Owns one build from `in/job.json` to `out/report.json`. */
import type { Report } from '../core/report';
import { SlipwayError } from '../core/slipway-error';
import type { BuilderContext } from './builder-context';

/** Never rejects for a build that failed: the report says so. Rejects only where no report can be written. */
export function runBuild(context: BuilderContext): Promise<Report> {
  return Promise.reject(new SlipwayError('internal', `no build yet in '${context.jobDirectory}'`));
}
