/**
 * The BuildRunner on this machine: each job is watched by a supervisor, a detached process that outlives the command and its terminal.
 * Running the builder belongs to `supervise-job.ts`; whether a job succeeded to `core/build/settle/settle-build.ts`.
 */
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isBuiltAnywhere } from '../../core/job/foreign-platform';
import type { PlatformId } from '../../core/platform';
import type { ArtifactStore } from '../../core/ports/artifact-store';
import type { BuildRunner, JobObservation, JobTicket, LogChunk } from '../../core/ports/build-runner';
import type { Clock } from '../../core/ports/clock';
import type { Files } from '../../core/ports/files';
import type { DetachedProcesses } from '../../core/ports/processes';
import { SlipwayError } from '../../core/slipway-error';
import { storageKey } from '../../core/storage-key';
import { hasCode } from '../../core/build/stored-build';
import { readBuildLog } from './build-log-file';
import { releaseJob } from './job-housekeeping';
import {
  EndFileSchema,
  formatRunnerId,
  jobDirectory,
  jobsDirectory,
  parseJobFolder,
  parseRunnerId,
  readSmallFile,
  StartedFileSchema,
  StateFileSchema,
  TicketFileSchema,
  treeMarkerOf,
  type EndFile,
  type JobDirectory,
  type JobPlace,
  type RunnerId,
  type StateFile,
} from './job-directory';
import { stageOutputs } from './job-outputs';
import { isSameProcess, type ProcessIdentity } from './process-identity';

export interface ProcessRunnerPorts {
  readonly files: Files;
  readonly processes: DetachedProcesses;
  readonly identity: ProcessIdentity;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  /** The caller's environment: it becomes the builder's. */
  readonly environment: Readonly<Record<string, string>>;
  readonly homeDirectory: string;
  readonly hostName: string;
  /** What this machine builds; undefined where Slipway has no name for it. */
  readonly platform: PlatformId | undefined;
  /** The command line of a supervisor, to which the build and the platform are added. */
  readonly supervisorCommand: readonly [command: string, ...args: string[]];
}

/** How long a second start of one ticket waits for the first to tell its runner id. */
const START_PATIENCE_MS = 3_000;
/** A supervisor on another machine that shares the folder counts as dead when it has been silent for so long. */
const SILENT_AFTER_MS = 120_000;

export function createProcessBuildRunner(ports: ProcessRunnerPorts): BuildRunner {
  const directoryOf = (place: JobPlace) => jobDirectory(ports.homeDirectory, place);
  return {
    platforms: () => Promise.resolve(ports.platform === undefined ? [] : [ports.platform]),
    start: (ticket) => startJob(ports, ticket),
    observe: (runnerId) => observeJob(ports, runnerId),
    async cancel(runnerId) {
      const place = parseRunnerId(runnerId);
      if (place === undefined) return;
      const directory = directoryOf(place);
      if ((await ports.files.stat(directory.ticket)) === undefined) return;
      await ports.files.write(directory.cancel, '');
    },
    log: (buildId, platform, from) => readJobLog(ports, buildId, platform, from),
    async find(buildId, platform, attempt) {
      return (await readSmallFile(ports.files, directoryOf({ buildId, platform, attempt }).started, StartedFileSchema))?.runnerId;
    },
    async release(runnerId, outcome) {
      const place = parseRunnerId(runnerId);
      if (place !== undefined) await releaseJob(ports.files, ports.homeDirectory, place, outcome);
    },
  };
}

async function startJob(ports: ProcessRunnerPorts, ticket: JobTicket): Promise<{ readonly runnerId: string }> {
  requirePlatform(ports, ticket.job);
  requireSecrets(ports, ticket);
  const { buildId, platform, attempt } = ticket.job;
  const place: JobPlace = { buildId, platform, attempt };
  const directory = jobDirectory(ports.homeDirectory, place);
  const earlier = await claimTicket(ports, directory, ticket);
  if (earlier !== undefined) return { runnerId: earlier };
  try {
    await ports.files.write(directory.job, `${JSON.stringify(ticket.job, undefined, 2)}\n`);
    const source = await ports.artifacts.read(ticket.sourceKey, { versionId: ticket.sourceVersionId });
    await ports.files.writeStream(directory.source, (sink) => pipeline(source, sink));
    const runnerId = await startSupervisor(ports, place, directory, ticket);
    await ports.files.write(directory.started, JSON.stringify({ runnerId }));
    return { runnerId };
  } catch (thrown) {
    await ports.files.remove(directory.ticket);
    throw thrown;
  }
}

