/** A clock that a test moves, and chance that repeats itself from a seed. */
import { createHash } from 'node:crypto';
import type { Clock, Randomness } from '../../core/ports/clock';

export interface ManualClock extends Clock {
  advance(durationMs: number): void;
}

export function createManualClock(start: string): ManualClock {
  let nowMs = Date.parse(start);
  return {
    nowMs: () => nowMs,
    sleep: (durationMs) => {
      nowMs += durationMs;
      return Promise.resolve();
    },
    advance: (durationMs) => {
      nowMs += durationMs;
    },
  };
}

export function createSeededRandomness(seed = 'slipway'): Randomness {
  let counter = 0;
  const block = () => createHash('sha256').update(`${seed}:${counter++}`).digest();
  const bytes = (length: number) => {
    const blocks: Buffer[] = [];
    while (blocks.length * 32 < length) blocks.push(block());
    return Uint8Array.from(Buffer.concat(blocks).subarray(0, length));
  };
  return {
    bytes,
    uuid: () => {
      const hex = Buffer.from(bytes(16)).toString('hex');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
  };
}
