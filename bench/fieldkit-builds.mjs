/**
 * Owns the builds of examples/fieldkit that the benchmarks run against: as it is, as PyInstaller's single file,
 * and once with a check that fails, because Slipway keeps the work folder of a failed build: there the compiler's own command
 * can be run again by hand, in the very same environment.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run, slipway, SLIPWAY, StepError } from '../scripts/command.mjs';
import { ROOT } from '../scripts/set-up.mjs';

/** @typedef {NodeJS.ProcessEnv & { SLIPWAY_HOME: string }} BenchEnvironment */

const FIELDKIT = path.join(ROOT, 'examples/fieldkit');

/**
 * A copy of the example with its recipe changed.
 * @param {string} work @param {(recipe: string) => string} change
 */
function copyOf(work, change) {
  const copy = path.join(mkdtempSync(path.join(work, 'project-')), 'fieldkit');
  cpSync(FIELDKIT, copy, { recursive: true });
  const recipe = readFileSync(path.join(FIELDKIT, 'slipway.yaml'), 'utf8').replace(/^ {2}glibc:.*\n/m, '');
  const changed = change(recipe);
  if (changed === recipe) throw new StepError('the recipe of fieldkit has changed: look at bench/fieldkit-builds.mjs');
  writeFileSync(path.join(copy, 'slipway.yaml'), changed);
  return copy;
}

export const START_BUILD = ['start-build', '--platform', 'native', '--wait'];

/** @param {string} cwd @param {NodeJS.ProcessEnv} env @param {readonly string[]} [options] */
export async function build(cwd, env, options = []) {
  const startedAt = Date.now();
  const data = await slipway([...START_BUILD, ...options], { cwd, env });
  return { buildId: data.build.buildId, ms: Date.now() - startedAt };
}

/** What was made in this run already: a compile takes minutes. @type {Map<string, Promise<any>>} */
const made = new Map();

/** @template Made @param {string} name @param {() => Promise<Made>} make @returns {Promise<Made>} */
function once(name, make) {
  const existing = made.get(name) ?? make();
  made.set(name, existing);
  return existing;
}

/**
 * The example without its glibc floor, so that it builds on newer systems too, built once.
 * @param {string} work @param {BenchEnvironment} env
 */
export function plainFieldkit(work, env) {
  return once('plain', async () => {
    const cwd = copyOf(work, (recipe) => recipe.replace('title: Field Kit', 'title: Field Kit of the benchmarks'));
    const { buildId } = await build(cwd, env);
    return { cwd, ...(await unpacked(work, buildId, cwd, env)) };
  });
}

/**
 * Builds until the checks and fails there.
 * @param {string} work @param {BenchEnvironment} env
 * @returns {Promise<string>} the kept job directory
 */
export function keptJob(work, env) {
  return once('kept', () => buildKept(work, env));
}

/** @param {string} work @param {BenchEnvironment} env */
async function buildKept(work, env) {
  const cwd = copyOf(work, (recipe) => recipe.replace('stdout: "fieldkit {version}"', 'stdout: "kept for the benchmarks"'));
  const { exitCode, stdout, stderr } = await run([...SLIPWAY, ...START_BUILD, '--no-cache', '--json'], { cwd, env });
  if (exitCode !== 11) throw new StepError(`expected a build that fails its checks, and it ended with ${exitCode}: ${stderr || stdout}`);
  const { builds } = await slipway(['builds'], { cwd, env });
  const { buildId, jobs } = builds[0];
  return path.join(env.SLIPWAY_HOME, 'jobs', buildId, `${Object.keys(jobs)[0]}-1`);
}

/**
 * PyInstaller's onefile of the same program, made by Slipway with the same checks.
 * @param {string} work @param {BenchEnvironment} env
 */
export async function pyinstallerOnefile(work, env) {
  const cwd = copyOf(work, (recipe) =>
    recipe
      .replace('      script: fieldkit\n', '      script: fieldkit\n      compiler: pyinstaller\n      mode: onefile\n')
      .replace(/^ {2}cold-start:.*\n/m, ''),
  );
  const { buildId } = await build(cwd, env);
  return unpacked(work, buildId, cwd, env);
}

/**
 * @param {string} work @param {string} buildId @param {string} cwd @param {BenchEnvironment} env
 * @returns {Promise<{ program: string, command: readonly string[] }>} the executable of a build, unpacked, and the command that made it
 */
async function unpacked(work, buildId, cwd, env) {
  const into = mkdtempSync(path.join(work, 'program-'));
  await slipway(['download', buildId, '--into', into], { cwd, env });
  const manifest = JSON.parse(readFileSync(path.join(env.SLIPWAY_HOME, 'store/builds', buildId, 'manifest.json'), 'utf8'));
  const archive = manifest.artifacts.find((/** @type {{ kind: string }} */ { kind }) => kind === 'archive').file;
  const tar = await run(['tar', '-xf', archive], { cwd: into });
  if (tar.exitCode !== 0) throw new StepError(`tar could not unpack '${archive}': ${tar.stderr}`);
  const [result] = /** @type {{ binaries: { command: string[] }[] }[]} */ (Object.values(manifest.platforms));
  const folder = archive.replace(/\.(tar\.gz|zip)$/, '');
  return {
    program: path.join(into, folder, process.platform === 'win32' ? 'fieldkit.exe' : 'fieldkit'),
    command: result?.binaries[0]?.command ?? [],
  };
}

/** Removes what a compiler left, so that it starts afresh. @param {string} job */
export function clearCompiled(job) {
  rmSync(path.join(job, 'work/compile'), { recursive: true, force: true });
}
