/** The runbook has a chapter for every alarm, and what it tells to type is there: chapters, commands, fields of log lines. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { FUNCTION_VARIABLES } from '../../lambda/environment';
import { alarmTable } from '../../lib/control/alarm-table';
import { ERROR_CODES } from '../../core/slipway-error';
import { parseSettings } from '../../core/deployment/settings-text';
import { handleCalls } from '../../lambda/handle';
import { SlipwayError } from '../../core/slipway-error';
import { z } from 'zod';
import { createHandler as createDistribute } from '../../lambda/handlers/distribute';
import { createMemoryArtifactStore } from '../fakes/artifact-store-memory';
import { createMemoryTransfers } from '../fakes/deployment';
import { storeBuild } from '../fakes/distributions';
import { call, CONTEXT, createLambdaWorld, type LambdaWorld } from '../fakes/lambda';
import { createMemoryLedger } from '../fakes/ledger-memory';
import { createMemoryLinkTokens } from '../fakes/link-tokens-memory';
import { createManualClock, createSeededRandomness } from '../fakes/manual-clock';
import { deployedStage, TOKEN } from './deployed-stage';
import { resourcesOf, synthesize, templateOf } from './synthesized-stage';

const ROOT = path.join(__dirname, '../..');
const text = readFileSync(path.join(ROOT, 'docs/runbook.md'), 'utf8');
const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title);
/** As GitHub makes them. */
const anchorOf = (title: string) =>
  title
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
const anchors = headings.map(anchorOf);
const chapterOf = (anchor: string) =>
  text.split(/^(?=## )/m).find((part) => part.startsWith('## ') && anchorOf(part.slice(3).split('\n')[0] ?? '') === anchor) ?? '';

const { alarms } = parseSettings({});
if (alarms === false) throw new Error('alarms are a default');
const rows = alarmTable({
  stage: 'prod',
  settings: alarms,
  functionNames: Object.fromEntries(Object.keys(FUNCTION_VARIABLES).map((name) => [name, name])),
  queueNames: { 'build-finished': 'a', sweep: 'b' },
  bucketName: 'bucket',
  apiId: 'api',
});

test.each([...new Set(rows.map(({ chapter }) => chapter))])(
  'the chapter %s says what it means, where to look, what to do, and when it is harmless',
  (chapter) => {
    expect(anchors.filter((anchor) => anchor === chapter)).toHaveLength(1);
    const parts = [...chapterOf(chapter).matchAll(/^\*\*(\w+)(?:\.\*\*|\*\*)/gm)].map(([, part]) => part);
    expect(parts).toEqual(['Means', 'Look', 'Do', 'Harmless']);
  },
);

test('every alarm’s description says what it is and leads to its chapter', () => {
  const described = resourcesOf(templateOf(synthesize(), 'Control'), 'AWS::CloudWatch::Alarm');
  expect(described).toHaveLength(rows.length);
  for (const { Properties } of described) {
    const [, anchor = ''] = /^Slipway prod: .+\. What to do: docs\/runbook\.md#([\w-]+)$/.exec(String(Properties?.AlarmDescription)) ?? [];
    expect(anchors).toContain(anchor);
  }
});

test('there are chapters for what has no alarm', () => {
  const others = ['a-build-hangs', 'a-start-was-lost', 'restore-a-deleted-object', 'revoke-all-links', 'who-downloaded-what'];
  expect(anchors).toEqual(expect.arrayContaining(others));
});

test('every reference within the page leads somewhere', () => {
  for (const [, anchor] of text.matchAll(/\]\(#([\w-]+)\)/g)) expect(anchors).toContain(anchor);
});

test('every command of Slipway is one', () => {
  const commands = readdirSync(path.join(ROOT, 'cli/commands')).map((file) => path.basename(file, '.ts'));
  const named = [...text.matchAll(/\bslipway ([a-z][a-z-]+)/g)].map(([, command]) => command);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((command) => !commands.includes(command ?? ''))).toEqual([]);
});

test('every code in a table is one that is thrown', () => {
  const codes = [...text.matchAll(/^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code),
  );
  expect(codes.length).toBeGreaterThan(5);
  expect(codes.filter((code) => !Object.keys(ERROR_CODES).includes(code ?? ''))).toEqual([]);
});

describe('queries', () => {
  const queries = [...text.matchAll(/^insights ([\w-]+) '([^']+)'$/gm)].map(([, log = '', query = '']) => ({ log, query }));
  /** What CloudWatch Logs adds: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html */
  const GIVEN = ['@timestamp', '@message', '@logStream'];
  const WORDS = ['filter', 'fields', 'sort', 'limit', 'stats', 'count', 'as', 'by', 'desc', 'asc', 'and', 'or', 'not', 'like', 'ispresent'];

  function fieldsOf(query: string): readonly string[] {
    const bare = query.replaceAll(/"[^"]*"/g, '').replaceAll(/\/[^/]*\//g, '');
    const aliases = [...bare.matchAll(/\bas (\w+)/g)].map(([, alias]) => alias);
    return [...bare.matchAll(/@?[A-Za-z][\w.]*/g)]
      .map(([field]) => field)
      .filter((field) => !WORDS.includes(field) && !aliases.includes(field));
  }

  /** Of every line that the functions write in this test, `problems.0.code` for what lies in lists. */
  async function writtenFields(): Promise<ReadonlySet<string>> {
    const stage = await deployedStage({ queueOf: {}, apiId: 'api', bucketName: 'bucket', requestMetrics: [], retries: 0 });
    await stage.open(`/d/${TOKEN}`);
    stage.signing.sign = () => Promise.reject(new Error('STS is away'));
    await stage.open(`/d/${TOKEN}`);
    const record = await stage.start();
    await stage.end(record);
    stage.world.parameters.isDenied = true;
    await stage.tell(record.buildId);
    const other = await stage.start();
    await stage.end(other);
    stage.world.runner.failures.set('linux-x86_64', [new SlipwayError('store-busy', 'throttled')]);
    await stage.start();
    stage.world.clock.advance(5 * 60_000);
    await stage.sweep();
    await stage.status({ query: 'list', limit: 0 });
    const calls = createLambdaWorld(createManualClock('2026-03-01T00:00:00.000Z'));
    for (const thrown of [new SlipwayError('build-not-found', 'none', { cause: new Error('why') }), new TypeError('a fault')])
      await handleCalls('status', z.unknown(), calls, () => Promise.reject(thrown))(call({}), CONTEXT);
    await handOutDirectly(calls);
    const fields = new Set<string>();
    for (const line of [...stage.lines, ...calls.lines]) collect(JSON.parse(line), '', fields);
    return fields;
  }

  test('ask for fields that the functions write', async () => {
    const written = await writtenFields();
    expect(queries.length).toBeGreaterThan(8);
    for (const { query } of queries) expect(fieldsOf(query).filter((field) => !GIVEN.includes(field) && !written.has(field))).toEqual([]);
  });

  test('are asked of logs that there are', () => {
    for (const { log } of queries) expect(Object.keys(FUNCTION_VARIABLES)).toContain(log);
  });
});

async function handOutDirectly(lambda: LambdaWorld): Promise<void> {
  const store = createMemoryArtifactStore();
  const ledger = createMemoryLedger();
  await storeBuild({ ledger, store });
  const handler = createDistribute({
    ...lambda,
    ledger,
    store,
    randomness: createSeededRandomness(),
    tokens: createMemoryLinkTokens(),
    transfers: createMemoryTransfers(createManualClock('2026-03-01T00:00:00.000Z')),
    gateUrl: '',
    measure: () => Promise.resolve(),
    sign: () => Promise.resolve({ url: 'https://bucket.example/f', expiresAt: '2026-03-01T01:00:00.000Z', signedBy: 'role/session' }),
  });
  const terms = { from: { build: 'b0000000000000aa' }, expiresHours: 1, allowedIps: ['203.0.113.0/24'], link: 'direct', allowSecrets: [] };
  expect(await handler(call(terms), CONTEXT)).toMatchObject({ ok: true });
}

function collect(node: unknown, at: string, fields: Set<string>): void {
  if (typeof node !== 'object' || node === null) fields.add(at);
  else for (const [key, value] of Object.entries(node)) collect(value, at === '' ? key : `${at}.${key}`, fields);
}
