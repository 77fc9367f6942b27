/** Owns the showing of an upload: one line that is redrawn on a terminal, elsewhere a line at each quarter. */
import { formatSize } from '../../core/quantity';
import type { Terminal } from '../context';

const QUARTERS = 4;

/** @returns takes how much was sent; starts anew when an upload is tried again */
export function showUpload(terminal: Terminal, isQuiet: boolean): (sentBytes: number, sizeBytes: number) => void {
  if (isQuiet) return () => undefined;
  let saidQuarter = 0;
  return (sentBytes, sizeBytes) => {
    const share = sizeBytes === 0 ? 1 : Math.min(1, sentBytes / sizeBytes);
    const text = `uploading the source: ${formatSize(sentBytes)} of ${formatSize(sizeBytes)}, ${Math.floor(share * 100)} %`;
    if (terminal.isInteractive) {
      terminal.note(`\r\u001b[2K${text}${share === 1 ? '\n' : ''}`);
      return;
    }
    const quarter = Math.floor(share * QUARTERS);
    if (quarter < saidQuarter) saidQuarter = 0;
    if (quarter === saidQuarter) return;
    saidQuarter = quarter;
    terminal.note(`${text}\n`);
  };
}
