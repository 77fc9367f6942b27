import {
  COMPARISON_FOLDER,
  DECISION_FILE,
  decisionFor,
  formatDecisions,
  inapplicableDecisions,
  jobDecisionOf,
  NO_DECISIONS,
  outdatedDecision,
  parseDecisions,
  withDecision,
  type CompilerDecision,
  type CompilerDecisions,
} from '../../../core/comparison/compiler-decision';
import { VARIANTS } from '../../../core/comparison/variant';
import { jobTemplates } from '../../../core/recipe/job-template';
import { parseRecipe } from '../../../core/recipe/recipe-text';
import { decide } from '../../../core/source/source-selection';
import { JobTemplateSchema } from '../../../core/build/build-request';

const launches = { planned: 20, attempted: 20, failed: 3 };
const decision = (change: Partial<CompilerDecision> = {}): CompilerDecision => ({
  compiler: 'pyinstaller',
  mode: 'standalone',
  criterion: 'nuitka-launches-failed',
  reason: '3 of 20 failed',
  decidedAt: '2026-11-21T17:00:00.000Z',
  decidedBy: 'tester',
  nuitka: { version: '4.3.3', launches, coldMs: 100, warmMs: 50 },
  pyinstaller: { version: '6.22.3' },
  python: '3.12.1',
  host: 'linux-x86_64, 2 processors',
  source: { sha256: 'a'.repeat(64) },
  ...change,
});
const decisionsOf = (change: Partial<CompilerDecision> = {}): CompilerDecisions =>
  withDecision(NO_DECISIONS, { binary: 'kit', platform: 'linux-x86_64', decision: decision(change) });
const WANTED = { binary: 'kit', platform: 'linux-x86_64', mode: 'standalone' } as const;

describe('the file', () => {
  test('what is written is what is read', () => {
    expect(parseDecisions(formatDecisions(decisionsOf()), 'f')).toEqual(decisionsOf());
  });

  test('the same decisions are the same text, in whatever order they came', () => {
    const add = (before: CompilerDecisions, binary: string, platform: 'linux-x86_64' | 'windows-x86_64') =>
      withDecision(before, { binary, platform, decision: decision() });
    const one = add(add(add(NO_DECISIONS, 'kit', 'windows-x86_64'), 'kit', 'linux-x86_64'), 'app', 'linux-x86_64');
    const other = add(add(add(NO_DECISIONS, 'app', 'linux-x86_64'), 'kit', 'linux-x86_64'), 'kit', 'windows-x86_64');
    expect(formatDecisions(one)).toBe(formatDecisions(other));
    expect(formatDecisions(one)).toMatch(/\n$/);
  });

  test('a new decision replaces its own alone', () => {
    const before = withDecision(decisionsOf(), { binary: 'kit', platform: 'macos-arm64', decision: decision({ compiler: 'nuitka' }) });
    const after = withDecision(before, { binary: 'kit', platform: 'linux-x86_64', decision: decision({ reason: 'anew' }) });
    expect(after.decisions.kit?.['linux-x86_64']?.reason).toBe('anew');
    expect(after.decisions.kit?.['macos-arm64']).toEqual(before.decisions.kit?.['macos-arm64']);
  });

  test.each([
    ['no JSON', '{', 'it is no JSON'],
    ['another schema', JSON.stringify({ schemaVersion: 2, decisions: {} }), 'schemaVersion'],
    ['a compiler that is none', formatDecisions(decisionsOf({ compiler: 'cx_freeze' as 'nuitka' })), 'decisions.kit.linux-x86_64.compiler'],
    ['a merge that was not finished', `<<<<<<< HEAD\n${formatDecisions(decisionsOf())}`, 'it is no JSON'],
  ])('%s is refused with the place', (_, text, told) => {
    const refused = () => parseDecisions(text, 'slipway-compilers.json');
    expect(refused).toThrow(told);
    expect(refused).toThrow("'slipway-compilers.json' does not say which compiler was chosen");
  });
});

describe('which decision holds', () => {
  test('that of the same binary, platform and mode', () => {
    expect(decisionFor(decisionsOf(), WANTED)?.compiler).toBe('pyinstaller');
    expect(inapplicableDecisions(decisionsOf(), [WANTED])).toEqual([]);
  });

  test.each([
    [{ ...WANTED, binary: 'other' }, undefined],
    [
      { ...WANTED, platform: 'windows-x86_64' as const },
      'has a decision for linux-x86_64 only; run slipway compare on a windows-x86_64 machine',
    ],
    [{ ...WANTED, mode: 'onefile' as const }, 'has a decision for mode: standalone, and not for mode: onefile'],
  ])('of %j none does', (wanted, told) => {
    expect(decisionFor(decisionsOf(), wanted)).toBeUndefined();
    const warnings = inapplicableDecisions(decisionsOf(), [WANTED, wanted]);
    expect(warnings).toEqual(told === undefined ? [] : [expect.stringContaining(told) as string]);
  });

  test('platforms that lack one are told in one line', () => {
    const wanted = (['linux-x86_64', 'linux-arm64', 'windows-x86_64'] as const).map((platform) => ({ ...WANTED, platform }));
    expect(inapplicableDecisions(decisionsOf(), wanted)).toEqual([
      "'kit' is compiled with Nuitka on linux-arm64, windows-x86_64: slipway-compilers.json has a decision for linux-x86_64 only; run slipway compare on a machine of each",
    ]);
  });

  test('newer compilers do not undo it, and are told', () => {
    const kept = jobDecisionOf(decision());
    expect(outdatedDecision('kit', kept, { nuitka: '4.3.3', pyinstaller: '6.22.3' })).toBeUndefined();
    expect(outdatedDecision('kit', kept, { nuitka: '4.4', pyinstaller: '6.22.3' })).toBe(
      "the compiler of 'kit' was chosen with other versions: nuitka 4.3.3, now 4.4; run slipway compare to choose anew",
    );
  });
});

