/**
 * Takes every figure in one run and writes docs/benchmarks.md: `npm run bench`, or `npm run bench -- NAME …` for some of them
 * (which prints them and leaves the page alone). Exits with 1 where a bound is broken.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, release, tmpdir, totalmem, type } from 'node:os';
import path from 'node:path';
import { stopAll } from '../scripts/command.mjs';
import { ROOT } from '../scripts/set-up.mjs';
import { buildOverhead } from './build-overhead.mjs';
import { commandLine } from './command-line.mjs';
import { time } from './measure.mjs';
import { programStart } from './program-start.mjs';
import { sourceArchive } from './source-archive.mjs';

/**
 * @typedef {object} Bench
 * @property {string} work an empty folder
 * @property {import('./example-builds.mjs').BenchEnvironment} env with a SLIPWAY_HOME of the run's own
 * @property {{ builds: number, rebuilds: number, launches: number }} rounds
 * @property {(line: string) => void} say
 */

const BENCHES = {
  'command-line': commandLine,
  'program-start': programStart,
  'source-archive': sourceArchive,
  'build-overhead': buildOverhead,
};
const ROUNDS = { builds: 3, rebuilds: 10, launches: 30 };

const say = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);

/** @param {readonly string[]} names */
async function main(names) {
  const chosen = names.length === 0 ? Object.keys(BENCHES) : names;
  const unknown = chosen.find((name) => !(name in BENCHES));
  if (unknown !== undefined) throw new Error(`unknown benchmark '${unknown}'; known: ${Object.keys(BENCHES).join(', ')}`);
  const work = mkdtempSync(path.join(tmpdir(), 'slipway-bench-'));
  try {
    /** @type {Bench} */
    const bench = { work, env: { ...process.env, SLIPWAY_HOME: path.join(work, 'home') }, rounds: ROUNDS, say: (line) => say(`  ${line}`) };
    const figures = [];
    for (const name of chosen) {
      say(`▸ ${name}`);
      figures.push(...(await BENCHES[/** @type {keyof typeof BENCHES} */ (name)](bench)));
    }
    const table = tableOf(figures);
    process.stdout.write(`${table}\n`);
    if (names.length === 0) writeFileSync(path.join(ROOT, 'docs/benchmarks.md'), pageOf(table));
    for (const { name, value, bound } of figures.filter(({ isKept }) => !isKept)) say(`broken: ${name}: ${value}, wanted ${bound}`);
    process.exitCode = figures.every(({ isKept }) => isKept) ? 0 : 1;
  } finally {
    await stopAll();
    rmSync(work, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** @param {readonly import('./measure.mjs').Figure[]} figures */
function tableOf(figures) {
  const series = (/** @type {import('./measure.mjs').Series | undefined} */ of) =>
    of === undefined ? '' : `${time(of.min)} · **${time(of.median)}** · ${time(of.max)}`;
  const row = (/** @type {import('./measure.mjs').Figure} */ figure) =>
    `| ${figure.name} | ${figure.ours === '' ? '' : `\`${figure.ours}\``} | ${series(figure.own)} | ${figure.peer ?? ''} | ${series(figure.other)} | ${figure.runs} | **${figure.value}** | ${figure.bound} | ${figure.isKept ? 'yes' : '**no**'} |`;
  return [
    '| figure | ours | min · **median** · max | against | min · **median** · max | runs | result | wanted | kept |',
    '|---|---|---|---|---|---|---|---|---|',
    ...figures.map(row),
  ].join('\n');
}

/** @param {string} table */
function pageOf(table) {
  const [cpu] = cpus();
  return `# Benchmarks

Written by \`npm run bench\`, which takes every figure anew and ends with 1 where a bound is broken.
What is compared runs in turns in one go, so that the ratio holds where the seconds do not; a ratio is that of the medians.

Machine of this run: ${type()} ${release()} on ${arch()}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}.

${table}

## How each is taken

- **A whole build against the compile alone** (\`npm run bench -- build-overhead\`): examples/tailer without its window, with \`slipway start-build --platform native --wait --no-cache\`,
  against the compile command that \`slipway plan\` prints, run by hand in the environment that a build made, with the compilers' caches in the same state.
  What Slipway adds is the environment, all checks, the launches, the scan for secrets, packing and the record: some seven seconds, whatever the program.
  For a compile of one minute, such as fieldkit's, that is more than the bound.
- **The version** and **an unchanged build** (\`npm run bench -- command-line\`): whole processes, from start to exit.
- **The start of a program** (\`npm run bench -- program-start\`): examples/fieldkit as Slipway builds it, as PyInstaller's stripped single file, and from an installed environment.
- **The source archive** (\`npm run bench -- source-archive\`): a tree of 10,000 files.
`;
}

main(process.argv.slice(2)).catch((error) => {
  say(`bench failed: ${error?.stack ?? error}`);
  process.exitCode = 1;
});
