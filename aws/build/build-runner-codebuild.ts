/**
 * The BuildRunner on CodeBuild: a job is one build of its platform's project, its id is CodeBuild's own (`project:uuid`).
 * CodeBuild is the truth on a running job. Whether a job succeeded belongs to `core/build/settle/settle-build.ts`.
 */
import { StartBuildCommand, type Build } from '@aws-sdk/client-codebuild';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { parameterName } from '../../core/deployment/parameter-names';
import { isBuiltAnywhere, machineFor } from '../../core/job/foreign-platform';
import { PLATFORM_IDS, type PlatformId } from '../../core/platform';
import type { ArtifactStore, StoredFile } from '../../core/ports/artifact-store';
import type { BuildRunner, JobObservation, JobTicket } from '../../core/ports/build-runner';
import type { Parameters } from '../../core/ports/parameters';
import { hasCode } from '../../core/build/stored-build';
import { SlipwayError } from '../../core/slipway-error';
import { storageKey } from '../../core/storage-key';
import { readJobLog, readLogPhase } from './build-log-cloudwatch';
import { isTellingByLog, observationOf, unknownBuild } from './build-observation';
import { findJob, getBuilds, jobOf, stopBuild, type CodeBuildPorts } from './codebuild-builds';
import { callCodeBuild } from './codebuild-failure';
import { packJob, wrapSource } from './job-package';
import { requireUsableSecretNames, startBuildInput, type ProjectOfPlatform } from './start-request';

export interface CodeBuildRunnerPorts extends CodeBuildPorts {
  readonly logs: Pick<CloudWatchLogsClient, 'send'>;
  readonly artifacts: ArtifactStore;
  /** By it the secrets of a job are looked for before it starts. Without it a missing one fails the build itself. */
  readonly parameters?: Pick<Parameters, 'read'>;
  readonly bucket: string;
  readonly stage: string;
  readonly projects: Partial<Record<PlatformId, ProjectOfPlatform>>;
}

/** Of more builds than this at once, how far each one is is not read from its log. */
const MOST_LOGS_READ = 8;
/** What a build has logged is there this long after its end. */
const LOG_LAG_MS = 3_000;

/** Every method: this runner leaves none out. */
type Runner = BuildRunner & Required<Pick<BuildRunner, 'observeAll' | 'find' | 'release'>>;

export function createCodeBuildRunner(ports: CodeBuildRunnerPorts): Runner {
  // The platforms of a build start at the same time and share their source: it is wrapped once.
  const wrapping = new Map<string, Promise<StoredFile>>();
  return {
    platforms: () => Promise.resolve(PLATFORM_IDS.filter((platform) => ports.projects[platform] !== undefined)),
    start: (ticket) => startJob(ports, ticket, wrapping),
    async observe(runnerId) {
      return (await observeAll(ports, [runnerId])).get(runnerId) ?? unknownBuild(runnerId);
    },
    observeAll: (runnerIds) => observeAll(ports, runnerIds),
    cancel: (runnerId) => stopBuild(ports, runnerId),
    log(buildId, platform, from) {
      const place = { logs: ports.logs, project: projectOf(ports, platform) };
      return readJobLog(place, { buildId, platform }, from, (runnerId) => hasEnded(ports, runnerId));
    },
    async find(buildId, platform, attempt) {
      return findJob(ports, projectOf(ports, platform).project, { buildId, platform, attempt });
    },
    async release(runnerId) {
      const [build] = await getBuilds(ports, [runnerId]);
      const job = build === undefined ? undefined : jobOf(build);
      if (job !== undefined) await ports.artifacts.remove(storageKey.jobPackage(job.buildId, job.platform, job.attempt));
    },
  };
}

async function startJob(
  ports: CodeBuildRunnerPorts,
  ticket: JobTicket,
  wrapping: Map<string, Promise<StoredFile>>,
): Promise<{ readonly runnerId: string }> {
  const { job } = ticket;
  const project = projectFor(ports, job);
  requireUsableSecretNames(job.secretNames);
  await requireSecrets(ports, ticket);
  // Before anything is looked for: a large source takes minutes, in which another may start the same job.
  const wrappedSource = await wrapOnce(ports.artifacts, ticket, wrapping);
  // The package is stored just before the start: where it is, an earlier start may have come further than its caller learnt.
  // CodeBuild's own token guards against that for five minutes only.
  const earlier = await ports.artifacts.head(storageKey.jobPackage(job.buildId, job.platform, job.attempt));
  const found = earlier === undefined ? undefined : await findJob(ports, project.project, job);
  if (found !== undefined) return { runnerId: found };
  const jobPackage = earlier ?? (await packJob(ports.artifacts, job));
  const input = startBuildInput(ticket, { project, bucket: ports.bucket, stage: ports.stage, wrappedSource, jobPackage });
  try {
    const { build } = await callCodeBuild(ports.clock, { operation: `StartBuild of '${project.project}'`, project: project.project }, () =>
      ports.codebuild.send(new StartBuildCommand(input)),
    );
    if (build?.id !== undefined) return { runnerId: build.id };
  } catch (thrown) {
    // The token was used with other parameters: the job was started under settings that have changed since.
    const started = hasCode(thrown, 'call-refused') ? await findJob(ports, project.project, job) : undefined;
    if (started === undefined) throw thrown;
    return { runnerId: started };
  }
  throw new SlipwayError('service-unavailable', `CodeBuild started '${job.platform}' and gave it no id`, { hint: 'run the command again' });
}

