/**
 * Owns what a build of CodeBuild says about a job. Pure: a build -> an observation.
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Build.html and API_BuildPhase.html
 */
import type { Build, BuildPhase, BuildPhaseType } from '@aws-sdk/client-codebuild';
import type { JobObservation } from '../../core/ports/build-runner';

const PHASE_WORDS: Readonly<Record<BuildPhaseType, string>> = {
  SUBMITTED: 'waiting for a machine',
  QUEUED: 'waiting for a machine',
  PROVISIONING: 'getting a machine',
  DOWNLOAD_SOURCE: 'fetching the source',
  INSTALL: 'preparing the machine',
  PRE_BUILD: 'preparing the build',
  BUILD: 'building',
  POST_BUILD: 'finishing the build',
  UPLOAD_ARTIFACTS: 'storing the results',
  FINALIZING: 'cleaning up',
  COMPLETED: 'done',
};

/** Of a message that CodeBuild copies from somewhere, which may be a whole page. */
const LONGEST_DETAIL = 600;

type Ended = Extract<JobObservation, { state: 'ended' }>;

export function observationOf(build: Build): JobObservation {
  const startedAt = machineStart(build);
  switch (build.buildStatus) {
    case 'SUCCEEDED':
      return ended(build, 'exited');
    case 'FAILED':
      return ended(build, 'exited', failureDetail(build));
    case 'FAULT':
      return ended(build, 'lost', failureDetail(build) ?? 'CodeBuild had a fault of its own');
    case 'TIMED_OUT':
      return ended(build, 'timed-out', timeoutDetail(build));
    case 'STOPPED':
      return ended(build, 'cancelled');
    case 'IN_PROGRESS':
    case undefined:
      if (startedAt === undefined) return { state: 'queued' };
      return { state: 'running', startedAt, ...phaseOf(build.currentPhase) };
    default:
      // A status that this version does not know: what is complete has ended, whatever it is called.
      if (build.buildComplete === true) return ended(build, 'exited', `CodeBuild calls it '${String(build.buildStatus)}'`);
      return { state: 'running', ...phaseOf(build.currentPhase) };
  }
}

/** For an id that CodeBuild does not know. */
export function unknownBuild(runnerId: string): JobObservation {
  return { state: 'ended', end: 'lost', detail: `CodeBuild knows no build '${runnerId}'; it keeps builds for a year` };
}

/** The queue has been left when a machine is being got. Undefined while it has not. */
function machineStart(build: Build): string | undefined {
  const afterQueue = (build.phases ?? []).find(({ phaseType }) => phaseType !== 'SUBMITTED' && phaseType !== 'QUEUED');
  if (afterQueue === undefined || afterQueue.phaseType === 'COMPLETED') return undefined;
  return afterQueue.startTime?.toISOString();
}

function phaseOf(phase: string | undefined): { readonly phase?: string } {
  if (phase === undefined) return {};
  return { phase: Object.hasOwn(PHASE_WORDS, phase) ? PHASE_WORDS[phase as BuildPhaseType] : phase.toLowerCase() };
}

function ended(build: Build, end: Ended['end'], detail?: string): Ended {
  const startedAt = machineStart(build);
  const failed = failedPhase(build)?.phaseType;
  return {
    state: 'ended',
    end,
    ...(build.endTime === undefined ? {} : { endedAt: build.endTime.toISOString() }),
    ...(detail === undefined ? {} : { detail }),
    ...(startedAt === undefined ? {} : { startedAt }),
    // Within BUILD the builder's own steps say more.
    ...(failed === 'BUILD' ? {} : phaseOf(failed)),
  };
}

/** The first that did not succeed: what follows it fails for its sake. */
function failedPhase(build: Build): BuildPhase | undefined {
  return (build.phases ?? []).find(({ phaseStatus }) => phaseStatus !== undefined && !['SUCCEEDED', 'IN_PROGRESS'].includes(phaseStatus));
}

/** Whether the builder's own steps, which stand in the log, say more than the phase does: it works, or it was at work at the end. */
export function isTellingByLog(build: Build): boolean {
  return build.buildComplete === true ? failedPhase(build)?.phaseType === 'BUILD' : build.currentPhase === 'BUILD';
}

/** `building failed: Error while executing command: … Reason: exit status 1` */
function failureDetail(build: Build): string | undefined {
  const phase = failedPhase(build);
  if (phase === undefined) return undefined;
  const what = `${phaseOf(phase.phaseType).phase ?? 'the build'} failed`;
  const message = messageOf(phase);
  if (message === '') return what;
  // 128 + 9: whoever reads the detail looks for the signal's name.
  const signal = /\bexit status 137\b/.test(message) ? ' (SIGKILL)' : '';
  return `${what}: ${message}${signal}`;
}

function messageOf({ contexts = [] }: BuildPhase): string {
  const messages = contexts.flatMap(({ statusCode, message }) => {
    const text = message?.trim() ?? '';
    if (text === '') return [];
    // The code of a failed command says nothing that the message does not.
    return [statusCode === undefined || statusCode === '' || statusCode === 'COMMAND_EXECUTION_ERROR' ? text : `${statusCode}: ${text}`];
  });
  const joined = messages.join('; ');
  return joined.length > LONGEST_DETAIL ? `${joined.slice(0, LONGEST_DETAIL)}…` : joined;
}

function timeoutDetail(build: Build): string {
  const minutes = (count: number | undefined) => (count === undefined ? '' : ` (${count} minutes)`);
  if (machineStart(build) === undefined) return `the build waited for a machine longer than it may${minutes(build.queuedTimeoutInMinutes)}`;
  return `the build took longer than it may${minutes(build.timeoutInMinutes)}`;
}
