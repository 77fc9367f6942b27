/** `slipway downloads ID`: who fetched which file of a distribution, when, and how that went. */
import type { CliCommand } from '../command';
import { describeDownloads, readerOf } from '../show/distribution-text';
import { collectListProblems } from '../list-problems';
import { openTarget } from '../target-services';

export const command: CliCommand = {
  define(program) {
    program
      .argument('<id>', 'a distribution: its id, or the start of one')
      .addHelpText('after', '\nA download is counted when a full file begins; pages, HEAD requests, previews and resumes are not.');
  },
  async run(context, [reference = '']) {
    const { distributions } = await openTarget(context);
    const problems = collectListProblems();
    const downloads = await distributions.downloads(reference, problems.onProblem);
    return {
      data: { downloads, problems: problems.tell(context) },
      text: downloads.length === 0 ? 'no downloads yet' : describeDownloads(downloads, readerOf(context)),
    };
  },
};
