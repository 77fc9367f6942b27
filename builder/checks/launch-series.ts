/** Owns the many launches of a `ready` check: one after the other or at once, cold and warm, and what is said of them together. */
import { summarizeLaunches } from '../../core/inspection/launch-statistics';
import type { JobReadyCheck } from '../../core/job/job';
import type { LaunchFault } from '../../core/job/launch-fault';
import type { Launches } from '../../core/job/report';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import { createColdPages } from './cold-pages';
import type { Attempt, Probe } from './probe';

/** Of a series one launch in four is cold, and no more than these: making one cold takes longer than the launch. */
const COLD_SHARE = 4;
const MOST_COLD_LAUNCHES = 5;

export interface SeriesLaunch extends Attempt {
  readonly isCold: boolean;
}

/**
 * As many launches as the check asks for, each with a `{tmp}` of its own. Cold ones come first, where there is more than one launch
 * and each has the machine for itself.
 */
export async function launchMany(
  context: BuilderContext,
  binary: BuiltBinary,
  probe: Probe,
  { launches, concurrent = 1 }: Pick<JobReadyCheck, 'launches' | 'concurrent'>,
): Promise<readonly SeriesLaunch[]> {
  const coldCount = concurrent > 1 || launches === 1 ? 0 : Math.min(Math.ceil(launches / COLD_SHARE), MOST_COLD_LAUNCHES);
  const cold = coldCount === 0 ? [] : await launchCold(context, binary, probe, coldCount);
  if (isHopeless(cold)) return cold;
  const warm: SeriesLaunch[] = [];
  let started = 0;
  const worker = async () => {
    while (started < launches - coldCount && !isHopeless([...cold, ...warm])) {
      started += 1;
      warm.push({ ...(await probe.attempt({ executable: binary.executable })), isCold: false });
    }
  };
  await Promise.all(Array.from({ length: Math.min(launches - coldCount, concurrent) }, worker));
  return [...cold, ...warm];
}

async function launchCold(context: BuilderContext, binary: BuiltBinary, probe: Probe, count: number): Promise<readonly SeriesLaunch[]> {
  const pages = await createColdPages(context, binary);
  const attempts: SeriesLaunch[] = [];
  try {
    while (attempts.length < count && !isHopeless(attempts)) {
      attempts.push({ ...(await probe.attempt({ executable: await pages.chill() })), isCold: true });
    }
  } finally {
    await pages.end();
  }
  return attempts;
}

/** What failed three times in a row from the start is not tried again. */
function isHopeless(attempts: readonly Attempt[]): boolean {
  return attempts.length >= 3 && attempts.every((attempt) => attempt.fault !== undefined);
}

/**
 * @param measured the launch whose memory was measured; it counts for what goes wrong, not for times or rates
 * @returns the fault in one sentence; undefined where every launch was as it should be
 */
export function summarizeLaunchSeries(
  measured: Attempt,
  series: readonly SeriesLaunch[],
  concurrent: number,
): { readonly launches: Launches; readonly fault: string | undefined } {
  const good = series.filter(({ fault }) => fault === undefined);
  const times = (chosen: readonly Attempt[]) => summarizeLaunches(chosen.map(({ durationMs }) => durationMs));
  const cold = times(good.filter(({ isCold }) => isCold));
  const warm = times(good.filter(({ isCold }) => !isCold));
  const all = times(good);
  const faults = faultsOf([measured, ...series]);
  return {
    launches: {
      attempted: series.length,
      succeeded: good.length,
      ...(concurrent > 1 ? { concurrent } : {}),
      ...(all === undefined ? {} : { readyMs: all }),
      ...(cold === undefined ? {} : { coldReadyMs: cold }),
      ...(cold === undefined || warm === undefined ? {} : { warmReadyMs: warm }),
      ...(faults.length === 0 ? {} : { faults: [...faults] }),
    },
    fault: faultText(faults, series.length + 1),
  };
}

type CountedFault = NonNullable<Launches['faults']>[number];

function faultsOf(attempts: readonly Attempt[]): readonly CountedFault[] {
  const counted = new Map<LaunchFault, CountedFault>();
  for (const { fault: evidence, launchFault: fault } of attempts) {
    if (evidence === undefined || fault === undefined) continue;
    const known = counted.get(fault);
    counted.set(fault, known === undefined ? { fault, count: 1, evidence } : { ...known, count: known.count + 1 });
  }
  return [...counted.values()].sort((a, b) => b.count - a.count);
}

/** Each fault with how often it was made and what its first time looked like. */
function faultText(faults: readonly CountedFault[], attempted: number): string | undefined {
  const [first] = faults;
  if (first === undefined) return undefined;
  const failed = faults.reduce((sum, { count }) => sum + count, 0);
  if (failed === attempted && faults.length === 1) return first.evidence;
  const told = faults.slice(0, 3).map(({ count, evidence }) => `${count} × ${evidence}`);
  return `${failed} of ${attempted} launches failed: ${told.join('; ')}`;
}
