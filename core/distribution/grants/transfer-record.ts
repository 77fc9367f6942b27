/**
 * Owns how the sending of a granted file went, where the gate sends it itself: one small record a grant, however many pieces the
 * file was fetched in. A grant without one was begun, and nobody saw its end.
 */
import { z } from 'zod';
import type { ByteRange } from '../byte-range';
import { IdSchema } from '../../identifier';

/** Pieces that lie apart are listed one by one up to here; whoever fetches more of them is told by the bytes alone. */
const MOST_PIECES = 256;

const PieceSchema = z.strictObject({ start: z.int().min(0), endExclusive: z.int().min(0) });

/** `transfers/<distId>/<grantId>.json` */
export const TransferRecordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  distId: IdSchema,
  grantId: z.string(),
  /** What of the file was sent, merged and in order. */
  pieces: z.array(PieceSchema).max(MOST_PIECES),
  /** Of all connections; a piece that was sent twice counts twice. */
  sentBytes: z.int().min(0),
  /** When the newest of them ended. */
  endedAt: z.iso.datetime(),
});
export type TransferRecord = z.infer<typeof TransferRecordSchema>;

/** The end of one connection that sent the file, or a piece of it. */
export interface TransferEnd {
  readonly distId: string;
  readonly grantId: string;
  /** What was asked for. */
  readonly range: ByteRange;
  readonly outcome: 'complete' | 'aborted';
  /** Of an aborted one with its headers, so somewhat more than of the file. */
  readonly sentBytes: number;
}

/** What is recorded after one more connection. */
export function addTransfer(earlier: TransferRecord | undefined, end: TransferEnd, endedAt: string): TransferRecord {
  const sent = sentRange(end);
  const merged = mergePieces([...(earlier?.pieces ?? []), sent]);
  return {
    schemaVersion: 1,
    distId: end.distId,
    grantId: end.grantId,
    pieces: merged.length > MOST_PIECES ? (earlier?.pieces ?? []) : merged,
    sentBytes: (earlier?.sentBytes ?? 0) + (sent.endExclusive - sent.start),
    endedAt,
  };
}

/** Whether everything went out, over however many connections. */
export function isWholeFile({ pieces }: TransferRecord, sizeBytes: number): boolean {
  const [first, ...others] = pieces;
  if (first === undefined) return sizeBytes === 0;
  return others.length === 0 && first.start === 0 && first.endExclusive >= sizeBytes;
}

/** An aborted one has never sent its last byte, whatever its headers make of the count. */
function sentRange({ range, outcome, sentBytes }: TransferEnd): ByteRange {
  if (outcome === 'complete') return range;
  return { start: range.start, endExclusive: Math.max(range.start, Math.min(range.start + sentBytes, range.endExclusive - 1)) };
}

function mergePieces(pieces: readonly ByteRange[]): TransferRecord['pieces'] {
  const merged: { start: number; endExclusive: number }[] = [];
  for (const { start, endExclusive } of [...pieces].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (start === endExclusive) continue;
    if (last !== undefined && start <= last.endExclusive) last.endExclusive = Math.max(last.endExclusive, endExclusive);
    else merged.push({ start, endExclusive });
  }
  return merged;
}
