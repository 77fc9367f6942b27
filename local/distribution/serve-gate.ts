/** Runs the gate of this machine for `slipway serve`: the server, its entry in serve.json, what it tells, and the sweep. */
import { networkInterfaces } from 'node:os';
import type { GateEvent, RunningGate, ServeGate, ServeGateOptions } from '../../core/distribution/gate/gate-service';
import type { Clock, Randomness } from '../../core/ports/clock';
import type { Files } from '../../core/ports/files';
import type { Ledger } from '../../core/ports/ledger';
import { toSlipwayError, type SlipwayError } from '../../core/slipway-error';
import { sweepDistributions } from '../../core/distribution/end/sweep-distributions';
import { recordTransfer } from '../../core/distribution/grants/record-transfer';
import type { FolderArtifactStore } from '../store/artifact-store-folder';
import { startGateServer, type GateTransfer } from './gate-server';
import { claimServeFile, releaseServeFile } from './serve-file';

const UNKNOWN_LOG_INTERVAL_MS = 10_000;
const SWEEP_INTERVAL_MS = 3_600_000;

export interface LocalGatePorts {
  readonly ledger: Ledger;
  readonly store: FolderArtifactStore;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly files: Files;
  /** `$SLIPWAY_HOME`. */
  readonly homeDirectory: string;
}

export function createServeGate(ports: LocalGatePorts): ServeGate {
  return (options) => serveGate(ports, options);
}

async function serveGate(ports: LocalGatePorts, options: ServeGateOptions): Promise<RunningGate> {
  const { files, homeDirectory, clock } = ports;
  const runId = ports.randomness.uuid();
  const now = () => new Date(clock.nowMs()).toISOString();
  const unknown = countUnknown(options.onEvent, now);
  const onFault = (fault: SlipwayError, reference?: string) =>
    options.onEvent({
      event: 'fault',
      at: now(),
      ...(reference === undefined ? {} : { reference }),
      code: fault.code,
      message: fault.message,
    });
  const transfers = recordTransfers(ports, options.onEvent, onFault);
  const server = await startGateServer({
    ports: { ledger: ports.ledger, clock, randomness: ports.randomness, rangesEnforcedBy: 'gate' },
    store: ports.store,
    host: options.host,
    port: options.port,
    trustProxy: options.trustProxy,
    ...(options.baseUrl === undefined ? {} : { baseUrl: options.baseUrl }),
    runId,
    onDecision: (entry) =>
      entry.distId === undefined && entry.reason !== 'failed' ? unknown.add() : options.onEvent({ event: 'decision', ...entry }),
    onTransfer: (transfer) => transfers.add(transfer),
    onFault,
  });
  const sweep = () => void sweepDistributions(ports).catch((thrown: unknown) => onFault(toSlipwayError(thrown)));
  sweep();
  const sweeping = setInterval(sweep, SWEEP_INTERVAL_MS).unref();
  const termination = awaitTermination();
  const advertised = claimServeFile(files, homeDirectory, {
    schemaVersion: 1,
    pid: process.pid,
    url: reachableUrl(server.url),
    runId,
    startedAt: now(),
  });
  const isAdvertised = await advertised.catch(async (thrown: unknown) => {
    // A gate that no link would name must not go on behind the error.
    termination.forget();
    clearInterval(sweeping);
    await server.stop();
    throw thrown;
  });
  return {
    url: reachableUrl(server.url),
    isAdvertised,
    terminated: termination.happened,
    stop: async () => {
      termination.forget();
      clearInterval(sweeping);
      const stopped = server.stop();
      if (isAdvertised) await releaseServeFile(files, homeDirectory, runId);
      await stopped;
      await transfers.recorded();
      unknown.end();
    },
  };
}

/**
 * `0.0.0.0` and `::` are no addresses to go to: whoever listens at all of them is asked for by others,
 * so links name the first that others can reach, and loopback where there is none.
 */
function reachableUrl(url: string): string {
  const lanAddress = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find((address) => !address.internal && address.family === 'IPv4')?.address;
  return url.replace(/\/\/(0\.0\.0\.0|\[::\]):/, `//${lanAddress ?? '127.0.0.1'}:`);
}

/** The first is told at once, then one line an interval with how many there were. */
function countUnknown(onEvent: (event: GateEvent) => void, now: () => string): { add(): void; end(): void } {
  let count = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    if (count > 0) onEvent({ event: 'unknown', at: now(), count });
    count = 0;
  };
  return {
    add() {
      count += 1;
      if (timer !== undefined) return;
      flush();
      timer = setInterval(flush, UNKNOWN_LOG_INTERVAL_MS).unref();
    },
    end() {
      clearInterval(timer);
      flush();
    },
  };
}

type OnFault = (fault: SlipwayError, reference?: string) => void;

/** How a granted file went is recorded before it is told, so that who hears of it finds it recorded. */
function recordTransfers(ports: LocalGatePorts, onEvent: ServeGateOptions['onEvent'], onFault: OnFault) {
  const pending = new Set<Promise<void>>();
  const record = async ({ entry, range, outcome, sentBytes }: GateTransfer) => {
    const { distId, reference, grantId = entry.continues } = entry;
    if (distId !== undefined && grantId !== undefined) {
      const end = { distId, grantId, range, outcome, sentBytes };
      await recordTransfer(ports, end).catch((thrown: unknown) => onFault(toSlipwayError(thrown), reference));
    }
    onEvent({ event: 'transfer', at: new Date(ports.clock.nowMs()).toISOString(), reference, outcome, sentBytes });
  };
  return {
    add(transfer: GateTransfer): void {
      const recording = record(transfer).finally(() => pending.delete(recording));
      pending.add(recording);
    },
    recorded: () => Promise.all(pending),
  };
}

function awaitTermination(): { readonly happened: Promise<void>; forget(): void } {
  let forget = () => undefined as void;
  const happened = new Promise<void>((resolve) => {
    const onSignal = () => resolve();
    process.once('SIGTERM', onSignal);
    forget = () => void process.off('SIGTERM', onSignal);
  });
  return { happened, forget: () => forget() };
}
