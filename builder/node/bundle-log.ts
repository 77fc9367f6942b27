/** Owns reading what esbuild prints: its messages, each with its id and its place. Format: esbuild 0.28, `internal/logger/logger.go`. */

export interface BundleMessage {
  readonly kind: 'error' | 'warning';
  readonly text: string;
  /** `unsupported-require-call`, where esbuild gives one. */
  readonly id?: string;
  /** Relative to the folder that esbuild ran in. */
  readonly file?: string;
  readonly line?: number;
}

/** `▲ [WARNING] This call … [unsupported-require-call]`; the sign before it depends on the terminal. */
const MESSAGE = /^\S{0,3} ?\[(ERROR|WARNING)\] (.+?)(?: \[([a-z-]+)\])?$/;
/** `    node_modules/kit/index.js:12:20:` */
const PLACE = /^ {4}(.+?):(\d+):\d+:$/;

/** Notes below a message are left out: they explain what its place shows. */
export function readBundleLog(output: string): readonly BundleMessage[] {
  const lines = output.split(/\r?\n/);
  return lines.flatMap((line, index) => {
    const message = MESSAGE.exec(line);
    if (message === null) return [];
    const place = [lines[index + 1], lines[index + 2]].map((next) => PLACE.exec(next ?? '')).find((found) => found !== null);
    const [, kind, text = '', id] = message;
    return [
      {
        kind: kind === 'ERROR' ? ('error' as const) : ('warning' as const),
        text,
        ...(id === undefined ? {} : { id }),
        ...(place === undefined || place === null ? {} : { file: place[1] ?? '', line: Number(place[2]) }),
      },
    ];
  });
}
