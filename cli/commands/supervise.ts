/** `slipway supervise` (hidden): the process that watches one job of this machine. `start-build` starts it. */
import { PLATFORM_IDS } from '../../core/platform';
import { SlipwayError } from '../../core/slipway-error';
import type { CliCommand } from '../command';

export const command: CliCommand = {
  define(command) {
    command.argument('<build>').argument('<platform>');
  },
  async run(context, [buildId = '', name = '']) {
    const platform = PLATFORM_IDS.find((id) => id === name);
    if (platform === undefined)
      throw new SlipwayError('bad-usage', `unknown platform '${name}'`, { hint: `use ${PLATFORM_IDS.join(', ')}` });
    const { builds } = await context.services('local');
    await builds.supervise?.(buildId, platform);
    return { data: null, text: '' };
  },
};
