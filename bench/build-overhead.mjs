/**
 * What a build of Slipway adds (environment, checks, packing, record) to the compiler's own command.
 * It is some seconds, whatever the program: so the program is one of usual size, examples/tailer without its window.
 */
import { cpSync, existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { run, slipway, StepError } from '../scripts/command.mjs';
import { build, copyOf, keptJob, withFailingCheck } from './example-builds.mjs';
import { compare, inTurns, seriesOf } from './measure.mjs';

/** @param {string} recipe */
function withoutWindow(recipe) {
  const without = 'exclude: { packages: [textual, rich, markdown_it, mdit_py_plugins, linkify_it, platformdirs] }';
  return recipe
    .replace('        package-data: [tailer]\n', `        package-data: [tailer]\n      ${without}\n`)
    .replace(/ {2}# textual:[^#]*(?= {2}# prompt_toolkit)/, '');
}

const OURS = 'slipway start-build --wait --no-cache';

/**
 * The whole of builds against their own step compile. Nothing lies between the two, so that the pace of a shared machine,
 * which changes by the minute, changes both.
 * @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>}
 */
export async function buildOverhead({ work, env, rounds, say }) {
  const cwd = copyOf(work, 'tailer', withoutWindow);
  say(`${rounds.builds} builds`);
  const builds = [];
  for (let round = 0; round < rounds.builds; round++) builds.push(await build(cwd, env, ['--no-cache']));
  return [
    compare(
      {
        name: 'a whole build against the compile in it',
        ours: OURS,
        own: seriesOf(builds.map(({ ms }) => ms)),
        peer: 'its step compile: the command of `slipway plan`',
        other: seriesOf(builds.map(({ compileMs }) => compileMs)),
        runs: rounds.builds,
      },
      { atMost: 1.05 },
    ),
  ];
}

/**
 * The step compile of builds against the very same command by hand, in the same environment: that a build compiles no slower.
 * Minutes lie between two runs.
 * @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>}
 */
export async function compileByHandOverhead({ work, env, rounds, say }) {
  say('a build that fails at its checks: it keeps the folder for the command by hand, and warms what both use');
  const job = await keptJob(
    copyOf(work, 'tailer', (recipe) => withFailingCheck(withoutWindow(recipe))),
    env,
  );
  const cwd = copyOf(work, 'tailer', withoutWindow);
  const command = await compileCommand(cwd, env);
  say(`${rounds.builds} builds, and as many compiles by hand, in turns`);
  const taken = await inTurns(rounds.builds, {
    slipway: async () => (await build(cwd, env, ['--no-cache'])).compileMs,
    byHand: () => compileByHand(job, command, env),
  });
  return [
    compare(
      {
        name: 'the compile in a build against the same by hand',
        ours: `${OURS}: its step compile`,
        own: taken.slipway,
        peer: 'the compile command of `slipway plan`, by hand',
        other: taken.byHand,
        runs: rounds.builds,
      },
      { atMost: 1.05 },
    ),
  ];
}

/** @typedef {{ argv: string[], env: Record<string, string> }} Command */

/** @param {string} cwd @param {NodeJS.ProcessEnv} env @returns {Promise<Command>} */
async function compileCommand(cwd, env) {
  const { plans } = await slipway(['plan', '--platform', 'native'], { cwd, env });
  const steps = /** @type {{ name: string, commands: Command[] }[]} */ (plans[0].steps);
  const command = steps.find(({ name }) => name === 'compile')?.commands.at(-1);
  if (command === undefined) throw new StepError('the plan has no command that compiles');
  return command;
}

/** @param {string} job @param {Command} command @param {import('./example-builds.mjs').BenchEnvironment} env */
async function compileByHand(job, { argv, env: own }, env) {
  const cwd = path.join(job, 'work');
  rmSync(path.join(cwd, 'compile'), { recursive: true, force: true });
  rmSync(path.join(cwd, 'cache'), { recursive: true, force: true });
  // The caches as a build finds them: a copy of what the last one left.
  const kept = path.join(env.SLIPWAY_HOME, 'cache/compile/tailer', path.basename(job).replace(/-1$/, ''));
  if (existsSync(kept)) cpSync(kept, path.join(cwd, 'cache'), { recursive: true });
  const [python = '', ...args] = argv;
  const bin = path.dirname(path.resolve(cwd, python));
  const filled = Object.entries(own).map(([name, value]) => [
    name,
    value.replaceAll('$JOB', job).replaceAll('$SLIPWAY_HOME', env.SLIPWAY_HOME),
  ]);
  const { exitCode, stderr, ms } = await run([path.resolve(cwd, python), ...args], {
    cwd,
    env: { ...env, PATH: `${bin}${path.delimiter}${env.PATH ?? ''}`, ...Object.fromEntries(filled) },
  });
  if (exitCode !== 0) throw new StepError(`the command by hand ended with ${exitCode}: ${stderr.slice(-2000)}`);
  return ms;
}
