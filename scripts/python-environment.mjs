/**
 * Installs a program of Python that tests or checks need: pinned, by hash, in a virtual environment of its own that is kept between
 * runs below the user's cache folder. Which programs belongs to the files that call it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { SetUpError } from './set-up.mjs';

const STAMP = 'slipway-requirements.sha256';
const PYTHONS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
const LEAST_PYTHON = '3.10';

/**
 * @typedef {object} PythonProgram
 * @property {string} name on PyPI
 * @property {string} title how messages call it
 * @property {string} requirements the file that pins it and all that it needs, with hashes
 * @property {string} [leastPython] `3.13`; default `3.10`
 */

/**
 * @param {PythonProgram} program
 * @param {(line: string) => void} say
 * @returns {Promise<string>} the Python of the environment: run the program with `-m`
 * @throws {SetUpError}
 */
export async function installPythonProgram(program, say = (line) => process.stderr.write(`${line}\n`)) {
  const requirements = readFileSync(program.requirements);
  const digest = createHash('sha256').update(requirements).digest('hex');
  const version = new RegExp(`^${program.name}==([\\w.]+)`, 'm').exec(requirements.toString())?.[1] ?? '';
  const home = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'slipway-tests', `${program.name}-${version}`);
  if (readStamp(home) === digest) return pythonOf(home);
  say(`set-up: installing ${program.title} ${version} in ${home}`);
  // Moved into its place when it is complete: of several at once each makes its own, and the first one stays.
  const made = `${home}.${process.pid}`;
  rmSync(made, { recursive: true, force: true });
  mkdirSync(path.dirname(home), { recursive: true });
  try {
    await makeEnvironment(made, program);
    writeFileSync(path.join(made, STAMP), digest);
    if (readStamp(home) !== digest) {
      rmSync(home, { recursive: true, force: true });
      moveUnlessThere(made, home);
    }
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return pythonOf(home);
}

/** @param {string} folder */
function pythonOf(folder) {
  return path.join(folder, 'bin/python');
}

/** @param {string} folder */
function readStamp(folder) {
  try {
    return readFileSync(path.join(folder, STAMP), 'utf8');
  } catch {
    return undefined;
  }
}

/** @param {string} from @param {string} to */
function moveUnlessThere(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

/** @param {string} folder @param {PythonProgram} program */
async function makeEnvironment(folder, { title, requirements, leastPython = LEAST_PYTHON }) {
  const mustRun = (/** @type {string} */ command, /** @type {readonly string[]} */ args) => runOrFail(title, command, args);
  const python = findPython(leastPython);
  if (python !== undefined) {
    await mustRun(python, ['-m', 'venv', folder]);
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
    await mustRun(pythonOf(folder), [
      ...['-m', 'pip', 'install', ...quiet, '--require-hashes', '--only-binary', ':all:', '--no-deps', '-r', requirements],
    ]);
    return;
  }
  if ((await run('uv', ['--version'])).exitCode !== 0) {
    throw new SetUpError(
      `there is no Python ${leastPython} or newer with its venv module`,
      'install one, such as with apt-get install python3-venv, or install uv',
    );
  }
  await mustRun('uv', ['venv', '--quiet', '--python', `>=${leastPython}`, folder]);
  const target = ['--python', pythonOf(folder), '--require-hashes', '--only-binary', ':all:', '--no-deps', '-r', requirements];
  await mustRun('uv', ['pip', 'install', '--quiet', ...target]);
}

/**
 * A Python that is new enough and can make environments.
 * @param {string} least
 */
export function findPython(least) {
  const isNewEnough = `import sys, venv, ensurepip; sys.exit(sys.version_info < (${least.replace('.', ', ')}))`;
  return [...PYTHONS, ...pyenvPythons()].find((python) => spawnSync(python, ['-c', isNewEnough], { stdio: 'ignore' }).status === 0);
}

/** Those that are installed beside the one that pyenv hands out. */
function pyenvPythons() {
  const versions = path.join(process.env.PYENV_ROOT ?? path.join(homedir(), '.pyenv'), 'versions');
  return existsSync(versions) ? readdirSync(versions).map((version) => path.join(versions, version, 'bin/python')) : [];
}

/** @param {string} title @param {string} command @param {readonly string[]} args */
async function runOrFail(title, command, args) {
  const { exitCode, output } = await run(command, args);
  if (exitCode === 0) return;
  throw new SetUpError(
    `${title} could not be installed: ${path.basename(command)} ${args.slice(0, 3).join(' ')} failed\n${output.trimEnd()}`,
    'connect this machine, or name a mirror with PIP_INDEX_URL, and run the same command again',
  );
}

/** @param {string} command @param {readonly string[]} args @returns {Promise<{ exitCode: number, output: string }>} */
function run(command, args) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const collect = (/** @type {Buffer} */ chunk) => void (output += chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ exitCode: 127, output: `${output}\n${error.message}` }));
    child.on('close', (code) => resolve({ exitCode: code ?? 1, output }));
  });
}
