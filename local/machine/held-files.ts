/**
 * Owns waiting for a file that another program holds for a moment. On Windows a scanner, an indexer or a reader of ours keeps a file from
 * being renamed, replaced, removed or opened (sharing violation, access denied, delete pending); elsewhere that never happens.
 */
import { setTimeout as wait } from 'node:timers/promises';

/** What Node makes of ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION and ERROR_ACCESS_DENIED. */
const HELD: ReadonlySet<string> = new Set(['EBUSY', 'EACCES', 'EPERM']);

/** In sum for how long is tried: a scanner lets go of a new executable within seconds; a true lack of rights is told no later. */
export const PATIENCE_MS = { reading: 1_500, changing: 6_000 } as const;

const LONGEST_PAUSE_MS = 500;

export type Patience = <T>(use: keyof typeof PATIENCE_MS, action: () => Promise<T>) => Promise<T>;

/**
 * Tries again what a holder kept from being done, on Windows only. The action must be one step, which either happened or did not.
 * @param sleep for tests
 */
export function createPatience(nodePlatform: NodeJS.Platform, sleep: (ms: number) => Promise<unknown> = wait): Patience {
  if (nodePlatform !== 'win32') return (_use, action) => action();
  return async (use, action) => {
    let pauseMs = 10;
    for (let waitedMs = 0; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        return await action();
      } catch (thrown) {
        if (!HELD.has((thrown as NodeJS.ErrnoException).code ?? '') || waitedMs >= PATIENCE_MS[use]) throw thrown;
      }
      await sleep(pauseMs);
      waitedMs += pauseMs;
    }
  };
}
