/** Owns the measurement of launches, cold and warm. Only the program's own time is in it: preparation comes before each start. */
import { summarizeLaunches } from '../../core/inspection/launch-statistics';
import type { BinaryReport } from '../../core/job/report';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import { createColdPages } from './cold-pages';
import type { Probe } from './probe';

const COLD_LAUNCHES = 5;
const WARM_LAUNCHES = 10;
/** A slow program is measured less often, but never less than this. */
const FEWEST_LAUNCHES = 3;
const TIME_PER_SERIES_MS = 15_000;

/**
 * Cold launches first, then warm ones after one that is not counted.
 *
 * @param probe has succeeded before; a launch that fails now is left out
 * @returns undefined where not one launch of a series succeeded
 */
export async function measureLaunch(context: BuilderContext, binary: BuiltBinary, probe: Probe): Promise<BinaryReport['launch']> {
  const pages = await createColdPages(context, binary);
  try {
    const cold = await series(context, COLD_LAUNCHES, async () => probe.attempt({ executable: await pages.chill() }));
    await probe.attempt({ executable: binary.executable });
    const warm = await series(context, WARM_LAUNCHES, () => probe.attempt({ executable: binary.executable }));
    if (cold === undefined || warm === undefined) return undefined;
    const what = probe.kind === 'ready' ? 'from launch to ready' : 'from launch to exit';
    return { cold, warm, method: `${what} of '${probe.title}'; cold: ${pages.method}` };
  } finally {
    await pages.end();
  }
}

async function series(context: BuilderContext, count: number, launch: () => ReturnType<Probe['attempt']>) {
  const startedAtMs = context.clock.nowMs();
  const durationsMs: number[] = [];
  for (let done = 0; done < count; done++) {
    if (done >= FEWEST_LAUNCHES && context.clock.nowMs() - startedAtMs > TIME_PER_SERIES_MS) break;
    const attempt = await launch();
    if (attempt.fault === undefined) durationsMs.push(attempt.durationMs);
  }
  return summarizeLaunches(durationsMs);
}
