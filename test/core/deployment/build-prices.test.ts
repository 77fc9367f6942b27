/** What a job costs: the table, begun minutes, and machines that nobody has a price for. */
import { costOf, dollarsAMinute, formatDollars, PRICES_AS_OF } from '../../../core/deployment/build-prices';

const windows = { environment: 'WINDOWS_SERVER_2022_CONTAINER', computeType: 'BUILD_GENERAL1_MEDIUM' };

test.each([
  ['nothing yet', 0, 1, 0.018],
  ['a minute to the millisecond', 60_000, 1, 0.018],
  ['a begun second minute', 60_001, 2, 0.036],
  ['an hour', 3_600_000, 60, 1.08],
])('%s', (_what, durationMs, minutes, dollars) => {
  expect(costOf(windows, durationMs)).toEqual({ minutes, dollars, dollarsAMinute: 0.018 });
});

test('a machine that the table does not hold has no price', () => {
  const machine = { environment: 'LINUX_GPU_CONTAINER', computeType: 'BUILD_GENERAL1_LARGE' };
  expect(dollarsAMinute(machine)).toBeUndefined();
  expect(costOf(machine, 60_000)).toBeUndefined();
});

test('dollars are shown to the cent, or to its tenth where that says more', () => {
  expect([0.018, 0.02, 1.08, 0.0034 * 10, 12].map(formatDollars)).toEqual(['$0.018', '$0.02', '$1.08', '$0.034', '$12.00']);
});

test('the table says of which day it is', () => {
  expect(PRICES_AS_OF).toMatch(/^\d{4}-\d{2}-\d{2}$/);
});
