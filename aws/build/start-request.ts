/**
 * Owns what StartBuild is asked for: a ticket -> its parameters. Pure.
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html
 * Never `buildspecOverride`: whoever may set it runs any code under the project's role.
 */
import type { EnvironmentVariable, StartBuildCommandInput } from '@aws-sdk/client-codebuild';
import { JOB_VARIABLE, SOURCE_IDENTIFIER } from '../../core/job/job-delivery';
import { parameterName } from '../../core/deployment/parameter-names';
import type { StoredFile } from '../../core/ports/artifact-store';
import type { JobTicket } from '../../core/ports/build-runner';
import type { PlatformId } from '../../core/platform';
import { SlipwayError } from '../../core/slipway-error';
import { storageKey } from '../../core/storage-key';

/** `timeoutInMinutesOverride`: "from 5 to 2160 (36 hours)", API_StartBuild.html. */
const TIMEOUT_MINUTES = { min: 5, max: 2160 } as const;

export interface ProjectOfPlatform {
  /** The CodeBuild project's name. */
  readonly project: string;
  /** The log group's name. */
  readonly logGroup: string;
}

export interface JobPlacement {
  readonly project: ProjectOfPlatform;
  readonly bucket: string;
  readonly stage: string;
  /** As the store keeps them: each is fetched by its version, so that nothing can take its place. */
  readonly wrappedSource: StoredFile;
  readonly jobPackage: StoredFile;
}

export function startBuildInput(ticket: JobTicket, placement: JobPlacement): StartBuildCommandInput {
  const { buildId, platform, attempt } = ticket.job;
  const timeoutMinutes = Math.min(TIMEOUT_MINUTES.max, Math.max(TIMEOUT_MINUTES.min, Math.ceil(ticket.timeoutMs / 60_000)));
  const { project, bucket, wrappedSource, jobPackage } = placement;
  return {
    projectName: project.project,
    secondarySourcesOverride: [
      { type: 'S3', location: `${bucket}/${jobPackage.key}`, sourceIdentifier: SOURCE_IDENTIFIER.job },
      { type: 'S3', location: `${bucket}/${wrappedSource.key}`, sourceIdentifier: SOURCE_IDENTIFIER.source },
    ],
    secondarySourcesVersionOverride: [
      { sourceIdentifier: SOURCE_IDENTIFIER.job, sourceVersion: jobPackage.versionId },
      { sourceIdentifier: SOURCE_IDENTIFIER.source, sourceVersion: wrappedSource.versionId },
    ],
    artifactsOverride: artifactsInto(bucket, storageKey.stagingPrefix(buildId, platform, ticket.nonce)),
    environmentVariablesOverride: [...jobVariables(ticket, timeoutMinutes), ...secretVariables(ticket, placement.stage)],
    logsConfigOverride: {
      // The name of a build's stream is this, a slash and the build's own id: so a log is found without its build.
      cloudWatchLogs: { status: 'ENABLED', groupName: project.logGroup, streamName: `${logStreamPrefix(buildId, platform)}${attempt}` },
    },
    timeoutInMinutesOverride: timeoutMinutes,
    ...(ticket.useCache ? {} : { cacheOverride: { type: 'NO_CACHE' } }),
    idempotencyToken: `${buildId}-${platform}-${attempt}`,
  };
}

/** What the log streams of a job start with, whatever the attempt. */
export function logStreamPrefix(buildId: string, platform: PlatformId): string {
  return `${buildId}/${platform}-`;
}

/**
 * Packaging NONE makes a folder `path/name` in the bucket that holds the output; with namespace BUILD_ID its id would stand between.
 * So the last part of the prefix is the name. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectArtifacts.html
 * Without `encryptionDisabled` the objects get a KMS key that no link could use.
 */
function artifactsInto(bucket: string, prefix: string): NonNullable<StartBuildCommandInput['artifactsOverride']> {
  const parts = prefix.split('/').filter((part) => part !== '');
  return {
    type: 'S3',
    location: bucket,
    path: parts.slice(0, -1).join('/'),
    name: parts.at(-1),
    namespaceType: 'NONE',
    packaging: 'NONE',
    overrideArtifactName: false,
    encryptionDisabled: true,
  };
}

function jobVariables({ job }: JobTicket, timeoutMinutes: number): EnvironmentVariable[] {
  const values: Readonly<Record<keyof typeof JOB_VARIABLE, string>> = {
    buildId: job.buildId,
    platform: job.platform,
    attempt: String(job.attempt),
    name: job.name,
    version: job.version,
    sourceSha256: job.source.sha256,
    timeoutMinutes: String(timeoutMinutes),
  };
  return Object.entries(JOB_VARIABLE).map(([key, name]) => ({ name, value: values[key as keyof typeof values], type: 'PLAINTEXT' }));
}

/** The names of parameters, never values: whoever may read builds reads these. */
function secretVariables({ job }: JobTicket, stage: string): EnvironmentVariable[] {
  return job.secretNames.map((name) => ({ name, value: parameterName.secret(stage, job.name, name), type: 'PARAMETER_STORE' }));
}

/**
 * "Do not set any environment variable with a name that starts with CODEBUILD_": build-spec-ref.html.
 * @throws SlipwayError `recipe-invalid`
 */
export function requireUsableSecretNames(names: readonly string[]): void {
  const own: readonly string[] = Object.values(JOB_VARIABLE);
  const taken = names.find((name) => name.startsWith('CODEBUILD_') || own.includes(name));
  if (taken === undefined) return;
  throw new SlipwayError('recipe-invalid', `the secret '${taken}' has a name that the build service keeps for itself`, {
    hint: 'give it another name under secrets in slipway.yaml',
  });
}