function requirePlatform(ports: ProcessRunnerPorts, job: JobTicket['job']): void {
  const { platform } = job;
  if (platform === ports.platform || (ports.platform !== undefined && isBuiltAnywhere(job))) return;
  const own = ports.platform === undefined ? 'no platform that Slipway knows' : `'${ports.platform}'`;
  throw new SlipwayError('platform-not-buildable-here', `'${platform}' cannot be built on this machine, which builds ${own}`, {
    hint: 'use --platform native, or build it on AWS with --target aws',
  });
}

/** A retry gets them from the environment of whoever retries. */
function requireSecrets({ environment }: ProcessRunnerPorts, { job, secrets }: JobTicket): void {
  const missing = job.secretNames.filter((name) => (secrets?.[name] ?? environment[name] ?? '') === '');
  if (missing.length === 0) return;
  throw new SlipwayError('secret-missing', `secrets of the build are not set: ${missing.map((name) => `'${name}'`).join(', ')}`, {
    hint: `set them in the environment and run slipway start-build --retry ${job.buildId}`,
    details: { names: missing },
  });
}

/** @returns the runner id where the job was started already */
async function claimTicket(ports: ProcessRunnerPorts, directory: JobDirectory, ticket: JobTicket): Promise<string | undefined> {
  const { nonce, timeoutMs } = ticket;
  try {
    await ports.files.create(directory.ticket, JSON.stringify({ nonce, timeoutMs }));
    return undefined;
  } catch (thrown) {
    if (!hasCode(thrown, 'file-exists')) throw thrown;
  }
  for (let waitedMs = 0; waitedMs < START_PATIENCE_MS; waitedMs += 50) {
    const started = await readSmallFile(ports.files, directory.started, StartedFileSchema);
    if (started !== undefined) return started.runnerId;
    await ports.clock.sleep(50);
  }
  return undefined; // Whoever began died on the way. Of two supervisors the second one gives way.
}

async function startSupervisor(ports: ProcessRunnerPorts, place: JobPlace, directory: JobDirectory, ticket: JobTicket): Promise<string> {
  const [command, ...args] = ports.supervisorCommand;
  const { pid } = await ports.processes.startDetached({
    command,
    args: [...args, place.buildId, place.platform],
    cwd: ports.homeDirectory, // Not the caller's folder: it may be removed, and Windows would not let it.
    env: { ...ports.environment, ...ticket.secrets, SLIPWAY_HOME: ports.homeDirectory },
    outputPath: directory.supervisorLog,
    treeMarker: treeMarkerOf(place),
  });
  const token = (await ports.identity.startTokenOf(pid)) ?? 'gone';
  return formatRunnerId({ ...place, pid, token, hostName: ports.hostName });
}

async function observeJob(ports: ProcessRunnerPorts, runnerId: string): Promise<JobObservation> {
  const parsed = parseRunnerId(runnerId);
  if (parsed === undefined) return { state: 'ended', end: 'lost', detail: `'${runnerId}' is no job of this machine` };
  const directory = jobDirectory(ports.homeDirectory, parsed);
  const isAlive = await isSupervised(ports, parsed, directory);
  // Read after the look at the process: what ended in between has written its end by now.
  const end = await readSmallFile(ports.files, directory.end, EndFileSchema);
  const state = await readSmallFile(ports.files, directory.state, StateFileSchema);
  if (end !== undefined) return ended(end, state);
  if (isAlive) return state === undefined ? { state: 'queued' } : running(state);
  return ended(await abandonJob(ports, parsed, directory, state), state);
}

