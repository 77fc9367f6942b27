/**
 * Owns locks between processes of this machine, as files that say who holds them.
 * The lock of a holder that died is broken at once: its process is gone. No heartbeat is needed, a holder may be suspended.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Clock, Randomness } from '../../core/ports/clock';
import type { Files } from '../../core/ports/files';
import { SlipwayError } from '../../core/slipway-error';
import { hasCode } from '../../core/build/stored-build';

export interface FileLockPorts {
  readonly files: Files;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Where the lock files are. Absolute. */
  readonly directory: string;
  /** This machine's name: processes of another one cannot be looked at. */
  readonly hostName: string;
  readonly pid: number;
  isAlive(pid: number): boolean;
  /** How long a lock is waited for. Default 20 s. */
  readonly patienceMs?: number;
}

/** Runs `action` while nobody else runs one under the same name. */
export type FileLock = <T>(name: string, action: () => Promise<T>) => Promise<T>;

/** Locks guard single writes. One that is older than this was left by a machine that cannot be asked. */
const STALE_AFTER_MS = 30_000;
const PATIENCE_MS = 20_000;

/** @throws SlipwayError `store-busy` when the lock cannot be had in 20 s */
export function createFileLock(ports: FileLockPorts): FileLock {
  const tails = new Map<string, Promise<unknown>>();
  return (name, action) => {
    // Within this process they queue up: only one at a time contends with other processes.
    const turn = (tails.get(name) ?? Promise.resolve()).then(() => locked(ports, name, action));
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    tails.set(name, settled);
    void settled.then(() => {
      if (tails.get(name) === settled) tails.delete(name);
    });
    return turn;
  };
}

async function locked<T>(ports: FileLockPorts, name: string, action: () => Promise<T>): Promise<T> {
  const file = path.join(ports.directory, `${createHash('sha256').update(name).digest('hex').slice(0, 32)}.lock`);
  const content = JSON.stringify({ hostName: ports.hostName, pid: ports.pid, id: ports.randomness.uuid() });
  await acquire(ports, file, content, name);
  try {
    return await action();
  } finally {
    if ((await readOrNothing(ports, file)) === content) await ports.files.remove(file);
  }
}

async function acquire(ports: FileLockPorts, file: string, content: string, name: string): Promise<void> {
  for (let waitedMs = 0; ;) {
    try {
      await ports.files.create(file, content);
      return;
    } catch (thrown) {
      if (!hasCode(thrown, 'file-exists')) throw thrown;
    }
    const mayBeFree = await breakIfDead(ports, file);
    if (waitedMs > (ports.patienceMs ?? PATIENCE_MS)) {
      throw new SlipwayError('store-busy', `another process holds the lock of '${name}' for too long`, {
        hint: `run the command again; if no slipway is running, remove '${file}'`,
      });
    }
    // Tried again at once, but not for ever: what can neither be read nor made, such as a link to nowhere, is never free.
    waitedMs += 1;
    if (mayBeFree) continue;
    const pauseMs = 2 + (ports.randomness.bytes(1)[0] ?? 0) / 16;
    await ports.clock.sleep(pauseMs);
    waitedMs += pauseMs;
  }
}

/** @returns whether the lock may be free now */
async function breakIfDead(ports: FileLockPorts, file: string): Promise<boolean> {
  const content = await readOrNothing(ports, file);
  if (content === undefined) return true;
  if (!(await isDead(ports, file, content))) return false;
  // Of several that found it dead only one may remove it: another might remove the next holder's lock.
  const breaker = `${file}.break`;
  try {
    await ports.files.create(breaker, '');
  } catch (thrown) {
    if (!hasCode(thrown, 'file-exists')) throw thrown;
    if (await isOld(ports, breaker)) await ports.files.remove(breaker);
    return false;
  }
  try {
    if ((await readOrNothing(ports, file)) === content) await ports.files.remove(file);
  } finally {
    await ports.files.remove(breaker);
  }
  return true;
}

async function isDead(ports: FileLockPorts, file: string, content: string): Promise<boolean> {
  const holder = parseHolder(content);
  if (holder?.hostName === ports.hostName) return holder.pid !== ports.pid && !ports.isAlive(holder.pid);
  return isOld(ports, file);
}

function parseHolder(content: string): { readonly hostName: string; readonly pid: number } | undefined {
  try {
    const { hostName, pid } = JSON.parse(content) as Record<string, unknown>;
    return typeof hostName === 'string' && typeof pid === 'number' ? { hostName, pid } : undefined;
  } catch {
    return undefined; // Not ours, or cut off by a crash of the system: its age decides.
  }
}

async function isOld(ports: FileLockPorts, file: string): Promise<boolean> {
  const stat = await ports.files.stat(file);
  return stat !== undefined && Math.abs(ports.clock.nowMs() - stat.modifiedAtMs) > STALE_AFTER_MS;
}

async function readOrNothing(ports: FileLockPorts, file: string): Promise<string | undefined> {
  try {
    return await ports.files.readText(file);
  } catch (thrown) {
    if (hasCode(thrown, 'file-not-found')) return undefined;
    throw thrown;
  }
}
