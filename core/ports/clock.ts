/** Time and chance, handed in so that the domain stays a function of its inputs. */

export interface Clock {
  /** Milliseconds since 1970, UTC. */
  nowMs(): number;
  sleep(durationMs: number): Promise<void>;
}

export interface Randomness {
  bytes(length: number): Uint8Array;
  uuid(): string;
}
