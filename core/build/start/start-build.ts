/**
 * Use-case: a request -> one build whose jobs are on their way.
 * The same request, resent after whatever interruption, is the same build and goes on where the first one stopped.
 */
import type { Readable } from 'node:stream';
import { aboutOf } from '../about';
import type { BuildPorts } from '../build-ports';
import type { BuildRecord, JobRecord } from '../build-record';
import type { BuildRequest, StoredRequest } from '../build-request';
import type { StartBuildOptions } from '../build-service';
import { buildIdOfRequest } from '../../identifier';
import { createOpenBuild, takePlaces } from './job-limit';
import { PlatformIdSchema, type PlatformId } from '../../platform';
import { startJobs } from './start-jobs';
import { buildIdOfIndexKey, storageKey } from '../../storage-key';
import { findBuild } from '../stored-build';
import { createOnce } from '../../ledger-outcome';

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
  const isNew = (await findBuild(ports, buildId)) === undefined;
  if (isNew) {
    const { sha256 } = request.source;
    const source = await ports.artifacts.put(storageKey.source(sha256), openSource, { sha256, ifAbsent: true });
    await createBuild(ports, { ...request, useCache: options.useCache }, source);
  }
  return startJobs(ports, buildId, options, { isNew });
}

export interface StoredSource {
  readonly sizeBytes: number;
  readonly versionId: string;
}

/** What a retry adds to a request. */
export interface RetryOf {
  readonly buildId: string;
  readonly attempts: Partial<Record<PlatformId, number>>;
  /** Jobs that will run again. */
  readonly jobCount: number;
}

/**
 * Writes the record, after everything that a reader of it will look for.
 * @throws SlipwayError `build-limit-reached`, `build-limit-exceeded`; nothing is written then
 */
export async function createBuild(ports: BuildPorts, request: StoredRequest, source: StoredSource, retryOf?: RetryOf): Promise<void> {
  const buildId = buildIdOfRequest(request.requestId);
  const jobCount = retryOf?.jobCount ?? Object.keys(request.jobs).length;
  const isResent = !(await takePlaces(ports, buildId, jobCount));
  const createdAtMs = await nextCreatedAtMs(ports);
  const jobs: Partial<Record<PlatformId, JobRecord>> = {};
  for (const platform of PlatformIdSchema.options) {
    if (request.jobs[platform] !== undefined) jobs[platform] = newJob(ports, retryOf?.attempts[platform] ?? 1);
  }
  const { git } = request.source;
  const [template] = Object.values(request.jobs);
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
    ...(template === undefined ? {} : { about: aboutOf(template) }),
    ...(retryOf === undefined ? {} : { retryOf: retryOf.buildId }),
    ...(template?.trial === undefined ? {} : { trial: template.trial }),
    jobs,
  };
  // The same request may be sent twice at once.
  await createOnce(ports.ledger, storageKey.buildRequest(buildId), request);
  await createOnce(ports.ledger, storageKey.buildIndex(createdAtMs, buildId), { name: request.name });
  await createOnce(ports.ledger, storageKey.buildRecord(buildId), record);
  // The first sending may have been refused meanwhile, and have taken the key away.
  if (isResent) await createOpenBuild(ports, buildId, jobCount);
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
