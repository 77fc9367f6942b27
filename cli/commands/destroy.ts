/** `slipway destroy`: removes a deployment with everything in it. */
import { SlipwayError } from '../../core/slipway-error';
import type { DestroyOutcome } from '../../core/deployment/deployer';
import type { CliCommand } from '../command';
import { loadSettings } from '../project/deployment-settings-file';
import { textOption } from '../option-values';

export const command: CliCommand = {
  define(command) {
    command
      .option('--settings <file>', 'the settings that it was deployed with; by default slipway-deployment.yaml here, else the defaults')
      .option('--confirm <stage>', "the stage's name once more: builds, links, records and secrets of its applications are deleted")
      .addHelpText(
        'after',
        '\nEnds builds that run. Run it again when it was cut off.\nExample:\n  slipway destroy --stage dev --confirm dev',
      );
  },
  async run(context, _args, options) {
    const { place, ...read } = await loadSettings(context, textOption(options, 'settings'));
    const { stage } = place;
    if (textOption(options, 'confirm') !== stage) {
      throw new SlipwayError('bad-usage', `this deletes every build, link, record and secret of stage '${stage}'`, {
        hint: `to do it, run slipway destroy --stage ${stage} --confirm ${stage}`,
      });
    }
    const outcome = await (await context.deployer(place)).destroy(read);
    return { data: outcome, text: describe(stage, outcome) };
  },
};

function describe(stage: string, { cancelledBuilds, removedObjects, removedParameters, retained }: DestroyOutcome): string {
  return [
    `stage ${stage} is gone: ${removedObjects} versions of files, ${removedParameters} parameters of applications, ${cancelledBuilds.length} builds ended`,
    ...retained.map(({ what, command }) => `kept: ${what}; remove it with ${command}`),
  ].join('\n');
}
