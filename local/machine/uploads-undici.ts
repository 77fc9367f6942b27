/** The Uploads port on undici, by the same proxies and certificates as the downloads. */
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { request as send } from 'undici';
import type { UploadRequest, Uploads } from '../../core/ports/uploads';
import { redactUrls } from '../../core/redaction';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import { createTransport, type DownloadsOptions, type Transport } from './downloads-undici-transport';

/** A connection that drops in the middle of a large file starts again from its beginning: few tries, with room between them. */
const RETRY_DELAYS_MS: readonly number[] = [500, 2_000, 8_000];
const RETRIED_STATUS: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
/** S3's errors are a few hundred bytes of XML. */
const LONGEST_ANSWER = 4096;

export function createUndiciUploads(options: DownloadsOptions): Uploads {
  let transport: Promise<Transport> | undefined;
  const delaysMs = options.retryDelaysMs ?? RETRY_DELAYS_MS;
  return {
    async put(request) {
      transport ??= createTransport(options);
      const { dispatcherFor } = await transport;
      for (let tries = 0; ; tries++) {
        try {
          return await putOnce(request, dispatcherFor(new URL(request.url)));
        } catch (thrown) {
          const error = isSlipwayError(thrown)
            ? thrown
            : failed(request.url, thrown instanceof Error ? thrown.message : String(thrown), thrown);
          const delayMs = delaysMs[tries];
          if (error.code !== 'upload-failed' || delayMs === undefined) throw error;
          await wait(delayMs);
        }
      }
    },
  };
}

async function putOnce(request: UploadRequest, dispatcher: ReturnType<Transport['dispatcherFor']>): Promise<'stored' | 'was-there'> {
  const { statusCode, body } = await send(request.url, {
    method: 'PUT',
    headers: { ...request.headers, 'content-length': String(request.sizeBytes) },
    body: Readable.from(counted(request), { objectMode: false }),
    dispatcher,
  });
  const answer = await startOf(body);
  if (statusCode >= 200 && statusCode < 300) return 'stored';
  if (statusCode === 412) return 'was-there';
  const reason = `HTTP ${statusCode}${s3Reason(answer)}`;
  if (RETRIED_STATUS.has(statusCode)) throw failed(request.url, reason);
  throw new SlipwayError('upload-refused', `'${shown(request.url)}' refused the file: ${reason}`, {
    hint: 'run the command again: it asks for a new address; check that the clock of this machine is right',
    details: { url: shown(request.url), status: statusCode },
  });
}

async function* counted(request: UploadRequest): AsyncGenerator<Uint8Array> {
  let sentBytes = 0;
  for await (const chunk of request.open()) {
    yield chunk as Uint8Array;
    sentBytes += (chunk as Uint8Array).length;
    request.onProgress?.(sentBytes);
  }
}

async function startOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) if (chunks.length < 16) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8').slice(0, LONGEST_ANSWER);
}

/** `<Code>BadDigest</Code>`: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function s3Reason(answer: string): string {
  const code = /<Code>([\w.]+)<\/Code>/.exec(answer)?.[1];
  return code === undefined ? '' : ` (${code})`;
}

/** Without its query: the signature in it is a right to write. */
function shown(url: string): string {
  return redactUrls(url.split('?', 1)[0] ?? url);
}

function failed(url: string, reason: string, cause?: unknown): SlipwayError {
  return new SlipwayError('upload-failed', `cannot send the file to '${shown(url)}': ${reason}`, {
    hint: 'check the network and HTTPS_PROXY, then run the command again: what is there already is not sent twice',
    details: { url: shown(url) },
    cause,
  });
}
