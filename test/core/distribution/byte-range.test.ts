import fc from 'fast-check';
import { planTransfer } from '../../../core/distribution/byte-range';

const etag = '"abc"';
const plan = (headers: Parameters<typeof planTransfer>[0], sizeBytes = 100) => planTransfer(headers, { sizeBytes, etag });

test.each([
  ['bytes=0-9', 0, 10],
  ['bytes=10-', 10, 100],
  ['bytes=-10', 90, 100],
  ['bytes=-1000', 0, 100],
  ['bytes=99-99', 99, 100],
  ['bytes=50-1000', 50, 100],
  ['BYTES=0-0', 0, 1],
])('%s of 100 bytes', (range, start, endExclusive) => {
  expect(plan({ range })).toEqual({ kind: 'range', range: { start, endExclusive } });
});

test.each(['bytes=100-', 'bytes=100-200', 'bytes=-0', 'bytes=999999999999999-'])('%s does not exist', (range) => {
  expect(plan({ range })).toEqual({ kind: 'unsatisfiable' });
});

test.each(['bytes=5-4', 'bytes=a-b', 'bytes=0-1,5-6', 'items=0-1', 'bytes=-', 'bytes=', '0-5', 'bytes=1e3-', 'bytes=9999999999999999-'])(
  '%s is no range that is answered: the whole file',
  (range) => {
    expect(plan({ range })).toEqual({ kind: 'full' });
  },
);

test('an empty file has no range', () => {
  expect(plan({ range: 'bytes=0-' }, 0)).toEqual({ kind: 'unsatisfiable' });
});

test.each([
  [{ range: 'bytes=1-', 'if-range': etag }, 'range'],
  [{ range: 'bytes=1-', 'if-range': '"other"' }, 'full'],
  [{ range: 'bytes=1-', 'if-range': `W/${etag}` }, 'full'],
  [{ range: 'bytes=1-', 'if-range': 'Sun, 01 Mar 2026 00:00:00 GMT' }, 'full'],
  [{ 'if-none-match': etag }, 'not-modified'],
  [{ 'if-none-match': `"x", W/${etag}` }, 'not-modified'],
  [{ 'if-none-match': '*' }, 'not-modified'],
  [{ 'if-none-match': '"x"' }, 'full'],
  [{ 'if-match': etag }, 'full'],
  [{ 'if-match': '*' }, 'full'],
  [{ 'if-match': '"x"' }, 'precondition-failed'],
  [{ 'if-match': `W/${etag}` }, 'precondition-failed'],
])('%j', (headers, kind) => {
  expect(plan(headers).kind).toBe(kind);
});

test('no header leads outside the file', () => {
  const header = fc.oneof(
    fc.string(),
    fc.tuple(fc.option(fc.nat()), fc.option(fc.nat())).map(([a, b]) => `bytes=${a ?? ''}-${b ?? ''}`),
  );
  fc.assert(
    fc.property(header, fc.nat({ max: 200 }), (range, sizeBytes) => {
      const transfer = plan({ range }, sizeBytes);
      if (transfer.kind !== 'range') return;
      expect(transfer.range.start).toBeGreaterThanOrEqual(0);
      expect(transfer.range.start).toBeLessThan(transfer.range.endExclusive);
      expect(transfer.range.endExclusive).toBeLessThanOrEqual(sizeBytes);
    }),
    { numRuns: 1_000 },
  );
});
