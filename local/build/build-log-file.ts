/**
 * Owns a job's log as a file: appended by the supervisor in order, read by anybody from where the last read ended.
 * What goes in is redacted already.
 */
import type { LogChunk } from '../../core/ports/build-runner';
import type { Files } from '../../core/ports/files';
import { hasCode } from '../../core/build/stored-build';

const CHUNK_BYTES = 256 * 1024;

export interface BuildLog {
  write(text: string): void;
  /** Resolves when everything is in the file. Never rejects: a build does not end because its log cannot grow. */
  close(): Promise<void>;
}

/** Pieces that come while one is written go into the file together. */
export function createBuildLog(files: Files, file: string): BuildLog {
  let waiting = '';
  let lostBytes = 0;
  let writing: Promise<void> | undefined;

  const drain = async (): Promise<void> => {
    while (waiting !== '') {
      const text = lostBytes === 0 ? waiting : `\n[${lostBytes} bytes of the log could not be written here]\n${waiting}`;
      const pieceBytes = Buffer.byteLength(waiting);
      waiting = '';
      try {
        await files.append(file, text);
        lostBytes = 0;
      } catch {
        lostBytes += pieceBytes; // A full disk, most likely: the gap is told as soon as there is room again.
      }
    }
    writing = undefined;
  };

  return {
    write(text) {
      if (text === '') return;
      waiting += text;
      writing ??= drain();
    },
    async close() {
      await writing;
    },
  };
}

/**
 * @param from a position that an earlier chunk gave
 * @param hasEnded whether nothing more will be appended; asked before the file is read
 */
export async function readBuildLog(
  files: Files,
  file: string,
  from: string | undefined,
  hasEnded: () => Promise<boolean>,
): Promise<LogChunk> {
  const start = Math.max(0, Number.parseInt(from ?? '0', 10) || 0);
  const isEnded = await hasEnded();
  const bytes = await readOrNothing(files, file, start);
  const isLastPiece = bytes.length < CHUNK_BYTES;
  const whole = isEnded && isLastPiece ? bytes : bytes.subarray(0, lengthOfWholeCharacters(bytes));
  return { text: Buffer.from(whole).toString('utf8'), next: String(start + whole.length), isComplete: isEnded && isLastPiece };
}

async function readOrNothing(files: Files, file: string, start: number): Promise<Uint8Array> {
  try {
    return await files.readRange(file, start, CHUNK_BYTES);
  } catch (thrown) {
    if (hasCode(thrown, 'file-not-found')) return new Uint8Array();
    throw thrown;
  }
}

/** A character whose last bytes are not there yet waits for the next read. */
function lengthOfWholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back >= needed ? bytes.length : bytes.length - back;
    }
  }
  return bytes.length;
}
