/** docs/deploying.md says what the code does: settings, prices, policies, alarms, error codes, options. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { dollarsAMinute, formatDollars, PRICES_AS_OF, PRICES_OF_REGION } from '../../core/deployment/build-prices';
import { MACHINES_OF, REMOTE_PLATFORM_IDS } from '../../core/deployment/build-machines';
import { hostOfMachine } from '../../core/deployment/build-machine-host';
import { parseSettings } from '../../core/deployment/settings-text';
import { jsonSchemas } from '../../core/json-schemas';
import { isErrorCode } from '../../core/slipway-error';
import { FUNCTION_VARIABLES } from '../../lambda/environment';
import { alarmTable } from '../../lib/control/alarm-table';
import { OPERATORS } from '../../lib/control/operator-policies';
import { settingsTable, withSettingsTable } from '../../scripts/settings-table.mjs';

const root = path.join(__dirname, '../..');
const guide = readFileSync(path.join(root, 'docs/deploying.md'), 'utf8');
type Schema = Parameters<typeof settingsTable>[0];
const schema = jsonSchemas().deployment as Schema;

test('the table of settings is that of the schema: npm run schemas writes it', () => {
  expect(guide).toContain(settingsTable(schema));
  expect(withSettingsTable(guide, schema)).toBe(guide);
  expect(() => withSettingsTable('', schema)).toThrow('lost its marks');
});

test('every setting is in it, with what it means', () => {
  const keys = (own: Schema, above = ''): string[] =>
    Object.entries(own.properties ?? {}).flatMap(([key, inner]) => {
      const object = inner.anyOf?.find(({ properties }) => properties !== undefined) ?? inner;
      return [`${above}${key}`, ...keys(object, `${above}${key}.`)];
    });
  const rows = settingsTable(schema).split('\n');
  const named = keys(schema);
  expect(named.length).toBeGreaterThan(30);
  for (const key of named) expect(rows.find((row) => row.startsWith(`| \`${key}\` |`)) ?? key).toMatch(/\| \S[^|]* \|$/);
});

test('the example of settings can be deployed', () => {
  expect(guide).toContain('platforms: { linux-x86_64: {}, windows-x86_64: { computeType: BUILD_GENERAL1_LARGE } }');
  const platforms = { 'linux-x86_64': {}, 'windows-x86_64': { computeType: 'BUILD_GENERAL1_LARGE' } };
  expect(() => parseSettings({ stage: 'prod', region: 'eu-central-1', platforms, retentionDays: { builds: 365 } })).not.toThrow();
});

test.each(REMOTE_PLATFORM_IDS)('the machine of %s has its size and price', (platform) => {
  const machine = MACHINES_OF[platform];
  const price = dollarsAMinute({ environment: machine.environments[0], computeType: machine.computeType }) ?? 0;
  const { cpuCount } = hostOfMachine(platform, machine);
  expect(guide).toContain(`| ${platform} | ${machine.computeType}, ${cpuCount} vCPUs | ${formatDollars(price)} |`);
  expect(guide).toContain(`[${PRICES_OF_REGION}](https://aws.amazon.com/codebuild/pricing/) as of ${PRICES_AS_OF}`);
});

test('alarms are counted', () => {
  const { alarms } = parseSettings({});
  if (alarms === false) throw new Error('alarms are a default');
  const rows = alarmTable({
    stage: 'prod',
    settings: alarms,
    functionNames: Object.fromEntries(Object.keys(FUNCTION_VARIABLES).map((name) => [name, name])),
    queueNames: { 'build-finished': 'a', sweep: 'b' },
    bucketName: 'b',
    apiId: 'i',
  });
  expect(guide).toContain(`${rows.length} alarms at $0.10 each`);
});

test.each(Object.entries(OPERATORS))('the policy %s says what it may, by which calls', (who, { may, calls }) => {
  expect(guide).toContain(`| ${who} | ${may} | ${calls.map((name) => `\`${name}\``).join(', ')} |`);
});

test('error codes that it names exist', () => {
  const codes = [...guide.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, code = '']) => code);
  const known = [...Object.keys(FUNCTION_VARIABLES), 'slipway-deployment'];
  const told = codes.filter((code) => !known.includes(code));
  expect(told.length).toBeGreaterThan(8);
  expect(told.filter((code) => !isErrorCode(code))).toEqual([]);
});
