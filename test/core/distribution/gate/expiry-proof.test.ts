/** The same stored links, judged at the same instants by processes in other time zones and languages, and by clocks that are wrong. */
import '../../../allow-processes';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExpiryCase, ExpiryVerdict } from './expiry-judge';
import { bundleProgram } from '../../../fakes/bundled-program';

/** East and west of all others, quarters and halves of an hour, half an hour of summer time, a date that was left out, and a language with other digits. */
const READERS = [
  { TZ: 'UTC' },
  { TZ: 'Pacific/Kiritimati' },
  { TZ: 'Pacific/Niue' },
  { TZ: 'America/St_Johns' },
  { TZ: 'Asia/Kathmandu' },
  { TZ: 'Australia/Lord_Howe' },
  { TZ: 'Europe/Berlin' },
  { TZ: 'America/New_York' },
  { TZ: 'Pacific/Apia' },
  { TZ: 'Africa/Cairo', LC_ALL: 'ar_EG.UTF-8', LANG: 'ar_EG.UTF-8' },
  { TZ: 'Asia/Tehran', LC_ALL: 'fa_IR.UTF-8', LANG: 'fa_IR.UTF-8' },
] as const;

/** Ends at and around what calendars and clocks do oddly. */
const ENDS = [
  '2026-03-29T01:00:00.000Z', // Berlin leaves 02:00 out
  '2026-10-25T01:00:00.000Z', // Berlin has 02:00 twice
  '2026-03-08T07:00:00.000Z', // New York leaves 02:00 out
  '2026-11-01T06:30:00.000Z', // New York's second 01:30
  '2026-04-04T15:30:00.000Z', // Lord Howe goes back by half an hour
  '2011-12-30T10:00:00.000Z', // Apia had no 30 December
  '2017-01-01T00:00:00.000Z', // right after a leap second
  '2028-02-29T23:59:59.999Z',
  '2026-12-31T23:59:59.999Z',
  '2027-01-01T00:00:00.001Z',
  '2038-01-19T03:14:08.000Z', // past 31 bits
  '2026-06-15T12:34:56.789Z',
] as const;

/** S3 accepts a clock that is wrong by a quarter of an hour: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, RequestTimeTooSkewed. */
const OFF_BY_MS = [0, 1, 2, 250, 999, 1_000, 1_001, 30_000, 59_999, 60_000, 60_001, 900_000].flatMap((ms) => (ms === 0 ? [0] : [-ms, ms]));

const CASES: readonly ExpiryCase[] = ENDS.flatMap((expiresAt) => OFF_BY_MS.map((ms) => ({ expiresAt, nowMs: Date.parse(expiresAt) + ms })));

let folder: string;
let program: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'slipway-expiry-'));
  program = path.join(folder, 'expiry-judge.mjs');
  await bundleProgram(path.join(__dirname, 'expiry-judge.ts'), program);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function judgedIn(environment: Readonly<Record<string, string>>): Promise<readonly ExpiryVerdict[]> {
  const child = spawn(process.execPath, ['--no-warnings', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH ?? '', ...environment },
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(JSON.stringify(CASES));
  const [exitCode] = (await once(child, 'close')) as [number];
  if (exitCode !== 0) throw new Error(`the judge in ${JSON.stringify(environment)} ended with ${exitCode}`);
  return JSON.parse(Buffer.concat(chunks).toString()) as ExpiryVerdict[];
}

const utcMinute = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** What a wall clock in that zone shows, by way of the offset that the zone database gives for the instant. */
function wallClock(ms: number, timeZone: string): string {
  const name = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(ms)
    .find(({ type }) => type === 'timeZoneName');
  const [, sign = '+', hours = '0', minutes = '0'] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name?.value ?? '') ?? [];
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return new Date(ms + offsetMs).toISOString().slice(0, 16).replace('T', ' ');
}

describe.each(READERS.map((reader) => [reader.TZ, reader] as const))('in %s', (timeZone, reader) => {
  let verdicts: readonly ExpiryVerdict[];
  beforeAll(async () => {
    verdicts = await judgedIn(reader);
  });

  const each = (check: (one: ExpiryCase, verdict: ExpiryVerdict, endMs: number) => void) => {
    expect(verdicts).toHaveLength(CASES.length);
    CASES.forEach((one, at) => {
      const verdict = verdicts[at];
      if (verdict === undefined) throw new Error(`nothing on ${JSON.stringify(one)}`);
      try {
        check(one, verdict, Date.parse(one.expiresAt));
      } catch (thrown) {
        throw new Error(`${timeZone}, ends ${one.expiresAt}, clock ${new Date(one.nowMs).toISOString()}: ${(thrown as Error).message}`, {
          cause: thrown,
        });
      }
    });
  };

  test('a link holds to its last millisecond, and no further', () => {
    each(({ nowMs }, { gate, state, page, redirect }, endMs) => {
      const holds = nowMs < endMs;
      expect([gate, state]).toEqual(holds ? ['ok', 'live'] : ['expired', 'expired']);
      expect([page !== undefined, redirect !== undefined]).toEqual([holds, holds]);
    });
  });

  test('page and command line name the same end, in UTC and in the zone of the reader', () => {
    each(({ nowMs }, { page, told }, endMs) => {
      const [utc, own] = [utcMinute(endMs), wallClock(endMs, timeZone)];
      if (nowMs < endMs) expect(page).toBe(utc);
      expect(told?.startsWith(own)).toBe(true);
      expect(told).toContain(utc);
      const left = Math.floor((endMs - nowMs) / 60_000);
      expect(told).toContain(nowMs >= endMs ? 'ended' : left === 0 ? 'under a minute left' : `${left} min left`);
    });
  });

  test('a redirect begins now, holds a minute at most, and ends with the link', () => {
    each(({ nowMs }, { redirect }, endMs) => {
      if (redirect === undefined) return;
      const { startsAtMs, endsAtMs, promisedEnd } = redirect;
      expect(startsAtMs).toBe(nowMs - (nowMs % 1_000));
      expect(Date.parse(promisedEnd)).toBe(endsAtMs);
      expect(endsAtMs).toBeLessThanOrEqual(startsAtMs + 60_000);
      // A second is the least that S3 takes: nothing is given for less, except in the last one.
      expect(endsAtMs).toBeLessThanOrEqual(Math.max(endMs, startsAtMs + 1_000));
      // And no more than the second that is begun is taken away from it.
      expect(endsAtMs).toBeGreaterThan(Math.min(nowMs + 59_000, endMs - 1_000));
    });
  });
});
