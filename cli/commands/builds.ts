/** `slipway builds`: the newest builds. */
import { buildStatus } from '../../core/build/build-record';
import { SlipwayError } from '../../core/slipway-error';
import { openTarget } from '../target-services';
import { listOfBuilds } from '../show/build-text';
import type { CliCommand } from '../command';
import { readerOf } from '../show/distribution-text';
import { collectListProblems } from '../list-problems';
import { numberOption } from '../option-values';

const DEFAULT_LIMIT = 20;
const LARGEST_LIMIT = 1000;

export const command: CliCommand = {
  define(command) {
    command
      .option('--limit <n>', `how many, newest first (default ${DEFAULT_LIMIT})`)
      .addHelpText('after', '\nShows those of one application where --app or a slipway.yaml names it, else those of all.');
  },
  async run(context, _args, options) {
    const limit = readLimit(numberOption(options, 'limit', '--limit'));
    const { builds, name } = await openTarget(context);
    const problems = collectListProblems();
    const records = await builds.list({ limit, onProblem: problems.onProblem, ...(name === undefined ? {} : { name }) });
    return {
      data: { builds: records.map((record) => ({ ...record, status: buildStatus(record) })), problems: problems.tell(context) },
      text: listOfBuilds(records, readerOf(context), name),
    };
  },
};

function readLimit(limit = DEFAULT_LIMIT): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= LARGEST_LIMIT) return limit;
  throw new SlipwayError('bad-usage', `'${limit}' is no number of builds`, { hint: `use --limit with 1 to ${LARGEST_LIMIT}` });
}
