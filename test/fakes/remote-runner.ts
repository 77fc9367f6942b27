/**
 * A BuildRunner that behaves like a remote build service: every start is a machine of its own unless its token is fresh,
 * it knows its jobs although nobody noted their ids, and it is asked about many at once. It counts what it is asked.
 */
import type { PlatformId } from '../../core/platform';
import type { Clock } from '../../core/ports/clock';
import type { BuildRunner, JobObservation, JobTicket } from '../../core/ports/build-runner';

/** CodeBuild's idempotency tokens hold five minutes. */
const TOKEN_MS = 5 * 60_000;

interface RemoteJob {
  readonly runnerId: string;
  readonly ticket: JobTicket;
  readonly startedMs: number;
  observation: JobObservation;
}

export interface RemoteRunner extends BuildRunner {
  readonly jobs: readonly RemoteJob[];
  readonly cancelled: ReadonlySet<string>;
  /** Sizes of the calls of `observeAll`. */
  readonly observeCalls: number[];
  /** How often `find` looked through the service's list. */
  findCalls: number;
  /** Each start fails with the next of these, until they are used up; `lost` starts the job and loses the answer. */
  readonly failures: Map<PlatformId, (Error | 'lost')[]>;
  jobOf(buildId: string, platform?: PlatformId): RemoteJob;
}

export function createRemoteRunner(clock: Clock): RemoteRunner {
  const jobs: RemoteJob[] = [];
  const cancelled = new Set<string>();
  const sameJob = (ticket: JobTicket) => (job: RemoteJob) =>
    job.ticket.job.buildId === ticket.job.buildId &&
    job.ticket.job.platform === ticket.job.platform &&
    job.ticket.job.attempt === ticket.job.attempt;
  const runner: RemoteRunner = {
    jobs,
    cancelled,
    observeCalls: [],
    findCalls: 0,
    failures: new Map(),
    jobOf(buildId, platform = 'linux-x86_64') {
      const job = jobs.find(({ ticket }) => ticket.job.buildId === buildId && ticket.job.platform === platform);
      if (job === undefined) throw new Error(`no job of '${buildId}' for '${platform}'`);
      return job;
    },
    platforms: () => Promise.resolve(['linux-x86_64', 'linux-arm64', 'windows-x86_64']),
    async start(ticket) {
      await Promise.resolve();
      const failure = runner.failures.get(ticket.job.platform)?.shift();
      if (failure instanceof Error) throw failure;
      const fresh = jobs.find((job) => sameJob(ticket)(job) && clock.nowMs() - job.startedMs < TOKEN_MS);
      const job = fresh ?? { runnerId: `project:${jobs.length}`, ticket, startedMs: clock.nowMs(), observation: { state: 'queued' } };
      if (fresh === undefined) jobs.push(job);
      if (failure === 'lost') throw new Error('the function was ended');
      return { runnerId: job.runnerId };
    },
    async observe(runnerId) {
      await Promise.resolve();
      return jobs.find((job) => job.runnerId === runnerId)?.observation ?? { state: 'ended', end: 'lost' };
    },
    async observeAll(runnerIds) {
      runner.observeCalls.push(runnerIds.length);
      return new Map(await Promise.all(runnerIds.map(async (id) => [id, await runner.observe(id)] as const)));
    },
    async find(buildId, platform, attempt) {
      await Promise.resolve();
      runner.findCalls += 1;
      return jobs.find(({ ticket: { job } }) => job.buildId === buildId && job.platform === platform && job.attempt === attempt)?.runnerId;
    },
    async cancel(runnerId) {
      await Promise.resolve();
      cancelled.add(runnerId);
    },
    log: () => Promise.resolve({ text: 'a line\n', next: '1', isComplete: false }),
  };
  return runner;
}
