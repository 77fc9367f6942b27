/**
 * Finds the Chromium that the browser suite drives, and gets Debian's where there is none. By itself it prints its path.
 * Needs nothing but Node; nothing is downloaded but by the system's own package manager.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { reportSetUpError, SetUpError } from './set-up.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/**
 * `$CHROMIUM`, then what the path has.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined}
 */
export function findChromium(env = process.env) {
  if (env.CHROMIUM) return isExecutable(env.CHROMIUM) ? env.CHROMIUM : undefined;
  const folders = [...(env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== ''), '/usr/bin'];
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(isExecutable);
}

/**
 * @param {(line: string) => void} [say]
 * @returns {Promise<string>}
 * @throws {SetUpError}
 */
export async function installChromium(say = (line) => process.stderr.write(`${line}\n`)) {
  const found = findChromium();
  if (found !== undefined) return found;
  if (process.env.CHROMIUM) {
    throw new SetUpError(
      `$CHROMIUM names '${process.env.CHROMIUM}', which cannot be run`,
      'name the program of a Chromium or Chrome, or unset it',
    );
  }
  say("set-up: installing Debian's chromium, which the browser suite drives");
  // Its recommended packages are a desktop's; without a font every page is blank.
  const packages = ['chromium', 'fonts-dejavu-core', 'fonts-liberation'];
  const isInstalled =
    (await asRoot(['apt-get', 'update', '-qq'])) &&
    (await asRoot(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages]));
  const installed = findChromium();
  if (isInstalled && installed !== undefined) return installed;
  throw new SetUpError(
    'there is no Chromium on this machine, and apt-get could not install one',
    'install Chromium or Chrome, and name its program in $CHROMIUM',
  );
}

/** @param {readonly string[]} command @returns {Promise<boolean>} whether it went well */
function asRoot(command) {
  const [program = '', ...args] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command];
  return new Promise((resolve) => {
    // What apt-get prints is no result: standard output has the path alone.
    const child = spawn(program, args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, stdio: ['ignore', 2, 2] });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installChromium()
    .then((program) => process.stdout.write(`${program}\n`))
    .catch(reportSetUpError);
}
