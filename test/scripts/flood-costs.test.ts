/**
 * What a flood costs at most, as docs/deploying.md says it: computed from what the real handler reads, writes, logs and answers, the
 * memory of the real template, and the dated prices. The page may round up, and must not go out of date.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { dollarsOfFlood, GATE_PRICES, GATE_PRICES_AS_OF, type GateWork } from '../../core/deployment/gate-costs';
import { parseSettings } from '../../core/deployment/settings-text';
import { LinkRecordSchema, type Distribution } from '../../core/distribution/distribution';
import type { Ledger } from '../../core/ports/ledger';
import { storageKey } from '../../core/storage-key';
import { createHandler } from '../../lambda/handlers/gate';
import { distributionWith } from '../fakes/distributions';
import { CONTEXT, createLambdaWorld } from '../fakes/lambda';
import { createMemoryLedger } from '../fakes/ledger-memory';
import { createManualClock, createSeededRandomness } from '../fakes/manual-clock';
import { resourcesOf, synthesize, templateOf } from '../lib/synthesized-stage';

const guide = readFileSync(path.join(__dirname, '../../docs/deploying.md'), 'utf8');
const settings = parseSettings({});
const control = templateOf(synthesize(), 'Control');

/** Four times what a warm function needs for two reads of S3. */
const BILLED_MILLISECONDS = 100;
/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html: what Lambda itself writes for each invocation. */
const LAMBDA_LINES = [
  'START RequestId: c793869b-ee49-115b-a5b6-4fd21e8dedac Version: $LATEST',
  'END RequestId: c793869b-ee49-115b-a5b6-4fd21e8dedac',
  'REPORT RequestId: c793869b-ee49-115b-a5b6-4fd21e8dedac\tDuration: 128.83 ms\tBilled Duration: 200 ms\tMemory Size: 512 MB\tMax Memory Used: 174 MB\tXRAY TraceId: 1-5e34a66a-474xmpl7c2534a87870b4370\tSegmentId: 073cxmpl3e442861\tSampled: true',
];
/** "plus 26 bytes for each event": https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const EVENT_BYTES = 26;
/** Somewhat more than the longest of AWS's samples, with one of our keys. */
const ACCESS_LOG_LINE_BYTES = 800;
/** Status line, date, trace header and the like, beside the headers that the gate sets. */
const FRAME_BYTES = 300;
const DAYS_A_MONTH = 30;
const MOST_REQUESTS_OF_ACCOUNT = 10_000;

const TOKEN = 'abcdefghijklmnopqrstuvwxyzABCDEF';
const kept = { logs: settings.retentionDays.logs / DAYS_A_MONTH, accessLogs: settings.retentionDays.accessLogs / DAYS_A_MONTH };

/** The line of the API's access log, with the longest of what each variable stands for. */
function accessLogLine(): string {
  const [stage] = resourcesOf(control, 'AWS::ApiGatewayV2::Stage');
  const { Format } = stage?.Properties?.AccessLogSettings as { Format: string };
  return Format.replaceAll(/\$context\.[\w.]+/g, (name) => (/error/i.test(name) ? '-' : 'x'.repeat(26)));
}

function gateMegabytes(): number {
  const gate = resourcesOf(control, 'AWS::Lambda::Function').find(({ Properties }) => Properties?.FunctionName === 'slipway-prod-gate');
  return gate?.Properties?.MemorySize as number;
}

interface Asked {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly change?: Partial<Distribution>;
  /** Asked for before, and not counted here. */
  readonly before?: number;
  /** Slots of a limited link that are taken. */
  readonly taken?: number;
}

