import { formatInZone, formatTimeLeft, formatUtc } from '../../../core/distribution/time-left';

const END = '2026-03-29T01:30:59.999Z';

test.each([
  ['Europe/Berlin', '2026-03-29 03:30 CEST'],
  ['UTC', '2026-03-29 01:30 UTC'],
  ['Asia/Kolkata', '2026-03-29 07:00 GMT+5:30'],
  ['America/New_York', '2026-03-28 21:30 GMT-4'],
  ['Pacific/Auckland', '2026-03-29 14:30 GMT+13'],
])('in %s', (zone, expected) => {
  expect(formatInZone(END, zone)).toBe(expected);
});

test('in UTC, never later than the end', () => {
  expect(formatUtc(END)).toBe('2026-03-29 01:30 UTC');
});

test.each([
  [0, 'ended'],
  [-1, 'ended'],
  [59_999, 'under a minute left'],
  [60_000, '1 min left'],
  [3_599_999, '59 min left'],
  [3_600_000, '1 h 0 min left'],
  [172_800_000, '48 h 0 min left'],
])('%i ms before the end', (leftMs, expected) => {
  expect(formatTimeLeft(END, Date.parse(END) - leftMs)).toBe(expected);
});
