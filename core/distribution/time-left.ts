/** Owns how the end of a link is written: in UTC, in the reader's own zone, and as the time that is left. */

/** `2026-11-23 04:02 UTC`; seconds are cut, so that what is shown never ends after the link does. */
export function formatUtc(instant: string): string {
  return `${new Date(instant).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/**
 * `2026-11-23 05:02 GMT+1`
 * @param timeZone an IANA name such as Europe/Berlin
 */
export function formatInZone(instant: string, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  }).formatToParts(new Date(instant));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((candidate) => candidate.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')} ${part('timeZoneName')}`;
}

/** `47 h 59 min left`, `12 min left`, `under a minute left`, `ended`. Rounded down. */
export function formatTimeLeft(expiresAt: string, nowMs: number): string {
  const leftMs = Date.parse(expiresAt) - nowMs;
  if (leftMs <= 0) return 'ended';
  const minutes = Math.floor(leftMs / 60_000);
  if (minutes === 0) return 'under a minute left';
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min left` : `${hours} h ${minutes % 60} min left`;
}
