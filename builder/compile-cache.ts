/**
 * Owns the compilers' caches of one application on one platform. A build works on a copy;
 * only a build that succeeded puts its copy in the place of the old one, so that a broken or hostile run leaves nothing behind.
 * A cache is never worth a failed build: what goes wrong here becomes a warning.
 */
import path from 'node:path';
import type { Job } from '../core/job/job';
import { toSlipwayError } from '../core/slipway-error';
import type { BuilderContext } from './builder-context';
import { inJob } from './job-layout';

const WORKING_COPY = 'work/cache';

function keptCache(context: BuilderContext, job: Job): string {
  return path.join(context.homeDirectory, 'cache', 'compile', job.name, job.platform);
}

/** Copies what the last successful build left; a trial begins with nothing, as each of those that it is compared with. @returns warnings */
export async function takeCompileCache(context: BuilderContext, job: Job): Promise<readonly string[]> {
  const working = inJob(context, WORKING_COPY);
  try {
    const isKept = job.trial === undefined && (await context.files.stat(keptCache(context, job))) !== undefined;
    if (isKept) await context.files.copy(keptCache(context, job), working);
    await context.files.makeDirectory(path.join(working, 'nuitka'));
    await context.files.makeDirectory(path.join(working, 'ccache'));
    return [];
  } catch (thrown) {
    await context.files.remove(working);
    await context.files.makeDirectory(path.join(working, 'nuitka'));
    await context.files.makeDirectory(path.join(working, 'ccache'));
    return [`the compiler cache could not be read: ${toSlipwayError(thrown).message}`];
  }
}

/**
 * Puts the working copy in the place of the kept cache, by renames: of two builds that end at once the later one wins whole.
 * Never rejects: the build has succeeded already.
 */
export async function keepCompileCache(context: BuilderContext, job: Job): Promise<void> {
  if (job.trial !== undefined) return;
  const kept = keptCache(context, job);
  const replaced = `${kept}.replaced-${job.buildId}`;
  try {
    if ((await context.files.stat(inJob(context, WORKING_COPY))) === undefined) return;
    await context.files.remove(replaced);
    if ((await context.files.stat(kept)) !== undefined) await context.files.move(kept, replaced);
    await context.files.move(inJob(context, WORKING_COPY), kept);
    await context.files.remove(replaced);
  } catch (thrown) {
    context.log(`the compiler cache was not kept: ${toSlipwayError(thrown).message}`);
  }
}
