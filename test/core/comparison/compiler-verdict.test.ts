import { allowedFailures, judgeCompilers, type TrialOutcome, VERDICT_CRITERIA } from '../../../core/comparison/compiler-verdict';

const built = (
  failed: number,
  change: { readonly planned?: number; readonly attempted?: number; readonly failedChecks?: readonly string[] } = {},
): TrialOutcome => {
  const { planned = 20, attempted = planned, failedChecks = [] } = change;
  return { kind: 'built', launches: { planned, attempted, failed }, failedChecks };
};
const unbuilt: TrialOutcome = { kind: 'build-failed', reason: "compiling 'kit' failed" };
const untried: TrialOutcome = { kind: 'not-tried', reason: 'no C compiler was found' };
const judge = (nuitka: TrialOutcome, pyinstaller: TrialOutcome, planned = 20) => judgeCompilers({ planned, nuitka, pyinstaller });

describe('the rule of the spike: more than a tenth of twenty launches', () => {
  test.each(Array.from({ length: 21 }, (_, failed) => [failed, failed > 2 ? 'pyinstaller' : 'nuitka'] as const))(
    '%i of 20 failed launches of Nuitka choose %s',
    (failed, choice) => {
      const verdict = judge(built(failed), built(0));
      expect(verdict).toMatchObject({ choice, criterion: failed > 2 ? 'nuitka-launches-failed' : 'nuitka-holds' });
      expect(verdict.reason).toContain(`${failed} of 20 launches of what Nuitka built failed, and at most 2 may`);
    },
  );

  test.each([
    [20, 2],
    [29, 2],
    [30, 3],
    [50, 5],
    [100, 10],
  ])('of %i launches %i may fail', (planned, allowed) => {
    expect(allowedFailures(planned)).toBe(allowed);
    expect(judge(built(allowed, { planned }), built(0, { planned }), planned).choice).toBe('nuitka');
    expect(judge(built(allowed + 1, { planned }), built(0, { planned }), planned).choice).toBe('pyinstaller');
  });

  test.each([1, 5, 19])('%i launches give no verdict, whatever came of them', (planned) => {
    for (const nuitka of [built(0, { planned }), built(planned, { planned }), unbuilt]) {
      expect(judge(nuitka, built(0, { planned }), planned)).toEqual({
        choice: null,
        criterion: 'too-few-launches',
        reason: `${planned} launches are too few for a verdict, which takes 20`,
      });
    }
  });

  test('launches that were given up count as far as they went: more could not have changed it', () => {
    const { choice, reason } = judge(built(5, { attempted: 5 }), built(0));
    expect(choice).toBe('pyinstaller');
    expect(reason).toContain('5 of the first 5 of 20 launches of what Nuitka built failed');
  });
});

describe('a build that fails', () => {
  test('of Nuitka: the fallback', () => {
    expect(judge(unbuilt, built(2))).toEqual({
      choice: 'pyinstaller',
      criterion: 'nuitka-build-failed',
      reason: "the build with Nuitka failed: compiling 'kit' failed; 2 of 20 launches of what PyInstaller built failed, and at most 2 may",
    });
  });

  test('of PyInstaller: nothing changes, the fallback is not needed', () => {
    for (const pyinstaller of [unbuilt, untried, built(20)]) expect(judge(built(2), pyinstaller).choice).toBe('nuitka');
  });

  test.each<[string, TrialOutcome, TrialOutcome]>([
    ['neither builds', unbuilt, unbuilt],
    ['the fallback fails more launches than it may', unbuilt, built(3)],
    ['both fail more launches than they may', built(3), built(3)],
    ['one fails launches, the other does not build', built(20), unbuilt],
  ])('%s: neither is chosen, and both reasons are told', (_, nuitka, pyinstaller) => {
    const verdict = judge(nuitka, pyinstaller);
    expect(verdict).toMatchObject({ choice: null, criterion: 'neither-holds' });
    expect(verdict.reason).toMatch(/Nuitka.*; .*PyInstaller/);
  });
});

describe('what could not be tried is no evidence', () => {
  test('Nuitka without a C compiler does not make PyInstaller the choice', () => {
    expect(judge(untried, built(0))).toEqual({
      choice: null,
      criterion: 'nuitka-not-tried',
      reason: 'Nuitka could not be tried: no C compiler was found',
    });
  });

  test('a fallback that could not be tried is not chosen', () => {
    expect(judge(built(3), untried)).toMatchObject({ choice: null, criterion: 'fallback-not-tried' });
  });
});

describe('checks of the project beside the launches', () => {
  test('one that Nuitka alone breaks keeps its build from being released: the fallback', () => {
    const { choice, criterion, reason } = judge(built(0, { failedChecks: ['run --version'] }), built(0));
    expect({ choice, criterion }).toEqual({ choice: 'pyinstaller', criterion: 'nuitka-checks-failed' });
    expect(reason).toContain("what Nuitka built fails the check 'run --version'");
  });

  test('one that both break is the fault of the program or of the check', () => {
    const broken = built(0, { failedChecks: ['run --version'] });
    expect(judge(broken, broken).choice).toBe('nuitka');
  });

  test('each breaking one of its own: neither', () => {
    expect(judge(built(0, { failedChecks: ['a', 'b'] }), built(0, { failedChecks: ['b', 'c'] }))).toMatchObject({
      criterion: 'neither-holds',
    });
  });

  test('of several the first is named', () => {
    expect(judge(built(0, { failedChecks: ['a', 'b'] }), built(0)).reason).toContain("fails 2 checks, first 'a',");
  });
});

test('every criterion comes up', () => {
  const verdicts = [
    judge(built(0), built(0)),
    judge(unbuilt, built(0)),
    judge(built(0, { failedChecks: ['a'] }), built(0)),
    judge(built(3), built(0)),
    judge(built(0), built(0), 19),
    judge(untried, built(0)),
    judge(unbuilt, untried),
    judge(unbuilt, unbuilt),
  ];
  expect(verdicts.map(({ criterion }) => criterion)).toEqual([...VERDICT_CRITERIA]);
});
