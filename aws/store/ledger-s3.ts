/**
 * The Ledger on a bucket: one JSON object per document, the ETag its revision, S3's conditional writes its compare-and-swap.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 * Reading what may not be there needs `s3:ListBucket`: without it S3 answers 403 in place of 404.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Ledger, LedgerEntry } from '../../core/ports/ledger';
import { SlipwayError } from '../../core/slipway-error';
import { answerOf, inBucket, isAbsent, isBrokenOff, isConflict, isPreconditionFailed, placeOf, type Bucket } from './bucket-call';

/** A conflict lasts as long as the other write. The SDK's own tries come on top of each. */
const MOST_TRIES = 10;
const LONGEST_PAUSE_MS = 60;
/** Of a record whose body breaks off; one is read in a single piece, so there is nothing to go on from. */
const MOST_READS = 3;
/** What ListObjectsV2 gives at once. */
const PAGE_SIZE = 1000;
/** Tells whose write it was when the answer to it was lost on the way. */
const WRITE_ID = 'write-id';

type Condition = { readonly IfNoneMatch: '*' } | { readonly IfMatch: string };

export function createS3Ledger(bucket: Bucket): Ledger {
  return {
    read: (key) => read(bucket, key),
    async create(key, body) {
      const revision = await write(bucket, key, body, { IfNoneMatch: '*' });
      if (revision === undefined) throw new SlipwayError('record-exists', `'${placeOf(bucket, key)}' is there already`);
      return revision;
    },
    async replace(key, body, revision) {
      const written = await write(bucket, key, body, { IfMatch: revision });
      if (written !== undefined) return written;
      throw new SlipwayError('record-changed', `'${placeOf(bucket, key)}' was changed by another process`, {
        hint: 'run the command again',
      });
    },
    remove: (key) =>
      inBucket('DeleteObject', placeOf(bucket, key), async () => {
        await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.bucket, Key: key }));
      }),
    keys: (prefix, options) => keys(bucket, prefix, options),
  };
}

async function read(bucket: Bucket, key: string): Promise<LedgerEntry | undefined> {
  const place = placeOf(bucket, key);
  const found = await inBucket('GetObject', place, async () => {
    for (let tries = 1; ; tries++) {
      try {
        const { Body, ETag } = await bucket.client.send(new GetObjectCommand({ Bucket: bucket.bucket, Key: key }));
        return { text: (await Body?.transformToString('utf-8')) ?? '', revision: ETag ?? '' };
      } catch (thrown) {
        if (isAbsent(thrown)) return undefined;
        // The SDK's own tries end where the body begins.
        if (!isBrokenOff(thrown) || tries >= MOST_READS) throw thrown;
      }
    }
  });
  return found === undefined ? undefined : { key, body: parse(bucket, key, found.text), revision: found.revision, place };
}

function parse(bucket: Bucket, key: string, text: string): unknown {
  const place = placeOf(bucket, key);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SlipwayError('record-corrupt', `the record '${place}' is damaged: it holds no JSON`, {
      hint: `see its earlier versions with aws s3api list-object-versions --bucket ${bucket.bucket} --prefix ${key}, and restore one`,
      details: { place },
      cause,
    });
  }
}

/** @returns the new revision; undefined when the condition does not hold */
async function write(bucket: Bucket, key: string, body: unknown, condition: Condition): Promise<string | undefined> {
  const writeId = randomUUID();
  const command = new PutObjectCommand({
    Bucket: bucket.bucket,
    Key: key,
    Body: JSON.stringify(body),
    ContentType: 'application/json',
    ServerSideEncryption: 'AES256',
    Metadata: { [WRITE_ID]: writeId },
    ...condition,
  });
  return inBucket('PutObject', placeOf(bucket, key), async () => {
    for (let tries = 1; ; tries++) {
      try {
        return (await bucket.client.send(command)).ETag ?? '';
      } catch (thrown) {
        // A replacement of what is not there is 404.
        if (isPreconditionFailed(thrown) || isAbsent(thrown)) {
          return answerOf(thrown).attempts > 1 || tries > 1 ? await revisionOfOwnWrite(bucket, key, writeId) : undefined;
        }
        if (!isConflict(thrown) || tries >= MOST_TRIES) throw thrown;
        await wait(Math.random() * LONGEST_PAUSE_MS);
      }
    }
  });
}

/**
 * A request that was carried out while its answer was lost is sent again by the SDK, and then its own first try stands against it.
 * @returns undefined when what is there is another's
 */
async function revisionOfOwnWrite(bucket: Bucket, key: string, writeId: string): Promise<string | undefined> {
  try {
    const { ETag, Metadata } = await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.bucket, Key: key }));
    return Metadata?.[WRITE_ID] === writeId ? ETag : undefined;
  } catch (thrown) {
    if (isAbsent(thrown)) return undefined;
    throw thrown;
  }
}

async function keys(
  bucket: Bucket,
  prefix: string,
  { limit = Infinity, after }: { readonly limit?: number; readonly after?: string } = {},
): Promise<readonly string[]> {
  const found: string[] = [];
  let next: string | undefined;
  while (found.length < limit) {
    const command = new ListObjectsV2Command({
      Bucket: bucket.bucket,
      Prefix: prefix,
      MaxKeys: Math.min(PAGE_SIZE, limit - found.length),
      ...(next === undefined ? {} : { ContinuationToken: next }),
      ...(next !== undefined || after === undefined ? {} : { StartAfter: after }),
    });
    const page = await inBucket('ListObjectsV2', placeOf(bucket, prefix), () => bucket.client.send(command));
    for (const { Key } of page.Contents ?? []) if (Key !== undefined) found.push(Key);
    next = page.NextContinuationToken;
    if (page.IsTruncated !== true || next === undefined) break;
  }
  return found;
}
