/** `slipway distributions`: what was handed out, newest first, and how it stands. */
import { SlipwayError } from '../../core/slipway-error';
import type { CliCommand } from '../command';
import { describeDistributions, readerOf } from '../show/distribution-text';
import { collectListProblems } from '../list-problems';
import { numberOption } from '../option-values';
import { openTarget } from '../target-services';

const USUAL_LIMIT = 20;

export const command: CliCommand = {
  define(program) {
    program
      .option('--limit <n>', `show at most so many (default ${USUAL_LIMIT})`)
      .addHelpText('after', '\nExample:\n  slipway distributions --app fieldkit');
  },
  async run(context, _args, options) {
    const limit = numberOption(options, 'limit', '--limit') ?? USUAL_LIMIT;
    if (!Number.isInteger(limit) || limit < 1) {
      throw new SlipwayError('bad-usage', `--limit takes a whole number from 1, not '${limit}'`, { hint: `use --limit ${USUAL_LIMIT}` });
    }
    const { app } = context.globals;
    const { distributions } = await openTarget(context);
    const problems = collectListProblems();
    const views = await distributions.list({ limit, onProblem: problems.onProblem, ...(app === undefined ? {} : { name: app }) });
    const nothing = 'nothing was handed out yet: run slipway distribute';
    return {
      data: { distributions: views, problems: problems.tell(context) },
      text: views.length === 0 ? nothing : describeDistributions(views, readerOf(context)),
    };
  },
};
