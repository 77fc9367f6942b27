/**
 * Opens a link as a reader does: one request, no redirect followed. An emulator of AWS has no host names of its own and tells its APIs
 * apart by the Host header.
 */
import http from 'node:http';
import https from 'node:https';

/** Nothing that answers links thinks for longer: whoever waits beyond it would wait for ever. */
const SILENCE_MS = 60_000;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface OpenLinkOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where an emulator answers for the hosts of AWS. */
  readonly emulator?: string;
}

export function openLink(link: string, { method = 'GET', headers = {}, emulator }: OpenLinkOptions = {}): Promise<HttpAnswer> {
  const url = new URL(link);
  const [, api] = /^([a-z0-9]+)\.execute-api\./.exec(url.host) ?? [];
  const isEmulated = emulator !== undefined && api !== undefined;
  const address = isEmulated ? `${emulator}${url.pathname}${url.search}` : link;
  const host = isEmulated ? { host: `${api}.execute-api.${new URL(emulator).host}` } : {};
  const { request } = address.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const sending = request(address, { method, headers: { ...headers, ...host }, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) });
      });
    });
    sending.setTimeout(SILENCE_MS, () => sending.destroy(new Error(`nothing came from ${url.host} for ${SILENCE_MS / 1000} s`)));
    sending.on('error', reject);
    sending.end();
  });
}
