/**
 * Installs MiniStack, the emulator of AWS that the cloud suites run against: pinned, by hash, in a virtual environment of its own
 * that is kept between runs below the user's cache folder. By itself it installs and prints the Python that runs it.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { reportSetUpError, ROOT, SetUpError } from './set-up.mjs';

const REQUIREMENTS = path.join(ROOT, 'scripts/ministack-requirements.txt');
const STAMP = 'slipway-requirements.sha256';
const PYTHONS = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
const IS_NEW_ENOUGH = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';

/**
 * @param {(line: string) => void} say
 * @returns {Promise<string>} the Python of the environment: run it with `-m ministack`
 * @throws {SetUpError}
 */
export async function installMiniStack(say = (line) => process.stderr.write(`${line}\n`)) {
  const requirements = readFileSync(REQUIREMENTS);
  const digest = createHash('sha256').update(requirements).digest('hex');
  const version = /^ministack==([\w.]+)/m.exec(requirements.toString())?.[1] ?? '';
  const home = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'slipway-tests', `ministack-${version}`);
  if (readStamp(home) === digest) return pythonOf(home);
  say(`set-up: installing MiniStack ${version} in ${home}`);
  // Moved into its place when it is complete: of several at once each makes its own, and the first one stays.
  const made = `${home}.${process.pid}`;
  rmSync(made, { recursive: true, force: true });
  mkdirSync(path.dirname(home), { recursive: true });
  try {
    await makeEnvironment(made);
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

/** @param {string} folder */
async function makeEnvironment(folder) {
  const python = await findPython();
  if (python !== undefined) {
    await mustRun(python, ['-m', 'venv', folder]);
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
    await mustRun(pythonOf(folder), [
      ...['-m', 'pip', 'install', ...quiet, '--require-hashes', '--only-binary', ':all:', '--no-deps', '-r', REQUIREMENTS],
    ]);
    return;
  }
  if ((await run('uv', ['--version'])).exitCode !== 0) {
    throw new SetUpError(
      'there is no Python 3.10 or newer with its venv module',
      'install one, such as with apt-get install python3-venv, or install uv',
    );
  }
  await mustRun('uv', ['venv', '--quiet', folder]);
  const target = ['--python', pythonOf(folder), '--require-hashes', '--only-binary', ':all:', '--no-deps', '-r', REQUIREMENTS];
  await mustRun('uv', ['pip', 'install', '--quiet', ...target]);
}

async function findPython() {
  for (const python of PYTHONS) if ((await run(python, ['-c', IS_NEW_ENOUGH])).exitCode === 0) return python;
  return undefined;
}

/** @param {string} command @param {readonly string[]} args */
async function mustRun(command, args) {
  const { exitCode, output } = await run(command, args);
  if (exitCode === 0) return;
  throw new SetUpError(
    `MiniStack could not be installed: ${path.basename(command)} ${args.slice(0, 3).join(' ')} failed\n${output.trimEnd()}`,
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installMiniStack()
    .then((python) => process.stdout.write(`${python}\n`))
    .catch(reportSetUpError);
}
