/**
 * Owns looking at a deployment from the outside, one thing after the other: region, credentials, the deployment, whether it answers, the
 * account's quotas. Nothing is thrown: what stands in the way is what is asked for. Judging belongs to `core/deployment`.
 */
import type { DeploymentConfig } from '../../core/deployment/deployment-config';
import type { DeploymentFacts, DeploymentSubject } from '../../core/deployment/deployment-examination';
import type { QuotaFinding } from '../../core/deployment/quota-finding';
import type { Clock } from '../../core/ports/clock';
import type { SlipwayError } from '../../core/slipway-error';
import { awsFailure } from '../aws-failure';

/** What is called for each, where the call itself does not say it. */
const OPERATIONS: Readonly<Record<DeploymentSubject, string>> = {
  region: 'calls',
  credentials: 'GetCallerIdentity',
  deployment: 'GetParameter',
  calls: 'Invoke',
  quotas: 'ListServiceQuotas',
};

export interface ExaminePorts {
  readonly stage: string;
  readonly clientVersion: string;
  readonly clock: Pick<Clock, 'nowMs'>;
  region(): Promise<string>;
  identity(): Promise<NonNullable<DeploymentFacts['credentials']>>;
  findDeployment(region: string): Promise<DeploymentConfig>;
  /** The smallest call that a function answers. */
  ask(config: DeploymentConfig): Promise<void>;
  quotas(config: DeploymentConfig): Promise<readonly QuotaFinding[]>;
}

export async function lookAtDeployment(ports: ExaminePorts): Promise<DeploymentFacts> {
  const problems: Partial<Record<DeploymentSubject, SlipwayError>> = {};
  const attempt = async <T>(subject: DeploymentSubject, service: string, look: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await look();
    } catch (thrown) {
      problems[subject] = awsFailure(thrown, { service, operation: OPERATIONS[subject] });
      return undefined;
    }
  };
  const { stage, clientVersion, clock } = ports;
  const facts = { stage, clientVersion, problems };
  const region = await attempt('region', 'AWS', () => ports.region());
  if (region === undefined) return facts;
  const credentials = await attempt('credentials', 'STS', () => ports.identity());
  if (credentials === undefined) return { ...facts, region };
  const config = await attempt('deployment', 'SSM', () => ports.findDeployment(region));
  if (config === undefined) return { ...facts, region, credentials };
  const startedMs = clock.nowMs();
  const answerMs = await attempt('calls', 'Lambda', async () => {
    await ports.ask(config);
    return clock.nowMs() - startedMs;
  });
  const quotas = await attempt('quotas', 'Service Quotas', () => ports.quotas(config));
  return {
    ...facts,
    region,
    credentials,
    config,
    ...(answerMs === undefined ? {} : { answerMs }),
    ...(quotas === undefined ? {} : { quotas }),
  };
}
