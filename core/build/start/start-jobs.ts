/**
 * Starts the jobs of a recorded build: by carrying over what an earlier build made, by reusing an equal result, or on the runner.
 * A start, a start that is sent again, a retry and the sweep all come here.
 */
import { JobResultSchema, NO_RESULT } from '../build-manifest';
import type { BuildPorts } from '../build-ports';
import { buildStatus, isOpen, jobsOf, type BuildRecord } from '../build-record';
import type { BuildRequest } from '../build-request';
import type { StartBuildOptions } from '../build-service';
import { settleReused } from '../end/close-job';
import { finishBuild } from '../end/finish-build';
import { causeOfThrown, type JobIdentity } from '../end/job-verdict';
import { parseRecord } from '../parse-record';
import { readRequest } from '../read-request';
import type { JobTicket } from '../../ports/build-runner';
import { findReusableResult, resultKeyOf, reuseNotes } from '../end/result-cache';
import { isRetryable, isSlipwayError, SlipwayError } from '../../slipway-error';
import { storageKey } from '../../storage-key';
import { changeJob, changeOpenJob, findBuild, readBuild } from '../stored-build';

/**
 * Starts every job that nobody has started; one that cannot be started keeps no other from it, and its record says why.
 * A start that the runner refuses for a while (throttling, an account's limit) leaves its job queued with `startProblem` where a sweep
 * will start it again: whoever asked for three platforms should not have to ask again for the one that came too soon.
 * Where nobody sweeps, the job has failed.
 * @param isNew the record was made by this very call, so that no job can have been started before
 * @returns the newest record
 * @throws what the ledger says, once the fate of every job is certain as far as it can be told
 */
export async function startJobs(
  ports: BuildPorts,
  buildId: string,
  options: StartBuildOptions,
  { isNew }: { readonly isNew: boolean },
): Promise<BuildRecord> {
  const record = await readBuild(ports, buildId);
  const waiting = jobsOf(record).filter(([, job]) => job.status === 'queued' && job.runnerId === undefined);
  if (waiting.length > 0) {
    const request = await readRequest(ports, buildId);
    const starts = waiting.map(([platform, job]) => startJob(ports, { record, platform, job }, request, options, isNew));
    const rejected = (await Promise.allSettled(starts)).find((outcome) => outcome.status === 'rejected');
    if (rejected !== undefined) throw rejected.reason;
  }
  const started = await readBuild(ports, buildId);
  if (!isOpen(buildStatus(started))) await finishBuild(ports, started);
  return started;
}

async function startJob(
  ports: BuildPorts,
  identity: JobIdentity,
  request: BuildRequest,
  options: StartBuildOptions,
  isNew: boolean,
): Promise<void> {
  let runnerId: string | undefined;
  try {
    runnerId = isNew ? undefined : await findStarted(ports, identity);
    if (runnerId === undefined) {
      if (await carryOver(ports, identity)) return;
      if (await reuse(ports, identity, request, options)) return;
      ({ runnerId } = await ports.runner.start(ticketOf(ports, identity, request, options)));
    }
  } catch (thrown) {
    await noteFailedStart(ports, identity, thrown);
    return;
  }
  await noteStarted(ports, identity, runnerId);
}

/** A job may run although its record does not say so: whoever started it was cut off. Runners forget that a ticket came twice. */
async function findStarted(ports: BuildPorts, { record, platform, job }: JobIdentity): Promise<string | undefined> {
  return ports.runner.find?.(record.buildId, platform, job.attempt);
}

async function noteFailedStart(ports: BuildPorts, { record, platform }: JobIdentity, thrown: unknown): Promise<void> {
  const cause = causeOfThrown(thrown);
  const isStartedAgain = ports.restartAfterMs !== undefined && isSlipwayError(thrown) && isRetryable(thrown.code);
  await changeOpenJob(ports, record.buildId, platform, (job) => {
    if (job.runnerId !== undefined) return undefined;
    if (isStartedAgain) return { startProblem: cause };
    return { status: 'failed', endedAt: new Date(ports.clock.nowMs()).toISOString(), cause };
  });
}

/** What fails here must not pass for a failed start: the job runs, and the next look at it finds it. */
async function noteStarted(ports: BuildPorts, { record, platform }: JobIdentity, runnerId: string): Promise<void> {
  const { record: after } = await changeOpenJob(ports, record.buildId, platform, () => ({ runnerId }));
  // It was cancelled while it started.
  if (!isOpen(after.jobs[platform]?.status ?? 'failed') && after.jobs[platform]?.runnerId === undefined)
    await ports.runner.cancel(runnerId);
}

/** A retry keeps what its build had already made. */
async function carryOver(ports: BuildPorts, identity: JobIdentity): Promise<boolean> {
  const { record, platform } = identity;
  if (record.retryOf === undefined) return false;
  const earlier = await findBuild(ports, record.retryOf);
  const job = earlier?.jobs[platform];
  if (earlier === undefined || job?.status !== 'succeeded') return false;
  const stored = await ports.ledger.read(storageKey.jobResult(earlier.buildId, platform));
  const result = stored === undefined ? NO_RESULT : parseRecord(JobResultSchema, stored);
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
    timeoutMs: ports.jobTimeoutMsOf?.(platform) ?? ports.jobTimeoutMs,
    useCache: options.useCache,
    ...(options.secrets === undefined ? {} : { secrets: options.secrets }),
  };
}
