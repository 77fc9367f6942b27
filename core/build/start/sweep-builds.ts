/**
 * Use-case: looks at every build that is not completely done, settles what has ended without anybody noticing,
 * finishes what was cut short, and starts again what was asked for and never started.
 * It reads `index/open/` and not the newest builds: a key stays there until the last step of an end is done,
 * so the cost follows the builds that are open now, and nothing falls out by growing old.
 */
import type { BuildPorts } from '../build-ports';
import { buildStatus, isOpen, jobsOf, type BuildRecord } from '../build-record';
import { settleConcurrently, STORE_CONCURRENCY } from '../../concurrency';
import { finishBuild } from '../end/finish-build';
import { buildIdOfOpenKey, OpenBuildSchema, RECORD_GRACE_MS } from './job-limit';
import { readRequest } from '../read-request';
import { settleRecords, type SettledBuild } from '../settle/settle-build';
import { toSlipwayError, type SlipwayError } from '../../slipway-error';
import { startJobs } from './start-jobs';
import { storageKey } from '../../storage-key';
import { findBuild } from '../stored-build';

/** Builds that are finished or started again at once: each of it writes. */
const BUILD_CONCURRENCY = 8;

export interface BuildSweep {
  readonly openBuilds: number;
  /** Jobs that were asked for and do not run yet. */
  readonly queuedJobs: number;
  /** Since the oldest of those was asked for; 0 where there is none. */
  readonly oldestQueuedMs: number;
  /** Builds with a job that was started again. */
  readonly restarted: readonly string[];
  /** What could not be read, settled, finished or started; the next sweep comes to it again. */
  readonly problems: readonly SlipwayError[];
}

/** @throws only what the list of open builds throws */
export async function sweepBuilds(ports: BuildPorts): Promise<BuildSweep> {
  const problems: SlipwayError[] = [];
  const note = (thrown: unknown) => void problems.push(toSlipwayError(thrown));
  const records = await readOpenBuilds(ports, note);
  const settled = await settleRecords(ports, records);
  const restarted: string[] = [];
  const swept = await settleConcurrently(settled, BUILD_CONCURRENCY, async (build) => {
    if (build.problem !== undefined) note(build.problem);
    const record = await carryOn(ports, build);
    if (record !== build.record) restarted.push(record.buildId);
    return record;
  });
  for (const outcome of swept) if (outcome.status === 'rejected') note(outcome.reason);
  const now = swept.map((outcome, at) => (outcome.status === 'fulfilled' ? outcome.value : settled[at]?.record));
  return { ...queueOf(ports, now), restarted, problems };
}

async function readOpenBuilds(ports: BuildPorts, note: (thrown: unknown) => void): Promise<readonly BuildRecord[]> {
  const keys = await ports.ledger.keys(storageKey.openBuilds);
  const outcomes = await settleConcurrently(keys, STORE_CONCURRENCY, async (key) => {
    const buildId = buildIdOfOpenKey(key);
    const record = buildId === undefined ? undefined : await findBuild(ports, buildId);
    if (record === undefined) await forgetUnrecorded(ports, key);
    return record;
  });
  return outcomes.flatMap((outcome) => {
    if (outcome.status === 'rejected') note(outcome.reason);
    return outcome.status === 'fulfilled' && outcome.value !== undefined ? [outcome.value] : [];
  });
}

/** The start died before its record was written. */
async function forgetUnrecorded(ports: BuildPorts, key: string): Promise<void> {
  const open = OpenBuildSchema.safeParse((await ports.ledger.read(key))?.body).data;
  if (open !== undefined && ports.clock.nowMs() - Date.parse(open.createdAt) < RECORD_GRACE_MS) return;
  await ports.ledger.remove(key);
}

/** @returns another record only where jobs were started again */
async function carryOn(ports: BuildPorts, { record, problem }: SettledBuild): Promise<BuildRecord> {
  if (!isOpen(buildStatus(record))) await finishBuild(ports, record);
  else if (problem === undefined && isLeftWaiting(ports, record)) {
    const { useCache } = await readRequest(ports, record.buildId);
    return startJobs(ports, record.buildId, { useCache }, { isNew: false });
  }
  return record;
}

function isLeftWaiting(ports: BuildPorts, record: BuildRecord): boolean {
  if (ports.restartAfterMs === undefined) return false;
  const waitedMs = ports.clock.nowMs() - Date.parse(record.createdAt);
  return waitedMs >= ports.restartAfterMs && jobsOf(record).some(([, job]) => job.status === 'queued' && job.runnerId === undefined);
}

function queueOf(
  ports: BuildPorts,
  records: readonly (BuildRecord | undefined)[],
): Pick<BuildSweep, 'openBuilds' | 'queuedJobs' | 'oldestQueuedMs'> {
  const open = records.flatMap((record) => (record !== undefined && isOpen(buildStatus(record)) ? [record] : []));
  const queued = open.flatMap((record) =>
    jobsOf(record).flatMap(([, job]) => (job.status === 'queued' ? [Date.parse(record.createdAt)] : [])),
  );
  const oldestMs = queued.length === 0 ? 0 : Math.max(0, ports.clock.nowMs() - Math.min(...queued));
  return { openBuilds: open.length, queuedJobs: queued.length, oldestQueuedMs: oldestMs };
}
