/**
 * Owns the folder of the data: who may use it, and where in it PGlite's files lie.
 *
 *     DIR/lock           held while a server runs
 *     DIR/owner.json     who holds it, for the message to others
 *     DIR/data/          PGlite's files
 *     DIR/data.new/      the same while they are made: a kill in between leaves nothing half-made behind
 *
 * PGlite itself locks nothing, and two processes in one data directory destroy it. The lock is SQLite's: the system holds it
 * for the process and drops it at its end, however that comes, so that nothing stale is ever left to judge by process ids;
 * it is one atomic step for two that start at once, on Linux, macOS and Windows alike, and across containers that share the folder.
 */
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Failure } from './failure.mjs';

/** https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5;

/**
 * @typedef {object} DataDirectory
 * @property {string} path without links in it
 * @property {string | undefined} made PGlite's files, once they are complete
 * @property {() => string} prepare an empty place for new ones
 * @property {() => string} complete makes what was prepared the data, in one step
 * @property {() => void} release
 */

/**
 * @param {string} wanted absolute; made if absent
 * @returns {DataDirectory} held by this process until `release`
 * @throws {Failure} where another process holds it
 */
export function holdDataDirectory(wanted) {
  mkdirSync(wanted, { recursive: true, mode: 0o700 });
  const directory = realpathSync(wanted);
  const [owner, data, unfinished] = ['owner.json', 'data', 'data.new'].map((name) => path.join(directory, name));
  const lock = takeLock(directory, owner);
  writeFileSync(owner, `${JSON.stringify({ pid: process.pid, startedAt: new Date().toISOString() })}\n`);
  return {
    path: directory,
    get made() {
      return existsSync(data) ? data : undefined;
    },
    prepare() {
      rmSync(unfinished, { recursive: true, force: true });
      return unfinished;
    },
    complete() {
      renameSync(unfinished, data);
      return data;
    },
    release() {
      rmSync(owner, { force: true });
      lock.close();
    },
  };
}

/** @param {string} directory @param {string} owner */
function takeLock(directory, owner) {
  const lock = new DatabaseSync(path.join(directory, 'lock'), { timeout: 0 });
  try {
    // In this mode the lock of the first transaction is kept until the file is closed, and nothing is ever written.
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (thrown) {
    lock.close();
    if (/** @type {{ errcode?: number }} */ (thrown).errcode !== SQLITE_BUSY) throw thrown;
    throw new Failure('inUse', `'${directory}' is in use by ${describeOwner(owner)}: stop it, or name another folder with --db`);
  }
}

/** @param {string} owner */
function describeOwner(owner) {
  try {
    return `process ${Number(JSON.parse(readFileSync(owner, 'utf8')).pid)}`;
  } catch {
    return 'another process'; // It has the lock and has not said more yet.
  }
}
