/**
 * Owns what the operations of CodeBuild do: projects, builds, the queue, tokens. Knows nothing of HTTP.
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Operations.html
 */
import { isDeepStrictEqual } from 'node:util';
import type { Build, BuildPhaseType, Project, ProjectArtifacts, StartBuildInput } from '@aws-sdk/client-codebuild';
import { phaseChangeEvent, stateChangeEvent } from './build-events';
import { liveBuild, type LifePorts } from './build-life';
import { createBuildLog } from './build-log';
import type { Execution, ExecutionContext } from './execution';
import type { BuildEvent, LogSink, ObjectStore, ReadParameter } from './ports';
import { requireShape } from './request-shapes';
import { accountLimit, invalidInput, notFound, ServiceError } from './service-error';
import { buildOf, requireStartable } from './start-build';

/** "The token is included in the StartBuild request and is valid for 5 minutes." */
const TOKEN_LIFE_MS = 5 * 60_000;
/** Builds a page of a list, ids a call of BatchGetBuilds, and builds up to which a list may be sorted. */
const PAGE = 100;
/** "The maximum number of builds in a queue is five times the concurrent build limit." builds-working.html */
const QUEUE_FACTOR = 5;
const BUILD_ID = /^([A-Za-z0-9][A-Za-z0-9_-]{1,254}):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface BuildServicePorts {
  readonly region: string;
  readonly account: string;
  readonly now: () => number;
  readonly objects: ObjectStore;
  readonly logs: LogSink;
  readonly readParameter: ReadParameter;
  readonly millisecondsPerMinute: number;
  /** Concurrently running builds of the account. */
  readonly concurrentBuilds: number;
  readonly onEvent: (event: BuildEvent) => void;
  execute(context: ExecutionContext): Execution;
}

interface Kept {
  readonly build: Build;
  readonly end: AbortController;
  readonly ended: Promise<void>;
}

export interface BuildService {
  answer(operation: string, body: unknown): unknown;
  readonly putProject: (project: Project) => void;
  /** Oldest first. */
  readonly builds: () => readonly Build[];
  ended(id: string): Promise<Build>;
  readonly holdAt: (phase: BuildPhaseType) => () => void;
  readonly faultAt: (phase: BuildPhaseType, message: string) => void;
  /** Stops what runs. */
  close(): Promise<void>;
}

type Operation = (input: never) => unknown;

