/** Owns the checks that a job asks for: each performed once, a `ready` check as often as it says. */
import type { Job, JobCheck } from '../../core/job/job';
import type { CheckResult } from '../../core/job/report';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import { launchMany, summarizeLaunchSeries } from './launch-series';
import { isLaunchCheck, type Place, probeOf } from './probe';
import { performScriptCheck } from './script-check';

export interface JobCheckOutcome {
  readonly result: CheckResult;
  readonly peakMemoryBytes?: number;
}

/** @returns one result; its launches' times where it is a `ready` check */
export async function performJobCheck(context: BuilderContext, job: Job, binary: BuiltBinary, check: JobCheck): Promise<JobCheckOutcome> {
  if (!isLaunchCheck(check)) return { result: await performScriptCheck(context, job, binary, check) };
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
  const series = await launchMany(context, binary, probe, check);
  const { launches, fault } = summarizeLaunchSeries(measured, series, check.concurrent ?? 1);
  const durationMs = context.clock.nowMs() - startedAtMs;
  return { result: { title, kind: 'ready', ...verdict(fault), durationMs, launches: { ...launches, ...peak } }, ...peak };
}

function verdict(fault: string | undefined): Pick<CheckResult, 'outcome' | 'reason'> {
  return fault === undefined ? { outcome: 'passed' } : { outcome: 'failed', reason: fault };
}
