/**
 * Owns sending one file of unknown size: small ones in one request, larger ones in parts as they come. The digest of the whole is
 * proved before the object exists: by S3 for one request, before the completion for parts.
 */
import { createHash, type Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { AbortMultipartUploadCommand, CreateMultipartUploadCommand, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import type { CompletedPart } from '@aws-sdk/client-s3';
import type { StoredFile } from '../../core/ports/artifact-store';
import { SlipwayError } from '../../core/slipway-error';
import { inBucket, isConflict, isPreconditionFailed, placeOf, type Bucket } from './bucket-call';
import { completeUpload } from './complete-upload';
import { checksumOf } from './object-checksum';
import { PARTS_AT_ONCE, type TransferLimits } from './transfer-limits';

export interface UploadRequest {
  readonly key: string;
  open(): Readable;
  readonly sha256?: string;
}

/** `was-there`: with `ifAbsent`, something is. `conflict`: somebody else was writing; what was sent is lost. */
export type UploadOutcome = StoredFile | 'was-there' | 'conflict';

/** @throws SlipwayError `checksum-mismatch`, and whatever the source throws */
export async function uploadObject(
  bucket: Bucket,
  limits: TransferLimits,
  request: UploadRequest,
  condition: { readonly ifAbsent: boolean },
): Promise<UploadOutcome> {
  const hash = createHash('sha256');
  const source = request.open();
  const pieces = piecesOf(source, limits.partBytes, hash);
  try {
    const first = await pieces.next();
    const second = await pieces.next();
    const start = first.done === true ? Buffer.alloc(0) : first.value;
    if (second.done === true) return await sendWhole(bucket, request, start, hash, condition);
    return await sendInParts(bucket, request, { sent: [start, second.value], pieces, hash }, condition);
  } catch (thrown) {
    if (isPreconditionFailed(thrown)) return 'was-there';
    if (isConflict(thrown)) return 'conflict';
    throw thrown;
  } finally {
    source.destroy();
  }
}

async function sendWhole(
  bucket: Bucket,
  { key, sha256 }: UploadRequest,
  body: Buffer,
  hash: Hash,
  { ifAbsent }: { readonly ifAbsent: boolean },
): Promise<StoredFile> {
  const actual = proved(bucket, key, sha256, hash);
  const command = new PutObjectCommand({
    Bucket: bucket.bucket,
    Key: key,
    Body: body,
    ContentLength: body.length,
    ContentType: 'application/octet-stream',
    ServerSideEncryption: 'AES256',
    ChecksumSHA256: checksumOf(actual),
    ...(ifAbsent ? { IfNoneMatch: '*' } : {}),
  });
  const { VersionId = '' } = await sending('PutObject', bucket, key, () => bucket.client.send(command));
  return { key, sizeBytes: body.length, versionId: VersionId, sha256: actual };
}

interface OpenedSource {
  readonly sent: readonly Buffer[];
  readonly pieces: AsyncIterable<Buffer>;
  readonly hash: Hash;
}

async function sendInParts(
  bucket: Bucket,
  { key, sha256 }: UploadRequest,
  { sent, pieces, hash }: OpenedSource,
  { ifAbsent }: { readonly ifAbsent: boolean },
): Promise<StoredFile> {
  const target = { Bucket: bucket.bucket, Key: key };
  const created = await sending('CreateMultipartUpload', bucket, key, () =>
    bucket.client.send(
      new CreateMultipartUploadCommand({
        ...target,
        ContentType: 'application/octet-stream',
        ServerSideEncryption: 'AES256',
        ChecksumAlgorithm: 'SHA256',
      }),
    ),
  );
  const upload = { ...target, UploadId: created.UploadId ?? '' };
  try {
    const { parts, sizeBytes } = await sendParts(sent, pieces, (piece, partNumber) => sendPart(bucket, upload, piece, partNumber));
    proved(bucket, key, sha256, hash);
    const completed = await sending('CompleteMultipartUpload', bucket, key, () =>
      completeUpload(bucket, upload, { parts, sizeBytes, ifAbsent }),
    );
    return { key, sizeBytes, ...completed };
  } catch (thrown) {
    // What cannot be aborted either is deleted by the bucket's lifecycle; the first failure is the one to tell.
    await bucket.client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw thrown;
  }
}

interface UploadId {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

async function sendPart(bucket: Bucket, upload: UploadId, piece: Buffer, partNumber: number): Promise<CompletedPart> {
  const checksum = createHash('sha256').update(piece).digest('base64');
  const command = new UploadPartCommand({
    ...upload,
    PartNumber: partNumber,
    Body: piece,
    ContentLength: piece.length,
    ChecksumSHA256: checksum,
  });
  const { ETag = '' } = await sending(`UploadPart ${partNumber}`, bucket, upload.Key, () => bucket.client.send(command));
  return { PartNumber: partNumber, ETag, ChecksumSHA256: checksum };
}

/** Reads on while a few parts are under way, and settles all of them before it ends: an upload can only be aborted when none is. */
async function sendParts(
  sent: readonly Buffer[],
  pieces: AsyncIterable<Buffer>,
  send: (piece: Buffer, partNumber: number) => Promise<CompletedPart>,
): Promise<{ readonly parts: readonly CompletedPart[]; readonly sizeBytes: number }> {
  const parts: CompletedPart[] = [];
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let [sizeBytes, partNumber] = [0, 0];
  const start = (piece: Buffer): void => {
    const at = partNumber++;
    sizeBytes += piece.length;
    const part = send(piece, at + 1)
      .then((completed) => void (parts[at] = completed))
      .catch((thrown: unknown) => void failures.push(thrown))
      .finally(() => underWay.delete(part));
    underWay.add(part);
  };
  try {
    sent.forEach(start);
    for await (const piece of pieces) {
      if (underWay.size >= PARTS_AT_ONCE) await Promise.race(underWay);
      if (failures.length > 0) break;
      start(piece);
    }
  } finally {
    await Promise.all(underWay);
  }
  if (failures.length > 0) throw failures[0];
  return { parts, sizeBytes };
}

/** Conditions that do not hold pass as they are: they are outcomes, not failures. */
async function sending<T>(operation: string, bucket: Bucket, key: string, call: () => Promise<T>): Promise<T> {
  let condition: unknown;
  const answer = await inBucket(operation, placeOf(bucket, key), async () => {
    try {
      return await call();
    } catch (thrown) {
      if (!isPreconditionFailed(thrown) && !isConflict(thrown)) throw thrown;
      condition = thrown;
      return undefined;
    }
  });
  if (condition !== undefined) throw condition as Error;
  return answer as T;
}

/** Buffers of exactly `size` bytes, the last one shorter. */
async function* piecesOf(source: Readable, size: number, hash: Hash): AsyncGenerator<Buffer, undefined> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of source) {
    let rest = Buffer.from(chunk as Uint8Array);
    hash.update(rest);
    while (heldBytes + rest.length >= size) {
      const fitting = size - heldBytes;
      yield Buffer.concat([...held, rest.subarray(0, fitting)]);
      rest = rest.subarray(fitting);
      [held, heldBytes] = [[], 0];
    }
    if (rest.length > 0) held.push(rest);
    heldBytes += rest.length;
  }
  if (heldBytes > 0) yield Buffer.concat(held);
  return undefined;
}

/** @returns the digest of all that was read */
function proved(bucket: Bucket, key: string, expected: string | undefined, hash: Hash): string {
  const actual = hash.digest('hex');
  if (expected === undefined || actual === expected) return actual;
  throw new SlipwayError('checksum-mismatch', `'${placeOf(bucket, key)}' was to get sha256 ${expected}, and its content has ${actual}`, {
    hint: 'run the command again; build it again with slipway start-build --no-cache when it stays so',
    details: { key, expected, actual },
  });
}
