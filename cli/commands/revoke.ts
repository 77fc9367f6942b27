/** `slipway revoke ID`: ends a link at once and deletes what it handed out. */
import type { CliCommand } from '../command';
import { openTarget } from '../target-services';

export const command: CliCommand = {
  define(program) {
    program
      .argument('<id>', 'a distribution: its id, or the start of one')
      .addHelpText(
        'after',
        '\nThe build stays; slipway distribute makes a new link of it. A download that runs may end, the next request is denied.',
      );
  },
  async run(context, [reference = '']) {
    const { distributions } = await openTarget(context);
    const view = await distributions.revoke(reference);
    const { distId, name } = view.distribution;
    return { data: view, text: `revoked ${distId} of ${name}: its link answers to nobody, its copies are deleted` };
  },
};
