/** Owns the running of steps: the marker in the log, the time, the result that the report keeps. */
import { formatPhase } from '../../core/build/build-log';
import type { Job } from '../../core/job/job';
import type { Clock } from '../../core/ports/clock';
import type { StepResult } from '../../core/job/report';
import { describeStep, STEP_NAMES, type StepName } from './steps';

export interface StepRunner {
  /** Rejects as the action does, after the step was recorded as failed. */
  run<T>(name: StepName, action: () => Promise<T>): Promise<T>;
  /** For a step whose description has a reason. */
  skip(name: StepName): void;
  /** So far, in order. */
  results(): readonly StepResult[];
  /** The step that runs or ran last. */
  current(): StepName;
}

/** @param show gets one line for each step */
export function createStepRunner(job: Job, clock: Clock, show: (line: string) => void): StepRunner {
  const results: StepResult[] = [];
  let current: StepName = STEP_NAMES[0];
  const announce = (name: StepName, note = '') => {
    current = name;
    const { title } = describeStep(name, job);
    show(formatPhase({ step: STEP_NAMES.indexOf(name) + 1, stepCount: STEP_NAMES.length, name, title: title + note }));
  };
  return {
    async run(name, action) {
      announce(name);
      const startedAtMs = clock.nowMs();
      const seconds = () => Math.max(0, clock.nowMs() - startedAtMs) / 1000;
      try {
        const value = await action();
        results.push({ name, outcome: 'done', seconds: seconds() });
        return value;
      } catch (thrown) {
        results.push({ name, outcome: 'failed', seconds: seconds() });
        throw thrown;
      }
    },
    skip(name) {
      const reason = describeStep(name, job).skipReason ?? 'it does not apply';
      announce(name, `: skipped, ${reason}`);
      results.push({ name, outcome: 'skipped', reason, seconds: 0 });
    },
    results: () => [...results],
    current: () => current,
  };
}
