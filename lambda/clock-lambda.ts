/** Time and chance of a function's own machine. */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, Randomness } from '../core/ports/clock';

export const lambdaClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (durationMs) => void (await wait(durationMs)),
};

export const lambdaRandomness: Randomness = {
  bytes: (length) => randomBytes(length),
  uuid: () => randomUUID(),
};
