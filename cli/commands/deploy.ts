/** `slipway deploy`: makes a deployment, or brings it up to this version and these settings. */
import { PLATFORM_IDS } from '../../core/platform';
import type { DeployOutcome } from '../../core/deployment/deployer';
import type { CliCommand } from '../command';
import { loadSettings } from '../project/deployment-settings-file';
import { textOption } from '../option-values';

export const command: CliCommand = {
  define(command) {
    command
      .option('--settings <file>', 'what is deployed; by default slipway-deployment.yaml here, else the defaults')
      .option('--bootstrap', 'prepare account and region for the CDK first, where nobody did yet')
      .option('--yes', 'make changes of rights without asking: for scripts')
      .addHelpText(
        'after',
        '\nNeeds credentials that may make stacks. What it makes, costs and asks for: docs/deploying.md.\nExamples:\n  slipway deploy --region eu-central-1 --bootstrap\n  slipway deploy --settings dev.yaml --yes',
      );
  },
  async run(context, _args, options) {
    const { place, ...read } = await loadSettings(context, textOption(options, 'settings'));
    const deployer = await context.deployer(place);
    const outcome = await deployer.deploy({ ...read, bootstrap: options.bootstrap === true, isApproved: options.yes === true });
    for (const { quota, value, remedy } of outcome.quotas) context.terminal.note(`warning: ${quota} is ${value}: ${remedy}\n`);
    if (outcome.quotaProblem !== undefined) context.terminal.note(`note: the account's quotas are not known: ${outcome.quotaProblem}\n`);
    return { data: outcome, text: describe(outcome) };
  },
};

function describe({ config }: DeployOutcome): string {
  const { stage, region, account, slipwayVersion, gateUrl } = config;
  const machines = PLATFORM_IDS.flatMap((platform) => {
    const machine = config.platforms[platform];
    return machine === undefined ? [] : [`  ${platform.padEnd(15)} ${machine.computeType}, ${machine.image}`];
  });
  return [
    `stage ${stage} in ${region} of account ${account} runs slipway ${slipwayVersion}`,
    ...machines,
    `  gate            ${gateUrl ?? 'none: links cannot be made'}`,
    `build with it: slipway start-build --target aws --stage ${stage} --region ${region}`,
  ].join('\n');
}
