/**
 * Joins the ports on AWS to what each handler asks for, once per cold start. A function per handler, so that a bundle holds
 * only what its function uses; a variable that is missing stops the function here, by name.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createCodeBuildRunner } from '../aws/build/build-runner-codebuild';
import { codeBuildBuilderId } from '../aws/build/codebuild-builder-id';
import { createBoundLinks, type BoundLinks } from '../aws/distribution/bound-links';
import { createSsmLinkTokens } from '../aws/distribution/link-tokens-ssm';
import { codeBuildClient, logsClient, s3Client, snsClient, ssmClient, stsClient } from '../aws/lambda-clients';
import { createSnsNotices } from '../aws/notices/notices-sns';
import { createSsmParameters } from '../aws/parameters/parameters-ssm';
import { createS3ArtifactStore } from '../aws/store/artifact-store-s3';
import { createS3Ledger } from '../aws/store/ledger-s3';
import { createPresignedTransfers } from '../aws/store/presigned-transfers';
import type { BuildPorts } from '../core/build/build-ports';
import { publishLatestBuild } from '../core/deployment/publish-latest-build';
import type { PlatformId } from '../core/platform';
import { lambdaClock, lambdaRandomness } from './clock-lambda';
import { FUNCTION_VARIABLES, readEnvironment, type Environment } from './environment';
import type { HandlePorts } from './handle';
import type { BuildFinishedHandlerPorts } from './handlers/build-finished';
import type { CancelBuildHandlerPorts } from './handlers/cancel-build';
import type { DistributeHandlerPorts } from './handlers/distribute';
import type { DistributionsHandlerPorts } from './handlers/distributions';
import type { DownloadHandlerPorts } from './handlers/download';
import type { GateHandlerPorts } from './handlers/gate';
import type { RevokeHandlerPorts } from './handlers/revoke';
import type { StartBuildHandlerPorts } from './handlers/start-build';
import type { StatusHandlerPorts } from './handlers/status';
import type { SweepHandlerPorts } from './handlers/sweep';
import { createLog } from './log';
import { countEnd, createMetrics } from './metrics';

type Variables = Readonly<Record<string, string | undefined>>;

/** Where the settings name no time for a platform. */
const JOB_TIMEOUT_MS = 120 * 60_000;
/** A start takes seconds; after this whoever began it is gone. The sweep comes every ten minutes, so it comes in between. */
const RESTART_AFTER_MS = 4 * 60_000;
const START_GRACE_MS = 15 * 60_000;

const clock = lambdaClock;
const randomness = lambdaRandomness;

export function composeStartBuild(variables: Variables): StartBuildHandlerPorts {
  const environment = readEnvironment(variables, FUNCTION_VARIABLES['start-build']);
  const { concurrentJobs, bucket } = environment;
  const handle = handlePorts(environment);
  const builds = { ...buildPorts(environment, handle), ...starting(environment), concurrentJobs };
  return { ...handle, builds, transfers: createPresignedTransfers({ client: s3Client(), bucket, clock }) };
}

export function composeStatus(variables: Variables): StatusHandlerPorts {
  return composeSettling(readEnvironment(variables, FUNCTION_VARIABLES.status));
}

export function composeCancelBuild(variables: Variables): CancelBuildHandlerPorts {
  return composeSettling(readEnvironment(variables, FUNCTION_VARIABLES['cancel-build']));
}

export function composeBuildFinished(variables: Variables): BuildFinishedHandlerPorts {
  const environment = readEnvironment(variables, FUNCTION_VARIABLES['build-finished']);
  const projects = Object.values(environment.projects).map(({ project }) => project);
  return { ...composeSettling(environment), projects };
}

export function composeSweep(variables: Variables): SweepHandlerPorts {
  const environment = readEnvironment(variables, FUNCTION_VARIABLES.sweep);
  const handle = handlePorts(environment);
  return { ...handle, builds: { ...buildPorts(environment, handle), ...starting(environment) } };
}

export function composeDownload(variables: Variables): DownloadHandlerPorts {
  const environment = readEnvironment(variables, FUNCTION_VARIABLES.download);
  const { bucket } = environment;
  const client = s3Client();
  return {
    ...handlePorts(environment),
    ledger: createS3Ledger({ client, bucket }),
    transfers: createPresignedTransfers({ client, bucket, clock }),
  };
}

export function composeDistribute(variables: Variables): DistributeHandlerPorts {
  const environment = readEnvironment(variables, FUNCTION_VARIABLES.distribute);
  const { bucket, stage, gateUrl, isDualStack, parameterTags: tags } = environment;
  const client = s3Client();
  const links = boundLinks(environment);
  return {
    ...handlePorts(environment),
    ledger: createS3Ledger({ client, bucket }),
    store: createS3ArtifactStore({ client, bucket }),
    transfers: createPresignedTransfers({ client, bucket, clock }),
    tokens: createSsmLinkTokens({ parameters: createSsmParameters({ client: ssmClient(), tags }), stage }),
    randomness,
    gateUrl,
    isDualStack,
    measure: (audience, key) => links.measure(audience, key),
    sign: (request) => links.sign(request),
  };
}

