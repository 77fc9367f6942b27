import { compareDottedVersions, formatDuration, formatSize, parseDurationMs, parseSizeBytes } from '../../core/quantity';

test.each([
  ['10s', 10_000],
  ['1.5s', 1_500],
  ['250ms', 250],
  ['30min', 1_800_000],
  ['2h', 7_200_000],
  ['10', undefined],
  ['-1s', undefined],
  ['1 day', undefined],
  ['', undefined],
])('the duration %j is %s ms', (text, expected) => {
  expect(parseDurationMs(text)).toBe(expected);
});

test.each([
  ['50MB', 50_000_000],
  ['48MiB', 50_331_648],
  ['1.5 GB', 1_500_000_000],
  ['800kB', 800_000],
  ['12 B', 12],
  ['50', undefined],
  ['50mb', undefined],
])('the size %j is %s bytes', (text, expected) => {
  expect(parseSizeBytes(text)).toBe(expected);
});

test.each([
  [999, '999 B'],
  [1_500, '1.5 kB'],
  [12_340_000, '12.3 MB'],
  [2_500_000_000, '2.50 GB'],
])('%d bytes read as %s', (bytes, expected) => {
  expect(formatSize(bytes)).toBe(expected);
});

test.each([
  [850, '850ms'],
  [12_340, '12.3s'],
  [245_000, '4min 5s'],
  [119_700, '2min 0s'],
  [7_380_000, '2h 3min'],
])('%d ms read as %s', (ms, expected) => {
  expect(formatDuration(ms)).toBe(expected);
});

test('versions compare number by number', () => {
  expect(['2.9', '2.28', '2.35', '2.4'].sort(compareDottedVersions)).toEqual(['2.4', '2.9', '2.28', '2.35']);
  expect(compareDottedVersions('3.12', '3.12.0')).toBe(0);
});
