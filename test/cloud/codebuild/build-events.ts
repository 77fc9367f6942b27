/**
 * Owns the events of a build, in the documented form:
 * https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications.html ("input format reference")
 */
import { randomUUID } from 'node:crypto';
import type { Build, BuildPhase } from '@aws-sdk/client-codebuild';
import type { BuildEvent } from './ports';

export interface EventOrigin {
  readonly account: string;
  readonly region: string;
  readonly now: () => number;
}

export function stateChangeEvent(origin: EventOrigin, build: Build): BuildEvent {
  return eventOf(origin, 'CodeBuild Build State Change', build, {
    'build-status': build.buildStatus,
    'project-name': build.projectName,
    'build-id': build.arn,
    'additional-information': additionalInformation(build),
    'current-phase': build.currentPhase,
    'current-phase-context': contextText(build.phases?.at(-1)),
    version: '1',
  });
}

export function phaseChangeEvent(origin: EventOrigin, build: Build, completed: BuildPhase): BuildEvent {
  return eventOf(origin, 'CodeBuild Build Phase Change', build, {
    'completed-phase': completed.phaseType,
    'project-name': build.projectName,
    'build-id': build.arn,
    'completed-phase-context': contextText(completed),
    'additional-information': additionalInformation(build),
    'completed-phase-status': completed.phaseStatus,
    'completed-phase-duration-seconds': completed.durationInSeconds,
    version: '1',
    'completed-phase-start': timeText(completed.startTime),
    'completed-phase-end': timeText(completed.endTime),
  });
}

function eventOf(origin: EventOrigin, detailType: BuildEvent['detail-type'], build: Build, detail: Record<string, unknown>): BuildEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source: 'aws.codebuild',
    account: origin.account,
    time: `${new Date(origin.now()).toISOString().slice(0, 19)}Z`,
    region: origin.region,
    resources: [build.arn ?? ''],
    detail,
  };
}

function additionalInformation(build: Build): Record<string, unknown> {
  const { artifacts, environment, source, logs } = build;
  return {
    ...(artifacts?.location === undefined ? {} : { artifact: { location: artifacts.location } }),
    environment: {
      image: environment?.image,
      'privileged-mode': environment?.privilegedMode ?? false,
      'compute-type': environment?.computeType,
      type: environment?.type,
      'environment-variables': environment?.environmentVariables ?? [],
    },
    'timeout-in-minutes': build.timeoutInMinutes,
    'build-complete': build.buildComplete,
    initiator: build.initiator,
    'build-start-time': timeText(build.startTime),
    source: { location: source?.location, type: source?.type },
    ...(logs === undefined ? {} : { logs: { 'group-name': logs.groupName, 'stream-name': logs.streamName, 'deep-link': logs.deepLink } }),
    phases: (build.phases ?? []).map((phase) => ({
      ...(phase.endTime === undefined
        ? {}
        : { 'phase-context': phase.contexts?.map(({ statusCode, message }) => `${statusCode}: ${message}`) }),
      'start-time': timeText(phase.startTime),
      ...(phase.endTime === undefined
        ? {}
        : { 'end-time': timeText(phase.endTime), 'duration-in-seconds': phase.durationInSeconds, 'phase-status': phase.phaseStatus }),
      'phase-type': phase.phaseType,
    })),
  };
}

function contextText(phase: BuildPhase | undefined): string {
  const contexts = (phase?.contexts ?? []).map(({ statusCode, message }) => `${statusCode ?? ''}: ${message ?? ''}`);
  return `[${contexts.join(', ')}]`;
}

/** `Sep 1, 2017 4:12:29 PM`, UTC. */
function timeText(time: Date | undefined): string | undefined {
  return time
    ?.toLocaleString('en-US', {
      timeZone: 'UTC',
      month: 'short',
      day: 'numeric',
      year: 'numeric',
      hour: 'numeric',
      minute: '2-digit',
      second: '2-digit',
    })
    .replace(/(\d{4}),/, '$1')
    .replace(/\u202f/g, ' ');
}
