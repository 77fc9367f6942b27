/** `slipway cancel`: ends a build with its whole process tree. */
import { buildStatus, isOpen } from '../../core/build/build-record';
import { SlipwayError } from '../../core/slipway-error';
import { openTarget } from '../target-services';
import { describeBuild } from '../show/build-text';
import type { CliCommand } from '../command';
import { readerOf } from '../show/distribution-text';
import { pause } from '../follow-build';

const PATIENCE_MS = 30_000;
const PAUSE_MS = 100;

export const command: CliCommand = {
  define(command) {
    command
      .argument('<build>', 'an id, 4 or more characters of one, or latest')
      .addHelpText('after', '\nReturns when nothing of the build runs any more. A build that ends by itself meanwhile keeps its own end.');
  },
  async run(context, [reference = '']) {
    const { builds, name, target } = await openTarget(context);
    let record = await builds.cancel(reference, name);
    const pauseMs = target === 'local' ? PAUSE_MS : 20 * PAUSE_MS;
    for (let waitedMs = 0; isOpen(buildStatus(record)); waitedMs += pauseMs) {
      if (waitedMs > PATIENCE_MS) {
        throw new SlipwayError('cancel-pending', `build '${record.buildId}' has not ended within ${PATIENCE_MS / 1000}s`, {
          hint: `it will; look with slipway status ${record.buildId}`,
          details: { build: record },
        });
      }
      await pause(context, pauseMs, record.buildId);
      record = await builds.status(record.buildId);
    }
    if (Object.values(record.jobs).some((job) => job.status === 'cancelled')) {
      return { data: { build: record, status: buildStatus(record) }, text: describeBuild(record, readerOf(context)) };
    }
    throw new SlipwayError('build-ended', `build '${record.buildId}' ended before it could be cancelled: ${buildStatus(record)}`, {
      hint: `see slipway status ${record.buildId}`,
      details: { build: record },
    });
  },
};
