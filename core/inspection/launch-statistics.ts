/** Owns what is said of a series of measured launches. */
import type { LaunchSample } from '../job/report';

/**
 * The median of an even count is the mean of the middle two; p90 is the smallest value that at least nine tenths do not exceed
 * (nearest rank), so that it is always a time that was measured.
 *
 * @param durationsMs in any order
 * @returns undefined for no launches; times rounded to a hundredth of a millisecond
 */
export function summarizeLaunches(durationsMs: readonly number[]): LaunchSample | undefined {
  const sorted = [...durationsMs].sort((a, b) => a - b);
  const rank = (index: number) => sorted[index] ?? 0;
  if (sorted.length === 0) return undefined;
  const middle = (sorted.length - 1) / 2;
  const rounded = (value: number) => Math.round(value * 100) / 100;
  return {
    count: sorted.length,
    minMs: rounded(rank(0)),
    medianMs: rounded((rank(Math.floor(middle)) + rank(Math.ceil(middle))) / 2),
    p90Ms: rounded(rank(Math.ceil(sorted.length * 0.9) - 1)),
    maxMs: rounded(rank(sorted.length - 1)),
  };
}
