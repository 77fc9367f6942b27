/** Compares the compilers of examples/sidecar-python for real, by the command line as it ships: four builds, and twenty launches of each. */
import '../allow-processes';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseDecisions } from '../../core/comparison/compiler-decision';
import { ComparisonSchema, type Comparison } from '../../core/comparison/comparison';
import { VARIANT_IDS, type VariantId } from '../../core/comparison/variant';
import type { Envelope } from '../../core/envelope';
import type { BuildPlan } from '../../core/job/build-plan';
import { run } from './run-command';

const ROOT = path.join(__dirname, '../..');
const work = mkdtempSync(path.join(tmpdir(), 'slipway-compare-'));
const project = path.join(work, 'sidecar-python');
/** Tools that are on this machine already are used; a home that is handed in keeps them. */
const env = { ...process.env, SLIPWAY_HOME: process.env.SLIPWAY_HOME ?? path.join(work, 'home') };

beforeAll(() => {
  cpSync(path.join(ROOT, 'examples/sidecar-python'), project, { recursive: true });
  const recipe = path.join(project, 'slipway.yaml');
  const text = readFileSync(recipe, 'utf8');
  // Its floor is Debian's: what is tried here is the choice of a compiler, on any system.
  writeFileSync(recipe, text.replace(/^( +)script: sidecar-hello\n/m, '$&$1compiler: auto\n').replace(/^ {2}glibc:.*\n/m, ''));
});
afterAll(() => rmSync(work, { recursive: true, force: true, maxRetries: 3 }));

async function slipway(...args: string[]): Promise<unknown> {
  const ended = await run(process.execPath, [path.join(ROOT, 'dist/slipway.mjs'), ...args, '--json'], { cwd: project, env });
  const envelope = JSON.parse(ended.stdout) as Envelope;
  if (ended.exitCode !== 0 || !envelope.ok) throw new Error(`slipway ${args.join(' ')} ended with ${ended.exitCode}: ${ended.stdout}`);
  return envelope.data;
}

test('both compilers build the sidecar, Nuitka is chosen on evidence, and a plan goes by it', async () => {
  const { comparison } = (await slipway('compare')) as { readonly comparison: Comparison };
  expect(ComparisonSchema.parse(comparison)).toEqual(comparison);
  expect(comparison.variants.map(({ variant, outcome }) => [variant, outcome])).toEqual(VARIANT_IDS.map((id) => [id, 'built']));
  const [binary] = comparison.binaries;
  expect(binary?.launch).toMatchObject({ kind: 'ready' });
  for (const { launches, checks, peakMemoryBytes = 0 } of binary?.programs ?? []) {
    expect(launches).toMatchObject({ planned: 20, attempted: 20, failed: 0 });
    expect(checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(peakMemoryBytes).toBeGreaterThan(5_000_000);
  }
  expect(binary?.verdict).toMatchObject({ choice: 'nuitka', criterion: 'nuitka-holds' });
  const warmMs = (id: VariantId) => binary?.programs.find(({ variant }) => variant === id)?.launches.warm?.medianMs ?? NaN;
  expect(warmMs('nuitka-standalone') / warmMs('pyinstaller-onefile')).toBeLessThan(1);

  for (const file of ['comparison.html', 'comparison.md', 'comparison.json'])
    expect(existsSync(path.join(project, 'slipway-comparison', file))).toBe(true);
  const decisions = parseDecisions(readFileSync(path.join(project, 'slipway-compilers.json'), 'utf8'), 'it').decisions;
  expect(decisions['sidecar-hello']?.[comparison.platform]).toMatchObject({
    compiler: 'nuitka',
    mode: 'standalone',
    python: expect.stringMatching(/^3\.12/) as string,
  });

  const { plans } = (await slipway('plan', '--platform', 'native')) as { readonly plans: readonly BuildPlan[] };
  expect(plans[0]?.steps.find(({ name }) => name === 'compile')?.title).toMatch(
    /with Nuitka \(standalone, chosen by slipway compare on \d{4}-\d\d-\d\d\)/,
  );
  expect(plans[0]?.warnings.filter((warning) => warning.includes('compiler'))).toEqual([]);

  const again = (await slipway('compare', '--launches', '1')) as { readonly comparison: Comparison };
  expect(again.comparison.variants.every(({ reusedFrom }) => reusedFrom !== undefined)).toBe(true);
  expect(again.comparison.source).toEqual(comparison.source);
});
