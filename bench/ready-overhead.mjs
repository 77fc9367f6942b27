/** What a `ready` check adds to the launch that it measures: against a loop that starts the same program and waits for READY. */
import path from 'node:path';
import { run, StepError } from '../scripts/command.mjs';
import { ROOT } from '../scripts/set-up.mjs';
import { bundleProgram } from './bundle-program.mjs';
import { seriesOf } from './measure.mjs';

const ROUNDS = 60;
const MOST_MORE_MS = 20;
const PROGRAMS = { sh: 'a script in `sh`', node: 'a program in Node' };
const CONTENDERS = { checked: 'as a `ready` check times it', sampled: 'with the memory of its tree sampled' };

/** @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>} */
export async function readyOverhead({ work, env, say }) {
  const program = path.join(work, 'ready-overhead.mjs');
  await bundleProgram(path.join(ROOT, 'bench/ready-overhead.ts'), program);
  say(`two programs, ${ROUNDS} launches by each of three`);
  const { exitCode, stdout, stderr } = await run([process.execPath, program, String(ROUNDS)], { env });
  if (exitCode !== 0) throw new StepError(`the launches could not be measured: ${stderr}`);
  /** @type {Record<string, Record<string, number[]>>} */
  const taken = JSON.parse(stdout);
  return Object.entries(PROGRAMS).flatMap(([name, what]) => {
    const other = seriesOf(taken[name]?.bare ?? []);
    return Object.entries(CONTENDERS).map(([contender, how]) => {
      const own = seriesOf(taken[name]?.[contender] ?? []);
      const moreMs = own.median - other.median;
      return {
        name: 'what a check adds to a launch',
        ours: `${what}, launch to READY ${how}`,
        own,
        peer: '`spawn` and a listener',
        other,
        value: `${moreMs.toFixed(1)} ms more; ${(own.median / other.median).toFixed(2)} ×`,
        bound: `at most ${MOST_MORE_MS} ms more`,
        isKept: moreMs <= MOST_MORE_MS,
        runs: ROUNDS,
      };
    });
  });
}
