/** Owns what people read when a build has ended: what came of it on each platform, and what to type next. Pure. */
import { buildStatus, jobsOf, type BuildRecord, type JobRecord, type JobStatus } from '../../core/build/build-record';
import { DEFAULT_STAGE } from '../../core/deployment/parameter-names';
import type { PlatformId } from '../../core/platform';
import { formatDuration, formatSize } from '../../core/quantity';

/**
 * "ASCII text that begins with a letter, number, or punctuation mark; must not include line breaks or control characters; and must be
 * less than 100 characters long": https://docs.aws.amazon.com/sns/latest/api/API_Publish.html, Subject
 */
const LONGEST_SUBJECT = 99;
/** A message holds 256 KB; a cause of more than this is read in the log, more files than these in the manifest. */
const LONGEST_CAUSE = 2_000;
const MOST_FILES = 20;
/** What XML may hold, which is how messages travel on: no escape sequences of terminals, and no half of a pair of surrogates. */
const NO_TEXT = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const SAYS: Readonly<Record<JobStatus, string>> = {
  queued: 'is queued',
  running: 'is running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'was cancelled',
  'timed-out': 'ran out of time',
};

/** `fieldkit 1.4.0 failed on windows-x86_64 (prod)` */
export function noticeSubject(record: BuildRecord, stage: string): string {
  const status = buildStatus(record);
  const platforms = platformsWith(record, status);
  const where = platforms.length === jobsOf(record).length && platforms.length > 1 ? '' : ` on ${platforms.join(', ')}`;
  const subject = `${record.name} ${record.version} ${SAYS[status]}${where} (${stage})`.replaceAll(/[^\x20-\x7e]+/g, '?');
  return subject.length <= LONGEST_SUBJECT ? subject : `${subject.slice(0, LONGEST_SUBJECT - 3)}...`;
}

export function noticeBody(record: BuildRecord, stage: string): string {
  const jobs = jobsOf(record);
  const width = Math.max(...jobs.map(([platform]) => platform.length));
  const commit = record.source.git === undefined ? '' : ` from commit ${record.source.git.commit.slice(0, 12)}`;
  return [
    `${record.name} ${record.version} ${SAYS[buildStatus(record)]}.`,
    `Build ${record.buildId} of stage ${stage}, asked for by ${record.requestedBy} at ${record.createdAt}${commit}.`,
    '',
    ...jobs.flatMap(([platform, job]) => jobLines(platform.padEnd(width), job)),
    '',
    'Next:',
    ...nextCommands(record).map((command) => `  slipway ${command} --target aws${stage === DEFAULT_STAGE ? '' : ` --stage ${stage}`}`),
    '',
  ]
    .join('\n')
    .replaceAll(NO_TEXT, '?');
}

function platformsWith(record: BuildRecord, status: JobStatus): readonly PlatformId[] {
  return jobsOf(record).flatMap(([platform, job]) => (job.status === status ? [platform] : []));
}

function jobLines(platform: string, job: JobRecord): readonly string[] {
  const took = job.startedAt === undefined || job.endedAt === undefined ? '' : formatDuration(spanMs(job.startedAt, job.endedAt));
  const reused = job.cache === 'used' ? 'reused the result of an equal build' : '';
  const facts = [SAYS[job.status], took === '' ? '' : `after ${took}`, reused].filter((fact) => fact !== '').join(', ');
  const indent = ' '.repeat(platform.length + 4);
  return [
    `  ${platform}  ${facts}`,
    ...job.artifacts
      .slice(0, MOST_FILES)
      .map(({ file, sizeBytes, sha256 }) => `${indent}${file}  ${formatSize(sizeBytes)}  sha256 ${sha256}`),
    ...(job.artifacts.length > MOST_FILES ? [`${indent}and ${job.artifacts.length - MOST_FILES} more`] : []),
    ...causeLines(job).map((line) => `${indent}${line}`),
  ];
}

function causeLines({ cause }: JobRecord): readonly string[] {
  if (cause === undefined) return [];
  const step = cause.step === undefined ? '' : `in step ${cause.step}: `;
  const said = `${step}${cause.message}`;
  const shown = said.length <= LONGEST_CAUSE ? said : `${said.slice(0, LONGEST_CAUSE)}…`;
  return [...shown.split(/\r?\n/), ...(cause.hint === undefined ? [] : [`hint: ${cause.hint}`])];
}

function spanMs(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}

function nextCommands(record: BuildRecord): readonly string[] {
  const { buildId } = record;
  const [succeeded, failed] = [platformsWith(record, 'succeeded'), jobsOf(record).filter(([, job]) => job.status !== 'succeeded')];
  return [
    ...failed.filter(([, job]) => job.status !== 'cancelled').map(([platform]) => `logs ${buildId} --platform ${platform}`),
    ...(failed.length > 0 ? [`start-build --retry ${buildId}`] : []),
    ...(succeeded.length > 0 ? [`download ${buildId}${failed.length > 0 ? ` --platform ${succeeded.join(',')}` : ''}`] : []),
    ...(failed.length === 0 ? [`distribute ${buildId}`] : []),
  ];
}
