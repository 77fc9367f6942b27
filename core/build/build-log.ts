/**
 * Owns the lines by which a builder's log says how far it is. The log is the one channel that every runner has,
 * so the phase of a running job is read from it.
 */

/** Anybody's program may print such a line too, and what it says goes into the record: its numbers and words have their size. */
const MARKER = /^==> \[(\d{1,4})\/(\d{1,4})\] ([a-z-]{1,40})(?: {2}(.{0,200}).*)?$/;

export interface PhaseMarker {
  /** Counted from 1. */
  readonly step: number;
  readonly stepCount: number;
  readonly name: string;
  readonly title: string;
}

/** `==> [2/8] compile  Compile fieldkit with Nuitka` */
export function formatPhase(marker: PhaseMarker): string {
  return `==> [${marker.step}/${marker.stepCount}] ${marker.name}  ${marker.title}`;
}

/** @returns undefined for every other line */
export function parsePhase(line: string): PhaseMarker | undefined {
  const match = MARKER.exec(line);
  if (match?.[3] === undefined) return undefined;
  return { step: Number(match[1]), stepCount: Number(match[2]), name: match[3], title: match[4] ?? '' };
}

/** The newest marker in a piece of a log. */
export function lastPhase(text: string): PhaseMarker | undefined {
  return text
    .split(/\r?\n/)
    .reverse()
    .map(parsePhase)
    .find((marker) => marker !== undefined);
}
