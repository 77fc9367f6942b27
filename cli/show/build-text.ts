/** Owns how builds read on a terminal: one block per build, one line per build in a list, and the story of a failure. */
import { buildStatus, isOpen, jobsOf, type BuildRecord, type JobRecord, type JobStatus } from '../../core/build/build-record';
import type { PlatformId } from '../../core/platform';
import { formatDuration, formatSize } from '../../core/quantity';
import { formatInZone, formatUtc } from '../../core/distribution/time-left';
import type { Reader } from './distribution-text';
import { tableLines } from './text-table';

/** The reader's zone first, then the one that everybody shares. */
function formatTime(iso: string, { timeZone }: Reader): string {
  const own = formatInZone(iso, timeZone);
  const shared = formatUtc(iso);
  return own === shared ? own : `${own} (${shared})`;
}

/** How long a job ran, or has been running. Never negative, whatever the clocks said. */
export function jobDurationMs(job: JobRecord, nowMs: number): number | undefined {
  if (job.startedAt === undefined) return undefined;
  const endMs = job.endedAt === undefined ? nowMs : Date.parse(job.endedAt);
  return Math.max(0, endMs - Date.parse(job.startedAt));
}

function buildDurationMs(record: BuildRecord, nowMs: number): number {
  const ends = jobsOf(record).map(([, job]) => (job.endedAt === undefined ? nowMs : Date.parse(job.endedAt)));
  return Math.max(0, Math.max(...ends) - Date.parse(record.createdAt));
}

/** The block that `status` shows. */
export function describeBuild(record: BuildRecord, reader: Reader): string {
  const { nowMs } = reader;
  const status = buildStatus(record);
  const spent = formatDuration(buildDurationMs(record, nowMs));
  const { git, sha256 } = record.source;
  const commit = git === undefined ? '' : `, commit ${git.commit.slice(0, 12)}${git.isDirty ? ' with changes' : ''}`;
  return [
    `build ${record.buildId}  ${record.name} ${record.version}  ${status}`,
    `  started  ${formatTime(record.createdAt, reader)}, ${isOpen(status) ? `${spent} ago` : `took ${spent}`}`,
    `  source   sha256 ${sha256.slice(0, 16)}…${commit}`,
    ...(record.retryOf === undefined ? [] : [`  retry of ${record.retryOf}`]),
    ...(record.trial === undefined ? [] : [`  trial    ${record.trial}, of slipway compare`]),
    ...jobsOf(record).flatMap(([platform, job]) => describeJob(platform, job, nowMs)),
  ].join('\n');
}

/** Why a job still waits to be started; undefined once it is on its way, or has ended. */
export function startProblemOf({ status, runnerId, startProblem }: JobRecord): JobRecord['startProblem'] {
  return isOpen(status) && runnerId === undefined ? startProblem : undefined;
}

function describeJob(platform: PlatformId, job: JobRecord, nowMs: number): readonly string[] {
  const durationMs = jobDurationMs(job, nowMs);
  const spent = durationMs === undefined || job.reusedFrom !== undefined ? '' : `  ${formatDuration(durationMs)}`;
  const lines = [`  ${platform.padEnd(15)}  ${describeStatus(job)}${spent}`];
  if (job.cause !== undefined && job.status !== 'cancelled') {
    lines.push(`    ${job.cause.message} [${job.cause.code}]`);
    if (job.cause.cause !== undefined) lines.push(`    cause: ${job.cause.cause}`);
    if (job.cause.hint !== undefined) lines.push(`    hint:  ${job.cause.hint}`);
  }
  const problem = startProblemOf(job);
  if (problem !== undefined) {
    lines.push(`    not started yet, and tried again: ${problem.message} [${problem.code}]`);
    if (problem.hint !== undefined) lines.push(`    hint:  ${problem.hint}`);
  }
  for (const artifact of job.artifacts.filter(({ kind }) => kind === 'archive')) {
    lines.push(`    ${artifact.file}  ${formatSize(artifact.sizeBytes)}  sha256 ${artifact.sha256}`);
  }
  return lines;
}

function describeStatus(job: JobRecord): string {
  if (job.reusedFrom !== undefined) return `${job.status}, result of build ${job.reusedFrom} reused`;
  if (job.status === 'running' && job.isCancelRequested) return 'running, about to be cancelled';
  if (job.status === 'running' && job.progress !== undefined) {
    return `running  [${job.progress.step}/${job.progress.stepCount}] ${job.phase ?? ''}`.trimEnd();
  }
  return job.status !== 'succeeded' && job.phase !== undefined ? `${job.status} in step ${job.phase}` : job.status;
}

/**
 * The table that `builds` shows.
 * @param name the application that was asked for; undefined: all
 */
export function listOfBuilds(records: readonly BuildRecord[], reader: Reader, name?: string): string {
  if (records.length === 0) return name === undefined ? 'no builds yet' : `no builds of '${name}' yet`;
  const rows = records.map((record) => [
    record.buildId,
    record.name,
    record.version,
    record.trial === undefined ? buildStatus(record) : `${buildStatus(record)} (trial)`,
    jobsOf(record)
      .map(([platform]) => platform)
      .join(','),
    formatTime(record.createdAt, reader),
  ]);
  return tableLines(rows).join('\n');
}

/** The jobs that did not succeed, with what the first of them decides: the build's own end. */
export function unsuccessfulJobs(record: BuildRecord): readonly (readonly [PlatformId, JobRecord])[] {
  const inOrder: readonly JobStatus[] = ['failed', 'timed-out', 'cancelled'];
  return jobsOf(record)
    .filter(([, job]) => inOrder.includes(job.status))
    .sort(([, a], [, b]) => inOrder.indexOf(a.status) - inOrder.indexOf(b.status));
}
