/**
 * Owns the life of a build, phase by phase:
 * https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html
 * "The UPLOAD_ARTIFACTS phase is always attempted, even if the BUILD phase fails." After INSTALL or PRE_BUILD failed "none of the
 * commands in the pre_build, build, and post_build phases are run"; whether their output is uploaded is not said, so it is not here.
 */
import type { Build, BuildPhase, BuildPhaseType, ProjectArtifacts } from '@aws-sdk/client-codebuild';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import type { BuildLog } from './build-log';
import { OutputError, placeOf, type ArtifactPlacement } from './build-output';
import type { CommandPhase } from './build-spec';
import { failedPhase, SUCCEEDED, type Execution, type OutputFile, type PhaseOutcome, type PhaseStatus } from './execution';
import type { ObjectStore } from './ports';

export interface LifePorts {
  readonly now: () => number;
  readonly objects: ObjectStore;
  readonly log: BuildLog;
  /** `timeoutInMinutes` in real time. */
  readonly millisecondsPerMinute: number;
  /** Resolves when the build may leave the queue. */
  takeSlot(signal: AbortSignal): Promise<void>;
  /** Waits as long as a test wants the build to stay in a phase. */
  holdAt(phase: BuildPhaseType): Promise<void>;
  /** A fault that a test asked for. */
  faultAt(phase: BuildPhaseType): string | undefined;
  onPhase(build: Build, completed: BuildPhase): void;
  onState(build: Build): void;
}

export interface LivingBuild {
  /** Changed in place: it is what BatchGetBuilds shows. */
  readonly build: Build;
  readonly artifacts: ProjectArtifacts;
  readonly execution: Execution;
  /** Aborted with `STOPPED` or `TIMED_OUT` as its reason. */
  readonly end: AbortController;
}

export async function liveBuild(living: LivingBuild, ports: LifePorts): Promise<void> {
  const { build, execution } = living;
  const worst = await runPhases(living, ports);
  await execution.dispose();
  await ports.log.flush();
  // FINALIZING is not cut short by a stop.
  complete(build, enter(build, 'FINALIZING', ports.now()), SUCCEEDED, ports);
  build.phases?.push({ phaseType: 'COMPLETED', startTime: new Date(ports.now()) });
  build.currentPhase = 'COMPLETED';
  build.buildStatus = worst;
  build.endTime = new Date(ports.now());
  build.buildComplete = true;
  ports.onState(build);
}

async function runPhases(living: LivingBuild, ports: LifePorts): Promise<PhaseStatus> {
  const { build, execution, end } = living;
  ports.onState(build);
  complete(build, enter(build, 'SUBMITTED', ports.now()), SUCCEEDED, ports);
  const queueTimer = limit(end, build.queuedTimeoutInMinutes, ports);
  const queued = await phase(living, ports, 'QUEUED', async () => {
    await ports.takeSlot(end.signal);
    return SUCCEEDED;
  });
  clearTimeout(queueTimer);
  if (queued.status !== 'SUCCEEDED') return queued.status;
  const timer = limit(end, build.timeoutInMinutes, ports);
  try {
    const provisioned = await phase(living, ports, 'PROVISIONING', () => Promise.resolve(SUCCEEDED));
    if (provisioned.status !== 'SUCCEEDED') return provisioned.status;
    ports.log.note('Waiting for DOWNLOAD_SOURCE');
    const downloaded = await phase(living, ports, 'DOWNLOAD_SOURCE', () => execution.download());
    return downloaded.status === 'SUCCEEDED' ? await runCommandPhases(living, ports) : downloaded.status;
  } finally {
    clearTimeout(timer);
  }
}

async function runCommandPhases(living: LivingBuild, ports: LifePorts): Promise<PhaseStatus> {
  let worst: PhaseStatus = 'SUCCEEDED';
  for (const type of ['INSTALL', 'PRE_BUILD', 'BUILD', 'POST_BUILD'] satisfies CommandPhase[]) {
    ports.log.note(`Entering phase ${type}`);
    const isSucceeding = worst === 'SUCCEEDED';
    const outcome = await phase(living, ports, type, () => living.execution.run(type, isSucceeding));
    if (outcome.status === 'SUCCEEDED') continue;
    if (outcome.status !== 'FAILED') return outcome.status; // Stopped, timed out, or a fault: nothing follows.
    worst = 'FAILED';
    if (outcome.onFailure === 'CONTINUE') continue;
    if (type === 'INSTALL' || type === 'PRE_BUILD') return worst;
    if (outcome.onFailure === 'ABORT') break;
  }
  const uploaded = await phase(living, ports, 'UPLOAD_ARTIFACTS', () => upload(living, ports));
  return uploaded.status === 'SUCCEEDED' || worst !== 'SUCCEEDED' ? worst : uploaded.status;
}

