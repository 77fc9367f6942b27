/**
 * The Downloads port on undici: proxies, certificates and credentials as this machine's pip configuration and environment
 * give them. What is fetched, and from where, belongs to `toolchain/`.
 */
import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fetch, type Response } from 'undici';
import { type Credentials, netrcCredentials } from '../../core/host/netrc';
import type { DownloadRequest, FileDigest, ReadableDownloads } from '../../core/ports/downloads';
import { redactUrls } from '../../core/redaction';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import { createTransport, type DownloadsOptions, type Transport } from './downloads-undici-transport';

/** Waits between the tries: a dropped connection or a 503 passes in this time, a missing network shows itself soon. */
const RETRY_DELAYS_MS: readonly number[] = [300, 1_200];
const RETRIED_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

interface Opened {
  readonly body: AsyncIterable<Uint8Array>;
  readonly contentType: string;
  readonly finalUrl: string;
}

/** The configuration is read on the first download, not before: most commands fetch nothing. */
export function createUndiciDownloads(options: DownloadsOptions): ReadableDownloads {
  let transport: Promise<Transport> | undefined;
  const open = async (request: DownloadRequest): Promise<Opened> => {
    const url = parseUrl(request.url);
    if (url.protocol === 'file:') return openFile(options, url);
    transport ??= createTransport(options);
    const response = await fetchOk(url, request, await transport);
    // Read as it is: wrapped into a Node stream, a connection that breaks before anyone listens would end the process.
    const body: AsyncIterable<Uint8Array> = response.body ?? Readable.from([]);
    return { body, contentType: response.headers.get('content-type') ?? '', finalUrl: response.url };
  };
  const delays = options.retryDelaysMs ?? RETRY_DELAYS_MS;
  return {
    open: async (request) => {
      const { body } = await retrying(delays, request.url, () => open(request));
      return { pieces: piecesOf(body, request.url) };
    },
    text: (request) =>
      retrying(delays, request.url, async () => {
        const { body, contentType, finalUrl } = await open(request);
        const chunks: Buffer[] = [];
        for await (const chunk of body) chunks.push(Buffer.from(chunk));
        return { body: Buffer.concat(chunks).toString('utf8'), contentType, finalUrl };
      }),
    file: (request, path, expected) =>
      retrying(delays, request.url, async () => {
        const { body } = await open(request);
        await options.files.writeStream(path, (sink) => pipeline(piecesOf(body, request.url), provingDigest(request.url, expected), sink));
      }),
  };
}

/** Names what breaks on the way in, so that it is not taken for a failure to write. */
async function* piecesOf(body: AsyncIterable<Uint8Array>, url: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (thrown) {
    throw failed(url, reasonOf(thrown), thrown);
  }
}

/** Passes everything on and ends with an error, so that nothing is kept, where the digest is another one. */
function provingDigest(url: string, digest: FileDigest): Transform {
  const [algorithm, name, expected] =
    digest.sha256 !== undefined ? (['sha256', 'SHA-256', digest.sha256] as const) : (['sha512', 'SHA-512', digest.sha512] as const);
  const hash = createHash(algorithm);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const actual = hash.digest('hex');
      if (actual === expected) done();
      else
        done(
          new SlipwayError('checksum-mismatch', `what '${redactUrls(url)}' holds has the ${name} ${actual}, not ${expected}`, {
            hint: 'the index serves another file under this name, or a proxy changed it: ask who runs it',
            details: { url: redactUrls(url), expected, actual },
          }),
        );
    },
  });
}

async function retrying<T>(delaysMs: readonly number[], url: string, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (thrown) {
      const error = isSlipwayError(thrown) ? thrown : failed(url, reasonOf(thrown), thrown);
      const delayMs = delaysMs[tries];
      if (error.code !== 'download-failed' || delayMs === undefined) throw error;
      await wait(delayMs);
    }
  }
}

async function fetchOk(url: URL, request: DownloadRequest, transport: Transport): Promise<Response> {
  const shown = redactUrls(url.href);
  const credentials = credentialsOf(url) ?? netrcCredentials(transport.netrc, url.hostname);
  const bare = new URL(url.href);
  bare.username = '';
  bare.password = '';
  const authorization =
    credentials === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}` };
  // On a redirect to another origin fetch drops the authorization by itself.
  const response = await fetch(bare, { headers: { ...authorization, ...request.headers }, dispatcher: transport.dispatcherFor(url) });
  if (response.ok) return response;
  await response.body?.cancel();
  if (response.status === 404 || response.status === 410) {
    throw new SlipwayError('download-not-found', `there is nothing at '${shown}'`, { details: { url: shown, status: response.status } });
  }
  if (response.status === 401 || response.status === 403) {
    const [says, action] =
      credentials === undefined ? ['asks for credentials', 'put them into'] : ['refuses the credentials', 'correct them in'];
    throw new SlipwayError('download-denied', `'${shown}' ${says} (HTTP ${response.status})`, {
      hint: `${action} ~/.netrc for ${url.hostname}, or the index URL of pip's configuration`,
      details: { url: shown, status: response.status },
    });
  }
  if (RETRIED_STATUS.has(response.status)) throw failed(url.href, `HTTP ${response.status}`);
  throw new SlipwayError('download-not-found', `'${shown}' answered with HTTP ${response.status}`, {
    details: { url: shown, status: response.status },
  });
}

function failed(url: string, reason: string, cause?: unknown): SlipwayError {
  return new SlipwayError('download-failed', `cannot fetch '${redactUrls(url)}': ${redactUrls(reason)}`, {
    hint: 'check the network, HTTPS_PROXY and the certificates, then run the command again',
    details: { url: redactUrls(url), reason: redactUrls(reason) },
    cause,
  });
}

/** undici hides the system's error below `fetch failed`. */
function reasonOf(thrown: unknown): string {
  let innermost = thrown;
  while (innermost instanceof Error && innermost.cause instanceof Error) innermost = innermost.cause;
  if (innermost instanceof AggregateError && innermost.errors[0] instanceof Error) innermost = innermost.errors[0];
  return innermost instanceof Error ? innermost.message : String(innermost);
}

function parseUrl(url: string): URL {
  if (URL.canParse(url)) return new URL(url);
  throw new SlipwayError('download-not-found', `'${redactUrls(url)}' is no URL`, {
    hint: 'write it with its scheme, such as https:// or file:///',
  });
}

function filePath(url: URL): string {
  const bare = new URL(url.href);
  bare.search = '';
  bare.hash = '';
  return fileURLToPath(bare);
}

/** A folder stands for its index.html, as a web server would have it. */
async function openFile(options: DownloadsOptions, url: URL): Promise<Opened> {
  const found = await kindOf(options, filePath(url));
  const page = found === 'directory' ? new URL('index.html', url.href.endsWith('/') ? url : `${url.href}/`) : url;
  if (found !== 'file' && (await kindOf(options, filePath(page))) !== 'file') {
    throw new SlipwayError('download-not-found', `there is nothing at '${url.href}'`, { details: { url: url.href } });
  }
  return { body: options.files.openRead(filePath(page)), contentType: '', finalUrl: page.href };
}

async function kindOf({ files }: DownloadsOptions, path: string): Promise<string | undefined> {
  const found = await files.stat(path);
  return found?.kind === 'link' ? (await files.stat(await files.realPath(path)))?.kind : found?.kind;
}

function credentialsOf(url: URL): Credentials | undefined {
  if (url.username === '' && url.password === '') return undefined;
  return { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}
