/**
 * Use-case: a request -> one build whose jobs are on their way.
 * The same request, resent after whatever interruption, is the same build and goes on where the first one stopped.
 */
import type { Readable } from 'node:stream';
import type { BuildPorts } from './build-ports';
import { buildStatus, isOpen, jobsOf, type BuildRecord, type JobRecord } from './build-record';
import { BuildRequestSchema, type BuildRequest } from './build-request';
import type { StartBuildOptions } from './build-service';
import { buildIdOfRequest } from '../identifier';
import { causeOfThrown, type JobIdentity } from './job-verdict';
import { PlatformIdSchema, type PlatformId } from '../platform';
import type { JobTicket } from '../ports/build-runner';
import { findReusableResult, resultKeyOf, reuseNotes } from './result-cache';
import { JobResultSchema, NO_RESULT } from './build-manifest';
import { finishBuild, settleReused } from './settle-build';
import { SlipwayError } from '../slipway-error';
import { buildIdOfIndexKey, storageKey } from '../storage-key';
import { changeJob, changeOpenJob, findBuild, hasCode, readBuild } from './stored-build';

/** A newest build that is dated further ahead than this was dated by a wrong clock; it is not followed. */
const LARGEST_CLOCK_STEP_MS = 24 * 3_600_000;

/**
 * Returns as soon as the jobs are on their way.
 * A platform that cannot be started fails with its cause in the record; the others go on.
 * @throws SlipwayError `checksum-mismatch` when the source is not what the request says, or what the store says
 */
export async function startBuild(
  ports: BuildPorts,
  request: BuildRequest,
  openSource: () => Readable,
  options: StartBuildOptions,
): Promise<BuildRecord> {
  const buildId = buildIdOfRequest(request.requestId);
  if ((await findBuild(ports, buildId)) === undefined) {
    const { sha256 } = request.source;
    const source = await ports.artifacts.put(storageKey.source(sha256), openSource, { sha256, ifAbsent: true });
    await createBuild(ports, request, source);
  }
  return startJobs(ports, buildId, options);
}

interface StoredSource {
  readonly sizeBytes: number;
  readonly versionId: string;
}

/** What a retry adds to a request. */
export interface RetryOf {
  readonly buildId: string;
  readonly attempts: Partial<Record<PlatformId, number>>;
}

/** Writes the record, after everything that a reader of it will look for. */
export async function createBuild(ports: BuildPorts, request: BuildRequest, source: StoredSource, retryOf?: RetryOf): Promise<void> {
  const buildId = buildIdOfRequest(request.requestId);
  const createdAtMs = await nextCreatedAtMs(ports);
  const jobs: Partial<Record<PlatformId, JobRecord>> = {};
  for (const platform of PlatformIdSchema.options) {
    if (request.jobs[platform] !== undefined) jobs[platform] = newJob(ports, retryOf?.attempts[platform] ?? 1);
  }
  const { git } = request.source;
  const record: BuildRecord = {
    schemaVersion: 1,
    buildId,
    requestId: request.requestId,
    name: request.name,
    version: request.version,
    createdAt: new Date(createdAtMs).toISOString(),
    requestedBy: request.requestedBy,
    source: {
      sha256: request.source.sha256,
      sizeBytes: source.sizeBytes,
      versionId: source.versionId,
      ...(git === undefined ? {} : { git }),
    },
    ...(retryOf === undefined ? {} : { retryOf: retryOf.buildId }),
    jobs,
  };
  const create = (key: string, body: unknown) =>
    ports.ledger.create(key, body).catch((thrown: unknown) => {
      if (!hasCode(thrown, 'record-exists')) throw thrown; // The same request, sent twice at once.
    });
  await create(storageKey.buildRequest(buildId), request);
  await create(storageKey.buildIndex(createdAtMs, buildId), { name: request.name });
  await create(storageKey.buildRecord(buildId), record);
}

function newJob(ports: BuildPorts, attempt: number): JobRecord {
  const nonce = Buffer.from(ports.randomness.bytes(16)).toString('hex');
  return { status: 'queued', attempt, nonce, isCancelRequested: false, cache: 'none', artifacts: [] };
}

/** After the newest build even where the clock was set back a little: `latest` must stay the latest. */
async function nextCreatedAtMs(ports: BuildPorts): Promise<number> {
  const nowMs = ports.clock.nowMs();
  const [newestKey] = await ports.ledger.keys(storageKey.buildIndexPrefix, { limit: 1 });
  if (newestKey === undefined) return nowMs;
  const newestMs = storageKey.createdAtMsOfIndexKey(newestKey);
  const aheadMs = newestMs - nowMs;
  return Number.isFinite(newestMs) && buildIdOfIndexKey(newestKey) !== '' && aheadMs >= 0 && aheadMs < LARGEST_CLOCK_STEP_MS
    ? newestMs + 1
    : nowMs;
}

