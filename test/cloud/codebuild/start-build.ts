/** Owns how a project and the overrides of a start make a build, and which combinations CodeBuild refuses. Pure. */
import { randomUUID } from 'node:crypto';
import type {
  Build,
  EnvironmentVariable,
  Project,
  ProjectArtifacts,
  ProjectSource,
  ProjectSourceVersion,
  StartBuildInput,
} from '@aws-sdk/client-codebuild';
import { placeOf } from './build-output';
import { invalidInput } from './service-error';

export interface Origin {
  readonly region: string;
  readonly account: string;
}

/** Overrides that change what is billed, reached or run in ways that the stand-in does not know how to follow. */
const NOT_SUPPORTED = [
  'secondaryArtifactsOverride',
  'sourceAuthOverride',
  'gitCloneDepthOverride',
  'gitSubmodulesConfigOverride',
  'buildStatusConfigOverride',
  'registryCredentialOverride',
  'fleetOverride',
  'debugSessionEnabled',
] as const satisfies readonly (keyof StartBuildInput)[];

/** @throws ServiceError `InvalidInputException` */
export function requireStartable(input: StartBuildInput): void {
  const unsupported = NOT_SUPPORTED.find((name) => input[name] !== undefined);
  if (unsupported !== undefined) throw new Error(`the stand-in for CodeBuild does not know what '${unsupported}' does`);
  const identifiers = requireSources(input.secondarySourcesOverride ?? []);
  for (const { sourceIdentifier = '' } of input.secondarySourcesVersionOverride ?? []) {
    if (input.secondarySourcesOverride !== undefined && !identifiers.has(sourceIdentifier))
      throw invalidInput(`Invalid source version: there is no secondary source '${sourceIdentifier}'`);
  }
  requireArtifacts(input.artifactsOverride);
  for (const { name = '' } of input.environmentVariablesOverride ?? [])
    if (name.startsWith('CODEBUILD_')) throw invalidInput(`Invalid environment variable '${name}': the prefix CODEBUILD_ is reserved`);
}

/** API_ProjectSource.html: "can contain only alphanumeric characters and underscores, and must be less than 128 characters". */
function requireSources(sources: readonly ProjectSource[]): ReadonlySet<string> {
  if (sources.length > 12) throw invalidInput('Invalid secondarySourcesOverride: at most 12 secondary sources');
  const identifiers = new Set<string>();
  for (const { sourceIdentifier = '', type, location = '' } of sources) {
    if (!/^\w{1,127}$/.test(sourceIdentifier)) throw invalidInput(`Invalid source identifier '${sourceIdentifier}'`);
    if (identifiers.has(sourceIdentifier)) throw invalidInput(`Duplicate source identifier '${sourceIdentifier}'`);
    identifiers.add(sourceIdentifier);
    if (type === 'S3') requireS3Location(location);
    else if (type !== 'NO_SOURCE') throw new Error(`the stand-in for CodeBuild has no sources of type '${type ?? ''}'`);
  }
  return identifiers;
}

function requireS3Location(location: string): void {
  if (!/^[a-z0-9][a-z0-9.-]{2,62}\/.+$/.test(location))
    throw invalidInput(`Invalid location '${location}': S3 sources are bucket/path/object.zip`);
}

/** "valid only if your artifacts type is Amazon S3. If this is set with another artifacts type, an invalidInputException is thrown." */
function requireArtifacts(artifacts: ProjectArtifacts | undefined): void {
  if (artifacts === undefined) return;
  if (artifacts.type === 'S3' && (artifacts.location ?? '') === '')
    throw invalidInput('Invalid artifacts: location is required for type S3');
  if (artifacts.type !== 'S3' && artifacts.encryptionDisabled !== undefined)
    throw invalidInput('Invalid artifacts: encryptionDisabled is for type S3 alone');
}

export interface StartedBuild {
  readonly build: Build;
  readonly artifacts: ProjectArtifacts;
  readonly logGroup: string;
  readonly logStream: string;
}

