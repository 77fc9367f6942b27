/** Owns the question what a program that has ended left running. */
import type { Clock } from '../../core/ports/clock';
import type { RunningProcess } from '../../core/ports/processes';

/** What ends with its parent needs a moment for it. */
const PATIENCE_MS = 500;
const PAUSE_MS = 20;

/** @param running has ended @returns pids of what it started and what does not end; nothing is killed */
export async function orphansOf(running: RunningProcess, clock: Clock): Promise<readonly number[]> {
  const deadlineMs = clock.nowMs() + PATIENCE_MS;
  for (;;) {
    const survivors = await running.survivors();
    if (survivors.length === 0 || clock.nowMs() >= deadlineMs) return survivors;
    await clock.sleep(PAUSE_MS);
  }
}