async function wrapOnce(artifacts: ArtifactStore, ticket: JobTicket, wrapping: Map<string, Promise<StoredFile>>): Promise<StoredFile> {
  const { sha256, sizeBytes } = ticket.job.source;
  const underWay =
    wrapping.get(sha256) ?? wrapSource(artifacts, { key: ticket.sourceKey, versionId: ticket.sourceVersionId, sha256, sizeBytes });
  wrapping.set(sha256, underWay);
  try {
    return await underWay;
  } finally {
    wrapping.delete(sha256);
  }
}

/** Where a job is started: on a machine of its platform, or on another one where any can build it. */
function projectFor(ports: CodeBuildRunnerPorts, job: JobTicket['job']): ProjectOfPlatform {
  if (ports.projects[job.platform] === undefined && !isBuiltAnywhere(job)) throw notBuilt(ports, job.platform);
  return projectOf(ports, job.platform);
}

/** Where a job of the platform was started, if it was. */
function projectOf(ports: CodeBuildRunnerPorts, platform: PlatformId): ProjectOfPlatform {
  const deployed = PLATFORM_IDS.filter((id) => ports.projects[id] !== undefined);
  const project = ports.projects[machineFor(platform, deployed)];
  if (project === undefined) throw notBuilt(ports, platform);
  return project;
}

function notBuilt({ projects, stage }: CodeBuildRunnerPorts, platform: PlatformId): SlipwayError {
  const built = Object.keys(projects).join(', ');
  return new SlipwayError('platform-not-buildable-here', `'${platform}' is not built by the stage '${stage}'`, {
    hint: `it builds ${built === '' ? 'no platform' : built}; change the platforms in the settings and run slipway deploy`,
    details: { platform, stage },
  });
}

/** A build would fail minutes later, with less to say. */
async function requireSecrets({ parameters, stage }: CodeBuildRunnerPorts, { job }: JobTicket): Promise<void> {
  if (parameters === undefined) return;
  const names = job.secretNames.map((variable) => parameterName.secret(stage, job.name, variable));
  const values = await Promise.all(names.map((name) => parameters.read(name)));
  const missing = names.filter((_, at) => values[at] === undefined);
  const [first] = missing;
  if (first === undefined) return;
  throw new SlipwayError(
    'secret-missing',
    `secrets of the build are not in the parameter store: ${missing.map((name) => `'${name}'`).join(', ')}`,
    {
      hint: `run aws ssm put-parameter --type SecureString --name ${first} --value …`,
      details: { names: missing },
    },
  );
}

async function observeAll(ports: CodeBuildRunnerPorts, runnerIds: readonly string[]): Promise<ReadonlyMap<string, JobObservation>> {
  const builds = new Map((await getBuilds(ports, runnerIds)).map((build) => [build.id, build]));
  const isFew = [...builds.values()].filter(isTellingByLog).length <= MOST_LOGS_READ;
  const observed = runnerIds.map(async (runnerId) => {
    const build = builds.get(runnerId);
    if (build === undefined) return [runnerId, unknownBuild(runnerId)] as const;
    const observation = observationOf(build);
    return [runnerId, isFew ? await withProgress(ports, build, observation) : observation] as const;
  });
  return new Map(await Promise.all(observed));
}

/**
 * What the builder logs says more than the phase of the build that it runs in; at a bad end too, so that the step in which a builder
 * was killed is told whether or not anybody had looked before.
 */
async function withProgress(ports: CodeBuildRunnerPorts, build: Build, observation: JobObservation): Promise<JobObservation> {
  const stream = build.logs?.streamName;
  const project = Object.values(ports.projects).find((candidate) => candidate.project === build.projectName);
  if (observation.state === 'queued' || !isTellingByLog(build) || stream === undefined || project === undefined) return observation;
  // How far a job is is told as far as it can be: a log that is not there yet, or that may not be read, keeps nobody from settling.
  const marker = await readLogPhase({ logs: ports.logs, project }, stream).catch(() => undefined);
  if (marker === undefined) return observation;
  const { name, step, stepCount, title } = marker;
  return observation.state === 'ended'
    ? { ...observation, phase: name }
    : { ...observation, phase: name, progress: { step, stepCount, title } };
}

async function hasEnded(ports: CodeBuildRunnerPorts, runnerId: string): Promise<boolean> {
  const [build] = await getBuilds(ports, [runnerId]);
  if (build === undefined) return true;
  return build.endTime !== undefined && ports.clock.nowMs() - build.endTime.getTime() >= LOG_LAG_MS;
}
