/** Owns the inputs of a build: its sources as CodeBuild fetches them, and its variables as it sets them. */
import type { Build, EnvironmentVariable, ProjectSource } from '@aws-sdk/client-codebuild';
import { failedPhase, type ExecutionContext, type PhaseOutcome } from './execution';
import type { ReadParameter } from './ports';
import { unzipSource, type PlainFile } from './source-zip';

/** Carries what a phase ends with. */
export class PhaseFailure extends Error {
  constructor(readonly outcome: PhaseOutcome) {
    super(outcome.message);
  }
}

/** Source identifier (the primary one has none: '') -> its files. @throws PhaseFailure */
export async function fetchSources({ build, objects }: ExecutionContext): Promise<ReadonlyMap<string, readonly PlainFile[]>> {
  const sources = new Map<string, readonly PlainFile[]>();
  const fetch = async (source: ProjectSource, version: string | undefined) => {
    if (source.type === 'NO_SOURCE') return [];
    const location = source.location ?? '';
    const at = location.indexOf('/');
    const zip = await objects.get(location.slice(0, at), location.slice(at + 1), version);
    if (zip === undefined) throw new PhaseFailure(failedPhase('CLIENT_ERROR', missingObject(version)));
    try {
      return await unzipSource(zip);
    } catch (thrown) {
      throw new PhaseFailure(failedPhase('CLIENT_ERROR', thrown instanceof Error ? thrown.message : String(thrown)));
    }
  };
  if (build.source !== undefined) sources.set('', await fetch(build.source, build.sourceVersion));
  for (const source of build.secondarySources ?? []) {
    const version = build.secondarySourceVersions?.find(({ sourceIdentifier }) => sourceIdentifier === source.sourceIdentifier);
    sources.set(source.sourceIdentifier ?? '', await fetch(source, version?.sourceVersion));
  }
  return sources;
}

function missingObject(version: string | undefined): string {
  return version === undefined
    ? 'NoSuchKey: The specified key does not exist. status code: 404'
    : 'NoSuchVersion: The specified version does not exist. status code: 404';
}

/** @throws PhaseFailure for a parameter that is not there */
export async function variablesOf(
  variables: readonly EnvironmentVariable[],
  readParameter: ReadParameter,
  hide: (value: string) => void,
): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {};
  for (const { name = '', value = '', type } of variables) {
    if (type === 'SECRETS_MANAGER') throw new PhaseFailure(failedPhase('CLIENT_ERROR', 'the stand-in has no Secrets Manager'));
    values[name] = type === 'PARAMETER_STORE' ? await parameterValue(value, readParameter, hide) : value;
  }
  return values;
}

/** @throws PhaseFailure */
export async function parameterValue(name: string, readParameter: ReadParameter, hide: (value: string) => void): Promise<string> {
  const value = await readParameter(name);
  if (value === undefined) throw new PhaseFailure(failedPhase('Decrypted Variables Error', `parameter does not exist: ${name}`));
  hide(value);
  return value;
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html; HOME is set by whoever has one. */
export function codeBuildVariables({ build, region, account }: ExecutionContext): Readonly<Record<string, string>> {
  const { id = '', arn = '', projectName = '', source } = build;
  return {
    AWS_DEFAULT_REGION: region,
    AWS_REGION: region,
    CODEBUILD_BUILD_ARN: arn,
    CODEBUILD_BUILD_ID: id,
    CODEBUILD_BUILD_IMAGE: build.environment?.image ?? '',
    CODEBUILD_BUILD_NUMBER: String(build.buildNumber ?? ''),
    CODEBUILD_INITIATOR: build.initiator ?? '',
    CODEBUILD_KMS_KEY_ID: build.encryptionKey ?? '',
    CODEBUILD_LOG_PATH: build.logs?.streamName ?? '',
    CODEBUILD_PROJECT_ARN: `arn:aws:codebuild:${region}:${account}:project/${projectName}`,
    CODEBUILD_SOURCE_REPO_URL: source?.type === 'S3' ? `s3://${source.location ?? ''}` : '',
    ...sourceVersionVariable(build),
    CODEBUILD_START_TIME: String(build.startTime?.getTime() ?? ''),
  };
}

function sourceVersionVariable({ sourceVersion }: Build): Readonly<Record<string, string>> {
  return sourceVersion === undefined || sourceVersion === '' ? {} : { CODEBUILD_SOURCE_VERSION: sourceVersion };
}