/** Starts every job that nobody has started. @returns the newest record */
export async function startJobs(ports: BuildPorts, buildId: string, options: StartBuildOptions): Promise<BuildRecord> {
  const record = await readBuild(ports, buildId);
  const waiting = jobsOf(record).filter(([, job]) => job.status === 'queued' && job.runnerId === undefined);
  if (waiting.length > 0) {
    const request = await readRequest(ports, buildId);
    await Promise.all(waiting.map(([platform, job]) => startJob(ports, { record, platform, job }, request, options)));
  }
  const started = await readBuild(ports, buildId);
  if (!isOpen(buildStatus(started))) await finishBuild(ports, started);
  return started;
}

/** @throws SlipwayError `record-corrupt` */
export async function readRequest(ports: Pick<BuildPorts, 'ledger'>, buildId: string): Promise<BuildRequest> {
  const key = storageKey.buildRequest(buildId);
  const entry = await ports.ledger.read(key);
  const parsed = BuildRequestSchema.safeParse(entry?.body);
  if (parsed.success) return parsed.data;
  throw new SlipwayError(
    'record-corrupt',
    `the request of build '${buildId}' is ${entry === undefined ? 'gone' : 'damaged'}: '${entry?.place ?? key}'`,
    {
      hint: 'start a new build with slipway start-build',
      details: { place: entry?.place ?? key },
    },
  );
}

async function startJob(ports: BuildPorts, identity: JobIdentity, request: BuildRequest, options: StartBuildOptions): Promise<void> {
  const { record, platform } = identity;
  try {
    if (await carryOver(ports, identity)) return;
    if (await reuse(ports, identity, request, options)) return;
    await runJob(ports, identity, request, options);
  } catch (thrown) {
    await changeOpenJob(ports, record.buildId, platform, (job) =>
      job.runnerId === undefined
        ? { status: 'failed', endedAt: new Date(ports.clock.nowMs()).toISOString(), cause: causeOfThrown(thrown) }
        : undefined,
    );
  }
}

/** A retry keeps what its build had already made. */
async function carryOver(ports: BuildPorts, identity: JobIdentity): Promise<boolean> {
  const { record, platform } = identity;
  if (record.retryOf === undefined) return false;
  const earlier = await findBuild(ports, record.retryOf);
  const job = earlier?.jobs[platform];
  if (earlier === undefined || job?.status !== 'succeeded') return false;
  const stored = await ports.ledger.read(storageKey.jobResult(earlier.buildId, platform));
  const result = JobResultSchema.safeParse(stored?.body).data ?? NO_RESULT;
  return settleReused(ports, identity, { buildId: earlier.buildId, artifacts: job.artifacts, result });
}

async function reuse(ports: BuildPorts, identity: JobIdentity, request: BuildRequest, options: StartBuildOptions): Promise<boolean> {
  const { record, platform } = identity;
  const template = request.jobs[platform];
  const toolIdentity = await ports.toolIdentity(platform);
  if (template === undefined || toolIdentity === undefined) return false;
  const resultKey = resultKeyOf(request.source, template, platform, toolIdentity);
  const found = options.useCache ? await findReusableResult(ports, record.name, resultKey) : undefined;
  if (found?.platform === platform) {
    const notes = reuseNotes(template, found);
    const result = { ...found.result, warnings: [...notes, ...found.result.warnings] };
    if (await settleReused(ports, identity, { buildId: found.buildId, artifacts: found.artifacts, result })) return true;
  }
  await changeJob(ports, record.buildId, platform, () => ({ resultKey }));
  return false;
}

async function runJob(ports: BuildPorts, identity: JobIdentity, request: BuildRequest, options: StartBuildOptions): Promise<void> {
  const { record, platform } = identity;
  const { runnerId } = await ports.runner.start(ticketOf(ports, identity, request, options));
  const { record: after } = await changeOpenJob(ports, record.buildId, platform, () => ({ runnerId }));
  // It was cancelled while it started.
  if (!isOpen(after.jobs[platform]?.status ?? 'failed') && after.jobs[platform]?.runnerId === undefined)
    await ports.runner.cancel(runnerId);
}

function ticketOf(ports: BuildPorts, { record, platform, job }: JobIdentity, request: BuildRequest, options: StartBuildOptions): JobTicket {
  const template = request.jobs[platform];
  if (template === undefined) {
    throw new SlipwayError('platform-not-in-build', `the request of build '${record.buildId}' has no job for '${platform}'`);
  }
  return {
    job: {
      ...template,
      buildId: record.buildId,
      platform,
      attempt: job.attempt,
      createdAt: record.createdAt,
      source: request.source,
    },
    nonce: job.nonce,
    sourceKey: storageKey.source(record.source.sha256),
    sourceVersionId: record.source.versionId,
    timeoutMs: ports.jobTimeoutMs,
    useCache: options.useCache,
    ...(options.secrets === undefined ? {} : { secrets: options.secrets }),
  };
}
