/**
 * Owns looking at the quotas of an account before it is deployed to: a new account may run one build at a time, or none at all,
 * and says so only when the first build stands in the queue.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html
 */
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListServiceQuotasCommand, ServiceQuotasClient, type ServiceQuota } from '@aws-sdk/client-service-quotas';
import { REMOTE_PLATFORM_IDS, type EnvironmentType, type RemotePlatformId } from '../../core/deployment/build-machines';
import type { BuildMachine } from '../../core/deployment/build-prices';
import type { QuotaFinding } from '../../core/deployment/quota-finding';
import { awsFailure } from '../aws-failure';
import type { SdkConnection } from '../client/sdk-connection';

/** A deployment's own functions, and a burst of calls and downloads. */
const ENOUGH_LAMBDAS = 50;

/**
 * How CodeBuild calls its environments in the names of its quotas: "Concurrently running builds for Linux/Medium environment".
 * The page names none for Windows Server 2022; an account's own list does, or has it under Windows.
 */
const QUOTA_NAMES: Readonly<Record<EnvironmentType, readonly string[]>> = {
  LINUX_CONTAINER: ['Linux'],
  ARM_CONTAINER: ['ARM'],
  WINDOWS_SERVER_2019_CONTAINER: ['Windows Server 2019'],
  WINDOWS_SERVER_2022_CONTAINER: ['Windows Server 2022', 'Windows'],
};

export interface QuotaPorts {
  readonly quotas: Pick<ServiceQuotasClient, 'send'>;
  readonly lambda: Pick<LambdaClient, 'send'>;
}

export function quotaPorts(connection: SdkConnection): QuotaPorts {
  return { quotas: new ServiceQuotasClient(connection), lambda: new LambdaClient(connection) };
}

/** What a deployment wants of the account. */
export interface QuotaNeed {
  readonly concurrentJobs: number;
  readonly machines: Readonly<Partial<Record<RemotePlatformId, BuildMachine>>>;
}

/** What is too little; empty where everything is enough, or no quota is named as it is known here. */
export async function readQuotas(ports: QuotaPorts, need: QuotaNeed): Promise<readonly QuotaFinding[]> {
  const [builds, lambdas] = await Promise.all([listBuildQuotas(ports), lambdaConcurrency(ports)]);
  const findings = REMOTE_PLATFORM_IDS.flatMap((platform): readonly QuotaFinding[] => {
    const machine = need.machines[platform];
    return machine === undefined ? [] : judgeBuilds(platform, machine, need.concurrentJobs, builds);
  });
  if (lambdas !== undefined && lambdas < ENOUGH_LAMBDAS) {
    findings.push({
      quota: 'Lambda: concurrent executions',
      value: lambdas,
      remedy: `calls and downloads may be throttled: ask for more with aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000`,
    });
  }
  return findings;
}

/** CodeBuild counts by environment and size; the size is the last word of the compute type. */
function judgeBuilds(
  platform: RemotePlatformId,
  { environment, computeType }: BuildMachine,
  wanted: number,
  quotas: readonly ServiceQuota[],
): readonly QuotaFinding[] {
  const size = computeType.split('_').at(-1) ?? '';
  const names = Object.hasOwn(QUOTA_NAMES, environment) ? QUOTA_NAMES[environment as EnvironmentType] : [];
  const found = names
    .map((name) => `concurrently running builds for ${name}/${size} environment`.toLowerCase())
    .map((name) => quotas.find(({ QuotaName = '' }) => QuotaName.toLowerCase() === name))
    .find((quota) => quota !== undefined);
  const { QuotaName = '', QuotaCode = '', Value } = found ?? {};
  if (Value === undefined || Value >= wanted) return [];
  const remedy =
    Value === 0
      ? `no ${platform} build can start: ask for more with ${increase(QuotaCode, wanted)}`
      : `more than ${Value} ${platform} builds wait in a queue: set concurrentJobs to ${Value}, or ask for more with ${increase(QuotaCode, wanted)}`;
  return [{ quota: `CodeBuild: ${QuotaName}`, value: Value, remedy }];
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
