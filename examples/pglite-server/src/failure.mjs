/** Owns how the server fails: what a person reads, and the exit code that a host tells the causes apart by. */

/** Everything that is not foreseen is 1. */
export const EXIT_CODES = { unexpected: 1, arguments: 2, inUse: 3, port: 4 };

/** A failure that needs no stack: its message says what is wrong and what to do. */
export class Failure extends Error {
  /** @param {Exclude<keyof typeof EXIT_CODES, 'unexpected'>} kind @param {string} message */
  constructor(kind, message) {
    super(message);
    this.exitCode = EXIT_CODES[kind];
  }
}

/** @param {unknown} thrown */
export function failureOf(thrown) {
  if (thrown instanceof Failure) return { message: thrown.message, exitCode: thrown.exitCode };
  const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return { message, exitCode: EXIT_CODES.unexpected };
}
