/** The Deployer on AWS: looks at the account first, then lets the CDK do it; before a removal it takes away what no stack knows of. */
import { S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { buildStatus, isOpen } from '../../core/build/build-record';
import type { BuildService } from '../../core/build/build-service';
import type { Deployer, DeployOutcome, DeployRequest, DestroyOutcome, DestroyRequest } from '../../core/deployment/deployer';
import type { DeploymentConfig } from '../../core/deployment/deployment-config';
import type { DeploymentPlace } from '../../core/deployment/deployment-place';
import type { DeploymentSettings } from '../../core/deployment/deployment-settings';
import { machineOf, platformsOf } from '../../core/deployment/settings-rules';
import type { Clock } from '../../core/ports/clock';
import { SlipwayError } from '../../core/slipway-error';
import { awsFailure } from '../aws-failure';
import { findDeployment } from '../client/find-deployment';
import { connectSdk, type SdkConnection } from '../client/sdk-connection';
import { runCdk, type CdkCall, type CdkPorts } from './cdk-program';
import { emptyBucket, stopLogging } from './empty-bucket';
import { examineDeployment } from './examine-deployment';
import { quotaPorts, readQuotas, type QuotaNeed } from './read-quotas';
import { removeParameters } from './remove-parameters';

export interface CdkDeployerOptions extends CdkPorts {
  readonly place: DeploymentPlace;
  readonly clientVersion: string;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** The builds of the deployment, to end those that run. */
  builds(config: DeploymentConfig): Promise<BuildService>;
}

/** What `cdk bootstrap` leaves behind: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html */
const BOOTSTRAP_PARAMETER = '/cdk-bootstrap/hnb659fds/version';
const MOST_BUILDS = 200;

interface Account {
  readonly account: string;
  readonly region: string;
  readonly connection: SdkConnection & { readonly region: string };
}

export function createCdkDeployer(options: CdkDeployerOptions): Deployer {
  return {
    deploy: (request) => deploy(options, request),
    destroy: (request) => destroy(options, request),
    examine: () => examineDeployment(options),
  };
}

async function deploy(options: CdkDeployerOptions, request: DeployRequest): Promise<DeployOutcome> {
  const { settings } = request;
  const found = await openAccount(options.place, settings);
  const ssm = new SSMClient(found.connection);
  const quotas = await quotasOf(found, settings);
  await requireBootstrapped(options, request, found, ssm);
  const approval = request.isApproved ? 'never' : 'broadening';
  const call = cdkCall(options, request, found);
  await runCdk(options, { ...call, args: ['deploy', '--all', '--require-approval', approval], failure: 'deploy-failed' });
  const { clientVersion } = options;
  const config = await findDeployment(ssm, { stage: settings.stage, region: found.region, clientVersion });
  return { config, ...quotas };
}

function needOf(settings: DeploymentSettings): QuotaNeed {
  const machines = platformsOf(settings).map(([platform, own]) => [platform, machineOf(platform, own)] as const);
  return { concurrentJobs: settings.concurrentJobs, machines: Object.fromEntries(machines) };
}

/** Rights to read quotas are rare; not to know them is no reason not to deploy. */
async function quotasOf({ connection }: Account, settings: DeploymentSettings): Promise<Pick<DeployOutcome, 'quotas' | 'quotaProblem'>> {
  try {
    return { quotas: await readQuotas(quotaPorts(connection), needOf(settings)) };
  } catch (thrown) {
    const { message } = awsFailure(thrown, { service: 'Service Quotas', operation: 'read the quotas' });
    return { quotas: [], quotaProblem: message };
  }
}

async function requireBootstrapped(
  options: CdkDeployerOptions,
  request: DeployRequest,
  found: Account,
  ssm: Pick<SSMClient, 'send'>,
): Promise<void> {
  if (await isThere(ssm, BOOTSTRAP_PARAMETER)) return;
  const place = `aws://${found.account}/${found.region}`;
  if (request.bootstrap) {
    await runCdk(options, { ...cdkCall(options, request, found), args: ['bootstrap', place], failure: 'deploy-failed' });
    return;
  }
  throw new SlipwayError('not-bootstrapped', `the CDK was never prepared in account '${found.account}', region '${found.region}'`, {
    hint: `run slipway deploy --bootstrap: it makes the stack CDKToolkit first, once for all CDK apps of ${place}`,
    details: { account: found.account, region: found.region },
  });
}

async function isThere(ssm: Pick<SSMClient, 'send'>, name: string): Promise<boolean> {
  try {
    await ssm.send(new GetParameterCommand({ Name: name }));
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'ParameterNotFound') return false;
    throw awsFailure(thrown, { service: 'SSM', operation: `GetParameter '${name}'` });
  }
}

