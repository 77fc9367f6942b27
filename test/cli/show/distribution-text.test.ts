/** When a link ends and when downloads were, in the zone of whoever reads it, whatever that machine says of its zone. */
import type { Download } from '../../../core/distribution/grants/download';
import { describeDownloads, describeEnd, readerOf } from '../../../cli/show/distribution-text';
import { distributionWith } from '../../fakes/distributions';
import { createManualClock } from '../../fakes/manual-clock';

const clock = createManualClock('2026-03-28T23:30:00.000Z');
const endIn = (environment: Readonly<Record<string, string>>, expiresAt = '2026-03-29T01:30:00.000Z') =>
  describeEnd({ distribution: distributionWith({ expiresAt }), state: 'live', grantCount: 0 }, readerOf({ clock, environment }));

test.each([
  ['Europe/Berlin', '2026-03-29 03:30 CEST (2026-03-29 01:30 UTC), 2 h 0 min left'],
  [':Europe/Berlin', '2026-03-29 03:30 CEST (2026-03-29 01:30 UTC), 2 h 0 min left'],
  ['Asia/Kolkata', '2026-03-29 07:00 GMT+5:30 (2026-03-29 01:30 UTC), 2 h 0 min left'],
  ['Pacific/Kiritimati', '2026-03-29 15:30 GMT+14 (2026-03-29 01:30 UTC), 2 h 0 min left'],
  ['America/St_Johns', '2026-03-28 23:00 GMT-2:30 (2026-03-29 01:30 UTC), 2 h 0 min left'],
  ['UTC', '2026-03-29 01:30 UTC, 2 h 0 min left'],
])('TZ=%s', (TZ, text) => {
  expect(endIn({ TZ })).toBe(text);
});

test.each(['', 'Nonsense/Zone', ':/etc/localtime', 'CET-1CEST'])('TZ=%j is no reason to say nothing: UTC is always there', (TZ) => {
  expect(endIn({ TZ })).toContain('2026-03-29 01:30 UTC');
});

test('where the system knows no zone the reader’s is UTC', () => {
  const known = Intl.DateTimeFormat().resolvedOptions();
  const spy = jest.spyOn(Intl.DateTimeFormat.prototype, 'resolvedOptions').mockReturnValueOnce({ ...known, timeZone: 'Etc/Unknown' });
  expect(endIn({})).toBe('2026-03-29 01:30 UTC, 2 h 0 min left');
  spy.mockRestore();
});

test('a revoked link says since when', () => {
  const distribution = distributionWith({ revokedAt: '2026-03-28T22:00:00.000Z' });
  const reader = readerOf({ clock, environment: { TZ: 'Europe/Berlin' } });
  expect(describeEnd({ distribution, state: 'revoked', grantCount: 0 }, reader)).toBe(
    'revoked 2026-03-28 23:00 CET (2026-03-28 22:00 UTC)',
  );
});

describe('downloads', () => {
  const download = (change: Partial<Download>): Download => ({
    schemaVersion: 1,
    distId: '0123456789abcdef',
    grantId: '0000',
    file: 'kit.zip',
    address: '203.0.113.7',
    grantedAt: '2026-03-28T22:00:00.000Z',
    outcome: 'complete',
    ...change,
  });
  const textOf = (...changes: readonly Partial<Download>[]) =>
    describeDownloads(changes.map(download), readerOf({ clock, environment: { TZ: 'Asia/Kolkata' } })).split('\n');

  test('say when, from where, what, and how it went', () => {
    expect(
      textOf(
        { sentBytes: 2_500_000 },
        { outcome: 'broken-off', sentBytes: 0, address: '2001:db8::7' },
        { outcome: 'started' },
        { outcome: 'unreadable' },
      ),
    ).toEqual([
      'TIME                       UTC                   ADDRESS      FILE     OUTCOME     SENT',
      '2026-03-29 03:30 GMT+5:30  2026-03-28 22:00 UTC  203.0.113.7  kit.zip  complete    2.5 MB',
      '2026-03-29 03:30 GMT+5:30  2026-03-28 22:00 UTC  2001:db8::7  kit.zip  broke off   0 B',
      '2026-03-29 03:30 GMT+5:30  2026-03-28 22:00 UTC  203.0.113.7  kit.zip  started     -',
      '2026-03-29 03:30 GMT+5:30  2026-03-28 22:00 UTC  203.0.113.7  kit.zip  unreadable  -',
      '',
      'started: no end was recorded; it still runs, or the gate was ended before it',
    ]);
  });

  test('on AWS say who knows the rest, once', () => {
    const lines = textOf({ outcome: 'redirected' }, { outcome: 'redirected' });
    expect(lines.filter((line) => line.startsWith('redirected: '))).toEqual([
      expect.stringMatching(/S3 sent the file; its access logs say how much of it, see 'Ask the access logs' in docs\/runbook\.md$/),
    ]);
  });
});
