/** A terminal that keeps what it is given: a pipe, without colours, 100 columns wide. */
import type { Terminal } from '../../cli/context';

export interface KeepingTerminal extends Terminal {
  /** All of standard output by now. */
  readonly out: string;
  /** All of standard error by now. */
  readonly err: string;
}

/** @param onNote hears each note as it comes */
export function createKeepingTerminal(change: Partial<Terminal> = {}, onNote?: (text: string) => void): KeepingTerminal {
  let [out, err] = ['', ''];
  return {
    write: (text) => void (out += text),
    note(text) {
      err += text;
      onNote?.(text);
    },
    isInteractive: false,
    hasColor: false,
    columns: 100,
    ...change,
    get out() {
      return out;
    },
    get err() {
      return err;
    },
  };
}
