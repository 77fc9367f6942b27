/** Owns a gate that runs for a benchmark: `slipway serve` on a free port, on a store of its own. */
import path from 'node:path';
import { run, slipway, SLIPWAY, start, StepError, stop } from '../scripts/command.mjs';
import { ROOT } from '../scripts/set-up.mjs';
import { bundleProgram } from './bundle-program.mjs';

/**
 * @param {string} home
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ url: string, pid: number, stop: () => Promise<unknown> }>}
 */
export function startGate(home, env) {
  const child = start([...SLIPWAY, 'serve', '--target', 'local', '--port', '0', '--json'], { env: { ...env, SLIPWAY_HOME: home } });
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.resume();
    child.stderr?.setEncoding('utf8').on('data', (chunk) => {
      if (text === '-') return;
      text += chunk;
      const line = text.split('\n').find((candidate) => candidate.includes('"event":"listening"'));
      if (line === undefined) return;
      // What it decides from now on is only read away.
      text = '-';
      resolve({ url: JSON.parse(line).url, pid: child.pid ?? 0, stop: () => stop(child) });
    });
    child.once('close', (code) => reject(new StepError(`slipway serve ended with ${code}: ${text}`)));
  });
}

/**
 * A link to a file, made by the command line.
 * @param {string} file @param {string} home @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ path: string, distId: string }>} the link's path, without the gate's address
 */
export async function linkTo(file, home, env) {
  const args = ['distribute', '--target', 'local', '--app', 'big', '--path', file, '--base-url', 'http://127.0.0.1:1'];
  const { url, distribution } = await slipway(args, { env: { ...env, SLIPWAY_HOME: home } });
  return { path: new URL(url).pathname, distId: distribution.distId };
}

/** @param {string} work @returns {Promise<string>} the program that makes many links */
export async function bundleLinkMaker(work) {
  const program = path.join(work, 'gate-links.mjs');
  await bundleProgram(path.join(ROOT, 'bench/gate-links.ts'), program);
  return program;
}

/**
 * @param {string} program of {@link bundleLinkMaker} @param {string} home @param {number} count @param {NodeJS.ProcessEnv} env
 * @returns {Promise<readonly string[]>} their paths
 */
export async function makeLinks(program, home, count, env) {
  const { exitCode, stdout, stderr } = await run([process.execPath, program, home, String(count)], { env });
  if (exitCode !== 0) throw new StepError(`the links could not be made: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((token) => `/d/${token}`);
}
