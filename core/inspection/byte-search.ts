/**
 * Owns the search for many short byte strings at once in many megabytes: the filter before any rule of `secret-scan.ts` is tried.
 * Wu and Manber, "A fast algorithm for multi-pattern searching" (1994), with blocks of two bytes: most positions are skipped.
 */

export interface ByteSearch {
  /**
   * Calls `onHit` for each needle at each position in `[from, to)`, by rising position.
   * A needle may reach beyond `to`, never beyond `bytes`.
   */
  scan(bytes: Uint8Array, from: number, to: number, onHit: (offset: number, needle: number) => void): void;
}

/** A shorter needle would leave nothing to skip. */
export const SHORTEST_NEEDLE = 4;

const PAIRS = 65_536;
const pairAt = (bytes: Uint8Array, offset: number) => (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8);

/** @param needles of at least {@link SHORTEST_NEEDLE} bytes each; hits name them by index */
export function createByteSearch(needles: readonly Uint8Array[]): ByteSearch {
  const lastPair = SHORTEST_NEEDLE - 2;
  const shifts = new Uint8Array(PAIRS).fill(SHORTEST_NEEDLE - 1);
  const isFirstPair = new Uint8Array(PAIRS);
  const candidates = new Map<number, number[]>();
  needles.forEach((needle, index) => {
    if (needle.length < SHORTEST_NEEDLE) throw new RangeError(`a needle of ${needle.length} bytes is too short`);
    for (let at = 0; at <= lastPair; at++) {
      const pair = pairAt(needle, at);
      shifts[pair] = Math.min(shifts[pair] ?? 0, lastPair - at);
    }
    isFirstPair[pairAt(needle, 0)] = 1;
    const pair = pairAt(needle, lastPair);
    candidates.set(pair, [...(candidates.get(pair) ?? []), index]);
  });

  return {
    scan(bytes, from, to, onHit) {
      const end = Math.min(to, bytes.length - SHORTEST_NEEDLE + 1);
      for (let at = from; at < end;) {
        const pair = pairAt(bytes, at + lastPair);
        const shift = shifts[pair] ?? 0;
        if (shift > 0) {
          at += shift;
          continue;
        }
        if (isFirstPair[pairAt(bytes, at)] === 1) {
          for (const index of candidates.get(pair) ?? []) if (standsAt(bytes, at, needles[index])) onHit(at, index);
        }
        at++;
      }
    },
  };
}

function standsAt(bytes: Uint8Array, offset: number, needle: Uint8Array | undefined): boolean {
  if (needle === undefined || offset + needle.length > bytes.length) return false;
  for (let at = 0; at < needle.length; at++) if (bytes[offset + at] !== needle[at]) return false;
  return true;
}