export function composeDistributions(variables: Variables): DistributionsHandlerPorts {
  const environment = readEnvironment(variables, FUNCTION_VARIABLES.distributions);
  const { bucket, stage, gateUrl } = environment;
  return {
    ...handlePorts(environment),
    ledger: createS3Ledger({ client: s3Client(), bucket }),
    tokens: createSsmLinkTokens({ parameters: createSsmParameters({ client: ssmClient() }), stage }),
    gateUrl,
  };
}

export function composeRevoke(variables: Variables): RevokeHandlerPorts {
  const environment = readEnvironment(variables, FUNCTION_VARIABLES.revoke);
  const { bucket } = environment;
  const client = s3Client();
  return {
    ...handlePorts(environment),
    ledger: createS3Ledger({ client, bucket }),
    store: createS3ArtifactStore({ client, bucket }),
  };
}

export function composeGate(variables: Variables): GateHandlerPorts {
  const environment = readEnvironment(variables, FUNCTION_VARIABLES.gate);
  const { bucket } = environment;
  const links = boundLinks(environment);
  return {
    ...handlePorts(environment),
    randomness,
    ledger: createS3Ledger({ client: s3Client(), bucket }),
    sign: (request) => links.sign(request),
  };
}

/** Links that are signed under a session of the link role, and lead to the dual-stack endpoint where the deployment wants it. */
function boundLinks({ linkRoleArn, bucket, isDualStack }: Pick<Environment, 'linkRoleArn' | 'bucket' | 'isDualStack'>): BoundLinks {
  const s3For: Parameters<typeof createBoundLinks>[0]['s3For'] = (credentials) =>
    s3Client({ credentials, useDualstackEndpoint: isDualStack });
  return createBoundLinks({ sts: stsClient(), s3For, linkRoleArn, bucket, clock });
}

/** The log and the metrics of a function. */
export function handlePorts({ stage }: Pick<Environment, 'stage'>): HandlePorts {
  const log = createLog((line) => void process.stdout.write(line));
  return { log, clock, metrics: createMetrics({ stage, clock, log }) };
}

type SettlingEnvironment = Pick<Environment, (typeof FUNCTION_VARIABLES)['status'][number]>;

function composeSettling(environment: SettlingEnvironment): HandlePorts & { readonly builds: BuildPorts } {
  const handle = handlePorts(environment);
  return { ...handle, builds: buildPorts(environment, handle) };
}

/** What settles builds. Starting them is added by {@link starting}, for the functions whose role may. */
function buildPorts({ stage, bucket, projects, topicArn, parameterTags: tags }: SettlingEnvironment, { metrics }: HandlePorts): BuildPorts {
  const client = s3Client();
  const ledger = createS3Ledger({ client, bucket });
  const artifacts = createS3ArtifactStore({ client, bucket });
  const parameters = createSsmParameters({ client: ssmClient(), tags });
  const runner = createCodeBuildRunner({
    codebuild: codeBuildClient(),
    logs: logsClient(),
    artifacts,
    parameters,
    bucket,
    stage,
    projects,
    clock,
  });
  return {
    ledger,
    artifacts,
    runner,
    clock,
    randomness,
    jobTimeoutMs: JOB_TIMEOUT_MS,
    jobTimeoutMsOf: (platform) => minutesInMs(projects[platform]?.timeoutMinutes),
    startGraceMs: START_GRACE_MS,
    toolIdentity: () => Promise.resolve(undefined),
    builderId: (platform) => codeBuildBuilderId(topicArn, projects[platform]?.project ?? platform),
    streamOf: (bytes) => Readable.from([bytes]),
    publishLatest: (name) => publishLatestBuild({ ledger, parameters, stage }, name),
    notices: createSnsNotices({ client: snsClient(), topicArn, stage }),
    onEnded: (record) => countEnd(metrics, record),
  };
}

/** Results are reused between builds that run on the same tools and the same kind of machine. */
function starting({
  projects,
  buildToolsDigest,
}: Pick<Environment, 'projects' | 'buildToolsDigest'>): Pick<BuildPorts, 'toolIdentity' | 'restartAfterMs'> {
  const identityOf = (platform: PlatformId) => {
    const project = projects[platform];
    if (project === undefined || buildToolsDigest === '') return undefined;
    const { environment, computeType } = project;
    return createHash('sha256')
      .update(JSON.stringify([buildToolsDigest, platform, environment, computeType]))
      .digest('hex');
  };
  return { restartAfterMs: RESTART_AFTER_MS, toolIdentity: (platform) => Promise.resolve(identityOf(platform)) };
}

function minutesInMs(minutes: number | undefined): number | undefined {
  return minutes === undefined ? undefined : minutes * 60_000;
}
