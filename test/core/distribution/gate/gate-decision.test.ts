import fc from 'fast-check';
import {
  formatRange,
  isWithin,
  mergeRanges,
  parseAddress,
  parseAddressRange,
  parseAddressRanges,
} from '../../../../core/distribution/addresses/address-range';
import type { Distribution } from '../../../../core/distribution/distribution';
import { decide, DENIALS, type GateQuestion } from '../../../../core/distribution/gate/gate-decision';
import { isGrantedRecently, RESUME_WINDOW_MS } from '../../../../core/distribution/grants/resume-window';
import { distributedFile, distributionWith } from '../../../fakes/distributions';

const ARCHIVE = 'fieldkit-linux-x86_64.tar.gz';
const DURING = Date.parse('2026-03-02T00:00:00Z');

function question(change: Partial<GateQuestion> = {}): GateQuestion {
  return {
    distribution: distributionWith(),
    ask: { kind: 'file', file: ARCHIVE, method: 'GET', isRange: false },
    callerAddress: '203.0.113.7',
    nowMs: DURING,
    grants: { usedCount: 0, isGrantedRecently: false },
    rangesEnforcedBy: 'gate',
    ...change,
  };
}

const dist = (change: Partial<Distribution>) => ({ distribution: distributionWith(change) });
const file = (name: string, change: { method?: 'GET' | 'HEAD'; isRange?: boolean } = {}) =>
  ({ ask: { kind: 'file', file: name, method: 'GET', isRange: false, ...change } }) as const;
const page = { ask: { kind: 'page' } } as const;
const used = (usedCount: number, isRecent = false) => ({ grants: { usedCount, isGrantedRecently: isRecent } });

test.each<[string, Partial<GateQuestion>, string]>([
  ['a full file', {}, 'grant'],
  ['the page', page, 'view'],
  ['a HEAD', file(ARCHIVE, { method: 'HEAD' }), 'view'],
  ['a range without an earlier grant', file(ARCHIVE, { isRange: true }), 'grant'],
  ['a range after a grant', { ...file(ARCHIVE, { isRange: true }), ...used(1, true) }, 'view'],
  ['the full file again after a grant', used(1, true), 'grant'],
  ['checksums', file('SHA256SUMS'), 'view'],
  ['the manifest', file('manifest.json'), 'view'],
  ['a token that opens nothing', { distribution: undefined }, 'unknown'],
  ['a revoked link', dist({ revokedAt: '2026-03-01T01:00:00Z' }), 'revoked'],
  ['the last millisecond', { nowMs: Date.parse('2026-03-03T00:00:00Z') - 1 }, 'grant'],
  ['the end itself', { nowMs: Date.parse('2026-03-03T00:00:00Z') }, 'expired'],
  ['an address inside', dist({ allowedRanges: ['203.0.113.0/24'] }), 'grant'],
  ['an address outside', dist({ allowedRanges: ['203.0.114.0/24'] }), 'address-not-allowed'],
  ['the page from outside', { ...dist({ allowedRanges: ['203.0.114.0/24'] }), ...page }, 'address-not-allowed'],
  ['a mapped address inside', { ...dist({ allowedRanges: ['203.0.113.0/24'] }), callerAddress: '::ffff:203.0.113.7' }, 'grant'],
  ['no address at all with ranges', { ...dist({ allowedRanges: ['0.0.0.0/0', '::/0'] }), callerAddress: undefined }, 'address-not-allowed'],
  ['no address at all without ranges', { callerAddress: undefined }, 'grant'],
  ['a caller of the other family', { ...dist({ allowedRanges: ['203.0.113.0/24'] }), callerAddress: '2001:db8::1' }, 'address-not-allowed'],
  [
    'the same where the storage enforces',
    { ...dist({ allowedRanges: ['203.0.113.0/24'] }), callerAddress: '2001:db8::1', rangesEnforcedBy: 'storage' },
    'grant',
  ],
  [
    'the same family where the storage enforces',
    { ...dist({ allowedRanges: ['203.0.114.0/24'] }), rangesEnforcedBy: 'storage' },
    'address-not-allowed',
  ],
  ['a file that is not there', file('other.zip'), 'file-unknown'],
  ['a path out of it', file('../records'), 'file-unknown'],
  ['the last permitted download', { ...dist({ maxDownloads: 3 }), ...used(2) }, 'grant'],
  ['one too many', { ...dist({ maxDownloads: 3 }), ...used(3) }, 'exhausted'],
  ['a HEAD when all are used', { ...dist({ maxDownloads: 3 }), ...file(ARCHIVE, { method: 'HEAD' }), ...used(3) }, 'exhausted'],
  ['the page when all are used', { ...dist({ maxDownloads: 3 }), ...page, ...used(3) }, 'view'],
  ['checksums when all are used', { ...dist({ maxDownloads: 3 }), ...file('SHA256SUMS'), ...used(3) }, 'view'],
  [
    'the rest of a download when all are used',
    { ...dist({ maxDownloads: 3 }), ...file(ARCHIVE, { isRange: true }), ...used(3, true) },
    'view',
  ],
  [
    'a range of a stranger when all are used',
    { ...dist({ maxDownloads: 3 }), ...file(ARCHIVE, { isRange: true }), ...used(3) },
    'exhausted',
  ],
])('%s', (_what, change, expected) => {
  const decision = decide(question(change));
  expect(decision.isAllowed ? (decision.isGrant ? 'grant' : 'view') : decision.reason).toBe(expected);
});

