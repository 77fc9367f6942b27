/** `slipway status`: how a build fares. */
import { buildStatus, isOpen, type BuildRecord } from '../../core/build/build-record';
import { openTarget, type OpenTarget } from '../target-services';
import { describeBuild, unsuccessfulJobs } from '../show/build-text';
import type { CliCommand } from '../command';
import type { CliContext } from '../context';
import { readerOf } from '../show/distribution-text';
import { closingResult, readLogTail, waitForBuild } from '../follow-build';

export const command: CliCommand = {
  define(command) {
    command
      .argument('[build]', 'an id, 4 or more characters of one, or latest', 'latest')
      .option('--watch', 'follow it to its end; the exit code is then the one of the build')
      .addHelpText('after', '\nWithout --watch the exit code says whether the status could be read, not how the build fares.');
  },
  async run(context, [reference = 'latest'], options) {
    const opened = await openTarget(context);
    const { builds, name } = opened;
    const record = await builds.status(reference, name);
    if (options.watch === true) {
      return closingResult(context, opened, isOpen(buildStatus(record)) ? await waitForBuild(context, opened, record) : record);
    }
    const tails: Record<string, readonly string[]> = {};
    for (const [platform, job] of unsuccessfulJobs(record)) {
      if (job.status !== 'cancelled' && job.runnerId !== undefined) tails[platform] = await readLogTail(builds, record.buildId, platform);
    }
    const stories = Object.entries(tails).flatMap(([platform, lines]) =>
      lines.length === 0 ? [] : ['', `the end of the log of ${platform}:`, ...lines.map((line) => `  | ${line}`)],
    );
    const cost = await costOfBuild(context, opened, record);
    return {
      data: { build: record, status: buildStatus(record), logTails: tails, ...(cost === undefined ? {} : { cost: cost.view }) },
      text: [describeBuild(record, readerOf(context)), ...(cost === undefined ? [] : [`  ${cost.text}`]), ...stories].join('\n'),
    };
  },
};

/** What it cost, or has cost so far; undefined where this machine builds. */
async function costOfBuild(context: CliContext, { deployment }: OpenTarget, record: BuildRecord) {
  if (deployment === undefined) return undefined;
  const { actualCost, describeCost } = await import('../show/build-cost');
  const view = actualCost(deployment, record, context.clock.nowMs());
  return { view, text: describeCost(view, isOpen(buildStatus(record))) };
}