export function buildOf(
  project: Project,
  input: StartBuildInput,
  origin: Origin & { readonly buildNumber: number; readonly nowMs: number },
): StartedBuild {
  const { region, account } = origin;
  const projectName = project.name ?? '';
  const uuid = randomUUID();
  const artifacts = input.artifactsOverride ?? project.artifacts ?? { type: 'NO_ARTIFACTS' };
  const cloudWatchLogs = input.logsConfigOverride?.cloudWatchLogs ?? project.logsConfig?.cloudWatchLogs;
  const logGroup = cloudWatchLogs?.groupName ?? `/aws/codebuild/${projectName}`;
  const logStream = cloudWatchLogs?.streamName === undefined ? uuid : `${cloudWatchLogs.streamName}/${uuid}`;
  const place = placeOf(artifacts, { projectName, uuid });
  const build: Build = {
    id: `${projectName}:${uuid}`,
    arn: `arn:aws:codebuild:${region}:${account}:build/${projectName}:${uuid}`,
    buildNumber: origin.buildNumber,
    startTime: new Date(origin.nowMs),
    buildStatus: 'IN_PROGRESS',
    buildComplete: false,
    projectName,
    phases: [],
    source: sourceOf(project, input),
    ...definedOf('sourceVersion', input.sourceVersion ?? project.sourceVersion),
    secondarySources: input.secondarySourcesOverride ?? project.secondarySources ?? [],
    secondarySourceVersions: secondaryVersions(project, input),
    artifacts: {
      ...(artifacts.type === 'S3' ? { location: `arn:aws:s3:::${place.bucket}/${place.key}` } : {}),
      overrideArtifactName: artifacts.overrideArtifactName ?? false,
      encryptionDisabled: artifacts.encryptionDisabled ?? false,
    },
    cache: input.cacheOverride ?? project.cache ?? { type: 'NO_CACHE' },
    environment: environmentOf(project, input),
    ...definedOf('serviceRole', input.serviceRoleOverride ?? project.serviceRole),
    logs: { cloudWatchLogs: { status: 'ENABLED', groupName: logGroup, ...definedOf('streamName', cloudWatchLogs?.streamName) } },
    timeoutInMinutes: input.timeoutInMinutesOverride ?? project.timeoutInMinutes ?? 60,
    queuedTimeoutInMinutes: input.queuedTimeoutInMinutesOverride ?? project.queuedTimeoutInMinutes ?? 480,
    initiator: 'stand-in',
    encryptionKey: input.encryptionKeyOverride ?? project.encryptionKey ?? `arn:aws:kms:${region}:${account}:alias/aws/s3`,
  };
  return { build, artifacts, logGroup, logStream };
}

function sourceOf(project: Project, input: StartBuildInput): ProjectSource {
  return {
    ...project.source,
    type: input.sourceTypeOverride ?? project.source?.type,
    ...definedOf('location', input.sourceLocationOverride ?? project.source?.location),
    ...definedOf('buildspec', input.buildspecOverride ?? project.source?.buildspec),
  };
}

/** "a secondarySourceVersions at the build level take over": API_CreateProject.html. */
function secondaryVersions(project: Project, input: StartBuildInput): ProjectSourceVersion[] {
  const overridden = input.secondarySourcesVersionOverride ?? [];
  const identifiers = new Set(overridden.map(({ sourceIdentifier }) => sourceIdentifier));
  return [...overridden, ...(project.secondarySourceVersions ?? []).filter(({ sourceIdentifier }) => !identifiers.has(sourceIdentifier))];
}

function environmentOf(project: Project, input: StartBuildInput): Build['environment'] {
  const variables = new Map<string | undefined, EnvironmentVariable>();
  for (const variable of [...(project.environment?.environmentVariables ?? []), ...(input.environmentVariablesOverride ?? [])])
    variables.set(variable.name, { ...variable, type: variable.type ?? 'PLAINTEXT' });
  return {
    ...project.environment,
    type: input.environmentTypeOverride ?? project.environment?.type,
    image: input.imageOverride ?? project.environment?.image,
    computeType: input.computeTypeOverride ?? project.environment?.computeType,
    environmentVariables: [...variables.values()],
    privilegedMode: input.privilegedModeOverride ?? project.environment?.privilegedMode ?? false,
  };
}

function definedOf<Name extends string, Value>(name: Name, value: Value | undefined): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, Value>);
}
