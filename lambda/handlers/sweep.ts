/** Every few minutes: looks after what no event told, starts what was lost, deletes what has expired, measures the queue. */
import type { BuildPorts } from '../../core/build/build-ports';
import { sweepBuilds } from '../../core/build/start/sweep-builds';
import { METRIC } from '../../core/deployment/metric-names';
import { sweepDistributions } from '../../core/distribution/end/sweep-distributions';
import { handleEvents, type EventHandler, type HandlePorts, type Note } from '../handle';

export interface SweepHandlerPorts extends HandlePorts {
  readonly builds: BuildPorts;
}

/** Of the problems of one sweep; the rest shows in their count. */
const MOST_LOGGED = 20;

export function createHandler({ builds, ...handle }: SweepHandlerPorts): EventHandler {
  return handleEvents('sweep', handle, async (_event, note) => {
    const { ledger, artifacts, clock } = builds;
    const [built, distributed] = await Promise.allSettled([
      sweepOpenBuilds(builds, handle, note),
      sweepDistributions({ ledger, store: artifacts, clock }),
    ]);
    if (distributed.status === 'fulfilled') note({ expiredDistributions: distributed.value.length });
    if (built.status === 'rejected') throw built.reason;
    if (distributed.status === 'rejected') throw distributed.reason;
  });
}

async function sweepOpenBuilds(builds: BuildPorts, { metrics }: HandlePorts, note: Note): Promise<void> {
  const { openBuilds, queuedJobs, oldestQueuedMs, restarted, problems } = await sweepBuilds(builds);
  metrics.add(METRIC.openJobs, queuedJobs);
  metrics.add(METRIC.oldestQueuedSeconds, oldestQueuedMs / 1000);
  if (problems.length > 0) metrics.add(METRIC.settleProblem, problems.length);
  note({
    openBuilds,
    queuedJobs,
    ...(restarted.length === 0 ? {} : { restarted }),
    ...(problems.length === 0 ? {} : { problems: problems.slice(0, MOST_LOGGED).map(({ code, message }) => ({ code, message })) }),
  });
}
