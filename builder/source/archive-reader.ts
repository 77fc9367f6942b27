/** Owns reading a zip through the Files port: small reads in archive order are served from a window that is read at once. */
import { type Readable } from 'node:stream';
import { RandomAccessReader } from 'yauzl';
import type { Files } from '../../core/ports/files';

const WINDOW_BYTES = 4 << 20;

export class ArchiveReader extends RandomAccessReader {
  private window: Uint8Array = new Uint8Array(0);
  private windowStart = 0;

  constructor(
    private readonly files: Files,
    private readonly archive: string,
  ) {
    super();
  }

  /** Up to `length` bytes from `start`; fewer at the end of the archive. Valid for good. */
  async bytes(start: number, length: number): Promise<Uint8Array> {
    if (length > WINDOW_BYTES) return this.files.readRange(this.archive, start, length);
    const { windowStart, window } = this;
    if (start >= windowStart && start + length <= windowStart + window.length)
      return window.subarray(start - windowStart, start - windowStart + length);
    const read = await this.files.readRange(this.archive, start, WINDOW_BYTES);
    this.window = read;
    this.windowStart = start;
    return read.subarray(0, length);
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.bytes(position, length).then(
      (bytes) => {
        buffer.set(bytes, offset);
        callback(null, bytes.length);
      },
      (error: unknown) => {
        callback(error instanceof Error ? error : new Error(String(error)));
      },
    );
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return this.files.openRead(this.archive, { start, endExclusive: end });
  }
}
