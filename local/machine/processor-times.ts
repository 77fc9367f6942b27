/** Owns the reading of how busy this machine's processors have been. */
import { cpus } from 'node:os';
import type { ProcessorTimes } from '../comparison/comparison-place';

/** @returns undefined where the system tells nothing of its processors */
export function processorTimes(): ProcessorTimes | undefined {
  const all = cpus();
  if (all.length === 0) return undefined;
  return all.reduce(
    (sum, { times }) => ({ busyMs: sum.busyMs + times.user + times.nice + times.sys + times.irq, idleMs: sum.idleMs + times.idle }),
    { busyMs: 0, idleMs: 0 },
  );
}
