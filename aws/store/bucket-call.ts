/**
 * Owns how a call to the bucket fails: which answers mean that nothing is there, which that another was faster, and what is an error.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
import type { S3Client } from '@aws-sdk/client-s3';
import { isSlipwayError } from '../../core/slipway-error';
import { awsFailure } from '../aws-failure';

/** What the adapters need of a client: tests hand in their own. */
export type BucketClient = Pick<S3Client, 'send'>;

export interface Bucket {
  readonly client: BucketClient;
  readonly bucket: string;
}

/** What is named is not there. 405 is a delete marker that was asked for by its version. */
const ABSENT: ReadonlySet<string> = new Set(['NoSuchKey', 'NoSuchVersion', 'NotFound', 'MethodNotAllowed']);

export interface S3Answer {
  readonly name: string;
  readonly status: number | undefined;
  /** How often the SDK has sent the request: more than once means that an earlier one may have been carried out. */
  readonly attempts: number;
}

export function answerOf(thrown: unknown): S3Answer {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as {
    readonly name?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
  };
  return {
    name: typeof error.name === 'string' ? error.name : '',
    status: error.$metadata?.httpStatusCode,
    attempts: error.$metadata?.attempts ?? 1,
  };
}

export function isAbsent(thrown: unknown): boolean {
  const { name, status } = answerOf(thrown);
  // A version id that was never one is refused as an argument.
  return ABSENT.has(name) || (name === 'InvalidArgument' && status === 400 && /version id/i.test(String((thrown as Error).message)));
}

/** 412: the condition does not hold. */
export function isPreconditionFailed(thrown: unknown): boolean {
  const { name, status } = answerOf(thrown);
  return name === 'PreconditionFailed' || status === 412;
}

/**
 * 409 `ConditionalRequestConflict`: another write of the same key was under way, and nothing is known of the condition. The same
 * request is to be made again: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html#conditional-error-response
 */
export function isConflict(thrown: unknown): boolean {
  return answerOf(thrown).name === 'ConditionalRequestConflict';
}

/** The connection, not the content: a checksum that does not hold is no reason to read the rest. */
export function isBrokenOff(thrown: unknown): boolean {
  const { code, message } = thrown as { readonly code?: unknown; readonly message?: unknown };
  return /^(ECONN|EPIPE|ETIMEDOUT|ERR_STREAM_PREMATURE_CLOSE)/.test(String(code)) || message === 'aborted';
}

/** Runs a call; what it throws comes out as a SlipwayError that names the operation and the object. */
export async function inBucket<T>(operation: string, place: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    if (isSlipwayError(thrown)) throw thrown;
    throw awsFailure(thrown, { service: 'S3', operation: `${operation} of '${place}'` });
  }
}

/** Where a person finds the object. */
export function placeOf({ bucket }: Pick<Bucket, 'bucket'>, key: string): string {
  return `s3://${bucket}/${key}`;
}