export function createBuildService(ports: BuildServicePorts): BuildService {
  const projects = new Map<string, Project>();
  const kept = new Map<string, Kept>();
  const tokens = new Map<string, { readonly input: StartBuildInput; readonly id: string; readonly atMs: number }>();
  const slots = createSlots(ports.concurrentBuilds);
  const holds = new Map<BuildPhaseType, Promise<void>>();
  const faults = new Map<BuildPhaseType, string>();
  const buildNumbers = new Map<string, number>();

  const projectOf = (name: string) => {
    const project = projects.get(name);
    if (project === undefined) throw notFound(`Project cannot be found: ${projectArn(ports, name)}`);
    return project;
  };
  const listOf = (input: { nextToken?: string; sortOrder?: string }, projectName?: string) => {
    const all = [...kept.values()]
      .map(({ build }) => build)
      .filter((build) => projectName === undefined || build.projectName === projectName);
    // "If the project has more than 100 builds, setting the sort order will result in an error."
    if (input.sortOrder !== undefined && projectName !== undefined && all.length > PAGE)
      throw invalidInput(`Cannot set the sort order: the project has more than ${PAGE} builds`);
    const ids = all.map((build) => build.id ?? '');
    return page(input.sortOrder === 'ASCENDING' ? ids : ids.reverse(), input.nextToken);
  };

  const start = (input: StartBuildInput): { build: Build } => {
    requireStartable(input);
    const project = projectOf(input.projectName ?? '');
    const known = input.idempotencyToken === undefined ? undefined : tokens.get(input.idempotencyToken);
    if (known !== undefined && ports.now() - known.atMs < TOKEN_LIFE_MS) {
      const build = kept.get(known.id)?.build;
      if (!isDeepStrictEqual(known.input, input))
        throw invalidInput('Parameter mismatch: the idempotency token was used with other parameters');
      if (build !== undefined) return { build };
    }
    requireRoom(project);
    const buildNumber = (buildNumbers.get(input.projectName ?? '') ?? 0) + 1;
    buildNumbers.set(input.projectName ?? '', buildNumber);
    const started = buildOf(project, input, { ...ports, buildNumber, nowMs: ports.now() });
    const { build } = started;
    const id = build.id ?? '';
    if (input.idempotencyToken !== undefined) tokens.set(input.idempotencyToken, { input, id, atMs: ports.now() });
    kept.set(id, live(started.build, started.artifacts, { group: started.logGroup, stream: started.logStream }));
    return { build };
  };

  const requireRoom = ({ concurrentBuildLimit, name }: Project) => {
    const open = [...kept.values()].filter(({ build }) => build.buildComplete !== true);
    if (concurrentBuildLimit !== undefined && open.filter(({ build }) => build.projectName === name).length >= concurrentBuildLimit)
      throw accountLimit(`Cannot have more than ${concurrentBuildLimit} active builds for the project`);
    const queueLength = QUEUE_FACTOR * ports.concurrentBuilds;
    if (open.length >= ports.concurrentBuilds + queueLength)
      throw accountLimit(`Cannot have more than ${queueLength} builds in queue for the account`);
  };

  const live = (build: Build, artifacts: ProjectArtifacts, place: { group: string; stream: string }): Kept => {
    const end = new AbortController();
    const log = createBuildLog(ports.logs, place.group, place.stream, ports.now);
    const execution = ports.execute({ ...ports, build, log, signal: end.signal });
    let hasSlot = false;
    const life: LifePorts = {
      ...ports,
      log,
      async takeSlot(signal) {
        hasSlot = await slots.take(signal);
      },
      holdAt: (phase) => holds.get(phase) ?? Promise.resolve(),
      faultAt(phase) {
        const fault = faults.get(phase);
        faults.delete(phase);
        return fault;
      },
      onPhase(changed, completed) {
        // The stream is there when the machine is.
        if (completed.phaseType === 'PROVISIONING' && completed.phaseStatus === 'SUCCEEDED') nameLog(changed, place, ports.region);
        ports.onEvent(phaseChangeEvent(ports, structuredClone(changed), structuredClone(completed)));
      },
      onState: (changed) => {
        ports.onEvent(stateChangeEvent(ports, structuredClone(changed)));
      },
    };
    const ended = liveBuild({ build, artifacts, execution, end }, life).finally(() => {
      if (hasSlot) slots.giveBack();
    });
    return { build, end, ended };
  };

  const stop = ({ id }: { id: string }): { build: Build } => {
    const found = kept.get(idOf(id));
    if (found === undefined) throw notFound(`Build ${id} does not exist`);
    if (found.build.buildComplete !== true) found.end.abort('STOPPED');
    return { build: found.build };
  };

  const operations: Readonly<Record<string, Operation>> = {
    StartBuild: start,
    StopBuild: stop,
    BatchGetBuilds: ({ ids }: { ids: string[] }) => {
      if (ids.length === 0 || ids.length > PAGE) throw invalidInput(`Invalid ids: between 1 and ${PAGE} build ids`);
      const wanted = ids.map(idOf);
      return {
        builds: [...new Set(wanted)].flatMap((id) => kept.get(id)?.build ?? []),
        buildsNotFound: ids.filter((_, at) => !kept.has(wanted[at] ?? '')),
      };
    },
    ListBuilds: (input: { nextToken?: string; sortOrder?: string }) => listOf(input),
    ListBuildsForProject: (input: { projectName: string; nextToken?: string; sortOrder?: string }) => {
      projectOf(input.projectName);
      return listOf(input, input.projectName);
    },
    BatchGetProjects: ({ names }: { names: string[] }) => ({
      projects: names.flatMap((name) => projects.get(name) ?? []),
      projectsNotFound: names.filter((name) => !projects.has(name)),
    }),
    CreateProject: (project: Project) => {
      if (projects.has(project.name ?? ''))
        throw new ServiceError('ResourceAlreadyExistsException', `Project already exists: ${projectArn(ports, project.name ?? '')}`);
      return { project: put(project) };
    },
    UpdateProject: (project: Project) => ({ project: put({ ...projectOf(project.name ?? ''), ...project }) }),
    DeleteProject: ({ name }: { name: string }) => {
      projects.delete(name);
      return {};
    },
  };

  const put = (project: Project): Project => {
    const now = new Date(ports.now());
    const whole = { ...project, arn: projectArn(ports, project.name ?? ''), created: project.created ?? now, lastModified: now };
    projects.set(project.name ?? '', whole);
    return whole;
  };

  return {
    answer(operation, body) {
      const act = operations[operation];
      if (act === undefined) throw new ServiceError('UnknownOperationException', `the stand-in for CodeBuild has no '${operation}'`);
      requireShape(operation, body);
      return act(body as never);
    },
    putProject: put,
    builds: () => [...kept.values()].map(({ build }) => build),
    async ended(id) {
      const found = kept.get(id);
      if (found === undefined) throw new Error(`there is no build '${id}'`);
      await found.ended;
      return found.build;
    },
    holdAt(phase) {
      let release: () => void = () => undefined;
      holds.set(
        phase,
        new Promise((resolve) => {
          release = resolve;
        }),
      );
      return () => {
        holds.delete(phase);
        release();
      };
    },
    faultAt: (phase, message) => {
      faults.set(phase, message);
    },
    async close() {
      for (const { end } of kept.values()) end.abort('STOPPED');
      await Promise.allSettled([...kept.values()].map(({ ended }) => ended));
    },
  };
}

