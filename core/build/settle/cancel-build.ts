/** Use-case: asks every open job of a build to end. A job that ends otherwise before it is heard keeps its own end. */
import type { BuildPorts } from '../build-ports';
import { buildStatus, isOpen, jobsOf, type BuildRecord } from '../build-record';
import { mapConcurrently, STORE_CONCURRENCY } from '../../concurrency';
import { finishBuild } from '../end/finish-build';
import { causeOf, type JobIdentity } from '../end/job-verdict';
import { resolveBuild, type ResolveOptions } from '../resolve-build';
import { settleBuild } from './settle-build';
import { SlipwayError } from '../../slipway-error';
import { changeOpenJob, readBuild } from '../stored-build';

/**
 * The jobs may still be open in the answer: ask for the status until they are not.
 * A build that was cancelled before is answered as it is.
 * @throws SlipwayError `build-ended` when nothing is left to cancel
 */
export async function cancelBuild(ports: BuildPorts, reference: string, options: ResolveOptions = {}): Promise<BuildRecord> {
  const record = await settleBuild(ports, await resolveBuild(ports, reference, options));
  const status = buildStatus(record);
  if (!isOpen(status)) {
    if (jobsOf(record).some(([, job]) => job.status === 'cancelled')) return record;
    throw new SlipwayError('build-ended', `build '${record.buildId}' had already ended: ${status}`, {
      hint: `see slipway status ${record.buildId}`,
      details: { buildId: record.buildId, status },
    });
  }
  const open = jobsOf(record).filter(([, job]) => isOpen(job.status));
  // One that cannot be asked keeps no other from it, and nothing is under way any more when the caller hears of it.
  await mapConcurrently(open, STORE_CONCURRENCY, ([platform, job]) => cancelJob(ports, { record, platform, job }));
  const after = await readBuild(ports, record.buildId);
  if (!isOpen(buildStatus(after))) await finishBuild(ports, after);
  return after;
}

async function cancelJob(ports: BuildPorts, { record, platform, job }: JobIdentity): Promise<void> {
  const found = job.runnerId ?? (await ports.runner.find?.(record.buildId, platform, job.attempt));
  const { record: after } = await changeOpenJob(ports, record.buildId, platform, (current) => {
    if (current.runnerId !== undefined || found !== undefined) return { isCancelRequested: true };
    const error = new SlipwayError('build-cancelled', 'the build was cancelled before it started');
    return { status: 'cancelled', isCancelRequested: true, endedAt: new Date(ports.clock.nowMs()).toISOString(), cause: causeOf(error) };
  });
  const runnerId = after.jobs[platform]?.runnerId ?? found;
  if (runnerId !== undefined && isOpen(after.jobs[platform]?.status ?? 'failed')) await ports.runner.cancel(runnerId);
}
