/** Owns reading one version as a stream that survives a connection that breaks: it goes on where it stood, in the same version. */
import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { isSlipwayError } from '../../core/slipway-error';
import { awsFailure } from '../aws-failure';
import { answerOf, inBucket, isAbsent, isBrokenOff, placeOf, type Bucket } from './bucket-call';

export interface ReadOptions {
  readonly versionId?: string;
  readonly range?: { readonly start: number; readonly endExclusive: number };
}

/** In a row, with nothing read in between. */
const MOST_RESUMES = 3;

interface Opened {
  readonly body: Readable;
  /** Bytes that were promised. */
  readonly length: number;
  readonly versionId: string | undefined;
}

/** @returns undefined where nothing is */
export async function readObject(bucket: Bucket, key: string, { versionId, range }: ReadOptions): Promise<Readable | undefined> {
  if (range !== undefined && range.endExclusive <= range.start) return Readable.from([]);
  const opened = await open(bucket, key, { ...(versionId === undefined ? {} : { versionId }), ...(range === undefined ? {} : { range }) });
  if (opened === undefined) return undefined;
  return Readable.from(contentOf(bucket, key, opened, range?.start ?? 0), { objectMode: false });
}

async function open(bucket: Bucket, key: string, { versionId, range }: ReadOptions): Promise<Opened | undefined> {
  const command = new GetObjectCommand({
    Bucket: bucket.bucket,
    Key: key,
    ...(versionId === undefined ? {} : { VersionId: versionId }),
    ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.endExclusive - 1}` }),
  });
  return inBucket('GetObject', placeOf(bucket, key), async () => {
    try {
      const { Body, ContentLength = 0, VersionId } = await bucket.client.send(command);
      return { body: Body as Readable, length: ContentLength, versionId: VersionId ?? versionId };
    } catch (thrown) {
      if (isAbsent(thrown)) return undefined;
      // Behind the end there is nothing to read, as in a file.
      if (answerOf(thrown).name === 'InvalidRange') return { body: Readable.from([]), length: 0, versionId };
      throw thrown;
    }
  });
}

async function* contentOf(bucket: Bucket, key: string, first: Opened, start: number): AsyncGenerator<Uint8Array> {
  const endExclusive = start + first.length;
  let [body, at, resumes] = [first.body, start, 0];
  for (;;) {
    try {
      for await (const chunk of body) {
        at += (chunk as Uint8Array).length;
        resumes = 0;
        yield chunk as Uint8Array;
      }
      return;
    } catch (thrown) {
      const failure = awsFailure(thrown, { service: 'S3', operation: `GetObject of '${placeOf(bucket, key)}'` });
      if (
        isSlipwayError(thrown) ||
        !isBrokenOff(thrown) ||
        at >= endExclusive ||
        first.versionId === undefined ||
        ++resumes > MOST_RESUMES
      ) {
        throw failure;
      }
      const next = await open(bucket, key, { versionId: first.versionId, range: { start: at, endExclusive } });
      if (next === undefined) throw failure;
      body = next.body;
    }
  }
}
