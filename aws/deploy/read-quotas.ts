/**
 * Owns looking at the quotas of an account before it is deployed to: a new account may run one build at a time, or none at all,
 * and says so only when the first build stands in the queue.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html
 */
import { GetAccountSettingsCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { ListServiceQuotasCommand, type ServiceQuota, type ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { QuotaFinding } from '../../core/deployment/deployer';
import type { DeploymentSettings } from '../../core/deployment/deployment-settings';
import { REMOTE_PLATFORM_IDS, type RemotePlatformId } from '../../core/deployment/build-machines';
import { awsFailure } from '../aws-failure';

/** A deployment's own functions, and a burst of calls and downloads. */
const ENOUGH_LAMBDAS = 50;

/** How the names of CodeBuild's quotas begin: "Concurrently running builds for Linux/Medium environment". */
const QUOTA_OF: Readonly<Record<RemotePlatformId, RegExp>> = {
  'linux-x86_64': /concurrently running builds for linux\//i,
  'linux-arm64': /concurrently running builds for arm\//i,
  'windows-x86_64': /concurrently running builds for windows[ /]/i,
};

export interface QuotaPorts {
  readonly quotas: Pick<ServiceQuotasClient, 'send'>;
  readonly lambda: Pick<LambdaClient, 'send'>;
}

/** What is too little, or cannot be known; empty where everything is enough. */
export async function readQuotas(ports: QuotaPorts, settings: DeploymentSettings): Promise<readonly QuotaFinding[]> {
  const [builds, lambdas] = await Promise.all([listBuildQuotas(ports), lambdaConcurrency(ports)]);
  const findings = REMOTE_PLATFORM_IDS.filter((platform) => settings.platforms[platform] !== undefined).flatMap((platform) =>
    judgeBuilds(platform, settings, builds),
  );
  if (lambdas !== undefined && lambdas < ENOUGH_LAMBDAS) {
    findings.push({
      quota: 'Lambda: concurrent executions',
      value: lambdas,
      remedy: `calls and downloads may be throttled: ask for more with aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000`,
    });
  }
  return findings;
}

/** CodeBuild counts by size of machine; the size is the last word of the compute type. */
function judgeBuilds(platform: RemotePlatformId, settings: DeploymentSettings, quotas: readonly ServiceQuota[]): QuotaFinding[] {
  const size = /_([A-Z0-9]+)$/.exec(settings.platforms[platform]?.computeType ?? '')?.[1];
  const named = quotas.filter(({ QuotaName = '' }) => QUOTA_OF[platform].test(QuotaName));
  const matching = size === undefined ? named : named.filter(({ QuotaName = '' }) => QuotaName.toUpperCase().includes(`/${size} `));
  return (matching.length > 0 ? matching : named).flatMap(({ QuotaName = '', QuotaCode = '', Value }) =>
    Value === undefined || Value >= settings.concurrentJobs
      ? []
      : [
          {
            quota: `CodeBuild: ${QuotaName}`,
            value: Value,
            remedy:
              Value === 0
                ? `no ${platform} build can start: ask for more with ${increase(QuotaCode, settings.concurrentJobs)}`
                : `more than ${Value} ${platform} builds wait in a queue: set concurrentJobs to ${Value}, or ask for more with ${increase(QuotaCode, settings.concurrentJobs)}`,
          },
        ],
  );
}

function increase(quotaCode: string, value: number): string {
  return `aws service-quotas request-service-quota-increase --service-code codebuild --quota-code ${quotaCode} --desired-value ${value}`;
}

async function listBuildQuotas({ quotas }: QuotaPorts): Promise<readonly ServiceQuota[]> {
  const found: ServiceQuota[] = [];
  let token: string | undefined;
  do {
    const page = await quotas
      .send(
        new ListServiceQuotasCommand({ ServiceCode: 'codebuild', MaxResults: 100, ...(token === undefined ? {} : { NextToken: token }) }),
      )
      .catch((thrown: unknown) => {
        throw awsFailure(thrown, { service: 'Service Quotas', operation: 'ListServiceQuotas of codebuild' });
      });
    found.push(...(page.Quotas ?? []));
    token = page.NextToken;
  } while (token !== undefined);
  return found;
}

async function lambdaConcurrency({ lambda }: QuotaPorts): Promise<number | undefined> {
  try {
    return (await lambda.send(new GetAccountSettingsCommand({}))).AccountLimit?.ConcurrentExecutions;
  } catch (thrown) {
    throw awsFailure(thrown, { service: 'Lambda', operation: 'GetAccountSettings' });
  }
}
