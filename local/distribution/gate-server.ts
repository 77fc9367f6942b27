/**
 * Carries the gate over HTTP on this machine: request in, answer out, files streamed from the ArtifactStore.
 * What is answered is decided in core; here are only sockets, limits and the way to stop.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerFailure, answerGateRequest, type GateOutcome, type GatePorts } from '../../core/distribution/gate/answer-gate-request';
import type { ByteRange } from '../../core/distribution/byte-range';
import { textAnswer, type GateAnswer, type GateBody } from '../../core/distribution/gate/gate-answer';
import type { GateLogEntry } from '../../core/distribution/gate/gate-log-entry';
import type { GateRequest } from '../../core/distribution/gate/gate-request';
import { baseUrlOfHost } from '../../core/distribution/link-url';
import { takeBackGrant } from '../../core/distribution/grants/record-grant';
import { isSlipwayError, SlipwayError, toSlipwayError } from '../../core/slipway-error';
import type { FolderArtifactStore } from '../store/artifact-store-folder';
import { limitConnections } from './connection-limit';
import { beginContent, sendContent, type BegunContent } from './send-content';
import { HEALTH_PATH } from './serve-file';

/** A request line and headers must be here in this time, whoever dribbles them. */
const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_TIMEOUT_MS = 5_000;
/** A connection on which nothing moves: a reader that stopped reading holds a file open. */
const IDLE_TIMEOUT_MS = 60_000;
const MOST_CONNECTIONS = 1_024;
const MOST_HEADER_BYTES = 16_384;
/** How long a stop waits for downloads that run. */
const DEFAULT_DRAIN_MS = 30_000;
/** And after that for what a request began: a disk that does not answer any more keeps no gate from ending. */
const DEFAULT_SETTLE_MS = 5_000;

export interface GateServerOptions {
  readonly ports: GatePorts;
  readonly store: Pick<FolderArtifactStore, 'open'>;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Takes the caller's address from the last entry of X-Forwarded-For: only behind a proxy that sets it. */
  readonly trustProxy: boolean;
  /** Where people reach this gate. Absent: what each request says of that itself, and behind a proxy that is trusted, what that says. */
  readonly baseUrl?: string;
  /** What `/health` answers. */
  readonly runId: string;
  readonly onDecision: (entry: GateLogEntry) => void;
  /** How a file that was begun ended, and what went wrong inside. */
  readonly onTransfer: (transfer: GateTransfer) => void;
  readonly onFault: (fault: SlipwayError, reference: string | undefined) => void;
  /** Default 60 s. */
  readonly idleTimeoutMs?: number;
  /** Default 10 s. */
  readonly headersTimeoutMs?: number;
}

export interface GateTransfer {
  /** The decision that it follows from. */
  readonly entry: GateLogEntry;
  /** What was to be sent. */
  readonly range: ByteRange;
  readonly outcome: 'complete' | 'aborted';
  /** Of an aborted one, with its headers, what the system took. */
  readonly sentBytes: number;
}

export interface GateServer {
  /** With the port that was really taken. */
  readonly url: string;
  /**
   * Takes no new requests, lets downloads that run end within `drainMs`, then cuts them.
   * Nothing is read, written or told after it, unless a disk gave no answer within `settleMs`.
   */
  stop(drainMs?: number, settleMs?: number): Promise<void>;
}

/** @throws SlipwayError `port-in-use`, `listen-refused` */
export async function startGateServer(options: GateServerOptions): Promise<GateServer> {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const server = createServer({ maxHeaderSize: MOST_HEADER_BYTES, connectionsCheckingInterval: 1_000 }, (request, response) => {
    if (stopping.signal.aborted) response.setHeader('connection', 'close');
    const handled = handle(options, request, response)
      .catch((thrown: unknown) => {
        options.onFault(toSlipwayError(thrown), undefined);
        response.destroy();
      })
      .finally(() => running.delete(handled));
    running.add(handled);
  });
  server.headersTimeout = options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
  // No request that is answered has a body.
  server.requestTimeout = server.headersTimeout;
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  server.maxConnections = MOST_CONNECTIONS;
  server.setTimeout(options.idleTimeoutMs ?? IDLE_TIMEOUT_MS);
  // All that comes by a proxy comes from its address.
  if (!options.trustProxy) limitConnections(server);
  await listen(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    stop: async (drainMs = DEFAULT_DRAIN_MS, settleMs = DEFAULT_SETTLE_MS) => {
      stopping.abort();
      await close(server, drainMs);
      await settled(running, settleMs);
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): SlipwayError {
  if (error.code === 'EADDRINUSE') {
    return new SlipwayError('port-in-use', `port '${port}' of '${host}' is taken by another program`, {
      hint: `run slipway serve --port ${port + 1}, or --port 0 for a free one`,
      details: { host, port },
      cause: error,
    });
  }
  const hint =
    error.code === 'EACCES'
      ? 'ports below 1024 belong to the administrator: use --port 8722'
      : 'use --host with an address that this machine has';
  return new SlipwayError(
    'listen-refused',
    `the system does not let this program listen at '${host}' port '${port}' (${error.code ?? error.message})`,
    {
      hint,
      details: { host, port },
      cause: error,
    },
  );
}

async function close(server: Server, drainMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearTimeout(timer);
}

/** A request outlives its connection: what it began is closed, and its outcome written. */
async function settled(running: ReadonlySet<Promise<void>>, withinMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)));
  await Promise.race([Promise.all(running), over]);
  clearTimeout(timer);
}