/** What the last request made the gate do. */
async function workOf({ path: rawPath = `/d/${TOKEN}`, headers = {}, change, before = 0, taken = 0 }: Asked): Promise<GateWork> {
  const clock = createManualClock('2026-03-02T00:00:00.000Z');
  const lambda = createLambdaWorld(clock);
  const memory = createMemoryLedger();
  const distribution = distributionWith(change);
  await memory.create(storageKey.link(TOKEN), LinkRecordSchema.parse({ schemaVersion: 1, distId: distribution.distId }));
  await memory.create(storageKey.distributionRecord(distribution.distId), distribution);
  for (let slot = 0; slot < taken; slot++) await memory.create(storageKey.grant(distribution.distId, String(slot).padStart(4, '0')), {});
  const counts = { reads: 0, writes: 0 };
  const ledger: Ledger = {
    read: (key) => (counts.reads++, memory.read(key)),
    create: (key, body) => (counts.writes++, memory.create(key, body)),
    replace: (key, body, revision) => (counts.writes++, memory.replace(key, body, revision)),
    remove: (key) => memory.remove(key),
    keys: async (prefix, options) => {
      const keys = await memory.keys(prefix, options);
      counts.writes += Math.max(1, Math.ceil(keys.length / 1000));
      return keys;
    },
  };
  const sign = () => Promise.resolve({ url: `https://bucket.s3.eu-central-1.amazonaws.com/key?${'X'.repeat(1600)}` });
  const handler = createHandler({ ...lambda, ledger, randomness: createSeededRandomness(), sign });
  const requestContext = { http: { method: 'GET', sourceIp: '2001:db8:1111:2222:3333:4444:5555:6666' } };
  const ask = () => handler({ version: '2.0', rawPath, rawQueryString: '', headers, requestContext }, CONTEXT);
  for (let at = 0; at < before; at++) await ask();
  Object.assign(counts, { reads: 0, writes: 0 });
  const linesBefore = lambda.lines.length;
  const response = await ask();
  const lines = [...lambda.lines.slice(linesBefore), ...LAMBDA_LINES, accessLogLine()];
  return {
    functionMilliseconds: BILLED_MILLISECONDS,
    functionMegabytes: gateMegabytes(),
    storeReads: counts.reads,
    storeWrites: counts.writes,
    logBytes: lines.reduce((sum, line) => sum + Buffer.byteLength(line) + EVENT_BYTES, 0),
    accessLogBytes: (counts.reads + counts.writes) * ACCESS_LOG_LINE_BYTES,
    answerBytes: FRAME_BYTES + Buffer.byteLength(JSON.stringify(response)),
  };
}

const { requestsPerSecond } = settings.gateThrottle;
const FLOODS: readonly (readonly [row: string, asked: Asked])[] = [
  ['tokens that nobody made', { path: `/d/${'x'.repeat(32)}` }],
  ['a link that has expired', { change: { expiresAt: '2026-03-01T00:00:00.000Z' } }],
  ['the page of a live link', { headers: { accept: 'text/html' } }],
  ['downloads by a live link, without their bytes', { before: 3 }],
  ['a link whose 1,000 downloads are used up', { change: { maxDownloads: 1000 }, taken: 1000 }],
];

/** `$14` of `| row | $14 |`. */
function told(row: string): number {
  const [, dollars = ''] = new RegExp(`^\\| ${row} \\| \\$([\\d,]+) \\|$`, 'm').exec(guide) ?? [];
  return Number(dollars.replaceAll(',', '') || NaN);
}

test.each(FLOODS)('%s', async (row, asked) => {
  const dollars = dollarsOfFlood(await workOf(asked), kept, requestsPerSecond);
  expect({ row, dollars, told: told(row) }).toEqual({ row, dollars, told: expect.any(Number) as number });
  expect(told(row)).toBeGreaterThanOrEqual(dollars);
  expect(told(row)).toBeLessThanOrEqual(dollars * 1.5);
});

test('what the throttle refuses costs at most its lines in the access log', () => {
  const bytes = (Buffer.byteLength(accessLogLine()) + EVENT_BYTES) * MOST_REQUESTS_OF_ACCOUNT * 86_400;
  const dollars = ((GATE_PRICES.logGigabyte + GATE_PRICES.loggedGigabyteMonth * kept.logs) * bytes) / 1e9;
  const row = told('everything beyond the throttle, were each refusal logged');
  expect(row).toBeGreaterThanOrEqual(dollars);
  expect(row).toBeLessThanOrEqual(dollars * 1.5);
});

test('a guess reads once, writes nothing but its count, and fills no log', async () => {
  const work = await workOf({ path: `/d/${'x'.repeat(32)}` });
  expect([work.storeReads, work.storeWrites]).toEqual([1, 0]);
  expect(work.logBytes).toBeLessThan(1500);
});

test('prices are dated, and the throttle is that of the settings', () => {
  expect(guide).toContain(`as of ${GATE_PRICES_AS_OF}`);
  expect(guide).toContain(`${requestsPerSecond} requests a second`);
});