test('the first reason in the list of denials is the one that is given', () => {
  const faults: Readonly<Record<(typeof DENIALS)[number], Partial<Distribution> | undefined>> = {
    unknown: undefined,
    revoked: { revokedAt: '2026-03-01T01:00:00Z' },
    expired: { expiresAt: '2026-03-01T02:00:00Z' },
    'address-not-allowed': { allowedRanges: ['10.0.0.0/8'] },
    'file-unknown': { files: [distributedFile('other.zip')] },
    exhausted: { maxDownloads: 1 },
  };
  fc.assert(
    fc.property(fc.subarray([...DENIALS], { minLength: 1 }), (present) => {
      const changes = Object.assign({}, ...present.map((denial) => faults[denial])) as Partial<Distribution>;
      const asked = question({ ...(present.includes('unknown') ? { distribution: undefined } : dist(changes)), ...used(1) });
      expect(decide(asked)).toEqual({ isAllowed: false, reason: DENIALS.find((denial) => present.includes(denial)) });
    }),
  );
});

const ipv4 = fc.ipV4();
const address = fc.oneof(
  ipv4,
  fc.ipV6().filter((text) => parseAddress(text) !== undefined),
  fc.constant(undefined),
  fc.string(),
);
const anyQuestion: fc.Arbitrary<GateQuestion> = fc.record({
  distribution: fc.option(
    fc
      .record({
        allowedRanges: fc.array(
          fc.oneof(
            ipv4.map((text) => `${text}/32`),
            fc.constantFrom('0.0.0.0/1', '::/1', '10.0.0.0/8'),
          ),
          { maxLength: 4 },
        ),
        createdMs: fc.integer({ min: 0, max: 10_000 }),
        lifeMs: fc.integer({ min: 1, max: 10_000 }),
        isRevoked: fc.boolean(),
        maxDownloads: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
      })
      .map(({ allowedRanges, createdMs, lifeMs, isRevoked, maxDownloads }) =>
        distributionWith({
          allowedRanges: mergeRanges(parseAddressRanges(allowedRanges)).map(formatRange),
          createdAt: new Date(createdMs).toISOString(),
          expiresAt: new Date(createdMs + lifeMs).toISOString(),
          ...(isRevoked ? { revokedAt: new Date(createdMs).toISOString() } : {}),
          ...(maxDownloads === undefined ? {} : { maxDownloads }),
        }),
      ),
    { nil: undefined },
  ),
  ask: fc.oneof(
    fc.constant({ kind: 'page' } as const),
    fc.record({
      kind: fc.constant('file' as const),
      file: fc.constantFrom(ARCHIVE, 'SHA256SUMS', 'nothing.zip', '__proto__', '../x'),
      method: fc.constantFrom('GET' as const, 'HEAD' as const),
      isRange: fc.boolean(),
    }),
  ),
  callerAddress: address,
  nowMs: fc.integer({ min: 0, max: 25_000 }),
  grants: fc.record({ usedCount: fc.integer({ min: 0, max: 7 }), isGrantedRecently: fc.boolean() }),
  rangesEnforcedBy: fc.constantFrom('gate' as const, 'storage' as const),
});