function nameLog(build: Build, { group, stream }: { group: string; stream: string }, region: string): void {
  build.logs = {
    ...build.logs,
    groupName: group,
    streamName: stream,
    deepLink: `https://console.aws.amazon.com/cloudwatch/home?region=${region}#logEvent:group=${group};stream=${stream}`,
  };
}

function projectArn({ region, account }: BuildServicePorts, name: string): string {
  return `arn:aws:codebuild:${region}:${account}:project/${name}`;
}

/** An id or an ARN. */
function idOf(text: string): string {
  const id = text.startsWith('arn:') ? text.slice(text.indexOf('build/') + 'build/'.length) : text;
  if (!BUILD_ID.test(id)) throw invalidInput(`Invalid build ID: ${text}`);
  return id;
}

/** Newest first is the order of a list; a token names the place where the page before ended. */
function page(ids: readonly string[], nextToken: string | undefined): { ids: readonly string[]; nextToken?: string } {
  const startAt = nextToken === undefined ? 0 : ids.indexOf(Buffer.from(nextToken, 'base64').toString('utf8')) + 1;
  if (nextToken !== undefined && startAt === 0) throw invalidInput('Invalid nextToken');
  const found = ids.slice(startAt, startAt + PAGE);
  const last = found.at(-1);
  return { ids: found, ...(last === undefined || startAt + PAGE >= ids.length ? {} : { nextToken: Buffer.from(last).toString('base64') }) };
}

interface Slots {
  /** False when the build ended before it got one. */
  take(signal: AbortSignal): Promise<boolean>;
  giveBack(): void;
}

function createSlots(count: number): Slots {
  let free = count;
  const waiting: ((hasSlot: boolean) => void)[] = [];
  return {
    take(signal) {
      if (signal.aborted) return Promise.resolve(false);
      if (free > 0) {
        free -= 1;
        return Promise.resolve(true);
      }
      return new Promise((resolve) => {
        waiting.push(resolve);
        signal.addEventListener(
          'abort',
          () => {
            const at = waiting.indexOf(resolve);
            if (at !== -1) waiting.splice(at, 1);
            resolve(false);
          },
          { once: true },
        );
      });
    },
    // Handed on, so that nobody who comes in between takes it away.
    giveBack() {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next(true);
    },
  };
}
