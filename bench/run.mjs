/**
 * Takes every figure in one run and writes docs/benchmarks.md: `npm run bench`, or `npm run bench -- NAME …` for some of them,
 * which leaves the other rows as they are. Exits with 1 where a bound is broken.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, release, tmpdir, totalmem, type } from 'node:os';
import path from 'node:path';
import { run, SLIPWAY, stopAll } from '../scripts/command.mjs';
import { ROOT } from '../scripts/set-up.mjs';
import { buildOverhead, compileByHandOverhead } from './build-overhead.mjs';
import { cdkSynth } from './cdk-synth.mjs';
import { commandLine } from './command-line.mjs';
import { gateDecisions } from './gate-decisions.mjs';
import { gateMemory, gateThroughput } from './gate-downloads.mjs';
import { lambdaLoad } from './lambda-load.mjs';
import { lambdaSize } from './lambda-size.mjs';
import { time } from './measure.mjs';
import { pgliteStart } from './pglite-start.mjs';
import { programStart } from './program-start.mjs';
import { readyOverhead } from './ready-overhead.mjs';
import { sidecarStart } from './sidecar-start.mjs';
import { sourceArchive } from './source-archive.mjs';
import { startAnswer } from './start-answer.mjs';

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
  'sidecar-start': sidecarStart,
  'pglite-start': pgliteStart,
  'ready-overhead': readyOverhead,
  'source-archive': sourceArchive,
  'build-overhead': buildOverhead,
  'compile-by-hand': compileByHandOverhead,
  'lambda-load': lambdaLoad,
  'lambda-size': lambdaSize,
  'cdk-synth': cdkSynth,
  'start-answer': startAnswer,
  'gate-decisions': gateDecisions,
  'gate-throughput': gateThroughput,
  'gate-memory': gateMemory,
};
const PAGE = path.join(ROOT, 'docs/benchmarks.md');
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
    // A build outlives whoever waits for it: an interrupted run must end its own.
    process.once('SIGINT', () => {
      void run([...SLIPWAY, 'cancel', 'latest'], { env: bench.env })
        .then(stopAll)
        .then(() => {
          rmSync(work, { recursive: true, force: true, maxRetries: 3 });
          process.exit(130);
        });
    });
    const figures = [];
    const rows = keptRows(existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '');
    for (const name of chosen) {
      say(`▸ ${name}`);
      const taken = await BENCHES[/** @type {keyof typeof BENCHES} */ (name)](bench);
      figures.push(...taken);
      rows.set(
        name,
        taken.map((figure) => rowOf(name, figure)),
      );
      writeFileSync(PAGE, pageOf(rows));
    }
    process.stdout.write(`${tableOf(chosen.flatMap((name) => rows.get(name) ?? []))}\n`);
    for (const { name, value, bound } of figures.filter(({ isKept }) => !isKept)) say(`broken: ${name}: ${value}, wanted ${bound}`);
    process.exitCode = figures.every(({ isKept }) => isKept) ? 0 : 1;
  } finally {
    await stopAll();
    rmSync(work, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The rows of the page as it is, by benchmark. @param {string} page @returns {Map<string, string[]>} */
function keptRows(page) {
  const rows = new Map();
  for (const line of page.split('\n')) {
    const name = /^\| `([\w-]+)` \|/.exec(line)?.[1];
    if (name !== undefined) rows.set(name, [...(rows.get(name) ?? []), line]);
  }
  return rows;
}

/** @param {string} bench @param {import('./measure.mjs').Figure} figure */
function rowOf(bench, figure) {
  const series = (/** @type {import('./measure.mjs').Series | undefined} */ of) =>
    of === undefined ? '' : `${time(of.min)} · **${time(of.median)}** · ${time(of.max)}`;
  const cells = [
    `\`${bench}\``,
    figure.name,
    figure.ours,
    series(figure.own),
    figure.peer ?? '',
    series(figure.other),
    figure.runs,
    `**${figure.value}**`,
    figure.bound,
    figure.isKept ? 'yes' : '**no**',
  ];
  return `| ${cells.join(' | ')} |`;
}

/** @param {readonly string[]} rows */
function tableOf(rows) {
  return [
    '| benchmark | figure | ours | min · **median** · max | against | min · **median** · max | runs | result | wanted | kept |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

/** @param {ReadonlyMap<string, readonly string[]>} rows by benchmark */
function pageOf(rows) {
  const [cpu] = cpus();
  const names = Object.keys(BENCHES);
  const table = tableOf(names.flatMap((name) => rows.get(name) ?? []));
  const missing = names.filter((name) => !rows.has(name)).map((name) => `\`${name}\``);
  const gaps = missing.length === 0 ? '' : `\nNot taken on this machine yet: ${missing.join(', ')}.\n`;
  return `# Benchmarks

Written by \`npm run bench\`, which takes every figure anew and ends with 1 where a bound is broken; \`npm run bench -- NAME\` takes one benchmark and leaves the other rows.
What is compared runs in turns in one go, so that the ratio holds where the seconds do not; a ratio is that of the medians.

Machine of the newest run: ${type()} ${release()} on ${arch()}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}.

${table}
${gaps}
## How each is taken

- **A whole build against the compile in it** (\`npm run bench -- build-overhead\`): examples/tailer without its window, with \`slipway start-build --platform native --wait --no-cache\`.
  What Slipway adds to the compile is the environment, all checks, the launches, the scan for secrets, packing and the record: seven to eleven seconds, whatever the program.
  For a compile of two minutes, such as fieldkit's, that is more than the bound.
- **A whole build against its compile by hand** (\`npm run bench -- compile-by-hand\`): the same program. The command that \`slipway plan\` prints runs by hand in the environment that a build made,
  beside a whole build; each has one core, which they exchange from round to round, and neither finds anything in the compilers' caches.
- **The version** and **an unchanged build** (\`npm run bench -- command-line\`): whole processes, from start to exit.
- **The start of a program** (\`npm run bench -- program-start\`): examples/fieldkit as Slipway builds it, as PyInstaller's stripped single file, and from an installed environment.
- **The start of a sidecar** (\`npm run bench -- sidecar-start\`): what \`slipway compare\` measures of examples/sidecar-python: twenty launches of each variant in turns, five of them cold, each until its READY line came. The four builds come first.
- **The start of a database** (\`npm run bench -- pglite-start\`): examples/pglite-server as Slipway builds it, from launch to the line with its port, against the server that pglite-socket brings, run by the same Node with the same extension.
  In an empty folder it makes the database beside its place and opens it there, so that a kill leaves nothing half-made: that is one opening more.
- **What a check adds to a launch** (\`npm run bench -- ready-overhead\`): a program that says READY, launched by a loop of \`spawn\` and a listener, and by the \`ready\` check of a build,
  which leads a process group, marks its tree and reads the protocol. The times of a report are taken without sampling; one launch more is sampled for the memory.
- **The load of a function** (\`npm run bench -- lambda-load\`): each Lambda's bundle imported and composed in a process of its own, as at a cold start. Time of the processor, for a machine that does other things at the same time; on an idle one the clock says about the same.
- **The size of a function** (\`npm run bench -- lambda-size\`): each Lambda's bundle in a zip, as it is uploaded.
- **The synthesis of the stacks** (\`npm run bench -- cdk-synth\`): \`cdk synth\` of the defaults, against an app that has one bucket; no credentials, nothing is asked of AWS.
- **The answer of start-build** (\`npm run bench -- start-answer\`): the whole command, from start to exit, in a stage that is deployed into an emulator: packing, sending the source, the function, and a start at CodeBuild per platform.
  AWS's own time is no part of it; that three platforms are started side by side shows in the ratio.
- **Decisions of the gate** (\`npm run bench -- gate-decisions\`): \`slipway serve\` on loopback, asked by sixteen callers of addresses of their own, on a store with ten links and on one with ten thousand.
  A decision reads the link and its record, judges address, time and file, and writes a line; a small download makes its grant and the record of its end as well. Load and gate share the machine.
- **A download of 1 GB** (\`npm run bench -- gate-throughput\`): by curl to /dev/null, from the gate and from nginx as Debian sets it up, the very same file, which the first download of a run proves by its digest and both then find in memory.
- **The memory of the gate** (\`npm run bench -- gate-memory\`): the most that \`slipway serve\` holds in eight seconds, beside one download and beside a hundred, every second of which reads slowly.
- **Calls** are counted by tests, exactly: \`test/lambda/status-calls.test.ts\` (\`builds\`: one list and one read per row shown; the status of 300 open jobs: one read per build and three calls of BatchGetBuilds).
- **The source archive** (\`npm run bench -- source-archive\`): a tree of 10,000 files.
`;
}

main(process.argv.slice(2)).catch((error) => {
  say(`bench failed: ${error?.stack ?? error}`);
  process.exitCode = 1;
});