test('whatever is allowed holds every promise of the link', () => {
  fc.assert(
    fc.property(anyQuestion, (asked) => {
      const decision = decide(asked);
      if (!decision.isAllowed) return;
      const { distribution } = asked;
      if (distribution === undefined) throw new Error('allowed without a distribution');
      expect(distribution.revokedAt).toBeUndefined();
      expect(asked.nowMs).toBeLessThan(Date.parse(distribution.expiresAt));
      if (distribution.allowedRanges.length > 0) {
        const caller = parseAddress(asked.callerAddress ?? '');
        if (caller === undefined) throw new Error('allowed without an address');
        const single = { family: caller.family, first: caller.value, prefixLength: caller.family === 4 ? 32 : 128 };
        const ranges = distribution.allowedRanges.map(parseAddressRange);
        const isOfOtherFamily = ranges.every((range) => range.family !== caller.family);
        expect(ranges.some((range) => isWithin(single, range)) || (asked.rangesEnforcedBy === 'storage' && isOfOtherFamily)).toBe(true);
      }
      if (asked.ask.kind === 'page') expect(decision).toEqual({ isAllowed: true, reason: 'ok', isGrant: false });
      else expect(distribution.files).toContain(decision.file);
      if (decision.isGrant) expect(asked.grants.usedCount).toBeLessThan(distribution.maxDownloads ?? Infinity);
    }),
    { numRuns: 2_000 },
  );
});

test('narrowing a link never opens it: a denial stays a denial when it is also revoked, expired or used up', () => {
  fc.assert(
    fc.property(anyQuestion, (asked) => {
      if (asked.distribution === undefined || decide(asked).isAllowed) return;
      const narrowed = { ...asked.distribution, revokedAt: asked.distribution.createdAt };
      expect(decide({ ...asked, distribution: narrowed }).isAllowed).toBe(false);
      expect(decide({ ...asked, nowMs: Date.parse(asked.distribution.expiresAt) }).isAllowed).toBe(false);
      expect(decide({ ...asked, grants: { usedCount: asked.grants.usedCount + 1, isGrantedRecently: false } }).isAllowed).toBe(false);
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ['the creator is in Tokyo', '2026-03-01T09:00:00+09:00', 48, '2026-03-02T23:59:59Z', true],
  ['the creator is in Honolulu', '2026-02-28T14:00:00-10:00', 48, '2026-03-03T00:00:00Z', false],
  ['an hour over the change to summer time in Berlin', '2026-03-29T01:30:00+01:00', 1, '2026-03-29T03:29:59+02:00', true],
  ['the end of that hour', '2026-03-29T01:30:00+01:00', 1, '2026-03-29T03:30:00+02:00', false],
  ['an hour over the change back', '2026-10-25T02:30:00+02:00', 1, '2026-10-25T02:29:59+01:00', true],
  ['the end of that hour too', '2026-10-25T02:30:00+02:00', 1, '2026-10-25T02:30:00+01:00', false],
  ['a week over a leap day', '2028-02-26T12:00:00Z', 168, '2028-03-04T11:59:59Z', true],
  ['the end of that week', '2028-02-26T12:00:00Z', 168, '2028-03-04T12:00:00Z', false],
  ['a gate whose clock is five minutes behind the creator', '2026-03-01T00:00:00Z', 1, '2026-02-28T23:55:00Z', true],
  ['a gate whose clock is five minutes ahead', '2026-03-01T00:00:00Z', 1, '2026-03-01T01:05:00Z', false],
])('expiry: %s', (_what, created, hours, now, isAllowed) => {
  const createdMs = Date.parse(created);
  const distribution = distributionWith({
    createdAt: new Date(createdMs).toISOString(),
    expiresAt: new Date(createdMs + hours * 3_600_000).toISOString(),
  });
  expect(decide(question({ distribution, nowMs: Date.parse(now) })).isAllowed).toBe(isAllowed);
});

test('a grant is recent for its own file, address and hour', () => {
  const grant = { file: 'a.zip', address: '203.0.113.7', grantedAt: new Date(DURING).toISOString() };
  const caller = { file: 'a.zip', address: '203.0.113.7' };
  expect(isGrantedRecently([grant], caller, DURING + RESUME_WINDOW_MS - 1)).toBe(true);
  expect(isGrantedRecently([grant], caller, DURING + RESUME_WINDOW_MS)).toBe(false);
  expect(isGrantedRecently([grant], { ...caller, file: 'b.zip' }, DURING)).toBe(false);
  expect(isGrantedRecently([grant], { ...caller, address: '203.0.113.8' }, DURING)).toBe(false);
  expect(isGrantedRecently([grant], caller, DURING - 60_000)).toBe(true); // The clock of another gate is ahead.
});