describe('compiler: auto', () => {
  const recipe = (compiler: string, rest = '') =>
    parseRecipe(
      `
schema: 1
name: kit
version: "1"
binaries:
  kit:
    python: { entry: kit.py, compiler: ${compiler}, options: [--low-memory, --strip, --nofollow-imports] }
${rest}
platforms: [linux-x86_64, windows-x86_64]
`,
      'slipway.yaml',
    );
  const pythonsOf = (compiler: string, decisions?: CompilerDecisions) => {
    const templates = jobTemplates(recipe(compiler), { version: '1', ...(decisions === undefined ? {} : { decisions }) });
    for (const template of Object.values(templates)) expect(JobTemplateSchema.parse(template)).toEqual(template);
    return [templates['linux-x86_64']?.binaries[0]?.python, templates['windows-x86_64']?.binaries[0]?.python] as const;
  };

  test('is what was decided, on the platform that it was decided for', () => {
    const [linux, windows] = pythonsOf('auto', decisionsOf());
    expect(linux).toMatchObject({
      compiler: 'pyinstaller',
      decision: { reason: '3 of 20 failed', nuitka: '4.3.3', pyinstaller: '6.22.3' },
    });
    expect(windows).toMatchObject({ compiler: 'auto' });
    expect(windows).not.toHaveProperty('decision');
  });

  test('gives each compiler the options that it knows', () => {
    const [linux, windows] = pythonsOf('auto', decisionsOf());
    expect(linux?.options).toEqual(['--strip']);
    expect(windows?.options).toEqual(['--low-memory', '--nofollow-imports']);
  });

  test('the form that a host takes is the mode that counts', () => {
    const sidecar = (form: string) => `    sidecar: { host: tauri, form: ${form} }`;
    const python = (form: string, decisions: CompilerDecisions) =>
      jobTemplates(recipe('auto', sidecar(form)), { version: '1', decisions })['linux-x86_64']?.binaries[0]?.python;
    expect(python('resources', decisionsOf())).toMatchObject({ compiler: 'pyinstaller', mode: 'standalone' });
    expect(python('onefile', decisionsOf())).toMatchObject({ compiler: 'auto', mode: 'onefile' });
    expect(python('onefile', decisionsOf({ mode: 'onefile' }))).toMatchObject({ compiler: 'pyinstaller', mode: 'onefile' });
    const tried = VARIANTS.map((variant) => jobTemplates(recipe('auto', sidecar('onefile')), { version: '1', variant }));
    expect(tried.map((templates) => templates['linux-x86_64']?.binaries[0]?.python?.mode)).toEqual(VARIANTS.map(({ mode }) => mode));
  });

  test.each(['nuitka', 'pyinstaller'])('compiler: %s is not asked for', (compiler) => {
    const [linux] = pythonsOf(compiler, decisionsOf());
    expect(linux).toMatchObject({ compiler });
    expect(linux).not.toHaveProperty('decision');
    expect(linux?.options).toHaveLength(3);
  });

  test('a comparison tries each compiler in each mode, whatever the recipe says and was decided', () => {
    for (const variant of VARIANTS) {
      const templates = jobTemplates(recipe('nuitka'), { version: '1', decisions: decisionsOf(), variant });
      const python = templates['linux-x86_64']?.binaries[0]?.python;
      expect(python).toMatchObject({ compiler: variant.compiler, mode: variant.mode });
      expect(python?.options).toEqual(variant.compiler === 'nuitka' ? ['--low-memory', '--nofollow-imports'] : ['--strip']);
    }
  });
});

test('what a comparison writes is no source: the same tree stays the same build', () => {
  const candidate = {
    path: `a/${DECISION_FILE}`,
    name: DECISION_FILE,
    isDirectory: false,
    isVirtualEnvironment: false,
    inherited: undefined,
  };
  const rules = { git: [], slipway: [] };
  const options = { include: [], gitPrefix: '' };
  expect(decide(candidate, rules, options)).toMatchObject({ isIncluded: false });
  expect(decide({ ...candidate, path: COMPARISON_FOLDER, name: COMPARISON_FOLDER, isDirectory: true }, rules, options)).toMatchObject({
    isIncluded: false,
  });
  expect(decide({ ...candidate, path: 'a/other.json', name: 'other.json' }, rules, options)).toEqual({ isIncluded: true });
});
