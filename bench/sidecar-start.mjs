/** How soon a sidecar is ready, by Nuitka as a folder and by PyInstaller as one file: what `slipway compare` itself measures. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { slipway } from '../scripts/command.mjs';
import { copyOf } from './example-builds.mjs';
import { compare, seriesOf } from './measure.mjs';

/** The launches that a verdict takes. */
const LAUNCHES = 20;

/** @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>} */
export async function sidecarStart({ work, env, say }) {
  const project = copyOf(work, 'sidecar-python', withCompilerAuto);
  const into = path.join(work, 'sidecar-comparison');
  say(`slipway compare of examples/sidecar-python: four builds, then ${LAUNCHES} launches of each in turns`);
  await slipway(['compare', '--launches', String(LAUNCHES), '--into', into], { cwd: project, env, showProgress: true });
  const comparison = /** @type {import('../core/comparison/comparison').Comparison} */ (
    JSON.parse(readFileSync(path.join(into, 'comparison.json'), 'utf8'))
  );
  const launches = (/** @type {string} */ variant, /** @type {boolean} */ isCold) => {
    const each = comparison.binaries[0]?.programs.find((program) => program.variant === variant)?.launches.each ?? [];
    return each.flatMap((launch) => (launch.isCold === isCold && launch.ms !== undefined ? [launch.ms] : []));
  };
  return ['warm', 'cold'].map((kind) => {
    const [own, other] = ['nuitka-standalone', 'pyinstaller-onefile'].map((variant) => launches(variant, kind === 'cold'));
    return compare(
      {
        name: `the start of a sidecar, ${kind}`,
        ours: 'examples/sidecar-python by Nuitka standalone, launch to READY',
        own: seriesOf(own ?? []),
        peer: 'the same by PyInstaller --onefile',
        other: seriesOf(other ?? []),
        runs: own?.length ?? 0,
      },
      { timesAhead: 1 },
    );
  });
}

/** @param {string} recipe */
function withCompilerAuto(recipe) {
  return recipe.replace(/^( +)script: sidecar-hello\n/m, '$&$1compiler: auto\n');
}
