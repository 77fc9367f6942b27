/**
 * Owns the launches of a comparison: every variant once in each round, and each round begun by another one, so that none has the
 * machine at its warmest. Cold rounds come first; launches whose memory is measured come last and are not timed.
 */
import path from 'node:path';
import { archiveLayouts, executableName } from '../../core/job/artifact-name';
import type { Job } from '../../core/job/job';
import type { ComparedLaunch, LaunchSeries } from '../../core/comparison/comparison';
import { allowedFailures } from '../../core/comparison/compiler-verdict';
import type { TrialBench, TrialLaunch, TrialLauncher, TrialProgram } from '../../core/comparison/trial-bench';
import type { Variant, VariantId } from '../../core/comparison/variant';
import { summarizeLaunches } from '../../core/inspection/launch-statistics';
import { SlipwayError } from '../../core/slipway-error';
import type { CliContext } from '../context';

/** Of the launches one in four is cold, and no more than these: making one cold takes longer than the launch. */
const COLD_SHARE = 4;
const MOST_COLD_LAUNCHES = 5;
const MEMORY_LAUNCHES = 3;
/** A variant of which so many fail before one succeeds is not launched again, where that cannot change the verdict. */
const FIRST_FAILURES = 5;

/** One variant's program, unpacked. */
export interface UnpackedTrial {
  readonly variant: Variant;
  readonly job: Job;
  readonly program: TrialProgram;
}

export interface LaunchedTrial {
  readonly variant: VariantId;
  readonly launch: Pick<TrialLauncher, 'title' | 'kind' | 'args' | 'withinMs'>;
  readonly series: LaunchSeries;
  readonly peakMemoryBytes?: number;
}

interface Runner {
  readonly variant: VariantId;
  readonly launcher: TrialLauncher;
  readonly each: ComparedLaunch[];
  peakMemoryBytes: number;
}

/** How many of so many launches are cold. */
export function coldLaunches(planned: number): number {
  return planned === 1 ? 0 : Math.min(Math.ceil(planned / COLD_SHARE), MOST_COLD_LAUNCHES);
}

/** Where a binary lies in an archive that was unpacked to `directory`. */
export function programIn(job: Job, binary: string, directory: string): TrialProgram {
  const placed = archiveLayouts(job).flatMap(({ binaries }) => binaries.filter(({ name }) => name === binary))[0];
  if (placed === undefined) throw new SlipwayError('internal', `no archive holds the binary '${binary}'`);
  const folder = path.join(directory, ...placed.path.split('/'));
  return { name: binary, directory: folder, executable: path.join(folder, executableName(binary, job.platform)) };
}

/**
 * @param trials of one binary, in the order in which they are shown
 * @throws SlipwayError `interrupted`
 */
export async function launchTrials(
  context: CliContext,
  bench: Pick<TrialBench, 'launcher'>,
  trials: readonly UnpackedTrial[],
  planned: number,
): Promise<readonly LaunchedTrial[]> {
  const runners: Runner[] = [];
  try {
    for (const { variant, job, program } of trials) {
      runners.push({ variant: variant.id, launcher: await bench.launcher(job, program), each: [], peakMemoryBytes: 0 });
    }
    const coldCount = coldLaunches(planned);
    for (let round = 0; round < planned; round++) await launchRound(context, runners, round, { isCold: round < coldCount, planned });
    for (let round = 0; round < MEMORY_LAUNCHES; round++) await measureRound(context, runners);
    return runners.map((runner) => summaryOf(runner, planned));
  } finally {
    for (const { launcher } of runners) await launcher.end();
  }
}

async function launchRound(
  context: CliContext,
  runners: readonly Runner[],
  round: number,
  { isCold, planned }: { readonly isCold: boolean; readonly planned: number },
): Promise<void> {
  for (const turn of runners.keys()) {
    const runner = runners[(turn + round) % runners.length];
    if (runner === undefined || isSettled(runner.each, planned)) continue;
    requireUninterrupted(context);
    runner.each.push(comparedOf(await runner.launcher.launch({ isCold, measuresMemory: false }), isCold));
  }
}

async function measureRound(context: CliContext, runners: readonly Runner[]): Promise<void> {
  for (const runner of runners.filter(({ each }) => each.some(({ fault }) => fault === undefined))) {
    requireUninterrupted(context);
    const { fault, peakMemoryBytes = 0 } = await runner.launcher.launch({ isCold: false, measuresMemory: true });
    if (fault === undefined) runner.peakMemoryBytes = Math.max(runner.peakMemoryBytes, peakMemoryBytes);
  }
}

/** Whether nothing that can still come would change what is said: all failed, and more than may fail. */
function isSettled(each: readonly ComparedLaunch[], planned: number): boolean {
  return each.length >= FIRST_FAILURES && each.length > allowedFailures(planned) && each.every(({ fault }) => fault !== undefined);
}

function requireUninterrupted({ interrupted }: CliContext): void {
  if (!interrupted.aborted) return;
  throw new SlipwayError('interrupted', 'the launches were broken off, and nothing is decided', {
    hint: 'run slipway compare again: the builds are kept, and the launches begin anew',
  });
}

function comparedOf({ durationMs, fault, evidence }: TrialLaunch, isCold: boolean): ComparedLaunch {
  if (fault === undefined) return { isCold, ms: Math.round(durationMs * 100) / 100 };
  return { isCold, fault, ...(evidence === undefined ? {} : { evidence }) };
}

function summaryOf({ variant, launcher, each, peakMemoryBytes }: Runner, planned: number): LaunchedTrial {
  const times = (isCold: boolean) =>
    summarizeLaunches(each.flatMap((launch) => (launch.isCold === isCold && launch.ms !== undefined ? [launch.ms] : [])));
  const [cold, warm] = [times(true), times(false)];
  const { title, kind, args, withinMs, coldMethod } = launcher;
  return {
    variant,
    launch: { title, kind, args, ...(withinMs === undefined ? {} : { withinMs }) },
    series: {
      planned,
      attempted: each.length,
      failed: each.filter(({ fault }) => fault !== undefined).length,
      ...(cold === undefined ? {} : { cold }),
      ...(warm === undefined ? {} : { warm }),
      coldMethod,
      each,
    },
    ...(peakMemoryBytes === 0 ? {} : { peakMemoryBytes }),
  };
}
