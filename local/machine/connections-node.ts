/** The Connections port on node:net. */
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Connections } from '../../core/ports/connections';

const LOOPBACK = ['127.0.0.1', '::1'] as const;
const PAUSE_MS = 20;

export const nodeConnections: Connections = {
  async answers(port, withinMs) {
    const deadlineMs = performance.now() + withinMs;
    for (;;) {
      const leftMs = deadlineMs - performance.now();
      const tries = LOOPBACK.map((host) => opens(host, port, Math.max(leftMs, PAUSE_MS)));
      if (await anyOf(tries)) return true;
      if (performance.now() + PAUSE_MS >= deadlineMs) return false;
      await wait(PAUSE_MS);
    }
  },
};

function opens(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** True with the first that is: the other address may not answer for as long as it likes. */
function anyOf(tries: readonly Promise<boolean>[]): Promise<boolean> {
  const successes = tries.map(async (each) => {
    if (!(await each)) throw new Error('closed');
    return true;
  });
  return Promise.any(successes).catch(() => false);
}
