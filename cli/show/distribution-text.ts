/** Renders distributions for people: what the link is, until when it holds, for whom, and what it hands out. */
import { mainFiles } from '../../core/distribution/distribution';
import type { Download, DownloadOutcome } from '../../core/distribution/grants/download';
import type { DistributionView } from '../../core/distribution/distribution-service';
import { formatSize } from '../../core/quantity';
import { formatInZone, formatTimeLeft, formatUtc } from '../../core/distribution/time-left';
import type { CliContext } from '../context';
import { tableLines } from './text-table';

export interface Reader {
  readonly nowMs: number;
  /** An IANA name. */
  readonly timeZone: string;
}

/**
 * Zone and time of the person at this terminal. POSIX lets a name of the zone database begin with a colon; where the system knows
 * no zone Node calls it `Etc/Unknown`, which is none.
 */
export function readerOf(context: Pick<CliContext, 'clock' | 'environment'>): Reader {
  const asked = context.environment.TZ?.replace(/^:/, '') ?? '';
  const system = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { nowMs: context.clock.nowMs(), timeZone: [asked, system].find(isTimeZone) ?? 'UTC' };
}

function isTimeZone(name: string): boolean {
  try {
    return name !== '' && Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const MOST_RANGES_SHOWN = 8;

/** The link on a line of its own, then what it promises. */
export function describeDistribution(view: DistributionView, reader: Reader): string {
  const { distribution } = view;
  const facts: readonly (readonly [string, string])[] = [
    ['application', [distribution.name, distribution.version ?? ''].join(' ').trim()],
    ['distribution', distribution.distId],
    ...(distribution.buildId === undefined ? [] : [['build', distribution.buildId] as const]),
    ...(distribution.link === 'direct' ? [['link', 'direct: straight to S3, shown once'] as const] : []),
    ['holds until', describeEnd(view, reader)],
    ...(distribution.signedBy === undefined ? [] : [['signed by', distribution.signedBy] as const]),
    ['answers to', describeRanges(distribution.allowedRanges)],
    ['downloads', distribution.link === 'direct' ? 'not counted: the access logs of S3 tell of them' : describeCount(view)],
  ];
  const files = mainFiles(distribution).map((file) => `  ${file.file}  ${formatSize(file.sizeBytes)}\n    sha256 ${file.sha256}`);
  const link = view.url === undefined ? [] : [view.url, ''];
  return [...link, ...facts.map(([label, value]) => `${label.padEnd(13)} ${value}`), 'files', ...files].join('\n');
}

export function describeEnd(view: DistributionView, reader: Reader): string {
  const { expiresAt, revokedAt } = view.distribution;
  if (revokedAt !== undefined) return `revoked ${inBothZones(revokedAt, reader)}`;
  return `${inBothZones(expiresAt, reader)}, ${formatTimeLeft(expiresAt, reader.nowMs)}`;
}

/** In the reader's zone and in UTC; once, where they are the same. */
function inBothZones(instant: string, { timeZone }: Reader): string {
  const [own, utc] = [formatInZone(instant, timeZone), formatUtc(instant)];
  return own === utc ? utc : `${own} (${utc})`;
}

function describeCount(view: DistributionView): string {
  const { maxDownloads, link } = view.distribution;
  if (link === 'direct') return '-';
  return maxDownloads === undefined ? String(view.grantCount) : `${view.grantCount} of ${maxDownloads}`;
}

/** One line each: id, state, application, downloads, end. */
export function describeDistributions(views: readonly DistributionView[], reader: Reader): string {
  const rows = views.map((view) => [
    view.distribution.distId,
    view.state,
    [view.distribution.name, view.distribution.version ?? ''].join(' ').trim(),
    describeCount(view),
    describeEnd(view, reader),
  ]);
  return tableLines([['ID', 'STATE', 'APPLICATION', 'DOWNLOADS', 'HOLDS UNTIL'], ...rows]).join('\n');
}

const OUTCOME_TEXT: Readonly<Record<DownloadOutcome, string>> = {
  complete: 'complete',
  'broken-off': 'broke off',
  started: 'started',
  redirected: 'redirected',
  unreadable: 'unreadable',
};

/** What an outcome leaves open, once below the table. */
const OUTCOME_NOTES: Partial<Readonly<Record<DownloadOutcome, string>>> = {
  started: 'started: no end was recorded; it still runs, or the gate was ended before it',
  redirected: "redirected: S3 sent the file; its access logs say how much of it, see 'Ask the access logs' in docs/runbook.md",
};

/** One line each: when, from where, what, and how it went. */
export function describeDownloads(downloads: readonly Download[], reader: Reader): string {
  const rows = downloads.map(({ grantedAt, address, file, outcome, sentBytes }) => [
    formatInZone(grantedAt, reader.timeZone),
    formatUtc(grantedAt),
    address,
    file,
    OUTCOME_TEXT[outcome],
    sentBytes === undefined ? '-' : formatSize(sentBytes),
  ]);
  const notes = [...new Set(downloads.map(({ outcome }) => outcome))].flatMap((outcome) => OUTCOME_NOTES[outcome] ?? []);
  const table = tableLines([['TIME', 'UTC', 'ADDRESS', 'FILE', 'OUTCOME', 'SENT'], ...rows]);
  return [...table, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n');
}

function describeRanges(ranges: readonly string[]): string {
  if (ranges.length === 0) return 'every address';
  const shown = ranges.slice(0, MOST_RANGES_SHOWN).join(', ');
  return ranges.length > MOST_RANGES_SHOWN ? `${shown} and ${ranges.length - MOST_RANGES_SHOWN} more` : shown;
}
