import type { Build, BuildPhase } from '@aws-sdk/client-codebuild';
import { observationOf, unknownBuild } from '../../../aws/build/build-observation';

const AT = (seconds: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + seconds * 1000);

/** Phases in order, the last one in the state that is given. */
function build(change: Partial<Build>, phases: readonly BuildPhase['phaseType'][] = [], last: Partial<BuildPhase> = {}): Build {
  return {
    id: 'demo:00000000-0000-4000-8000-000000000000',
    buildStatus: 'IN_PROGRESS',
    currentPhase: phases.at(-1),
    phases: phases.map((phaseType, at) => ({
      phaseType,
      startTime: AT(at),
      ...(at < phases.length - 1 ? { phaseStatus: 'SUCCEEDED' as const, endTime: AT(at + 1) } : last),
    })),
    ...change,
  };
}

const TO_PROVISIONING = ['SUBMITTED', 'QUEUED', 'PROVISIONING'] as const;
const TO_BUILD = [...TO_PROVISIONING, 'DOWNLOAD_SOURCE', 'INSTALL', 'PRE_BUILD', 'BUILD'] as const;
const STARTED = AT(2).toISOString();

test.each<[string, Build, object]>([
  ['just submitted', build({}, ['SUBMITTED']), { state: 'queued' }],
  ['in the queue', build({}, ['SUBMITTED', 'QUEUED']), { state: 'queued' }],
  ['not even that', { buildStatus: 'IN_PROGRESS' }, { state: 'queued' }],
  ['on its way to a machine', build({}, TO_PROVISIONING), { state: 'running', startedAt: STARTED, phase: 'getting a machine' }],
  ['building', build({}, TO_BUILD), { state: 'running', startedAt: STARTED, phase: 'building' }],
  [
    'succeeded',
    build({ buildStatus: 'SUCCEEDED', endTime: AT(60) }, TO_BUILD, { phaseStatus: 'SUCCEEDED' }),
    { state: 'ended', end: 'exited', endedAt: AT(60).toISOString(), startedAt: STARTED },
  ],
  [
    'stopped',
    build({ buildStatus: 'STOPPED', endTime: AT(60) }, TO_BUILD, { phaseStatus: 'STOPPED' }),
    { state: 'ended', end: 'cancelled', endedAt: AT(60).toISOString(), startedAt: STARTED },
  ],
  [
    'stopped before it had a machine',
    build({ buildStatus: 'STOPPED', endTime: AT(60) }, ['SUBMITTED', 'QUEUED'], { phaseStatus: 'STOPPED' }),
    { state: 'ended', end: 'cancelled', endedAt: AT(60).toISOString(), phase: 'waiting for a machine' },
  ],
  [
    'timed out at work',
    build({ buildStatus: 'TIMED_OUT', endTime: AT(60), timeoutInMinutes: 90 }, TO_BUILD, { phaseStatus: 'TIMED_OUT' }),
    { end: 'timed-out', detail: 'the build took longer than it may (90 minutes)' },
  ],
  [
    'timed out in the queue',
    build({ buildStatus: 'TIMED_OUT', endTime: AT(60), queuedTimeoutInMinutes: 30 }, ['SUBMITTED', 'QUEUED'], { phaseStatus: 'TIMED_OUT' }),
    { end: 'timed-out', detail: 'the build waited for a machine longer than it may (30 minutes)' },
  ],
  [
    'a command failed',
    build({ buildStatus: 'FAILED', endTime: AT(60) }, TO_BUILD, {
      phaseStatus: 'FAILED',
      contexts: [{ statusCode: 'COMMAND_EXECUTION_ERROR', message: 'Error while executing command: sh x. Reason: exit status 1' }],
    }),
    { end: 'exited', detail: 'building failed: Error while executing command: sh x. Reason: exit status 1' },
  ],
  [
    'killed for its memory',
    build({ buildStatus: 'FAILED' }, TO_BUILD, { phaseStatus: 'FAILED', contexts: [{ message: 'Reason: exit status 137' }] }),
    { end: 'exited', detail: 'building failed: Reason: exit status 137 (SIGKILL)' },
  ],
  [
    'no source',
    build({ buildStatus: 'FAILED' }, [...TO_PROVISIONING, 'DOWNLOAD_SOURCE'], {
      phaseStatus: 'FAILED',
      contexts: [{ statusCode: 'CLIENT_ERROR', message: 'AccessDenied: Access Denied status code: 403' }],
    }),
    {
      end: 'exited',
      phase: 'fetching the source',
      detail: 'fetching the source failed: CLIENT_ERROR: AccessDenied: Access Denied status code: 403',
    },
  ],
  [
    'a fault of CodeBuild',
    build({ buildStatus: 'FAULT' }, TO_PROVISIONING, {
      phaseStatus: 'FAULT',
      contexts: [{ statusCode: 'INTERNAL_ERROR', message: 'no host' }],
    }),
    { end: 'lost', phase: 'getting a machine', detail: 'getting a machine failed: INTERNAL_ERROR: no host' },
  ],
  ['a fault without a word', build({ buildStatus: 'FAULT' }, TO_BUILD), { end: 'lost', detail: 'CodeBuild had a fault of its own' }],
  [
    'a status from the future',
    build({ buildStatus: 'PAUSED' as never, buildComplete: false }, TO_BUILD),
    { state: 'running', phase: 'building' },
  ],
  [
    'an end from the future',
    build({ buildStatus: 'LAPSED' as never, buildComplete: true }, TO_BUILD),
    { end: 'exited', detail: "CodeBuild calls it 'LAPSED'" },
  ],
])('%s', (_, given, expected) => {
  expect(observationOf(given)).toMatchObject(expected);
});

test('a failure of the build itself leaves the step to those who know it better', () => {
  const failed = build({ buildStatus: 'FAILED' }, TO_BUILD, { phaseStatus: 'FAILED' });
  expect(observationOf(failed)).not.toHaveProperty('phase');
});

test('the first failure is told, not what followed from it', () => {
  const failed = build({ buildStatus: 'FAILED' }, [...TO_BUILD, 'POST_BUILD', 'UPLOAD_ARTIFACTS'], {
    phaseStatus: 'FAILED',
    contexts: [{ statusCode: 'CLIENT_ERROR', message: 'no matching artifact paths found' }],
  });
  const [, , , , , , building] = failed.phases ?? [];
  if (building !== undefined) Object.assign(building, { phaseStatus: 'FAILED', contexts: [{ message: 'exit status 2' }] });
  expect(observationOf(failed)).toMatchObject({ detail: 'building failed: exit status 2' });
});

test('a message of a page is cut', () => {
  const failed = build({ buildStatus: 'FAILED' }, TO_BUILD, { phaseStatus: 'FAILED', contexts: [{ message: 'x'.repeat(5000) }] });
  expect((observationOf(failed) as { detail: string }).detail.length).toBeLessThan(700);
});

test('what CodeBuild does not know is lost', () => {
  expect(unknownBuild('demo:1')).toMatchObject({ state: 'ended', end: 'lost', detail: expect.stringContaining("'demo:1'") as string });
});
