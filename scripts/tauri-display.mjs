/** Runs a desktop program under a virtual display of its own, and keeps what it said. */
import { mkdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { lineOf, start, StepError, stop } from './command.mjs';

/** @typedef {{ exitCode: number, out: string, err: string, program?: string, readyMs?: number }} HostEnd */
/** @typedef {{ child: import('node:child_process').ChildProcess, name: string, work: string }} Display */

/**
 * A free one: the server chooses its number.
 * @param {string} work where what runs on it keeps its own files
 */
export async function startDisplay(work) {
  const child = start(['Xvfb', '-displayfd', '1', '-screen', '0', '1024x768x24', '-nolisten', 'tcp', '-noreset']);
  const [, number = ''] = await lineOf(child, /^(\d+)\n/, 30_000);
  return { child, name: `:${number}`, work };
}

/** @param {Display} display */
function environment(display) {
  const home = path.join(display.work, 'home');
  mkdirSync(home, { recursive: true });
  const own = {
    DISPLAY: display.name,
    HOME: home,
    XDG_DATA_HOME: home,
    XDG_CACHE_HOME: home,
    XDG_CONFIG_HOME: home,
    XDG_RUNTIME_DIR: home,
  };
  return { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', GDK_BACKEND: 'x11', NO_AT_BRIDGE: '1', ...own };
}

/**
 * @param {Display} display @param {string} host @param {readonly string[]} args
 * @param {(pid: number) => unknown} [whenReady]
 * @returns {Promise<HostEnd>}
 */
export function runHost(display, host, args, whenReady = () => undefined) {
  const child = start([host, ...args], { cwd: '/', env: environment(display) });
  let [out, err] = ['', ''];
  /** @type {Partial<HostEnd>} */
  const found = {};
  child.stderr?.setEncoding('utf8').on('data', (text) => (err += text));
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    out += text;
    const ready = /is ready after (\d+) ms/.exec(out);
    const pid = Number(/runs as process (\d+)/.exec(out)?.[1]);
    if (ready === null || found.program !== undefined) return;
    Object.assign(found, { readyMs: Number(ready[1]), program: readlinkSync(`/proc/${pid}/exe`) });
    whenReady(pid);
  });
  const limit = setTimeout(() => void stop(child), 60_000);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve({ exitCode: code ?? -1, out, err, ...found });
    });
  });
}

/** @param {HostEnd} ended @param {number} code @param {RegExp} told */
export function expectEnd(ended, code, told) {
  const all = `${ended.out}${ended.err}`;
  if (ended.exitCode !== code) throw new StepError(`the host ended with ${ended.exitCode} instead of ${code}:\n${all}`);
  if (!told.test(ended.out) && !told.test(ended.err)) throw new StepError(`the host did not say ${told}:\n${all}`);
}
