/** Asks the runner how many jobs fare, in as few calls as it permits. A call that fails takes no other job's answer with it. */
import type { BuildRunner, JobObservation } from '../../ports/build-runner';
import { settleConcurrently, STORE_CONCURRENCY } from '../../concurrency';

/** Jobs in one call of `observeAll`: as many as CodeBuild's BatchGetBuilds takes. */
const MOST_OBSERVED_AT_ONCE = 100;

export type Observed = { readonly observation: JobObservation } | { readonly problem: unknown };

export async function observeJobs(runner: BuildRunner, runnerIds: readonly string[]): Promise<ReadonlyMap<string, Observed>> {
  const distinct = [...new Set(runnerIds)];
  if (runner.observeAll === undefined) return observeEach(runner, distinct);
  const groups: string[][] = [];
  for (let at = 0; at < distinct.length; at += MOST_OBSERVED_AT_ONCE) groups.push(distinct.slice(at, at + MOST_OBSERVED_AT_ONCE));
  const observed = await Promise.all(groups.map((group) => observeGroup(runner, group)));
  return new Map(observed.flatMap((each) => [...each]));
}

async function observeGroup(runner: BuildRunner, group: readonly string[]): Promise<ReadonlyMap<string, Observed>> {
  try {
    const found = (await runner.observeAll?.(group)) ?? new Map<string, JobObservation>();
    const missing = await observeEach(
      runner,
      group.filter((runnerId) => !found.has(runnerId)),
    );
    return new Map([...[...found].map(([runnerId, observation]) => [runnerId, { observation }] as const), ...missing]);
  } catch (problem) {
    return new Map(group.map((runnerId) => [runnerId, { problem }]));
  }
}

async function observeEach(runner: BuildRunner, runnerIds: readonly string[]): Promise<ReadonlyMap<string, Observed>> {
  const outcomes = await settleConcurrently(runnerIds, STORE_CONCURRENCY, (runnerId) => runner.observe(runnerId));
  return new Map(
    outcomes.map((outcome, at) => [
      runnerIds[at] ?? '',
      outcome.status === 'fulfilled' ? { observation: outcome.value } : { problem: outcome.reason as unknown },
    ]),
  );
}