async function handle(options: GateServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  // Whatever follows is not waited for.
  if (hasBody(request)) response.setHeader('connection', 'close');
  if (request.url === HEALTH_PATH && request.method === 'GET') return send(response, textAnswer(200, `${options.runId}\n`, false));
  const asked = gateRequestOf(request, options);
  const { answer, entry } = await outcomeOf(options, asked);
  if (answer.body.kind !== 'file') {
    options.onDecision(entry);
    return send(response, answer);
  }
  await sendFile(options, response, { answer, body: answer.body, entry, asked });
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function gateRequestOf(request: IncomingMessage, { trustProxy, baseUrl }: Pick<GateServerOptions, 'trustProxy' | 'baseUrl'>): GateRequest {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
  const forwarded = (name: string) => (trustProxy ? headers[`x-forwarded-${name}`]?.split(',').at(-1)?.trim() : undefined);
  const scheme = forwarded('proto')?.toLowerCase() === 'https' ? 'https' : 'http';
  const reachedAt = baseUrl ?? baseUrlOfHost(scheme, forwarded('host') ?? headers.host);
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    headers,
    callerAddress: forwarded('for') ?? request.socket.remoteAddress,
    ...(reachedAt === undefined ? {} : { baseUrl: reachedAt }),
  };
}

/** A fault inside is told to the log; the caller gets a reference to it. */
async function outcomeOf(options: GateServerOptions, asked: GateRequest): Promise<GateOutcome> {
  try {
    return await answerGateRequest(options.ports, asked);
  } catch (thrown) {
    const outcome = answerFailure(options.ports, asked, 'failed');
    options.onFault(toSlipwayError(thrown), outcome.entry.reference);
    return outcome;
  }
}

function send(response: ServerResponse, answer: GateAnswer): void {
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body.kind === 'text' ? answer.body.text : undefined);
}

interface Sending {
  readonly answer: GateAnswer;
  readonly body: Extract<GateBody, { kind: 'file' }>;
  readonly entry: GateLogEntry;
  readonly asked: GateRequest;
}

/** Bytes go at the reader's pace; when either side goes, the file is closed. */
async function sendFile(options: GateServerOptions, response: ServerResponse, sending: Sending): Promise<void> {
  const { answer, body, entry } = sending;
  if (body.range.endExclusive === body.range.start) {
    options.onDecision(entry);
    send(response, { ...answer, body: { kind: 'none' } });
    return options.onTransfer({ entry, range: body.range, outcome: 'complete', sentBytes: 0 });
  }
  const content = await openContent(options, sending);
  if (content === undefined) {
    const outcome = await withoutFile(options, sending);
    options.onDecision(outcome.entry);
    return send(response, outcome.answer);
  }
  options.onDecision(entry);
  options.onTransfer({ entry, range: body.range, ...(await transfer(options, response, content, sending)) });
}

/** Resolves when the file is closed, whoever ended it. */
async function transfer(
  options: GateServerOptions,
  response: ServerResponse,
  begun: BegunContent,
  { answer, body, entry }: Sending,
): Promise<Pick<GateTransfer, 'outcome' | 'sentBytes'>> {
  const { socket } = response.req;
  const sentBefore = socket.bytesWritten;
  try {
    response.writeHead(answer.status, answer.headers);
    if ((await sendContent(begun, socket, response)) === 'sent') {
      return { outcome: 'complete', sentBytes: body.range.endExclusive - body.range.start };
    }
  } catch (thrown) {
    options.onFault(toSlipwayError(thrown), entry.reference);
    // The length was promised: only the end of the connection says that this was not all.
    response.destroy();
    socket.destroy();
  }
  return { outcome: 'aborted', sentBytes: socket.bytesWritten - sentBefore };
}

/** Undefined when there is nothing to send, before a byte of the answer went out. */
async function openContent(options: GateServerOptions, { body, entry }: Sending): Promise<BegunContent | undefined> {
  try {
    return await beginContent(await options.store.open(body.key, { versionId: body.versionId, range: body.range }));
  } catch (thrown) {
    if (!isSlipwayError(thrown) || thrown.code !== 'artifact-not-found') options.onFault(toSlipwayError(thrown), entry.reference);
    return undefined;
  }
}

/** The copy went between decision and reading: revoked by now, or lost. It was no download; a HEAD asks again without counting. */
async function withoutFile(options: GateServerOptions, sending: Sending): Promise<GateOutcome> {
  await takeBackGrant(options.ports.ledger, sending.entry);
  const { reason } = (await outcomeOf(options, { ...sending.asked, method: 'HEAD' })).entry;
  return answerFailure(options.ports, sending.asked, reason === 'ok' ? 'file-missing' : reason, {
    ...(sending.entry.distId === undefined ? {} : { distId: sending.entry.distId }),
    ...(sending.entry.file === undefined ? {} : { file: sending.entry.file }),
  });
}
