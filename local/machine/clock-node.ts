/** Time and chance of this machine. */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, Randomness } from '../../core/ports/clock';

export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (durationMs) => void (await wait(durationMs)),
};

export const nodeRandomness: Randomness = {
  bytes: (length) => randomBytes(length),
  uuid: () => randomUUID(),
};
