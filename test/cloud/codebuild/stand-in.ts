/**
 * The stand-in for CodeBuild: its JSON 1.1 API (and, without an emulator beside it, that of CloudWatch Logs for reading) on
 * 127.0.0.1, made from the documented requests, answers, errors and events. It runs the buildspec, or a function instead of it.
 *
 * Clients reach it by `AWS_ENDPOINT_URL_CODEBUILD`; the Lambdas of an emulator inherit that from the emulator's own environment.
 * An emulator makes the projects of a stack for itself: hand them over by `putProject`, see `project-of-template.ts`.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Build, BuildPhaseType, Project } from '@aws-sdk/client-codebuild';
import { createBuildService } from './build-service';
import { createFakeExecution, type FakeBuild } from './fake-execution';
import { createLogStore } from './log-store';
import type { BuildEvent, LogSink, ObjectStore, ReadParameter } from './ports';
import { ServiceError } from './service-error';
import { createShellExecution } from './shell-execution';

const CODEBUILD_TARGET = 'CodeBuild_20161006.';
const LOGS_TARGET = 'Logs_20140328.';

export interface StandInOptions {
  readonly objects: ObjectStore;
  /** Where logs go. Default: the stand-in keeps them and answers `GetLogEvents` and `DescribeLogStreams` itself. */
  readonly logs?: LogSink;
  readonly readParameter?: ReadParameter;
  /** Each event, in order; the next one waits for it. */
  readonly onEvent?: (event: BuildEvent) => Promise<void> | void;
  /** Runs instead of the buildspec. */
  readonly fake?: FakeBuild;
  /** Of the image: PATH, and what the builds need to reach an emulator. Default: PATH alone. */
  readonly imageEnvironment?: Readonly<Record<string, string>>;
  readonly region?: string;
  readonly account?: string;
  readonly now?: () => number;
  /** How long a minute of `timeoutInMinutes` lasts. Default: a minute. */
  readonly millisecondsPerMinute?: number;
  /** Builds of the account that run at once; five times as many wait. Default 60. */
  readonly concurrentBuilds?: number;
}

export interface Failure {
  readonly type: string;
  readonly message: string;
  readonly httpStatus?: number;
  /** Whether the operation is carried out all the same, and only its answer is lost. */
  readonly isLate?: boolean;
}

export interface CodeBuildStandIn {
  readonly url: string;
  /** The operations that were called, in order. */
  readonly calls: string[];
  putProject(project: Project): void;
  /** Oldest first. */
  builds(): readonly Build[];
  /** Resolves when the build has ended and its events were taken. */
  ended(id: string): Promise<Build>;
  /** Builds that come to this phase stay in it until the function is called. */
  holdAt(phase: BuildPhaseType): () => void;
  /** The next build that comes to this phase ends there with a FAULT. */
  faultAt(phase: BuildPhaseType, message: string): void;
  /** The next calls of this operation fail. */
  failNext(operation: string, failure: Failure, times?: number): void;
  /** What a build has logged, where the stand-in keeps the logs. */
  log(build: Build): string;
  /** Stops what runs. */
  close(): Promise<void>;
}

/** The common failures, as AWS answers them: CommonErrors.html of the API reference. */
export const FAILURE = {
  throttled: { type: 'ThrottlingException', message: 'Rate exceeded' },
  broken: { type: 'InternalFailure', message: 'The request processing has failed because of an unknown error.', httpStatus: 500 },
} as const satisfies Record<string, Failure>;

export async function createCodeBuildStandIn(options: StandInOptions): Promise<CodeBuildStandIn> {
  const { now = Date.now, fake, imageEnvironment = { PATH: process.env.PATH ?? '' } } = options;
  const store = createLogStore(now);
  let delivered: Promise<void> = Promise.resolve();
  const service = createBuildService({
    region: options.region ?? 'eu-central-1',
    account: options.account ?? '111122223333',
    now,
    objects: options.objects,
    logs: options.logs ?? store,
    readParameter: options.readParameter ?? (() => Promise.resolve(undefined)),
    millisecondsPerMinute: options.millisecondsPerMinute ?? 60_000,
    concurrentBuilds: options.concurrentBuilds ?? 60,
    execute: (context) =>
      fake === undefined ? createShellExecution(context, { environment: imageEnvironment }) : createFakeExecution(context, fake),
    onEvent(event) {
      delivered = delivered.then(() => options.onEvent?.(event));
    },
  });
  const calls: string[] = [];
  const failures = new Map<string, Failure[]>();

  const answer = (target: string, body: unknown): unknown => {
    if (target.startsWith(LOGS_TARGET)) {
      const operation = target.slice(LOGS_TARGET.length);
      calls.push(operation);
      const found = options.logs === undefined ? store.answer(operation, body) : undefined;
      if (found === undefined) throw new ServiceError('UnknownOperationException', `the stand-in for CodeBuild has no '${operation}'`);
      return found;
    }
    const operation = target.startsWith(CODEBUILD_TARGET) ? target.slice(CODEBUILD_TARGET.length) : target;
    calls.push(operation);
    const failure = failures.get(operation)?.shift();
    if (failure !== undefined && failure.isLate !== true) throw new ServiceError(failure.type, failure.message, failure.httpStatus);
    const answered = service.answer(operation, body);
    if (failure !== undefined) throw new ServiceError(failure.type, failure.message, failure.httpStatus);
    return answered;
  };

  const server = await listen(answer);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    putProject: service.putProject,
    builds: service.builds,
    async ended(id) {
      const build = await service.ended(id);
      await delivered;
      return build;
    },
    holdAt: service.holdAt,
    faultAt: service.faultAt,
    failNext(operation, failure, times = 1) {
      failures.set(operation, [...(failures.get(operation) ?? []), ...Array.from({ length: times }, () => failure)]);
    },
    log: (build) => store.text(build.logs?.groupName ?? '', build.logs?.streamName ?? ''),
    async close() {
      await service.close();
      await delivered;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(answer: (target: string, body: unknown) => unknown): Promise<http.Server> {
  const server = http.createServer((request, response) => {
    const respond = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(toWire(body)));
    };
    text(request)
      .then((body) => {
        respond(200, answer(String(request.headers['x-amz-target']), JSON.parse(body === '' ? '{}' : body)));
      })
      .catch((thrown: unknown) => {
        if (thrown instanceof ServiceError) respond(thrown.httpStatus, { __type: thrown.type, message: thrown.message });
        // A mistake of the stand-in's user, told so that nobody takes it for a passing failure.
        else respond(400, { __type: 'StandInProblem', message: thrown instanceof Error ? thrown.message : String(thrown) });
      });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(server);
    });
  });
}

/** AWS JSON 1.1 writes times as seconds since 1970. */
function toWire(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(toWire);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, content]) => [name, toWire(content)]));
}
