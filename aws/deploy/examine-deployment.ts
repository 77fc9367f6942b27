/** Owns looking at a deployment with the SDK's clients, as `slipway doctor --target aws` does. */
import { SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { BuildService } from '../../core/build/build-service';
import type { DeploymentConfig } from '../../core/deployment/deployment-config';
import type { DeploymentFacts } from '../../core/deployment/deployment-examination';
import type { DeploymentPlace } from '../../core/deployment/deployment-place';
import type { Clock } from '../../core/ports/clock';
import { awsFailure } from '../aws-failure';
import { credentialSource } from '../client/credential-source';
import { findDeployment } from '../client/find-deployment';
import { lookAtDeployment } from '../client/look-at-deployment';
import { connectSdk } from '../client/sdk-connection';
import { quotaPorts, readQuotas } from './read-quotas';

export interface ExamineOptions {
  readonly place: DeploymentPlace;
  readonly clientVersion: string;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  builds(config: DeploymentConfig): Promise<BuildService>;
}

export function examineDeployment(options: ExamineOptions): Promise<DeploymentFacts> {
  const { place, clientVersion, clock, environment } = options;
  const connection = connectSdk(place);
  const sts = new STSClient(connection);
  return lookAtDeployment({
    stage: place.stage,
    clientVersion,
    clock,
    region: () => sts.config.region(),
    async identity() {
      const { Account: account = '', Arn: arn = '' } = await sts.send(new GetCallerIdentityCommand({})).catch((thrown: unknown) => {
        throw awsFailure(thrown, {
          service: 'STS',
          operation: `GetCallerIdentity${place.profile === undefined ? '' : ` with profile '${place.profile}'`}`,
        });
      });
      const source = credentialSource(await sts.config.credentials(), place.profile ?? environment.AWS_PROFILE);
      return { account, arn, source };
    },
    findDeployment: (region) => findDeployment(new SSMClient(connection), { stage: place.stage, region, clientVersion }),
    ask: async (config) => void (await (await options.builds(config)).list({ limit: 1 })),
    quotas: ({ platforms, concurrentJobs }) => readQuotas(quotaPorts(connection), { machines: platforms, concurrentJobs }),
  });
}
