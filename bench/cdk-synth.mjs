/** How long `cdk synth` of the app takes, against an app with one bucket: what both spend in Node, the CDK and its program is the same. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { run, StepError } from '../scripts/command.mjs';
import { ROOT } from '../scripts/set-up.mjs';
import { compare, inTurns } from './measure.mjs';

const ROUNDS = 9;
const MOST_TIMES = 2;

const moduleOf = (/** @type {string} */ name) => JSON.stringify(pathToFileURL(path.join(ROOT, 'node_modules/aws-cdk-lib', name)).href);

const ONE_BUCKET = `import { App, Stack } from ${moduleOf('index.js')};
import { Bucket } from ${moduleOf('aws-s3/index.js')};

const app = new App();
new Bucket(new Stack(app, 'OneBucket'), 'Bucket');
app.synth();
`;

/** @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>} */
export async function cdkSynth({ work, env, say }) {
  const folder = path.join(work, 'one-bucket');
  mkdirSync(folder);
  const oneBucket = path.join(folder, 'app.mjs');
  writeFileSync(oneBucket, ONE_BUCKET);
  const synth = async (/** @type {string} */ app) => {
    const cdk = path.join(ROOT, 'node_modules/aws-cdk/bin/cdk');
    const args = ['synth', '--quiet', '--no-notices', '--no-version-reporting', '--output', path.join(folder, 'out'), '--app', app];
    // Nobody's credentials, and no machine that is asked for some.
    const quiet = { AWS_REGION: 'eu-central-1', AWS_EC2_METADATA_DISABLED: 'true', CDK_DISABLE_CLI_TELEMETRY: 'true' };
    const { exitCode, ms, stderr } = await run([process.execPath, cdk, ...args], { env: { ...env, ...quiet } });
    if (exitCode !== 0) throw new StepError(`cdk synth of '${app}' ended with ${exitCode}: ${stderr}`);
    return ms;
  };
  const contenders = { ours: () => synth('node dist/app.mjs'), bucket: () => synth(`node ${oneBucket}`) };
  say(`cdk synth, ${ROUNDS} times each`);
  // Once without a clock: modules are read from memory by both.
  for (const once of Object.values(contenders)) await once();
  const taken = await inTurns(ROUNDS, contenders);
  return [
    compare(
      {
        name: 'the synthesis of the stacks',
        ours: '`cdk synth` of a stage: three stacks',
        own: taken.ours,
        peer: '`cdk synth` of one bucket',
        other: taken.bucket,
        runs: ROUNDS,
      },
      { atMost: MOST_TIMES },
    ),
  ];
}
