import { ComparisonSchema } from '../../../core/comparison/comparison';
import { VARIANT_IDS } from '../../../core/comparison/variant';
import { COMPILE_FAILURE, fakeComparison } from '../../fakes/comparisons';

const failureOf = (code: string) => ({ ...COMPILE_FAILURE, code });

test('what is drawn is what the schema says', () => {
  for (const comparison of [
    fakeComparison(),
    fakeComparison({ kind: 'run', mode: 'onefile', planned: 3 }),
    fakeComparison({
      variants: { 'nuitka-standalone': { failure: COMPILE_FAILURE }, 'pyinstaller-onedir': { failed: 7, failedChecks: ['run --version'] } },
    }),
  ]) {
    expect(ComparisonSchema.parse(JSON.parse(JSON.stringify(comparison)))).toEqual(comparison);
  }
});

test('build time is the compiler’s and what is done with its result, without tools and checks', () => {
  expect(fakeComparison().variants[1]).toMatchObject({ buildSeconds: 62.5, compileSeconds: 61, archiveBytes: 9_400_000, outcome: 'built' });
});

test.each([
  ['compile-failed', 'build-failed'],
  ['builder-crashed', 'build-failed'],
  ['build-timed-out', 'build-failed'],
  ['package-collision', 'build-failed'],
  ['compiler-missing', 'not-tried'],
  ['python-headers-missing', 'not-tried'],
  ['disk-full', 'not-tried'],
  ['environment-failed', 'not-tried'],
  ['dependency-unresolved', 'not-tried'],
  ['lock-stale', 'not-tried'],
  ['build-cancelled', 'not-tried'],
  ['glibc-floor-unreachable', 'not-tried'],
  ['a-code-of-a-newer-builder', 'not-tried'],
])('a build that ended with %s is called %s', (code, outcome) => {
  const { variants, binaries } = fakeComparison({ variants: { 'nuitka-standalone': { failure: failureOf(code) } } });
  expect(variants[0]?.outcome).toBe(outcome);
  expect(binaries[0]?.verdict.choice).toBe(outcome === 'build-failed' ? 'pyinstaller' : null);
});

describe('the mode of the recipe decides which variants the verdict is about', () => {
  const variants = { 'nuitka-standalone': { failed: 3 } } as const;
  test('standalone', () => expect(fakeComparison({ variants }).binaries[0]?.verdict.choice).toBe('pyinstaller'));
  test('onefile', () => expect(fakeComparison({ variants, mode: 'onefile' }).binaries[0]?.verdict.choice).toBe('nuitka'));
});

test('failures of the READY check itself count by launches, not as a failed build', () => {
  const comparison = fakeComparison({ variants: { 'nuitka-standalone': { failed: 2, failedChecks: ['ready --db {tmp}/db'] } } });
  expect(comparison.binaries[0]?.verdict).toMatchObject({ choice: 'nuitka', criterion: 'nuitka-holds' });
  expect(comparison.warnings).toEqual([]);
});

test('a check that both compilers fail is warned of: whatever is chosen will not be released', () => {
  const failedChecks = ['run --version'];
  const { warnings, binaries } = fakeComparison({
    variants: { 'nuitka-standalone': { failedChecks }, 'pyinstaller-onedir': { failedChecks } },
  });
  expect(binaries[0]?.verdict.choice).toBe('nuitka');
  expect(warnings).toEqual(["'kit' fails the check 'run --version' whichever compiler makes it: slipway start-build will fail with it"]);
});

