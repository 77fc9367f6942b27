/**
 * Owns the launches of a comparison: each as the project's own check launches it, in a fresh room, cold or warm.
 * Which variant is launched when belongs to the command; a launch that fails is told, never thrown.
 */
import type { TrialLaunch, TrialLauncher, TrialProgram } from '../../core/comparison/trial-bench';
import type { Job, JobCheck, JobReadyCheck, JobRunCheck } from '../../core/job/job';
import type { BuilderContext } from '../builder-context';
import { createColdPages } from '../checks/cold-pages';
import { helpProbe, type Attempt, type Probe, probeOf } from '../checks/probe';

/** What a program without any check is asked. */
const VERSION = ['--version'];

type LaunchedCheck = JobReadyCheck | JobRunCheck;

/** @param context its `jobDirectory` takes the copies that cold launches may need */
export async function createTrialLauncher(context: BuilderContext, job: Job, program: TrialProgram): Promise<TrialLauncher> {
  const check = launchedCheck(job, program.name);
  const probe = check === undefined ? await versionProbe(context, job, program) : probeOf(context, job, check);
  const pages = await createColdPages(context, program);
  return {
    title: check === undefined ? 'run --version' : probe.title,
    kind: probe.kind === 'ready' ? 'ready' : 'run',
    args: check?.args ?? VERSION,
    ...(check?.kind === 'ready' ? { withinMs: check.withinMs } : {}),
    coldMethod: pages.method,
    async launch({ isCold, measuresMemory }) {
      const executable = isCold ? await pages.chill() : program.executable;
      return toldOf(await probe.attempt({ executable, ...(measuresMemory ? { measureMemory: true } : {}) }));
    },
    end: () => pages.end(),
  };
}

/** A `ready` check first, one that launches alone before one that launches many at once; else the first that runs to an end. */
function launchedCheck(job: Job, binary: string): LaunchedCheck | undefined {
  const checks = job.checks.filter((check) => check.binary === binary);
  const ready = checks.filter((check): check is JobReadyCheck => check.kind === 'ready');
  const isRun = (check: JobCheck): check is JobRunCheck => check.kind === 'run';
  return ready.find(({ concurrent = 1 }) => concurrent === 1) ?? ready[0] ?? checks.find(isRun);
}

/** What it ends with at first is what it must end with. */
async function versionProbe(context: BuilderContext, job: Job, program: TrialProgram): Promise<Probe> {
  return (await helpProbe(context, job, program.name, { executable: program.executable }, VERSION)).probe;
}

function toldOf({ durationMs, fault, launchFault, peakMemoryBytes }: Attempt): TrialLaunch {
  return {
    durationMs,
    ...(fault === undefined ? {} : { fault: launchFault ?? 'failed', evidence: fault }),
    ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
  };
}
