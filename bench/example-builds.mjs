/**
 * Owns the builds of the examples that the benchmarks run against: fieldkit as it is, fieldkit as PyInstaller's single file,
 * and a build with a check that fails, because Slipway keeps the work folder of a failed build: there the compiler's own command
 * can be run again by hand, and the program's Python be started, in the very same environment.
 */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { run, slipway, SLIPWAY, StepError } from '../scripts/command.mjs';
import { ROOT } from '../scripts/set-up.mjs';

/** @typedef {NodeJS.ProcessEnv & { SLIPWAY_HOME: string }} BenchEnvironment */

export const START_BUILD = ['start-build', '--platform', 'native', '--wait'];

/**
 * A copy of an example with its recipe changed, and without its glibc floor, so that it builds on newer systems too.
 * @param {string} work @param {'fieldkit' | 'sidecar-python' | 'tailer'} example @param {(recipe: string) => string} change
 */
export function copyOf(work, example, change) {
  const from = path.join(ROOT, 'examples', example);
  const copy = path.join(mkdtempSync(path.join(work, 'project-')), example);
  cpSync(from, copy, { recursive: true });
  const recipe = readFileSync(path.join(from, 'slipway.yaml'), 'utf8').replace(/^ {2}glibc:.*\n/m, '');
  const changed = change(recipe);
  if (changed === recipe) throw new StepError(`the recipe of ${example} has changed: look at the benchmarks`);
  writeFileSync(path.join(copy, 'slipway.yaml'), changed);
  return copy;
}

/** @param {string} cwd @param {NodeJS.ProcessEnv} env @param {readonly string[]} [options] @param {readonly string[]} [under] */
export async function build(cwd, env, options = [], under = []) {
  const startedAt = performance.now();
  const data = await slipway([...START_BUILD, ...options], { cwd, env, under });
  const ms = performance.now() - startedAt;
  const [{ steps }] = /** @type {{ steps: { name: string, seconds: number }[] }[]} */ (Object.values(data.manifest.platforms));
  return { buildId: data.build.buildId, ms, compileMs: (steps.find(({ name }) => name === 'compile')?.seconds ?? NaN) * 1_000 };
}

/** What was made in this run already: a compile takes minutes. @type {Map<string, Promise<any>>} */
const made = new Map();

/** @template Made @param {string} name @param {() => Promise<Made>} make @returns {Promise<Made>} */
export function once(name, make) {
  const existing = made.get(name) ?? make();
  made.set(name, existing);
  return existing;
}

/** fieldkit as it is, built once. @param {string} work @param {BenchEnvironment} env */
export function plainFieldkit(work, env) {
  return once('fieldkit', async () => {
    const cwd = copyOf(work, 'fieldkit', (recipe) => recipe.replace('title: Field Kit', 'title: Field Kit of the benchmarks'));
    const { buildId } = await build(cwd, env);
    return { cwd, ...(await unpacked(work, buildId, cwd, env)) };
  });
}

/** PyInstaller's onefile of fieldkit, made by Slipway with the same checks. @param {string} work @param {BenchEnvironment} env */
export async function pyinstallerOnefile(work, env) {
  const cwd = copyOf(work, 'fieldkit', (recipe) =>
    recipe
      .replace('      script: fieldkit\n', '      script: fieldkit\n      compiler: pyinstaller\n      mode: onefile\n')
      .replace(/^ {2}cold-start:.*\n/m, ''),
  );
  const { buildId } = await build(cwd, env);
  return unpacked(work, buildId, cwd, env);
}

/**
 * A build that fails: at its checks with `withFailingCheck`, before it compiles with `withMissingModule`.
 * @param {string} cwd @param {BenchEnvironment} env
 * @returns {Promise<string>} the kept job directory
 */
export async function keptJob(cwd, env) {
  const { exitCode, stdout, stderr } = await run([...SLIPWAY, ...START_BUILD, '--no-cache', '--json'], { cwd, env });
  if (exitCode !== 11 && exitCode !== 10)
    throw new StepError(`expected a build that fails, and it ended with ${exitCode}: ${stderr || stdout}`);
  const { builds } = await slipway(['builds'], { cwd, env });
  const { buildId, jobs } = builds[0];
  return path.join(env.SLIPWAY_HOME, 'jobs', buildId, `${Object.keys(jobs)[0]}-1`);
}

/** Names a module that is nowhere, which the compiler says before it begins. @param {string} recipe */
export function withMissingModule(recipe) {
  return recipe.replace('include:\n        modules: [', 'include:\n        modules: [nowhere_to_be_found, ');
}

/** Gives a recipe a check that no program passes. @param {string} recipe */
export function withFailingCheck(recipe) {
  return recipe.replace(/stdout: "\w+ \{version\}"/, 'stdout: "kept for the benchmarks"');
}

/**
 * @param {string} work @param {string} buildId @param {string} cwd @param {BenchEnvironment} env
 * @returns {Promise<{ program: string }>} the executable of a build, unpacked
 */
async function unpacked(work, buildId, cwd, env) {
  const into = mkdtempSync(path.join(work, 'program-'));
  await slipway(['download', buildId, '--into', into, '--unpack'], { cwd, env });
  const manifest = JSON.parse(readFileSync(path.join(env.SLIPWAY_HOME, 'store/builds', buildId, 'manifest.json'), 'utf8'));
  const archive = manifest.artifacts.find((/** @type {{ kind: string }} */ { kind }) => kind === 'archive').file;
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { program: path.join(into, archive.replace(/\.(tar\.gz|zip)$/, ''), `fieldkit${suffix}`) };
}
