/**
 * What a build of Slipway adds (environment, checks, packing, record) to the compiler's own command.
 * It is some seconds, whatever the program: so the program is one of usual size, examples/tailer without its window.
 */
import { rmSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { run, slipway, StepError } from '../scripts/command.mjs';
import { build, copyOf, keptJob, withMissingModule } from './example-builds.mjs';
import { compare, seriesOf, time } from './measure.mjs';

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

/** Even, so that both have had either core equally often. */
const SIDE_BY_SIDE_ROUNDS = 2;

/**
 * Whole builds against the very same compile command by hand, in the same environment. Minutes lie between two compiles in turns, and the
 * pace of a shared machine changes by more than the bound: so the two run side by side, each on one core, and exchange the cores.
 * Neither finds anything in the compilers' caches.
 * @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>}
 */
export async function compileByHandOverhead({ work, env, say }) {
  if (process.platform !== 'linux' || cpus().length < 2) throw new StepError('compile-by-hand needs Linux and two cores');
  say('a build that fails before it compiles: it keeps the folder for the command by hand');
  const failing = copyOf(work, 'tailer', (recipe) => withMissingModule(withoutWindow(recipe)));
  const job = await keptJob(failing, env);
  const cwd = copyOf(work, 'tailer', withoutWindow);
  const command = await compileCommand(cwd, env, onCore(0));
  say(`${SIDE_BY_SIDE_ROUNDS} builds, each beside a compile by hand`);
  /** @type {number[]} */
  const own = [];
  /** @type {number[]} */
  const byHand = [];
  for (let round = 0; round < SIDE_BY_SIDE_ROUNDS; round++) {
    const [ours, theirs] = round % 2 === 0 ? [0, 1] : [1, 0];
    rmSync(path.join(env.SLIPWAY_HOME, 'cache/compile'), { recursive: true, force: true });
    const building = build(cwd, env, ['--no-cache'], onCore(ours));
    const compiling = compileByHand(job, command, env, onCore(theirs));
    await Promise.allSettled([building, compiling]); // Where one fails the other still runs.
    const [built, ms] = [await building, await compiling];
    say(`${round + 1}: ${time(built.ms)}, ${time(ms)} by hand`);
    own.push(built.ms);
    byHand.push(ms);
  }
  return [
    compare(
      {
        name: 'a whole build against its compile by hand',
        ours: OURS,
        own: seriesOf(own),
        peer: 'the compile command of `slipway plan`, by hand, side by side',
        other: seriesOf(byHand),
        runs: SIDE_BY_SIDE_ROUNDS,
      },
      { atMost: 1.05 },
    ),
  ];
}

/** @param {number} core */
function onCore(core) {
  return ['taskset', '-c', String(core)];
}

/** @typedef {{ argv: string[], env: Record<string, string> }} Command */

/** @param {string} cwd @param {NodeJS.ProcessEnv} env @param {readonly string[]} under @returns {Promise<Command>} */
async function compileCommand(cwd, env, under) {
  const { plans } = await slipway(['plan', '--platform', 'native'], { cwd, env, under });
  const steps = /** @type {{ name: string, commands: Command[] }[]} */ (plans[0].steps);
  const command = steps.find(({ name }) => name === 'compile')?.commands.at(-1);
  if (command === undefined) throw new StepError('the plan has no command that compiles');
  return command;
}

/** @param {string} job @param {Command} command @param {import('./example-builds.mjs').BenchEnvironment} env @param {readonly string[]} under */
async function compileByHand(job, { argv, env: own }, env, under) {
  const cwd = path.join(job, 'work');
  rmSync(path.join(cwd, 'compile'), { recursive: true, force: true });
  rmSync(path.join(cwd, 'cache'), { recursive: true, force: true });
  const [python = '', ...args] = argv;
  const bin = path.dirname(path.resolve(cwd, python));
  const filled = Object.entries(own).map(([name, value]) => [
    name,
    value.replaceAll('$JOB', job).replaceAll('$SLIPWAY_HOME', env.SLIPWAY_HOME),
  ]);
  const { exitCode, stderr, ms } = await run([path.resolve(cwd, python), ...args], {
    cwd,
    under,
    env: { ...env, PATH: `${bin}${path.delimiter}${env.PATH ?? ''}`, ...Object.fromEntries(filled) },
  });
  if (exitCode !== 0) throw new StepError(`the command by hand ended with ${exitCode}: ${stderr.slice(-2000)}`);
  return ms;
}
