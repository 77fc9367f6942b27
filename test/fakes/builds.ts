/** Build requests, reports and a runner as tests need them: valid, small, with what matters changed. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BuildManifest } from '../../core/build/build-manifest';
import type { BuildPorts } from '../../core/build/build-ports';
import type { BuildRecord } from '../../core/build/build-record';
import type { BuildRequest, JobTemplate } from '../../core/build/build-request';
import type { BuildService } from '../../core/build/build-service';
import { cancelBuild } from '../../core/build/settle/cancel-build';
import { openArtifact } from '../../core/build/fetch-artifacts';
import { getStatus } from '../../core/build/settle/get-status';
import { listBuilds } from '../../core/build/settle/list-builds';
import type { PlatformId } from '../../core/platform';
import type { ArtifactStore } from '../../core/ports/artifact-store';
import type { BuildRunner, JobObservation, JobTicket } from '../../core/ports/build-runner';
import { readLog } from '../../core/build/read-log';
import type { Report } from '../../core/job/report';
import { retryBuild } from '../../core/build/start/retry-build';
import { startBuild } from '../../core/build/start/start-build';
import { storageKey } from '../../core/storage-key';
import { createMemoryArtifactStore, type MemoryArtifactStore } from './artifact-store-memory';
import { createMemoryLedger, type MemoryLedger } from './ledger-memory';
import { jobPython } from './job-python';
import { createManualClock, createSeededRandomness, type ManualClock } from './manual-clock';

export const SOURCE = Buffer.from('a source archive');
const sha256Of = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');

export const openSource = () => Readable.from([SOURCE]);

export function jobTemplate(change: Partial<JobTemplate> = {}): JobTemplate {
  return {
    schemaVersion: 1,
    name: 'fieldkit',
    version: '1.4.0',
    binaries: [
      {
        name: 'fieldkit',
        console: true,
        python: jobPython({ script: 'fieldkit', dependencies: { lock: 'uv.lock', extras: [], groups: [] } }),
      },
    ],
    checks: [],
    budgets: {},
    package: { format: 'tar.gz', split: false, installers: [] },
    secretNames: [],
    ...change,
  };
}

let requests = 0;

export function buildRequest(platforms: readonly PlatformId[] = ['linux-x86_64'], change: Partial<BuildRequest> = {}): BuildRequest {
  requests += 1;
  const jobs: BuildRequest['jobs'] = {};
  for (const platform of platforms) jobs[platform] = jobTemplate();
  return {
    schemaVersion: 1,
    requestId: `00000000-0000-4000-8000-${String(requests).padStart(12, '0')}`,
    name: 'fieldkit',
    version: '1.4.0',
    requestedBy: 'tester',
    source: { sha256: sha256Of(SOURCE), sizeBytes: SOURCE.length, epochSeconds: 315532800, projectPath: '.' },
    jobs,
    ...change,
  };
}

export interface Delivered {
  readonly report: Report;
  readonly files: Readonly<Record<string, Buffer>>;
}

/** What an honest builder delivers for a ticket. */
export function deliveryFor(ticket: JobTicket, change: Partial<Report> = {}): Delivered {
  const { job } = ticket;
  const file = `${job.name}-${job.platform}.tar.gz`;
  const archive = Buffer.from(`archive of ${job.platform}, attempt ${job.attempt}`);
  const list = Buffer.from(`${sha256Of(archive)}  ${file}\n`);
  const files = { [file]: archive, SHA256SUMS: list };
  return {
    files,
    report: {
      schemaVersion: 1,
      buildId: job.buildId,
      name: job.name,
      version: job.version,
      platform: job.platform,
      attempt: job.attempt,
      outcome: 'succeeded',
      startedAt: '2026-03-01T00:00:01.000Z',
      endedAt: '2026-03-01T00:01:00.000Z',
      source: { sha256: job.source.sha256 },
      steps: [{ name: 'compile', outcome: 'done', seconds: 50 }],
      tools: [{ name: 'nuitka', version: '4.3.3' }],
      binaries: [],
      warnings: [],
      artifacts: Object.entries(files).map(([name, content]) => ({
        file: name,
        kind: name === 'SHA256SUMS' ? 'checksums' : 'archive',
        sizeBytes: content.length,
        sha256: sha256Of(content),
      })),
      signed: 'none',
      cache: 'none',
      ...change,
    },
  };
}

export function failedReport(ticket: JobTicket): Report {
  return deliveryFor(ticket, {
    outcome: 'failed',
    failure: {
      code: 'build-failed',
      message: 'the compiler failed',
      hint: 'fix it',
      step: 'compile',
      cause: 'a module is missing',
      logTail: [],
    },
    artifacts: [],
  }).report;
}

