/** A gate on this machine as `slipway serve` runs it, on its own home folder, and a client with an address of its choice. */
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DistributeRequest, DistributionService, DistributionView } from '../../../core/distribution/distribution-service';
import type { GateEvent, RunningGate, ServeGateOptions } from '../../../core/distribution/gate/gate-service';
import type { Clock } from '../../../core/ports/clock';
import { nodeClock, nodeRandomness } from '../../../local/machine/clock-node';
import { createNodeFiles } from '../../../local/machine/files-node';
import { openLocalStore } from '../../../local/store/local-store';
import { createLocalDistributionService } from '../../../local/distribution/local-distribution-service';
import { createServeGate, type LocalGatePorts } from '../../../local/distribution/serve-gate';

export interface GateFixture {
  readonly homeDirectory: string;
  readonly ports: LocalGatePorts;
  readonly service: DistributionService;
  readonly events: GateEvent[];
  start(options?: Partial<ServeGateOptions>): Promise<RunningGate>;
  /** Resolves with the first event, past or future, that `isMeant` accepts. */
  eventOf(isMeant: (event: GateEvent) => boolean): Promise<GateEvent>;
  close(): Promise<void>;
}

/** @param options `homeDirectory` is one that another fixture made, and removes */
export function createGateFixture(options: { readonly clock?: Clock; readonly homeDirectory?: string } = {}): GateFixture {
  const homeDirectory = options.homeDirectory ?? mkdtempSync(path.join(tmpdir(), 'slipway gäte '));
  const files = createNodeFiles();
  const clock = options.clock ?? nodeClock;
  const ports: LocalGatePorts = {
    ...openLocalStore({ files, clock: nodeClock, randomness: nodeRandomness, homeDirectory, isAlive: () => true }),
    clock,
    randomness: nodeRandomness,
    files,
    homeDirectory,
  };
  const running: RunningGate[] = [];
  const events: GateEvent[] = [];
  const waiting = new Set<(event: GateEvent) => void>();
  const serve = createServeGate(ports);
  return {
    homeDirectory,
    ports,
    events,
    service: createLocalDistributionService(ports),
    async start(change = {}) {
      const gate = await serve({
        host: '127.0.0.1',
        port: 0,
        trustProxy: false,
        onEvent: (event) => {
          events.push(event);
          for (const tell of waiting) tell(event);
        },
        ...change,
      });
      running.push(gate);
      return gate;
    },
    async eventOf(isMeant) {
      const past = events.find(isMeant);
      if (past !== undefined) return past;
      return new Promise((resolve) => {
        const tell = (event: GateEvent) => {
          if (!isMeant(event)) return;
          waiting.delete(tell);
          resolve(event);
        };
        waiting.add(tell);
      });
    },
    async close() {
      await Promise.all(running.map((gate) => gate.stop()));
      rmSync(homeDirectory, { recursive: true, force: true });
    },
  };
}

export function pathRequest(file: string, change: Partial<DistributeRequest> = {}): DistributeRequest {
  return {
    from: { path: file, name: 'fieldkit', version: '1.4.0' },
    expiresHours: 48,
    allowedIps: [],
    link: 'gate',
    allowSecrets: [],
    ...change,
  };
}

export function urlOf(view: DistributionView): string {
  if (view.url === undefined) throw new Error('the link has no address');
  return view.url;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** @param options `localAddress` is the address that the gate sees */
export function get(url: string, options: http.RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    request.on('error', reject);
    request.end();
  });
}
