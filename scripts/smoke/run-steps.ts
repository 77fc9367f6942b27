/** Owns the run itself: which steps apply, each to its end, what is told of it, and what comes of the whole. */
import { formatDollars } from '../../core/deployment/build-prices';
import type { SmokeStep } from './smoke-step';
import type { SmokeWorld } from './smoke-world';

export interface RunChoice {
  /** Names; undefined for all. */
  readonly only: readonly string[] | undefined;
  readonly without: readonly string[];
  /** Resolves when somebody has looked at what no program decides; without it the run goes on at once. */
  readonly looked?: (what: string) => Promise<void>;
}

type Outcome = 'ok' | 'failed' | 'skipped' | 'look';

/** @returns whether nothing has failed */
export async function runSteps(
  steps: readonly SmokeStep[],
  world: SmokeWorld,
  choice: RunChoice,
  say: (line: string) => void,
): Promise<boolean> {
  const outcomes = new Map<string, Outcome>();
  for (const [at, step] of steps.entries()) {
    const startedMs = Date.now();
    const { outcome, text } = await runStep(step, world, choice, outcomes);
    outcomes.set(step.name, outcome);
    const seconds = outcome === 'ok' || outcome === 'failed' ? ` (${Math.round((Date.now() - startedMs) / 1000)} s)` : '';
    say(`${String(at + 1).padStart(2)}/${steps.length} ${step.name}: ${outcome}${seconds}: ${text}`);
  }
  const count = (wanted: Outcome) => [...outcomes.values()].filter((outcome) => outcome === wanted).length;
  const dollars = formatDollars(Math.round(world.dollars * 1000) / 1000);
  say(
    `smoke: ${count('ok')} ok, ${count('failed')} failed, ${count('skipped')} skipped, ${count('look')} to look at; builds cost about ${dollars}`,
  );
  return count('failed') === 0;
}

async function runStep(
  step: SmokeStep,
  world: SmokeWorld,
  choice: RunChoice,
  outcomes: ReadonlyMap<string, Outcome>,
): Promise<{ readonly outcome: Outcome; readonly text: string }> {
  const { only, without } = choice;
  if (without.includes(step.name) || only?.includes(step.name) === false) return { outcome: 'skipped', text: 'not asked for' };
  if (world.isEmulator && step.notInEmulator !== undefined) return { outcome: 'skipped', text: step.notInEmulator };
  const { needs = [] } = step;
  const lost = needs.find((name) => outcomes.get(name) === 'failed' || (outcomes.get(name) === 'skipped' && name !== 'deploy'));
  if (lost !== undefined) return { outcome: 'skipped', text: `it needs ${lost}` };
  if (step.run === undefined) {
    const text = `${step.look?.(world) ?? ''}: ${step.expected}`;
    await choice.looked?.(text);
    return { outcome: 'look', text };
  }
  try {
    return { outcome: 'ok', text: await step.run(world) };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return {
      outcome: 'failed',
      text: `${message}\n      expected: ${step.expected}\n      see ${step.proves.map(({ page }) => page).join(' ')}`,
    };
  }
}
