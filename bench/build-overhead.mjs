/** A whole build of Slipway (environment, checks, packing, record) against the compiler's own command by hand, in the same environment. */
import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';
import { run, StepError } from '../scripts/command.mjs';
import { build, clearCompiled, keptJob, plainFieldkit } from './fieldkit-builds.mjs';
import { compare, inTurns } from './measure.mjs';

/** @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>} */
export async function buildOverhead({ work, env, rounds, say }) {
  say('a build that is kept for the command by hand');
  const job = await keptJob(work, env);
  const { cwd, command } = await plainFieldkit(work, env);
  say(`${rounds.builds} builds, and as many compiles by hand, in turns`);
  const { slipway, byHand } = await inTurns(rounds.builds, {
    slipway: async () => (await build(cwd, env, ['--no-cache'])).ms,
    byHand: () => compileByHand(job, command, env),
  });
  return [
    compare(
      {
        name: 'a whole build against the compile alone',
        ours: 'slipway start-build --wait --no-cache',
        own: slipway,
        peer: 'the command of its report, by hand',
        other: byHand,
        runs: rounds.builds,
      },
      { atMost: 1.05 },
    ),
  ];
}

/** @param {string} job @param {readonly string[]} command as the report has it @param {import('./fieldkit-builds.mjs').BenchEnvironment} env */
async function compileByHand(job, command, env) {
  const [python = '', ...args] = command;
  const cwd = path.join(job, 'work');
  // The caches as a build finds them: a copy of what the last one left.
  const kept = path.join(env.SLIPWAY_HOME, 'cache/compile/fieldkit', path.basename(job).replace(/-1$/, ''));
  if (existsSync(kept)) cpSync(kept, path.join(cwd, 'cache'), { recursive: true, force: true });
  clearCompiled(job);
  const bin = path.dirname(path.resolve(cwd, python));
  const { exitCode, stderr, ms } = await run([path.resolve(cwd, python), ...args], {
    cwd,
    env: {
      ...env,
      PATH: `${bin}${path.delimiter}${env.PATH ?? ''}`,
      PYTHONHASHSEED: '0',
      NUITKA_CACHE_DIR: path.join(cwd, 'cache/nuitka'),
      CCACHE_DIR: path.join(cwd, 'cache/ccache'),
    },
  });
  if (exitCode !== 0) throw new StepError(`the command by hand ended with ${exitCode}: ${stderr.slice(-2000)}`);
  return ms;
}