async function destroy(options: CdkDeployerOptions, request: DestroyRequest): Promise<DestroyOutcome> {
  const { settings } = request;
  const found = await openAccount(options.place, settings);
  const ssm = new SSMClient(found.connection);
  const config = await configIfAny(ssm, options, settings.stage, found.region);
  const cancelledBuilds = config === undefined ? [] : await cancelBuilds(await options.builds(config));
  const s3 = new S3Client(found.connection);
  const logBucket = config === undefined ? undefined : await stopLogging(s3, config.bucket);
  const removedObjects = config === undefined || settings.retainBucket ? 0 : await emptyBucket(s3, config.bucket);
  const removedParameters = await removeParameters(ssm, settings.stage);
  await runCdk(options, { ...cdkCall(options, request, found), args: ['destroy', '--all', '--force'], failure: 'destroy-failed' });
  return { cancelledBuilds, removedParameters, removedObjects, retained: retainedOf(settings, config, logBucket) };
}

/** A removal that was cut off has no configuration any more, and goes on with what is left. */
async function configIfAny(
  ssm: SSMClient,
  { clientVersion }: CdkDeployerOptions,
  stage: string,
  region: string,
): Promise<DeploymentConfig | undefined> {
  try {
    return await findDeployment(ssm, { stage, region, clientVersion });
  } catch (thrown) {
    const { code } = awsFailure(thrown, { service: 'SSM', operation: 'find the deployment' });
    if (code === 'deployment-not-found') return undefined;
    throw thrown;
  }
}

async function cancelBuilds(builds: BuildService): Promise<readonly string[]> {
  const open = (await builds.list({ limit: MOST_BUILDS })).filter((record) => isOpen(buildStatus(record)));
  for (const { buildId } of open) await builds.cancel(buildId);
  return open.map(({ buildId }) => buildId);
}

function retainedOf(
  { retainBucket }: DeploymentSettings,
  config: DeploymentConfig | undefined,
  logBucket: string | undefined,
): DestroyOutcome['retained'] {
  const artifacts = retainBucket ? config?.bucket : undefined;
  return [
    ...(artifacts === undefined ? [] : [{ what: `the artifact bucket '${artifacts}', as the settings say`, command: removal(artifacts) }]),
    ...(logBucket === undefined
      ? []
      : [{ what: `the access logs in '${logBucket}', into which S3 may deliver for some hours`, command: removal(logBucket) }]),
  ];
}

function removal(bucket: string): string {
  return `aws s3 rb --force s3://${bucket}`;
}

function cdkCall(
  { place }: CdkDeployerOptions,
  { settings }: DestroyRequest,
  { account, region }: Account,
): Omit<CdkCall, 'args' | 'failure'> {
  return { settings, account, region, ...(place.profile === undefined ? {} : { profile: place.profile }) };
}

/** @throws SlipwayError `wrong-account`, `region-missing`, `credentials-missing`, … */
async function openAccount(place: DeploymentPlace, settings: DeploymentSettings): Promise<Account> {
  const wanted = settings.region ?? place.region;
  const connection = connectSdk({ ...place, ...(wanted === undefined ? {} : { region: wanted }) });
  const sts = new STSClient(connection);
  try {
    const region = await sts.config.region();
    const { Account: account = '' } = await sts.send(new GetCallerIdentityCommand({}));
    if (settings.account !== undefined && settings.account !== account) {
      throw new SlipwayError(
        'wrong-account',
        `the credentials are of account '${account}', and the settings are for '${settings.account}'`,
        {
          hint: 'name another profile with --profile, or correct account in the settings',
          details: { credentials: account, settings: settings.account },
        },
      );
    }
    return { account, region, connection: { ...connection, region } };
  } catch (thrown) {
    throw awsFailure(thrown, { service: 'STS', operation: 'GetCallerIdentity' });
  }
}
