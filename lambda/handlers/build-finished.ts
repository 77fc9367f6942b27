/**
 * Hears from CodeBuild that a build's state has changed, and settles the build. The event is a reason to look, never evidence:
 * doubled, late and reordered ones change nothing, and what is none of ours is logged and dropped.
 */
import { z } from 'zod';
import { JOB_VARIABLE } from '../../core/job/job-delivery';
import type { BuildPorts } from '../../core/build/build-ports';
import { buildStatus } from '../../core/build/build-record';
import { settleBuild } from '../../core/build/settle/settle-build';
import { findBuild } from '../../core/build/stored-build';
import { METRIC } from '../../core/deployment/metric-names';
import { IdSchema } from '../../core/identifier';
import { handleEvents, type EventHandler, type HandlePorts } from '../handle';

export interface BuildFinishedHandlerPorts extends HandlePorts {
  readonly builds: BuildPorts;
  /** The CodeBuild projects of this stage. */
  readonly projects: readonly string[];
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications.html#sample-build-notifications-ref */
const EventSchema = z.object({
  source: z.literal('aws.codebuild'),
  'detail-type': z.literal('CodeBuild Build State Change'),
  detail: z.object({
    'project-name': z.string(),
    'build-status': z.string(),
    'additional-information': z.object({
      environment: z.object({ 'environment-variables': z.array(z.object({ name: z.string(), value: z.string().optional() })) }),
    }),
  }),
});

export function createHandler({ builds, projects, ...handle }: BuildFinishedHandlerPorts): EventHandler {
  return handleEvents('build-finished', handle, async (event, note) => {
    const buildId = buildIdOf(event, projects);
    if (buildId === undefined || (await findBuild(builds, buildId)) === undefined) {
      note({ isDropped: true, ...(buildId === undefined ? {} : { buildId }) });
      return;
    }
    note({ buildId });
    try {
      note({ status: buildStatus(await settleBuild(builds, buildId)) });
    } catch (thrown) {
      handle.metrics.add(METRIC.settleProblem);
      throw thrown;
    }
  });
}

/** Undefined for an event of another shape, of another project, or of a build that somebody started by hand. */
function buildIdOf(event: unknown, projects: readonly string[]): string | undefined {
  const read = EventSchema.safeParse(event).data?.detail;
  if (read === undefined || !projects.includes(read['project-name'])) return undefined;
  const variables = read['additional-information'].environment['environment-variables'];
  return IdSchema.safeParse(variables.find(({ name }) => name === JOB_VARIABLE.buildId)?.value).data;
}
