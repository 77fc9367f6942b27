/** Owns the checks that a job asks for: each performed once, a `ready` check as often as it says. */
import { summarizeLaunches } from '../../core/inspection/launch-statistics';
import type { Job, JobCheck } from '../../core/job/job';
import type { CheckResult } from '../../core/job/report';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import { type Attempt, type Place, probeOf } from './probe';

export interface JobCheckOutcome {
  readonly result: CheckResult;
  readonly peakMemoryBytes?: number;
}

/** @returns one result; its launches' times where it is a `ready` check */
export async function performJobCheck(context: BuilderContext, job: Job, binary: BuiltBinary, check: JobCheck): Promise<JobCheckOutcome> {
  const startedAtMs = context.clock.nowMs();
  const probe = probeOf(context, job, check);
  const place: Place = { executable: binary.executable };
  // Measuring memory disturbs a launch a little: it is done where no time is taken.
  const measured = await probe.attempt({ ...place, measureMemory: true });
  const { title } = probe;
  const peak = measured.peakMemoryBytes === undefined ? {} : { peakMemoryBytes: measured.peakMemoryBytes };
  if (check.kind === 'run') {
    return { result: { title, kind: 'run', ...verdict(measured.fault), durationMs: measured.durationMs }, ...peak };
  }
  const attempts = await launchMany(check.launches, check.concurrent ?? 1, () => probe.attempt(place));
  const good = attempts.filter((attempt) => attempt.fault === undefined);
  const readyMs = summarizeLaunches(good.map((attempt) => attempt.durationMs));
  return {
    result: {
      title,
      kind: 'ready',
      ...verdict(launchFault([measured, ...attempts])),
      durationMs: context.clock.nowMs() - startedAtMs,
      launches: { attempted: attempts.length, succeeded: good.length, ...(readyMs === undefined ? {} : { readyMs }) },
    },
    ...peak,
  };
}

function verdict(fault: string | undefined): Pick<CheckResult, 'outcome' | 'reason'> {
  return fault === undefined ? { outcome: 'passed' } : { outcome: 'failed', reason: fault };
}

async function launchMany(count: number, concurrent: number, launch: () => Promise<Attempt>): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  let started = 0;
  const worker = async () => {
    while (started < count && !isHopeless(attempts)) {
      started += 1;
      attempts.push(await launch());
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, concurrent) }, worker));
  return attempts;
}

/** What never became ready three times in a row from the start is not tried again. */
function isHopeless(attempts: readonly Attempt[]): boolean {
  return attempts.length >= 3 && attempts.every((attempt) => attempt.fault !== undefined);
}

/** Each diagnosis once, with how often it was made. */
function launchFault(attempts: readonly Attempt[]): string | undefined {
  const faults = attempts.flatMap(({ fault }) => fault ?? []);
  if (faults.length === 0) return undefined;
  if (attempts.length <= 2) return faults[0];
  const counts = new Map<string, number>();
  for (const fault of faults) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  const told = [...counts].slice(0, 3).map(([fault, count]) => `${count} × ${fault}`);
  return `${faults.length} of ${attempts.length} launches failed: ${told.join('; ')}`;
}
