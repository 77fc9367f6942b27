/** `slipway downloads ID`: who fetched which file of a distribution, and when. */
import type { CliCommand } from '../command';
import { describeGrants, readerOf } from '../distribution-text';
import { openTarget } from '../target-services';

export const command: CliCommand = {
  define(program) {
    program
      .argument('<id>', 'a distribution: its id, or the start of one')
      .addHelpText('after', '\nA download is counted when a full file begins; pages, HEAD requests, previews and resumes are not.');
  },
  async run(context, [reference = '']) {
    const { distributions } = await openTarget(context);
    const downloads = await distributions.downloads(reference);
    return { data: { downloads }, text: downloads.length === 0 ? 'no downloads yet' : describeGrants(downloads, readerOf(context)) };
  },
};
