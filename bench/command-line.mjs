/** How fast the command line answers: its version against Node doing nothing, and a build whose result is there already. */
import { run, SLIPWAY, StepError } from '../scripts/command.mjs';
import { plainFieldkit, START_BUILD } from './example-builds.mjs';
import { compare, inTurns } from './measure.mjs';

/** @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>} */
export async function commandLine({ work, env, rounds, say }) {
  say(`slipway --version against node -e 0, ${rounds.launches} times each`);
  const { version, node } = await inTurns(rounds.launches, {
    version: () => timed([...SLIPWAY, '--version'], env),
    node: () => timed([process.execPath, '-e', '0'], env),
  });
  const { cwd } = await plainFieldkit(work, env);
  say(`an unchanged build, ${rounds.rebuilds} times`);
  const { rebuild } = await inTurns(rounds.rebuilds, { rebuild: () => timed([...SLIPWAY, ...START_BUILD], env, cwd) });
  return [
    compare(
      { name: 'the version', ours: 'slipway --version', own: version, peer: 'node -e 0', other: node, runs: rounds.launches },
      { atMost: 1.5 },
    ),
    {
      name: 'an unchanged build',
      ours: 'slipway start-build --wait',
      own: rebuild,
      value: `${rebuild.median.toFixed(0)} ms`,
      bound: 'under 1 s',
      isKept: rebuild.median < 1_000,
      runs: rounds.rebuilds,
    },
  ];
}

/** @param {readonly string[]} argv @param {NodeJS.ProcessEnv} env @param {string} [cwd] */
export async function timed(argv, env, cwd) {
  const { exitCode, ms, stderr } = await run(argv, { env, ...(cwd === undefined ? {} : { cwd }) });
  if (exitCode !== 0) throw new StepError(`'${argv.join(' ')}' ended with ${exitCode}: ${stderr}`);
  return ms;
}
