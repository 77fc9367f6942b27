/** Buckets of an emulator as the storage stack makes them, and what goes over the wire to them. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  PutBucketVersioningCommand,
  S3Client,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
} from '@aws-sdk/client-s3';
import type { MiniStack } from './ministack';

export function s3ClientOf(cloud: Pick<MiniStack, 'clientConfig'>): S3Client {
  return new S3Client({ ...cloud.clientConfig, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' });
}

export async function makeBucket(client: S3Client): Promise<string> {
  const bucket = `slipway-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  return bucket;
}

export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** From now on, each request as it goes out, tries that are repeated among them. */
export function recordRequests(client: S3Client): SentRequest[] {
  const sent: SentRequest[] = [];
  client.middlewareStack.add(
    (next) => (args) => {
      const { method, path, query, headers } = args.request as SentRequest;
      sent.push({ method, path, query, headers });
      return next(args);
    },
    { step: 'finalizeRequest', name: 'recordRequests', priority: 'low' },
  );
  return sent;
}

/**
 * MiniStack 1.5.33 answers a GET of a version with all of it, whatever `Range` asks for: here it is cut as S3 cuts it. Can go when
 * the contract suite passes without. What goes over the wire is proved in test/aws/store.
 */
export function withRangesOfVersions(client: S3Client): S3Client {
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      const { Range, VersionId } = args.input as GetObjectCommandInput;
      const output = answer.output as GetObjectCommandOutput;
      const [, start, last] = /^bytes=(\d+)-(\d+)$/.exec(Range ?? '') ?? [];
      if (start === undefined || last === undefined || VersionId === undefined || output.ContentRange !== undefined) return answer;
      const bytes = (await output.Body?.transformToByteArray()) ?? new Uint8Array();
      const cut = bytes.subarray(Number(start), Number(last) + 1);
      Object.assign(output, { Body: Readable.from([Buffer.from(cut)]), ContentLength: cut.length });
      return answer;
    },
    { step: 'initialize', name: 'withRangesOfVersions' },
  );
  return client;
}
