/**
 * Owns the two shapes between the HTTP API and the gate: payload format 2.0 in, its answer out.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import { z } from 'zod';
import type { GateAnswer } from '../core/distribution/gate/gate-answer';
import type { GateRequest } from '../core/distribution/gate/gate-request';
import { baseUrlOfHost } from '../core/distribution/link-url';

const GateEventSchema = z.object({
  version: z.literal('2.0'),
  rawPath: z.string(),
  rawQueryString: z.string().default(''),
  /** Names in lower case; several of one name are joined by commas. */
  headers: z.record(z.string(), z.string()).default({}),
  requestContext: z.object({ domainName: z.string().optional(), http: z.object({ method: z.string(), sourceIp: z.string() }) }),
});

export interface GateResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What a caller says of a copy that it has is about S3's entity tags: S3 judges it, after the redirect.
 * A piece that is asked for under such a condition is still a piece.
 */
const CONDITIONS: ReadonlySet<string> = new Set(['if-match', 'if-none-match', 'if-range', 'if-modified-since', 'if-unmodified-since']);

/** Undefined for an event that the HTTP API does not send. */
export function gateRequestOfEvent(event: unknown): GateRequest | undefined {
  const read = GateEventSchema.safeParse(event);
  if (!read.success) return undefined;
  const { rawPath, rawQueryString, headers, requestContext } = read.data;
  // The API's own, or the custom one that the caller used.
  const baseUrl = baseUrlOfHost('https', requestContext.domainName);
  return {
    method: requestContext.http.method,
    target: rawQueryString === '' ? rawPath : `${rawPath}?${rawQueryString}`,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !CONDITIONS.has(name))),
    callerAddress: requestContext.http.sourceIp,
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
}

export function responseOfAnswer({ status, headers, body }: GateAnswer): GateResponse {
  return { statusCode: status, headers, body: body.kind === 'text' ? body.text : '' };
}

/** The answer that hands out a file: the same headers that forbid keeping and passing on, and the way to its bytes. */
export function redirectTo(url: string, { headers }: GateAnswer): GateResponse {
  const kept = Object.entries(headers).filter(([name]) => !OF_THE_FILE.has(name));
  return { statusCode: 302, headers: { ...Object.fromEntries(kept), location: url, 'content-length': '0' }, body: '' };
}

/** S3 says these itself, with the bytes. */
const OF_THE_FILE: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-disposition',
  'content-length',
  'content-range',
  'content-type',
  'etag',
]);
