/** `slipway status`: how a build fares. */
import { buildStatus, isOpen } from '../../core/build/build-record';
import { openTarget } from '../target-services';
import { describeBuild, unsuccessfulJobs } from '../build-text';
import type { CliCommand } from '../command';
import { readerOf } from '../distribution-text';
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
    return {
      data: { build: record, status: buildStatus(record), logTails: tails },
      text: [describeBuild(record, readerOf(context)), ...stories].join('\n'),
    };
  },
};
