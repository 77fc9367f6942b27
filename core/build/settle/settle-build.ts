/**
 * Use-case: the one completion path of builds. A runner's end, a status read and a sweep all come here, at once if need be:
 * the verdict follows from what is stored alone, and only one of them writes it.
 * Many builds are settled together, so that the runner is asked about their jobs in as few calls as it permits.
 */
import type { BuildPorts } from '../build-ports';
import { buildStatus, isOpen, jobsOf, type BuildRecord, type JobRecord } from '../build-record';
import { closeJob } from '../end/close-job';
import { mapConcurrently, settleConcurrently, STORE_CONCURRENCY } from '../../concurrency';
import { finishBuild } from '../end/finish-build';
import { causeOf, type JobIdentity } from '../end/job-verdict';
import { observeJobs, type Observed } from './observe-jobs';
import type { JobObservation } from '../../ports/build-runner';
import { SlipwayError } from '../../slipway-error';
import { changeOpenJob, hasCode, readBuild } from '../stored-build';

/**
 * Settles what has ended, then answers with the newest record. Safe at any time, any number of times, concurrently.
 * @throws SlipwayError `build-not-found`, `record-corrupt`, or what the store says (`disk-full`, …); the build then stays open
 */
export async function settleBuild(ports: BuildPorts, buildId: string): Promise<BuildRecord> {
  const [settled] = await settleRecords(ports, [await readBuild(ports, buildId)]);
  if (settled === undefined) throw new SlipwayError('internal', `build '${buildId}' was not settled`);
  if ('problem' in settled) throw settled.problem;
  if (!isOpen(buildStatus(settled.record))) await finishBuild(ports, settled.record);
  return settled.record;
}

/** A build as it stands, and why it may stand otherwise by now. */
export interface SettledBuild {
  readonly record: BuildRecord;
  readonly problem?: unknown;
}

/**
 * Settles the open jobs of many builds; a problem of one hides no other. Closed builds cost nothing.
 * Finishing those that have ended is the caller's.
 */
export async function settleRecords(ports: BuildPorts, records: readonly BuildRecord[]): Promise<readonly SettledBuild[]> {
  const open = records.flatMap((record) =>
    jobsOf(record)
      .filter(([, job]) => isOpen(job.status))
      .map(([platform, job]): JobIdentity => ({ record, platform, job })),
  );
  const located = await settleConcurrently(open, STORE_CONCURRENCY, (identity) => locate(ports, identity));
  const runnerIds = located.flatMap((outcome) => (outcome.status === 'fulfilled' && outcome.value !== undefined ? [outcome.value] : []));
  const observed = await observeJobs(ports.runner, runnerIds);
  const outcomes = await settleConcurrently([...open.keys()], STORE_CONCURRENCY, async (at) => {
    const [identity, place] = [open[at], located[at]];
    if (identity === undefined || place === undefined) return false;
    if (place.status === 'rejected') throw place.reason;
    return settleJob(ports, identity, place.value, observed);
  });
  return mapConcurrently(records, STORE_CONCURRENCY, (record) =>
    newest(
      ports,
      record,
      outcomes.filter((_, at) => open[at]?.record === record),
    ),
  );
}

async function newest(ports: BuildPorts, record: BuildRecord, outcomes: readonly PromiseSettledResult<boolean>[]): Promise<SettledBuild> {
  const rejected = outcomes.find((outcome) => outcome.status === 'rejected');
  const problem = rejected === undefined ? {} : { problem: rejected.reason as unknown };
  if (!outcomes.some((outcome) => outcome.status === 'rejected' || outcome.value)) return { record };
  try {
    return { record: await readBuild(ports, record.buildId), ...problem };
  } catch (thrown) {
    return { record, problem: rejected === undefined ? thrown : rejected.reason };
  }
}

async function locate(ports: BuildPorts, { record, platform, job }: JobIdentity): Promise<string | undefined> {
  if (job.runnerId !== undefined) return job.runnerId;
  try {
    return await ports.runner.find?.(record.buildId, platform, job.attempt);
  } catch (thrown) {
    // The runner no longer builds this platform: nobody will take the job, and its time must be able to run out.
    if (hasCode(thrown, 'platform-not-buildable-here')) return undefined;
    throw thrown;
  }
}

/** @returns whether the record may have changed */
async function settleJob(
  ports: BuildPorts,
  identity: JobIdentity,
  runnerId: string | undefined,
  observed: ReadonlyMap<string, Observed>,
): Promise<boolean> {
  const { record, platform } = identity;
  if (runnerId === undefined) return settleUnstarted(ports, identity);
  const seen = observed.get(runnerId);
  if (seen === undefined) return false;
  if ('problem' in seen) throw seen.problem;
  const { observation } = seen;
  if (observation.state !== 'ended') return noteProgress(ports, identity, runnerId, observation);
  try {
    await closeJob(ports, identity, observation);
  } catch (thrown) {
    // Another settlement may have closed the job and tidied up while this one was reading.
    const now = (await readBuild(ports, record.buildId)).jobs[platform];
    if (now === undefined || isOpen(now.status)) throw thrown;
  }
  return true;
}

/** A job that no runner took: whoever started it is gone, or was refused again and again. */
async function settleUnstarted(ports: BuildPorts, { record, platform, job: held }: JobIdentity): Promise<boolean> {
  const waitedMs = ports.clock.nowMs() - Date.parse(record.createdAt);
  if (waitedMs < ports.startGraceMs) return false;
  const why = held.startProblem === undefined ? '' : `: ${held.startProblem.message}`;
  const error = new SlipwayError('start-lost', `the build was asked for and never started${why}`, {
    hint: `run slipway start-build --retry ${record.buildId}`,
  });
  const endedAt = new Date(ports.clock.nowMs()).toISOString();
  await changeOpenJob(ports, record.buildId, platform, (job) =>
    job.runnerId === undefined ? { status: 'failed', endedAt, cause: causeOf(error) } : undefined,
  );
  return true;
}

type OpenObservation = Exclude<JobObservation, { state: 'ended' }>;

async function noteProgress(
  ports: BuildPorts,
  { record, platform, job: held }: JobIdentity,
  runnerId: string,
  observed: OpenObservation,
): Promise<boolean> {
  const news = newsOf(held, runnerId, observed);
  if (news === undefined) return false; // Nothing to write, so nothing to read again either.
  await changeOpenJob(ports, record.buildId, platform, (job) => newsOf(job, runnerId, observed));
  return true;
}

function newsOf(job: JobRecord, runnerId: string, observed: OpenObservation): Partial<JobRecord> | undefined {
  const change: Partial<JobRecord> = {
    runnerId,
    ...(observed.state === 'running' ? { status: 'running' } : {}),
    ...(observed.state === 'running' && observed.startedAt !== undefined ? { startedAt: observed.startedAt } : {}),
    ...(observed.state === 'running' && observed.phase !== undefined ? { phase: observed.phase } : {}),
    ...(observed.state === 'running' && observed.progress !== undefined ? { progress: observed.progress } : {}),
  };
  const isNews = Object.entries(change).some(([key, value]) => JSON.stringify(job[key as keyof JobRecord]) !== JSON.stringify(value));
  return isNews ? change : undefined;
}
