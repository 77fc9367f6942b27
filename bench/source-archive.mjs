/**
 * How fast a source tree of 10,000 files becomes an archive: against `zip -r` on the same tree, and against `git archive --format=zip`
 * on a repository that holds it, packed as `git gc` leaves it. All three write a zip of compressed files; sizes and checksums are compared too.
 */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run, StepError } from '../scripts/command.mjs';
import { ROOT } from '../scripts/set-up.mjs';
import { bundleProgram } from './bundle-program.mjs';
import { compare, inTurns } from './measure.mjs';

const FILES = 10_000;
const SMALLEST_BYTES = 200;
const LARGEST_BYTES = 20_000;
const ROUNDS = 9;

/** @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>} */
export async function sourceArchive({ work, env, say }) {
  const tree = path.join(work, 'tree');
  const totalBytes = layTree(tree);
  say(`${FILES} files, ${(totalBytes / 1e6).toFixed(1)} MB, ${ROUNDS} times each`);
  await repository(tree, env);
  const packer = path.join(work, 'pack-source.mjs');
  await bundleProgram(path.join(ROOT, 'bench/pack-source.ts'), packer);
  const out = path.join(work, 'archives');
  mkdirSync(out);
  const digests = new Set();
  let ownBytes = 0;
  const slipway = async () => {
    const argv = [process.execPath, packer, tree, out];
    const { ms, stdout } = await succeed(argv, env, tree);
    const { sha256, sizeBytes, fileCount } = JSON.parse(stdout);
    if (fileCount !== FILES) throw new StepError(`${fileCount} files were packed, not ${FILES}`);
    digests.add(sha256);
    ownBytes = sizeBytes;
    return ms;
  };
  const zipFile = path.join(out, 'zip.zip');
  const zip = async () => {
    rmSync(zipFile, { force: true });
    return (await succeed(['zip', '-q', '-r', zipFile, '.', '-x', '.git/*'], env, tree)).ms;
  };
  const gitFile = path.join(out, 'git.zip');
  const git = async () => (await succeed(['git', 'archive', '--format=zip', '-o', gitFile, 'HEAD'], env, tree)).ms;
  // Once without a clock: the files are read from memory by all, not by the second alone.
  for (const once of [slipway, zip, git]) await once();
  const taken = await inTurns(ROUNDS, { slipway, zip, git });
  if (digests.size !== 1) throw new StepError(`one tree gave ${digests.size} archives`);
  const size = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  const ours = `slipway's source archive (${size(ownBytes)})`;
  const against = (/** @type {string} */ peer, /** @type {string} */ file, /** @type {import('./measure.mjs').Series} */ other) =>
    compare(
      { name: 'the source archive', ours, own: taken.slipway, peer: `\`${peer}\` (${size(statSync(file).size)})`, other, runs: ROUNDS },
      { timesAhead: 1 },
    );
  return [against('zip -r', zipFile, taken.zip), against('git archive --format=zip', gitFile, taken.git)];
}

/** Pieces of a large source text, small ones more often than large ones, in folders three deep. The same on every machine. */
function layTree(/** @type {string} */ tree) {
  const text = readFileSync(path.join(ROOT, 'node_modules/typescript/lib/typescript.js'));
  const next = chance(42);
  let totalBytes = 0;
  for (let i = 0; i < FILES; i++) {
    const folder = path.join(tree, `package${i % 10}`, `module${Math.floor(i / 10) % 25}`, `part${Math.floor(i / 250) % 8}`);
    mkdirSync(folder, { recursive: true });
    const size = Math.floor(SMALLEST_BYTES * (LARGEST_BYTES / SMALLEST_BYTES) ** next());
    const start = Math.floor(next() * (text.length - size));
    writeFileSync(path.join(folder, `file${i}.js`), text.subarray(start, start + size));
    totalBytes += size;
  }
  return totalBytes;
}

/** A linear congruential generator: numbers below 1, the same for the same seed. */
function chance(/** @type {number} */ seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function repository(/** @type {string} */ tree, /** @type {NodeJS.ProcessEnv} */ env) {
  const identity = ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', '-c', 'commit.gpgsign=false', '-c', 'gc.auto=0'];
  for (const args of [
    ['init', '-q', '.'],
    ['add', '-A'],
    [...identity, 'commit', '-q', '-m', 'tree'],
    ['gc', '-q'],
  ])
    await succeed(['git', ...args], env, tree);
}

/** @param {readonly string[]} argv @param {NodeJS.ProcessEnv} env @param {string} cwd */
async function succeed(argv, env, cwd) {
  const result = await run(argv, { env, cwd });
  if (result.exitCode !== 0) throw new StepError(`'${argv.join(' ')}' ended with ${result.exitCode}: ${result.stderr}`);
  return result;
}
