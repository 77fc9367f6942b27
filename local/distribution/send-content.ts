/**
 * Sends what the store opened to a caller, at the caller's pace. Two buffers a download, used in turn: one is on its way out while the
 * next is read, so that neither the size of a file nor the number of pieces costs memory, and a slow reader holds no more than a quick one.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { SlipwayError } from '../../core/slipway-error';
import type { OpenContent } from '../store/open-content';

/** With less the system calls take the time; with more a hundred downloads at once would be felt. */
const PIECE_BYTES = 131_072;
/** Twice as fast for a large file, and too much for everybody: so many downloads at once get it, whoever comes first. */
const LARGE_PIECE_BYTES = 1_048_576;
const MOST_WITH_LARGE_PIECES = 6;

/** Of the whole process, which has one memory. */
let withLargePieces = 0;

/** Content whose first piece was read: what cannot be read at all is found out before a byte of the answer is sent. */
export interface BegunContent {
  readonly content: OpenContent;
  readonly buffer: Buffer;
  readonly filledBytes: number;
}

/** Closes the content when it cannot be read. */
export async function beginContent(content: OpenContent): Promise<BegunContent> {
  try {
    const buffer = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, content.sizeBytes));
    return { content, buffer, filledBytes: await content.readNext(buffer) };
  } catch (thrown) {
    await content.close();
    throw thrown;
  }
}

/**
 * Resolves when everything was handed to the system and the content is closed.
 * @returns `gone` when the caller went first
 * @throws what the store throws, after which the answer is not whole and the connection has to go
 */
export async function sendContent(begun: BegunContent, socket: Socket, response: ServerResponse): Promise<'sent' | 'gone'> {
  const { content } = begun;
  const caller = watch(socket);
  const isLarge = content.sizeBytes > LARGE_PIECE_BYTES && withLargePieces < MOST_WITH_LARGE_PIECES;
  const pieceBytes = isLarge ? LARGE_PIECE_BYTES : PIECE_BYTES;
  if (isLarge) withLargePieces += 1;
  try {
    let [current, other] = [begun.buffer, undefined as Buffer | undefined];
    let leftBytes = content.sizeBytes;
    let written: Promise<boolean> = Promise.resolve(true);
    for (let filled = begun.filledBytes; filled > 0; filled = await content.readNext(current)) {
      leftBytes -= filled;
      if (!(await written)) return 'gone';
      written = caller.taken(response, current.subarray(0, filled));
      if (leftBytes <= 0) break;
      // The first buffer may be smaller than the rest: it is not used again then.
      const spare = current.length < pieceBytes ? undefined : current;
      [current, other] = [other ?? Buffer.allocUnsafeSlow(Math.min(pieceBytes, leftBytes)), spare];
    }
    if (!(await written)) return 'gone';
    if (leftBytes > 0) throw new SlipwayError('checksum-mismatch', `the file ended '${leftBytes}' bytes too early`);
    response.end();
    return 'sent';
  } finally {
    if (isLarge) withLargePieces -= 1;
    caller.forget();
    await content.close();
  }
}

interface Caller {
  /** Resolves when the system took the piece, whose buffer is free then; with false when the connection is gone. */
  taken(response: ServerResponse, piece: Uint8Array): Promise<boolean>;
  forget(): void;
}

/** The socket tells, and not the response: one that waits behind another of its connection hears nothing of its end. */
function watch(socket: Socket): Caller {
  let tellGone: (() => void) | undefined;
  const onClose = () => tellGone?.();
  socket.once('close', onClose);
  return {
    taken: (response, piece) =>
      new Promise((resolve) => {
        tellGone = () => resolve(false);
        if (socket.destroyed) return resolve(false);
        response.write(piece, (error) => resolve(error === undefined || error === null));
      }),
    forget: () => void socket.off('close', onClose),
  };
}
