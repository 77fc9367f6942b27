/**
 * How soon examples/pglite-server takes connections, as Slipway builds it: in an empty folder, and in one that holds data. Against the
 * server that pglite-socket itself brings, run by the same Node on the same PGlite.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { slipway, StepError, run } from '../scripts/command.mjs';
import { ROOT } from '../scripts/set-up.mjs';
import { START_BUILD } from './example-builds.mjs';
import { compare, inTurns } from './measure.mjs';

const ROUNDS = 10;
const FASTER_WITH_DATA = 3;

/** @param {import('./run.mjs').Bench} bench @returns {Promise<import('./measure.mjs').Figure[]>} */
export async function pgliteStart({ work, env, say }) {
  const project = path.join(work, 'pglite-server');
  cpSync(path.join(ROOT, 'examples/pglite-server'), project, {
    recursive: true,
    filter: (file) => !file.includes(`${path.sep}node_modules`),
  });
  say('the program by Slipway, and the packages of its lock');
  const { program, node } = await built(work, project, env);
  const installed = await run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: project, env });
  if (installed.exitCode !== 0) throw new StepError(`npm ci failed: ${installed.stderr}`);
  const theirs = path.join(project, 'node_modules/@electric-sql/pglite-socket/dist/scripts/server.js');
  const ours = (/** @type {string} */ db) => launchToReady([program, '--db', db], env, /"port":/);
  const peer = (/** @type {string} */ db) =>
    launchToReady([node, theirs, `--db=${db}`, '--port=0', '--extensions=@electric-sql/pglite-pgvector:vector'], env, /listening on/);

  say(`launches in an empty folder and in one with data, ${ROUNDS} times each`);
  let count = 0;
  const empty = () => path.join(work, `empty-${(count += 1)}`);
  const [ownData, otherData] = [path.join(work, 'own-data'), path.join(work, 'other-data')];
  await ours(ownData);
  await peer(otherData);
  const fresh = async (/** @type {(db: string) => Promise<number>} */ launch) => {
    const db = empty();
    try {
      return await launch(db);
    } finally {
      rmSync(db, { recursive: true, force: true, maxRetries: 5 });
    }
  };
  const taken = await inTurns(ROUNDS, {
    ownFresh: () => fresh(ours),
    otherFresh: () => fresh(peer),
    own: () => ours(ownData),
    other: () => peer(otherData),
  });
  const name = 'the start of a database';
  const what = 'examples/pglite-server, launch to `{"port": N}`';
  const their = '`pglite-server` of pglite-socket, launch to listening';
  return [
    compare(
      { name, ours: `${what}, empty folder`, own: taken.ownFresh, peer: their, other: taken.otherFresh, runs: ROUNDS },
      { atMost: 1.5 },
    ),
    compare({ name, ours: `${what}, with data`, own: taken.own, peer: their, other: taken.other, runs: ROUNDS }, { atMost: 1.5 }),
    compare(
      { name, ours: `${what}, with data`, own: taken.own, peer: 'the same in an empty folder', other: taken.ownFresh, runs: ROUNDS },
      { timesAhead: FASTER_WITH_DATA },
    ),
  ];
}

/** @param {string} work @param {string} project @param {import('./example-builds.mjs').BenchEnvironment} env */
async function built(work, project, env) {
  const { build } = await slipway(START_BUILD, { cwd: project, env });
  const into = mkdtempSync(path.join(work, 'pglite-'));
  await slipway(['download', build.buildId, '--into', into, '--unpack'], { cwd: project, env });
  const manifest = JSON.parse(readFileSync(path.join(env.SLIPWAY_HOME, 'store/builds', build.buildId, 'manifest.json'), 'utf8'));
  const archive = manifest.artifacts.find((/** @type {{ kind: string }} */ { kind }) => kind === 'archive').file;
  const folder = path.join(into, archive.replace(/\.(tar\.gz|zip)$/, ''));
  return { program: path.join(folder, 'pglite-server'), node: path.join(folder, 'lib/pglite-server/node') };
}

/** @param {readonly string[]} argv @param {NodeJS.ProcessEnv} env @param {RegExp} sign on standard output @returns {Promise<number>} */
async function launchToReady([command = '', ...args], env, sign) {
  const startedAt = performance.now();
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let said = '';
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new StepError(`'${command}' ended with ${code} before it was ready: ${said}`)));
      child.stderr.on('data', (chunk) => (said += String(chunk)));
      child.stdout.on('data', (chunk) => {
        said += String(chunk);
        if (sign.test(said)) resolve(performance.now() - startedAt);
      });
    });
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}