describe('the issue log', () => {
  test('is empty where nothing failed', () => expect(fakeComparison().issues).toEqual([]));

  test('has every field that a machine can know of a build that failed', () => {
    const { issues } = fakeComparison({ variants: { 'nuitka-standalone': { failure: COMPILE_FAILURE } } });
    expect(issues).toEqual([
      {
        id: 'kit-linux-x86_64-20261121-1',
        title: 'Nuitka standalone does not build',
        binary: 'kit',
        variant: 'nuitka-standalone',
        severity: 'blocker',
        symptoms: "compiling 'kit' failed with exit code 1 after 12.0s, in step compile",
        logLines: COMPILE_FAILURE.logTail,
        reproduction: ['slipway compare', 'slipway logs 0000000000000001'],
        expected: 'an archive',
        actual: 'no archive: [compile-failed]',
        buildCommand: 'work/environments/kit/bin/python -m nuitka --mode=standalone',
        launchCommand: 'none: there is nothing to launch',
        output: COMPILE_FAILURE.logTail,
        exitCode: '1',
        suspectedCause: 'Nuitka says: cannot find module kit',
        mitigation: expect.stringMatching(/^kit: pyinstaller chosen, the build with Nuitka failed: /) as string,
        followUps: ['the compiler says why in the last lines of the log', 'run slipway compare again'],
      },
    ]);
  });

  test('has failed launches with how often each fault came, and the first evidence of each', () => {
    const { issues } = fakeComparison({
      variants: {
        'nuitka-standalone': {
          failed: 3,
          fault: 'exited-before-ready',
          evidence: "exit code 3; standard error: ModuleNotFoundError: No module named 'x'",
        },
      },
    });
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({
      severity: 'high',
      symptoms: '3 × exited-before-ready',
      actual: '3 of 20 failed',
      exitCode: '3',
      launchCommand: './kit --db {tmp}/db',
      buildCommand: "work/environments/kit/bin/python -m nuitka '--name=kit kit'",
    });
    expect(issues[0]?.suspectedCause).toContain("'x'");
    expect(issues[0]?.output).toEqual([expect.stringContaining('(17)')]);
  });

  test.each([
    [2, 'standalone', 'medium'],
    [3, 'standalone', 'high'],
    [3, 'onefile', 'low'],
  ] as const)('%i failed launches of Nuitka standalone where the recipe says %s are %s', (failed, mode, severity) => {
    expect(fakeComparison({ mode, variants: { 'nuitka-standalone': { failed } } }).issues[0]?.severity).toBe(severity);
  });

  test('numbers its entries', () => {
    const variants = Object.fromEntries(VARIANT_IDS.map((id) => [id, { failed: 1, failedChecks: ['run x'] }]));
    const { issues } = fakeComparison({ variants });
    expect(issues.map(({ id }) => id)).toEqual(Array.from({ length: 8 }, (_, index) => `kit-linux-x86_64-20261121-${index + 1}`));
  });
});

describe('the checklist of the spike', () => {
  const ticked = (options: Parameters<typeof fakeComparison>[0]) =>
    fakeComparison(options)
      .checklist.flatMap(({ items }) => items)
      .filter(({ isProved }) => isProved)
      .map(({ text }) => text);

  test('has its five sections and seventeen points, for a program with a READY handshake', () => {
    const [list] = fakeComparison().checklist;
    expect(list?.binary).toBe('kit');
    expect([...new Set(list?.items.map(({ section }) => section.slice(0, 1)))]).toEqual(['A', 'B', 'C', 'D', 'E']);
    expect(list?.items).toHaveLength(17);
    expect(fakeComparison({ kind: 'run' }).checklist).toEqual([]);
  });

  test('ticks what the launches proved, and nothing of the host', () => {
    expect(ticked({})).toEqual([
      'Host invokes sidecar with expected args/env.',
      'Sidecar process starts without immediate crash.',
      'Host observes process PID and retains lifecycle handle.',
      'Host reads sidecar stdout stream reliably.',
      'Host detects `READY` token line exactly once.',
      'Host transitions internal state to “ready” only after READY token.',
      'App restart relaunches sidecar successfully.',
      'App shutdown terminates sidecar cleanly.',
      'Repeated launch cycles (>=5) are stable.',
    ]);
  });

  test('one launch that came late proves the timeout, and that launches are not stable', () => {
    const late = ticked({ variants: { 'nuitka-standalone': { failed: 1, fault: 'not-ready-in-time' } } });
    expect(late).toContain('READY timeout is enforced and emits actionable error logs.');
    expect(late).toContain('Malformed stdout (no READY) triggers timeout path.');
    expect(late).not.toContain('Repeated launch cycles (>=5) are stable.');
  });

  test('where nothing was built nothing is ticked', () => {
    const failure = COMPILE_FAILURE;
    expect(ticked({ variants: Object.fromEntries(VARIANT_IDS.map((id) => [id, { failure }])) })).toEqual([]);
  });
});