async function isSupervised(ports: ProcessRunnerPorts, runner: RunnerId, directory: JobDirectory): Promise<boolean> {
  if (runner.hostName === ports.hostName) return isSameProcess(runner.token, await ports.identity.startTokenOf(runner.pid));
  const sign = (await ports.files.stat(directory.state)) ?? (await ports.files.stat(directory.ticket));
  return sign !== undefined && ports.clock.nowMs() - sign.modifiedAtMs < SILENT_AFTER_MS;
}

function running({ startedAt, phase, progress }: StateFile): JobObservation {
  return { state: 'running', startedAt, ...(phase === undefined ? {} : { phase }), ...(progress === undefined ? {} : { progress }) };
}

function ended(end: EndFile, state: StateFile | undefined): JobObservation {
  return {
    state: 'ended',
    end: end.end,
    endedAt: end.endedAt,
    ...(end.detail === undefined ? {} : { detail: end.detail }),
    ...(state === undefined ? {} : { startedAt: state.startedAt }),
    ...(state?.phase === undefined ? {} : { phase: state.phase }),
  };
}

/**
 * The supervisor died without a word: ends what it left running, saves what the builder had finished, and says so once for all.
 */
async function abandonJob(
  ports: ProcessRunnerPorts,
  place: RunnerId,
  directory: JobDirectory,
  state: StateFile | undefined,
): Promise<EndFile> {
  await endLeftovers(ports, place, state);
  const ticket = await readSmallFile(ports.files, directory.ticket, TicketFileSchema);
  if (ticket !== undefined) {
    const prefix = storageKey.stagingPrefix(place.buildId, place.platform, ticket.nonce);
    await stageOutputs(ports, directory, prefix, []);
  }
  const detail = await lastWords(ports, directory);
  const end: EndFile = {
    end: 'lost',
    endedAt: new Date(ports.clock.nowMs()).toISOString(),
    ...(detail === undefined ? {} : { detail }),
  };
  if (ticket === undefined) return end; // Its folder was removed: there is no place for its end either.
  try {
    await ports.files.create(directory.end, JSON.stringify(end));
    return end;
  } catch (thrown) {
    if (!hasCode(thrown, 'file-exists')) throw thrown;
    return (await readSmallFile(ports.files, directory.end, EndFileSchema)) ?? end;
  }
}

async function endLeftovers(ports: ProcessRunnerPorts, place: RunnerId, state: StateFile | undefined): Promise<void> {
  if (place.hostName !== ports.hostName) return; // Out of reach.
  const builder = state?.builder;
  const isBuilderAlive = builder?.token !== undefined && isSameProcess(builder.token, await ports.identity.startTokenOf(builder.pid));
  await ports.processes.killMarked(treeMarkerOf(place), isBuilderAlive ? builder.pid : undefined);
}

/** What the supervisor printed when it broke, if it printed anything. */
async function lastWords(ports: ProcessRunnerPorts, directory: JobDirectory): Promise<string | undefined> {
  try {
    const lines = (await ports.files.readText(directory.supervisorLog)).split('\n').filter((line) => line.trim() !== '');
    return lines.find((line) => line.startsWith('error:')) ?? lines.at(-1);
  } catch (thrown) {
    if (hasCode(thrown, 'file-not-found')) return undefined;
    throw thrown;
  }
}

async function readJobLog(ports: ProcessRunnerPorts, buildId: string, platform: PlatformId, from: string | undefined): Promise<LogChunk> {
  const attempt = await newestAttempt(ports, buildId, platform);
  if (attempt === undefined) return { text: '', next: from ?? '0', isComplete: false };
  const directory = jobDirectory(ports.homeDirectory, { buildId, platform, attempt });
  return readBuildLog(ports.files, directory.log, from, async () => (await ports.files.stat(directory.end)) !== undefined);
}

async function newestAttempt(ports: ProcessRunnerPorts, buildId: string, platform: PlatformId): Promise<number | undefined> {
  try {
    const entries = await ports.files.list(path.join(jobsDirectory(ports.homeDirectory), buildId));
    const attempts = entries.map((entry) => parseJobFolder(entry.name)).filter((place) => place?.platform === platform);
    return attempts.length === 0 ? undefined : Math.max(...attempts.map((place) => place?.attempt ?? 0));
  } catch (thrown) {
    if (hasCode(thrown, 'file-not-found')) return undefined;
    throw thrown;
  }
}
