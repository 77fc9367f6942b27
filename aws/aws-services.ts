/** Joins what a deployment offers to the command line: finds it by its one parameter, then answers by its Lambdas. */
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { PlainFile } from '../core/distribution/hand-out/distribution-content';
import type { DeploymentPlace } from '../core/deployment/deployment-place';
import type { ReadableDownloads } from '../core/ports/downloads';
import type { Uploads } from '../core/ports/uploads';
import type { TargetServices } from '../core/services';
import { awsFailure } from './aws-failure';
import { createAwsBuildService } from './client/aws-build-service';
import { createAwsDistributionService } from './client/aws-distribution-service';
import { createFunctionCaller } from './client/call-function';
import { findDeployment } from './client/find-deployment';
import { connectSdk } from './client/sdk-connection';

export interface AwsServicesOptions {
  readonly place: DeploymentPlace;
  readonly clientVersion: string;
  readonly uploads: Uploads;
  readonly downloads: ReadableDownloads;
  readFile(path: string): Promise<PlainFile>;
  readonly onUpload?: (sentBytes: number, sizeBytes: number) => void;
}

/** Tells an IPv4 address as the internet sees it: https://checkip.amazonaws.com */
const OWN_ADDRESS_URL = 'https://checkip.amazonaws.com/';

/** @throws SlipwayError as `findDeployment` does */
export async function createAwsServices(options: AwsServicesOptions): Promise<TargetServices> {
  const { place, clientVersion, uploads, downloads } = options;
  const connection = connectSdk(place);
  const ssm = new SSMClient(connection);
  const region = await regionOf(ssm);
  const config = await findDeployment(ssm, { ...place, region, clientVersion });
  const caller = createFunctionCaller({ lambda: new LambdaClient({ ...connection, region: config.region }), config, clientVersion });
  return {
    deployment: config,
    builds: createAwsBuildService({
      caller,
      config,
      uploads,
      downloads,
      ...(options.onUpload === undefined ? {} : { onUpload: options.onUpload }),
    }),
    distributions: createAwsDistributionService({
      caller,
      config,
      uploads,
      readFile: (path) => options.readFile(path),
      ownAddresses: async () => [(await downloads.text({ url: OWN_ADDRESS_URL })).body.trim()],
    }),
  };
}

/** From the option, AWS_REGION, or the profile: whatever the client itself found. */
async function regionOf(ssm: SSMClient): Promise<string> {
  try {
    return await ssm.config.region();
  } catch (thrown) {
    throw awsFailure(thrown, { service: 'SSM', operation: 'GetParameter' });
  }
}
