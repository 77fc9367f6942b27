/**
 * The line between the deployed functions and one service of the emulator, which a test may disturb: refusals, answers that are lost,
 * uploads that break off. The functions reach the service by `AWS_ENDPOINT_URL_<SERVICE>`, and so do addresses that they have signed.
 */
import '../../allow-network';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LineRequest {
  readonly method: string;
  /** With its query, as it was sent. */
  readonly path: string;
  /** `AmazonSSM.PutParameter`, where the service's protocol has such a header. */
  readonly operation: string;
}

export type Disturbance =
  | { readonly kind: 'refuse'; readonly status: number; readonly code: string; readonly message?: string }
  /** The service carries the request out, and the answer is lost with the connection. */
  | { readonly kind: 'lose-answer' }
  /** The connection breaks after so many bytes of the request's body. */
  | { readonly kind: 'break-off'; readonly afterBytes: number };

export interface FaultLine {
  readonly url: string;
  /** Where the service is; known once the emulator runs. */
  connectTo(endpoint: string): void;
  /**
   * Disturbs what `isMeant` picks, for so many requests. Without `times` until it is called off.
   * @returns what calls it off, and tells how many requests were disturbed
   */
  disturb(isMeant: (request: LineRequest) => boolean, disturbance: Disturbance, times?: number): () => number;
  close(): Promise<void>;
}

interface Standing {
  readonly isMeant: (request: LineRequest) => boolean;
  readonly disturbance: Disturbance;
  readonly times: number;
  count: number;
}

export async function createFaultLine(): Promise<FaultLine> {
  let target: URL | undefined;
  const standing = new Set<Standing>();
  const server = http.createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    const line: LineRequest = { method, path: url, operation: String(headers['x-amz-target'] ?? '') };
    const found = [...standing].find((each) => each.count < each.times && each.isMeant(line));
    if (found !== undefined) found.count += 1;
    const disturbance = found?.disturbance;
    if (disturbance?.kind === 'refuse') refuse(request, response, disturbance);
    else if (disturbance?.kind === 'break-off') breakOff(request, disturbance.afterBytes);
    else if (target === undefined) response.writeHead(503).end();
    else forward(target, request, response, disturbance?.kind === 'lose-answer');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connectTo: (endpoint) => {
      target = new URL(endpoint);
    },
    disturb(isMeant, disturbance, times = Infinity) {
      const added: Standing = { isMeant, disturbance, times, count: 0 };
      standing.add(added);
      return () => {
        standing.delete(added);
        return added.count;
      };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** As it came, its Host header too: it is part of what was signed. */
function forward(target: URL, request: http.IncomingMessage, response: http.ServerResponse, isAnswerLost: boolean): void {
  const { method, url, rawHeaders } = request;
  const sending = http.request({ host: target.hostname, port: target.port, method, path: url, agent: false });
  for (let at = 0; at < rawHeaders.length; at += 2) sending.setHeader(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  sending.on('response', (answer) => {
    if (isAnswerLost) {
      answer.resume().on('end', () => request.socket.destroy());
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  sending.on('error', () => request.socket.destroy());
  request.pipe(sending);
}

function refuse(request: http.IncomingMessage, response: http.ServerResponse, disturbance: Extract<Disturbance, { kind: 'refuse' }>): void {
  const { status, code, message = 'refused by a test' } = disturbance;
  const isJson = request.headers['x-amz-target'] !== undefined;
  const body = isJson
    ? JSON.stringify({ __type: code, message })
    : `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  request.resume().on('end', () => {
    response.writeHead(status, { 'content-type': isJson ? 'application/x-amz-json-1.1' : 'application/xml' }).end(body);
  });
}

function breakOff(request: http.IncomingMessage, afterBytes: number): void {
  let cameBytes = 0;
  request.on('data', (chunk: Buffer) => {
    cameBytes += chunk.length;
    if (cameBytes >= afterBytes) request.socket.destroy();
  });
}
