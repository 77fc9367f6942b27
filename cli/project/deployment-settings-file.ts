/** Owns finding and reading slipway-deployment.yaml for the commands that make and remove deployments. */
import path from 'node:path';
import type { DeploymentPlace } from '../../core/deployment/deployment-place';
import type { DeploymentSettings } from '../../core/deployment/deployment-settings';
import { parseSettings, readSettings, SETTINGS_FILE } from '../../core/deployment/settings-text';
import { SlipwayError } from '../../core/slipway-error';
import type { CliContext } from '../context';

export interface ReadSettings {
  readonly settings: DeploymentSettings;
  readonly place: DeploymentPlace;
}

/**
 * `--settings`, else slipway-deployment.yaml here, else the defaults. `--stage` and `--region` name what the file may leave open.
 * @throws SlipwayError `file-not-found`, `settings-invalid`, `bad-usage` where an option contradicts the file
 */
export async function loadSettings(context: CliContext, named: string | undefined): Promise<ReadSettings> {
  const { globals, workingDirectory } = context;
  const files = await context.files();
  const candidate = path.resolve(workingDirectory, named ?? SETTINGS_FILE);
  const isThere = (await files.stat(candidate)) !== undefined;
  if (!isThere && named !== undefined) {
    throw new SlipwayError('file-not-found', `there is no file '${named}'`, {
      hint: 'name the settings with --settings, or leave it out for the defaults',
    });
  }
  const region = globals.region ?? context.environment.AWS_REGION;
  const read = isThere ? readSettings(await files.readText(candidate), path.relative(workingDirectory, candidate), region) : undefined;
  const settings = read ?? parseSettings(globals.stage === undefined ? {} : { stage: globals.stage }, region);
  refuseContradiction('--stage', globals.stage, settings.stage);
  refuseContradiction('--region', globals.region, settings.region ?? globals.region);
  return {
    settings,
    place: {
      stage: settings.stage,
      ...(settings.region === undefined && globals.region === undefined ? {} : { region: settings.region ?? globals.region ?? '' }),
      ...(globals.profile === undefined ? {} : { profile: globals.profile }),
    },
  };
}

function refuseContradiction(option: string, typed: string | undefined, inFile: string | undefined): void {
  if (typed === undefined || typed === inFile) return;
  throw new SlipwayError('bad-usage', `${option} is '${typed}', and the settings say '${inFile ?? ''}'`, {
    hint: `leave out ${option}, or name the settings of '${typed}' with --settings FILE`,
  });
}
