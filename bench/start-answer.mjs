/**
 * How long `slipway start-build --target aws` takes to answer, against the emulator, with one platform and with three:
 * their jobs are started side by side, so three cost little more than one. What AWS itself takes is no part of it.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { run, StepError } from '../scripts/command.mjs';
import { ROOT } from '../scripts/set-up.mjs';
import { bundleProgram } from './bundle-program.mjs';
import { compare } from './measure.mjs';

const ROUNDS = 10;

/** Modules that look for files beside themselves find them, although the bundle lies elsewhere. @type {import('esbuild').Plugin} */
const ownPlaces = {
  name: 'own-places',
  setup(builder) {
    builder.onLoad({ filter: /\.(ts|mjs)$/ }, ({ path: file }) => {
      if (file.includes('node_modules')) return undefined;
      const contents = readFileSync(file, 'utf8')
        .replaceAll(/\b__dirname\b/g, JSON.stringify(path.dirname(file)))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href));
      return { contents, loader: file.endsWith('.ts') ? 'ts' : 'js' };
    });
  },
};

/** @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>} */
export async function startAnswer({ work, env, say }) {
  const program = path.join(work, 'start-answer.mjs');
  await bundleProgram(path.join(ROOT, 'bench/start-answer.ts'), program, { plugins: [ownPlaces] });
  say('the whole command, from start to exit, its source sent each time');
  const { exitCode, stdout, stderr } = await run([process.execPath, program, String(ROUNDS)], { env });
  if (exitCode !== 0) throw new StepError(`the starts could not be measured: ${stderr}`);
  const { one, three } = JSON.parse(stdout);
  return [
    compare(
      {
        name: 'the answer of start-build',
        ours: '`slipway start-build --target aws` for three platforms',
        own: three,
        peer: 'the same for one',
        other: one,
        runs: ROUNDS,
      },
      { atMost: 1.5 },
    ),
  ];
}