async function phase(
  { build, end }: LivingBuild,
  ports: LifePorts,
  type: BuildPhaseType,
  work: () => Promise<PhaseOutcome>,
): Promise<PhaseOutcome> {
  const entered = enter(build, type, ports.now());
  const outcome = await outcomeOf(end.signal, async () => {
    await ports.holdAt(type);
    if (end.signal.aborted) return SUCCEEDED; // The end was told already.
    const fault = ports.faultAt(type);
    return fault === undefined ? work() : { status: 'FAULT', statusCode: 'INTERNAL_ERROR', message: fault };
  });
  complete(build, entered, outcome, ports);
  return outcome;
}

/** What ends first: the work, or the build. Work that was cut off is told by the signal and has to end by itself. */
async function outcomeOf(signal: AbortSignal, work: () => Promise<PhaseOutcome>): Promise<PhaseOutcome> {
  const aborted = new Promise<PhaseOutcome>((resolve) => {
    const end = () => {
      const status = signal.reason as 'STOPPED' | 'TIMED_OUT';
      resolve(status === 'STOPPED' ? { status } : { status, statusCode: 'BUILD_TIMED_OUT', message: 'Build has timed out. ' });
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  const worked = work().catch((thrown: unknown): PhaseOutcome => {
    return { status: 'FAULT', statusCode: 'INTERNAL_ERROR', message: thrown instanceof Error ? thrown.message : String(thrown) };
  });
  return Promise.race([worked, aborted]);
}

function enter(build: Build, phaseType: BuildPhaseType, nowMs: number): BuildPhase {
  const entered: BuildPhase = { phaseType, startTime: new Date(nowMs) };
  build.phases = [...(build.phases ?? []), entered];
  build.currentPhase = phaseType;
  return entered;
}

function complete(build: Build, entered: BuildPhase, outcome: PhaseOutcome, ports: LifePorts): void {
  const { status, statusCode = '', message = '' } = outcome;
  entered.phaseStatus = status;
  entered.endTime = new Date(ports.now());
  entered.durationInSeconds = Math.floor((entered.endTime.getTime() - (entered.startTime?.getTime() ?? 0)) / 1000);
  entered.contexts = [{ statusCode, message }];
  if (entered.phaseType !== 'SUBMITTED' && entered.phaseType !== 'QUEUED' && entered.phaseType !== 'PROVISIONING') {
    ports.log.note(`Phase complete: ${entered.phaseType ?? ''} State: ${status}`);
    ports.log.note(`Phase context status code: ${statusCode} Message: ${message}`);
  }
  ports.onPhase(build, entered);
}

function limit(end: AbortController, minutes: number | undefined, { millisecondsPerMinute }: LifePorts): NodeJS.Timeout {
  const milliseconds = Math.min((minutes ?? 60) * millisecondsPerMinute, 2 ** 31 - 1);
  const timer = setTimeout(() => {
    end.abort('TIMED_OUT');
  }, milliseconds);
  return timer.unref();
}

async function upload({ build, artifacts, execution }: LivingBuild, ports: LifePorts): Promise<PhaseOutcome> {
  if (artifacts.type !== 'S3') return SUCCEEDED;
  try {
    const { files, name } = await execution.output();
    const place = placeOf(artifacts, { projectName: build.projectName ?? '', uuid: uuidOf(build) }, name);
    await uploadFiles(ports.objects, place, files);
    return SUCCEEDED;
  } catch (thrown) {
    if (thrown instanceof OutputError) return failedPhase('CLIENT_ERROR', thrown.message);
    throw thrown;
  }
}

async function uploadFiles(
  objects: ObjectStore,
  { bucket, key, isZip, encryption }: ArtifactPlacement,
  files: readonly OutputFile[],
): Promise<void> {
  if (isZip) {
    const zip = new ZipFile();
    for (const file of files) zip.addBuffer(file.content, file.path);
    zip.end();
    await objects.put(bucket, key, await buffer(zip.outputStream), { encryption });
    return;
  }
  for (const file of files) await objects.put(bucket, key === '' ? file.path : `${key}/${file.path}`, file.content, { encryption });
}

/** A build's id is `project:uuid`. */
export function uuidOf(build: Build): string {
  return (build.id ?? '').split(':')[1] ?? '';
}
