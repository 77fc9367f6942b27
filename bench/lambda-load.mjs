/** How much of the processor each Lambda takes to be loaded and composed: what a cold start adds to the first answer. */
import path from 'node:path';
import { run, StepError } from '../scripts/command.mjs';
import { bundleLambdas } from '../scripts/lambda-bundle.mjs';
import { ROOT } from '../scripts/set-up.mjs';
import { inTurns } from './measure.mjs';

const MOST_MS = 150;

/** As a stack sets them; nothing is called. */
const ENVIRONMENT = {
  AWS_REGION: 'eu-central-1',
  NODE_NO_WARNINGS: '1',
  SLIPWAY_STAGE: 'bench',
  SLIPWAY_BUCKET: 'bench',
  SLIPWAY_PROJECTS: '{}',
  SLIPWAY_CONCURRENT_JOBS: '10',
  SLIPWAY_BUILD_TOOLS_DIGEST: '',
  SLIPWAY_TOPIC_ARN: 'arn:aws:sns:eu-central-1:111122223333:bench',
  SLIPWAY_LINK_ROLE_ARN: 'arn:aws:iam::111122223333:role/bench',
  SLIPWAY_GATE_URL: '',
  SLIPWAY_DUAL_STACK: '',
};

/** Of the processor, not of the clock: what else runs on the machine is no part of it. On an idle one they are about the same. */
const SCRIPT =
  'const begin = process.cpuUsage(); await import(process.argv[1]); const { user, system } = process.cpuUsage(begin); process.stdout.write(String((user + system) / 1000))';

/** @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>} */
export async function lambdaLoad({ work, env, rounds, say }) {
  const outdir = path.join(work, 'lambda');
  const names = await bundleLambdas(ROOT, outdir);
  say(`${names.length} functions, each loaded ${rounds.launches} times`);
  const series = await inTurns(
    rounds.launches,
    Object.fromEntries(names.map((name) => [name, () => loadMs(path.join(outdir, name, 'index.mjs'), { ...env, ...ENVIRONMENT })])),
  );
  const [slowest, own] = Object.entries(series).sort(([, a], [, b]) => b.median - a.median)[0] ?? [];
  if (slowest === undefined || own === undefined) throw new StepError('there is no function in lambda/entries');
  return [
    {
      name: 'the load of a function',
      ours: `the slowest of ${names.length}, ${slowest}: time of the processor`,
      own,
      value: `${own.median.toFixed(0)} ms`,
      bound: `at most ${MOST_MS} ms`,
      isKept: own.median <= MOST_MS,
      runs: rounds.launches,
    },
  ];
}

/** @param {string} file @param {NodeJS.ProcessEnv} env */
async function loadMs(file, env) {
  const { exitCode, stdout, stderr } = await run([process.execPath, '--input-type=module', '-e', SCRIPT, file], { env });
  if (exitCode !== 0) throw new StepError(`'${file}' could not be loaded: ${stderr}`);
  return Number(stdout);
}
