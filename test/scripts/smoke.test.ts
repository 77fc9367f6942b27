/** The steps of the smoke run: complete, in an order that can be gone, and told in docs/aws-smoke.md as they are. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runSteps } from '../../scripts/smoke/run-steps';
import { SMOKE_STEPS } from '../../scripts/smoke/smoke-steps';
import type { SmokeStep } from '../../scripts/smoke/smoke-step';
import type { SmokeWorld } from '../../scripts/smoke/smoke-world';
import { stepsAsMarkdown, TABLE_END, TABLE_START } from '../../scripts/smoke/step-text';

test('every step proves something by a page of AWS, and is run or looked at', () => {
  for (const { name, proves, run, look } of SMOKE_STEPS) {
    expect([name, proves.length > 0, (run === undefined) !== (look === undefined)]).toEqual([name, true, true]);
    for (const { page } of proves) expect(page).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/.+\.html(#[\w.-]+)?$/);
  }
});

test('a step needs only what comes before it', () => {
  const names = SMOKE_STEPS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const [at, { needs = [] }] of SMOKE_STEPS.entries()) {
    for (const name of needs) expect(names.slice(0, at)).toContain(name);
  }
});

test('docs/aws-smoke.md tells them as they are: node dist/smoke-aws.mjs --table writes them', () => {
  const text = readFileSync(path.join(__dirname, '../../docs/aws-smoke.md'), 'utf8');
  const told = text.slice(text.indexOf(TABLE_START), text.indexOf(TABLE_END) + TABLE_END.length);
  expect(`${told}\n`).toBe(stepsAsMarkdown(SMOKE_STEPS));
});

describe('a run', () => {
  const step = (name: string, more: Partial<SmokeStep> = {}): SmokeStep => ({
    name,
    title: name,
    proves: [{ says: 'so it is', page: `https://docs.aws.amazon.com/${name}.html` }],
    expected: 'all is well',
    run: () => Promise.resolve(`${name} was seen`),
    ...more,
  });
  const run = async (steps: readonly SmokeStep[], choice: Partial<Parameters<typeof runSteps>[2]> = {}, isEmulator = false) => {
    const lines: string[] = [];
    const isWell = await runSteps(steps, { isEmulator, dollars: 0.1 } as SmokeWorld, { only: undefined, without: [], ...choice }, (line) =>
      lines.push(line.replace(/\(\d+ s\)/, '(N s)')),
    );
    return { isWell, lines };
  };

  test('goes on after a failure, and leaves out what needs what has failed', async () => {
    const { isWell, lines } = await run([
      step('one', { run: () => Promise.reject(new Error('it was otherwise')) }),
      step('two', { needs: ['one'] }),
      step('three'),
    ]);
    expect(isWell).toBe(false);
    expect(lines).toEqual([
      ' 1/3 one: failed (N s): it was otherwise\n      expected: all is well\n      see https://docs.aws.amazon.com/one.html',
      ' 2/3 two: skipped: it needs one',
      ' 3/3 three: ok (N s): three was seen',
      'smoke: 1 ok, 1 failed, 1 skipped, 0 to look at; builds cost about $0.10',
    ]);
  });

  test('takes what was asked for; a stage that is there already is no lack', async () => {
    const steps = [step('deploy'), step('build', { needs: ['deploy'] }), step('link', { needs: ['build'] })];
    expect((await run(steps, { only: ['build'] })).lines.slice(0, 3)).toEqual([
      ' 1/3 deploy: skipped: not asked for',
      ' 2/3 build: ok (N s): build was seen',
      ' 3/3 link: skipped: not asked for',
    ]);
    expect((await run(steps, { without: ['build'] })).lines[2]).toBe(' 3/3 link: skipped: it needs build');
  });

  test('in an emulator says why a step has no answer there', async () => {
    const steps = [step('windows', { notInEmulator: 'it has none' })];
    expect((await run(steps, {}, true)).lines[0]).toBe(' 1/1 windows: skipped: it has none');
    expect((await run(steps)).lines[0]).toBe(' 1/1 windows: ok (N s): windows was seen');
  });

  test('waits until somebody has looked at what no program decides', async () => {
    const seen: string[] = [];
    const { run: decided, ...shown } = step('alarms', { look: () => 'https://console' });
    expect(decided).toBeDefined();
    const { isWell, lines } = await run([shown], { looked: (what) => Promise.resolve(void seen.push(what)) });
    expect([isWell, lines[0], seen]).toEqual([true, ' 1/1 alarms: look: https://console: all is well', ['https://console: all is well']]);
  });
});
