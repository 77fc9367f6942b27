/** Owns a server as its host has it: launched, heard to say its port, asked for data, and ended in one way or another. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import pg from 'pg';

/**
 * @param {readonly string[]} command the program, and what stands before its own arguments
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 */
export function launch([program = '', ...before], args, options = {}) {
  const child = spawn(program, [...before, ...args], { stdio: ['pipe', 'pipe', 'pipe'], ...options });
  let said = '';
  child.stderr?.on('data', (chunk) => (said += String(chunk)));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, said }));
  const firstLine =
    child.stdout === null ? ended.then(() => '') : once(createInterface(child.stdout), 'line').then(([line]) => String(line));
  return {
    child,
    /** Exit code, signal, and everything on standard error. */
    ended,
    /** The first line of standard output, read. @returns {Promise<number>} */
    async port() {
      const line = await Promise.race([firstLine, ended.then((end) => Promise.reject(new Error(`it ended: ${JSON.stringify(end)}`)))]);
      return JSON.parse(line).port;
    },
    /** @param {NodeJS.Signals} signal */
    async end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** @param {number} port @param {string} database */
export async function connect(port, database) {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database });
  client.on('error', () => undefined); // The server may be killed under it: whoever asks next is told.
  await client.connect();
  return client;
}
