/** What a deployment has beside builds: parameters, notices, addresses for transfers, and the world of its builds. */
import { Readable } from 'node:stream';
import type { BuildPorts } from '../../core/build/build-ports';
import { buildStatus, type BuildRecord } from '../../core/build/build-record';
import { publishLatestBuild } from '../../core/deployment/publish-latest-build';
import type { Notices } from '../../core/ports/notices';
import type { Parameters } from '../../core/ports/parameters';
import type { Transfers } from '../../core/ports/transfers';
import { SlipwayError } from '../../core/slipway-error';
import { createMemoryArtifactStore, type MemoryArtifactStore } from './artifact-store-memory';
import { createMemoryLedger, type MemoryLedger } from './ledger-memory';
import { createManualClock, createSeededRandomness, type ManualClock } from './manual-clock';
import { createRemoteRunner, type RemoteRunner } from './remote-runner';

export interface MemoryParameters extends Parameters {
  readonly values: ReadonlyMap<string, string>;
  /** While true every write is refused. */
  isDenied: boolean;
}

export function createMemoryParameters(): MemoryParameters {
  const values = new Map<string, string>();
  const parameters: MemoryParameters = {
    values,
    isDenied: false,
    read: (name) => Promise.resolve(values.get(name)),
    async write(name, value) {
      await Promise.resolve();
      if (parameters.isDenied) throw new SlipwayError('parameter-not-written', `the parameter '${name}' could not be written`);
      values.set(name, value);
    },
    remove: (name) => Promise.resolve(void values.delete(name)),
  };
  return parameters;
}

export interface MemoryNotices extends Notices {
  /** `<buildId> <status>` of every notice. */
  readonly sent: string[];
  /** While true every notice is refused. */
  isDown: boolean;
}

export function createMemoryNotices(): MemoryNotices {
  const notices: MemoryNotices = {
    sent: [],
    isDown: false,
    async buildEnded(record) {
      await Promise.resolve();
      if (notices.isDown) throw new SlipwayError('store-busy', 'the topic does not answer');
      notices.sent.push(`${record.buildId} ${buildStatus(record)}`);
    },
  };
  return notices;
}

/** Addresses that look like presigned ones, so that a log line that holds one is noticed. */
export function createMemoryTransfers(clock: ManualClock): Transfers {
  const signed = (key: string) => `https://bucket.example.org/${key}?X-Amz-Credential=AKIAEXAMPLE&X-Amz-Signature=0123abcd`;
  const after = (seconds: number) => new Date(clock.nowMs() + seconds * 1000).toISOString();
  return {
    upload: ({ key, sizeBytes, expiresInSeconds }) =>
      Promise.resolve({ url: signed(key), headers: { 'content-length': String(sizeBytes) }, expiresAt: after(expiresInSeconds) }),
    download: ({ key, expiresInSeconds }) => Promise.resolve({ url: signed(key), expiresAt: after(expiresInSeconds) }),
  };
}

export interface RemoteWorld extends BuildPorts {
  readonly ledger: MemoryLedger;
  readonly artifacts: MemoryArtifactStore;
  readonly runner: RemoteRunner;
  readonly clock: ManualClock;
  readonly parameters: MemoryParameters;
  readonly notices: MemoryNotices;
  readonly transfers: Transfers;
  /** Builds whose end was counted. */
  readonly ended: string[];
}

/** The ports of a deployment's builds, in memory, with the times that AWS has. */
export function createRemoteWorld(change: Partial<BuildPorts> = {}): RemoteWorld {
  const clock = createManualClock('2026-03-01T00:00:00.000Z');
  const ledger = createMemoryLedger();
  const parameters = createMemoryParameters();
  const ended: string[] = [];
  return {
    ledger,
    artifacts: createMemoryArtifactStore(),
    runner: createRemoteRunner(clock),
    clock,
    randomness: createSeededRandomness(),
    jobTimeoutMs: 60 * 60_000,
    startGraceMs: 15 * 60_000,
    restartAfterMs: 4 * 60_000,
    toolIdentity: () => Promise.resolve(undefined),
    builderId: () => 'urn:slipway:builder:test',
    streamOf: (bytes) => Readable.from([bytes]),
    parameters,
    publishLatest: (name: string) => publishLatestBuild({ ledger, parameters, stage: 'prod' }, name),
    notices: createMemoryNotices(),
    onEnded: (record: BuildRecord) => void ended.push(record.buildId),
    transfers: createMemoryTransfers(clock),
    ended,
    ...change,
  } as RemoteWorld;
}
