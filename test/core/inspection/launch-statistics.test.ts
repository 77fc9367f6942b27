import { summarizeLaunches } from '../../../core/inspection/launch-statistics';

test.each([
  [[], undefined],
  [[7], { count: 1, minMs: 7, medianMs: 7, p90Ms: 7, maxMs: 7 }],
  [[4, 2], { count: 2, minMs: 2, medianMs: 3, p90Ms: 4, maxMs: 4 }],
  [[10, 9, 8, 7, 6, 5, 4, 3, 2, 1], { count: 10, minMs: 1, medianMs: 5.5, p90Ms: 9, maxMs: 10 }],
  [[100, 20, 30], { count: 3, minMs: 20, medianMs: 30, p90Ms: 100, maxMs: 100 }],
  [[1.23456], { count: 1, minMs: 1.23, medianMs: 1.23, p90Ms: 1.23, maxMs: 1.23 }],
])('%j', (durationsMs, expected) => {
  expect(summarizeLaunches(durationsMs)).toEqual(expected);
});

test('the numbers handed in keep their order', () => {
  const durationsMs = [3, 1, 2];
  summarizeLaunches(durationsMs);
  expect(durationsMs).toEqual([3, 1, 2]);
});