export async function stage(store: ArtifactStore, ticket: JobTicket, delivered: Partial<Delivered>): Promise<void> {
  const prefix = storageKey.stagingPrefix(ticket.job.buildId, ticket.job.platform, ticket.nonce);
  for (const [file, content] of Object.entries(delivered.files ?? {})) await store.put(prefix + file, () => Readable.from([content]), {});
  if (delivered.report !== undefined) {
    const text = JSON.stringify(delivered.report);
    await store.put(`${prefix}report.json`, () => Readable.from([Buffer.from(text)]), {});
  }
}

export interface ScriptedRunner extends BuildRunner {
  readonly tickets: ReadonlyMap<string, JobTicket>;
  readonly cancelled: ReadonlySet<string>;
  readonly released: readonly (readonly [string, string])[];
  /** What the next look at the job shows. */
  show(platform: PlatformId, observation: JobObservation): void;
  failStart(platform: PlatformId, error: Error): void;
  /** What the log of every job holds, and whether it is over. */
  say(text: string, isComplete: boolean): void;
}

export function createScriptedRunner(): ScriptedRunner {
  const tickets = new Map<string, JobTicket>();
  const shown = new Map<string, JobObservation>();
  const failing = new Map<PlatformId, Error>();
  const cancelled = new Set<string>();
  const released: (readonly [string, string])[] = [];
  let log = { text: '', isComplete: false };
  const idOf = (ticket: JobTicket) => `${ticket.job.buildId}/${ticket.job.platform}`;
  return {
    tickets,
    cancelled,
    released,
    show: (platform, observation) => shown.set(platform, observation),
    failStart: (platform, error) => failing.set(platform, error),
    platforms: () => Promise.resolve(['linux-x86_64', 'windows-x86_64']),
    async start(ticket) {
      await Promise.resolve();
      const error = failing.get(ticket.job.platform);
      if (error !== undefined) throw error;
      tickets.set(idOf(ticket), ticket);
      return { runnerId: idOf(ticket) };
    },
    async observe(runnerId) {
      await Promise.resolve();
      return shown.get(runnerId.split('/')[1] ?? '') ?? { state: 'queued' };
    },
    async cancel(runnerId) {
      await Promise.resolve();
      cancelled.add(runnerId);
    },
    say(text, isComplete) {
      log = { text, isComplete };
    },
    log: (_buildId, _platform, from = '0') =>
      Promise.resolve({ text: log.text.slice(Number(from)), next: String(log.text.length), isComplete: log.isComplete }),
    async release(runnerId, outcome) {
      await Promise.resolve();
      released.push([runnerId, outcome]);
    },
  };
}

export interface BuildWorld extends BuildPorts {
  readonly ledger: MemoryLedger;
  readonly artifacts: MemoryArtifactStore;
  readonly runner: ScriptedRunner;
  readonly clock: ManualClock;
  /** The ticket of a build's job. */
  ticket(record: BuildRecord, platform?: PlatformId): JobTicket;
}

export function createBuildWorld(change: Partial<BuildPorts> = {}): BuildWorld {
  const runner = createScriptedRunner();
  return {
    ledger: createMemoryLedger(),
    artifacts: createMemoryArtifactStore(),
    runner,
    clock: createManualClock('2026-03-01T00:00:00.000Z'),
    randomness: createSeededRandomness(),
    jobTimeoutMs: 60_000,
    startGraceMs: 60_000,
    toolIdentity: () => Promise.resolve('tools 1'),
    builderId: () => 'urn:slipway:builder:test',
    streamOf: (bytes) => Readable.from([bytes]),
    ticket(record, platform = 'linux-x86_64') {
      const ticket = runner.tickets.get(`${record.buildId}/${platform}`);
      if (ticket === undefined) throw new Error(`no ticket of ${platform}`);
      return ticket;
    },
    ...change,
  } as BuildWorld;
}

export const EXITED: JobObservation = { state: 'ended', end: 'exited', endedAt: '2026-03-01T00:02:00.000Z', detail: 'exit code 0' };

/** The service that a command line talks to, on ports in memory. */
export function buildServiceOf(world: BuildWorld): BuildService {
  return {
    platforms: () => world.runner.platforms(),
    start: (request, open, options) => startBuild(world, request, open, options),
    retry: (reference, requestId, options = {}) => retryBuild(world, reference, requestId, { useCache: true, ...options }),
    status: (reference, name, latest) =>
      getStatus(world, reference, { ...(name === undefined ? {} : { name }), ...(latest === undefined ? {} : { latest }) }),
    list: (options) => listBuilds(world, options),
    cancel: (reference, name) => cancelBuild(world, reference, name === undefined ? {} : { name }),
    log: (buildId, platform, from) => readLog(world, buildId, platform, from),
    manifest: async (buildId) => (await world.ledger.read(storageKey.buildManifest(buildId)))?.body as BuildManifest | undefined,
    openArtifact: (buildId, artifact) => openArtifact(world, buildId, artifact),
  };
}
