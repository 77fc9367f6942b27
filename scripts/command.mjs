/**
 * Runs programs for the demo and the benchmarks the way that a person would: by their command, with an argument array.
 * What it started it can stop again, whole trees of processes included.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import { ROOT } from './set-up.mjs';

/** The bundled command line. */
export const SLIPWAY = [process.execPath, path.join(ROOT, 'dist/slipway.mjs')];

/** A step that did not do what it should. `exitCode` is what the whole program ends with. */
export class StepError extends Error {
  /** @param {string} message @param {number} [exitCode] */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] replaces the environment
 * @property {boolean} [showProgress] standard error goes to ours
 * @property {readonly string[]} [under] the command that starts it, such as `taskset -c 0`
 * @property {'ignore' | 'pipe'} [stdin] default: there is none
 */

/**
 * Each child leads a process group of its own, so that Ctrl+C reaches us alone and we decide the order of the end.
 * @param {readonly string[]} argv @param {RunOptions} [options]
 */
export function start(argv, options = {}) {
  const [command = '', ...args] = [...(options.under ?? []), ...argv];
  const child = spawn(command, args, {
    cwd: options.cwd ?? ROOT,
    env: options.env ?? process.env,
    stdio: [options.stdin ?? 'ignore', 'pipe', options.showProgress === true ? 'inherit' : 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  running.add(child);
  child.on('close', () => running.delete(child));
  return child;
}

/**
 * Runs to the end. Never rejects for an exit code.
 * @param {readonly string[]} argv @param {RunOptions} [options]
 * @returns {Promise<{ exitCode: number, stdout: string, stderr: string, ms: number }>}
 */
export function run(argv, options = {}) {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    let [stdout, stderr] = ['', ''];
    const child = start(argv, options);
    child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.on('error', (error) => reject(new StepError(`cannot start '${argv[0]}': ${error.message}`)));
    child.on('close', (code) => resolve({ exitCode: code ?? 1, stdout, stderr, ms: performance.now() - startedAt }));
  });
}

/**
 * One `slipway … --json`, and the data of its envelope.
 * @param {readonly string[]} args @param {RunOptions} [options]
 * @returns {Promise<any>}
 * @throws {StepError} with Slipway's own exit code
 */
export async function slipway(args, options = {}) {
  const { exitCode, stdout, stderr } = await run([...SLIPWAY, ...args, '--json'], options);
  const envelope = parseJson(stdout);
  if (exitCode === 0 && envelope?.ok === true) return envelope.data;
  const error = envelope?.error;
  const why = error === undefined ? stderr.trim() || stdout.trim() : `${error.message} [${error.code}]`;
  const hint = error?.hint ? `\nhint: ${error.hint}` : '';
  throw new StepError(`slipway ${args.join(' ')} ended with ${exitCode}: ${why}${hint}`, exitCode === 0 ? 1 : exitCode);
}

/** @param {string} text @returns {any} */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Ends a process and what it started: politely, and after `graceMs` for good. Resolves when it is gone.
 * @param {import('node:child_process').ChildProcess} child
 */
export function stop(child, graceMs = 5_000) {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve(undefined);
    const timer = setTimeout(() => signal(child, 'SIGKILL'), graceMs);
    child.once('close', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
    signal(child, 'SIGTERM');
  });
}

/** Ends everything that is still running. */
export function stopAll() {
  return Promise.all([...running].map((child) => stop(child)));
}

/** @param {import('node:child_process').ChildProcess} child @param {NodeJS.Signals} name */
function signal(child, name) {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(name);
    else process.kill(-child.pid, name);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}

/**
 * Resolves with the first line of the process's standard output or standard error that `pattern` matches.
 * @param {import('node:child_process').ChildProcess} child @param {RegExp} pattern @param {number} withinMs
 * @returns {Promise<RegExpExecArray>}
 */
export function lineOf(child, pattern, withinMs) {
  return new Promise((resolve, reject) => {
    let seen = '';
    const timer = setTimeout(
      () => reject(new StepError(`'${child.spawnargs.join(' ')}' did not say ${pattern} in ${withinMs} ms: ${seen}`)),
      withinMs,
    );
    const look = (/** @type {Buffer} */ chunk) => {
      seen += chunk.toString();
      const match = pattern.exec(seen);
      if (match === null) return;
      clearTimeout(timer);
      resolve(match);
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('close', (code) => {
      clearTimeout(timer);
      reject(new StepError(`'${child.spawnargs.join(' ')}' ended with ${code}: ${seen}`));
    });
  });
}
