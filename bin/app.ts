/**
 * The CDK app: `cdk synth`, `cdk deploy`. Reads the settings that are named by `-c settings=FILE` or SLIPWAY_DEPLOYMENT, else
 * ./slipway-deployment.yaml where there is one, else takes the defaults. `slipway deploy` hands them over as it has judged them. No logic.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import { parseSettings, readSettings, SETTINGS_FILE } from '../core/deployment/settings-text';
import { exitCodeOf, isSlipwayError, SlipwayError } from '../core/slipway-error';
import { addSlipway } from '../lib/slipway-app';

declare const SLIPWAY_VERSION: string;

const dist = path.dirname(fileURLToPath(import.meta.url));
const app = new App();
const { SLIPWAY_DEPLOYMENT, SLIPWAY_DEPLOYMENT_JSON = '', CDK_DEFAULT_REGION: region, CDK_DEFAULT_ACCOUNT: account } = process.env;

try {
  addSlipway(app, {
    settings: settingsOf(app.node.tryGetContext('settings')),
    place: { region, account },
    functionsDirectory: path.join(dist, 'lambda'),
    buildToolsDirectory: path.join(dist, 'build-tools'),
    slipwayVersion: SLIPWAY_VERSION,
  });
  app.synth();
} catch (thrown) {
  if (!isSlipwayError(thrown) || thrown.code === 'internal') throw thrown;
  process.stderr.write(`error: ${thrown.message}\nhint: ${thrown.hint ?? ''}\n`);
  process.exitCode = exitCodeOf(thrown.code);
}

function settingsOf(named: unknown) {
  if (SLIPWAY_DEPLOYMENT_JSON !== '') return parseSettings(JSON.parse(SLIPWAY_DEPLOYMENT_JSON), region);
  const file = typeof named === 'string' ? named : (SLIPWAY_DEPLOYMENT ?? '');
  if (file === '' && !existsSync(SETTINGS_FILE)) return parseSettings({}, region);
  const chosen = file === '' ? SETTINGS_FILE : file;
  if (!existsSync(chosen)) {
    throw new SlipwayError('settings-not-found', `there is no '${chosen}'`, {
      hint: 'name the settings with -c settings=FILE or SLIPWAY_DEPLOYMENT',
    });
  }
  return readSettings(readFileSync(chosen, 'utf8'), chosen, region);
}
