/**
 * Owns the SDK's clients as the Lambdas use them: one function each, so that a bundle holds those that its function calls and no others.
 * Region, credentials and an endpoint of a test come from the environment that Lambda sets.
 */
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';

/** The SDK's own three tries end within a second: a store that is busy for longer should not fail a build. */
const MOST_ATTEMPTS = 5;

/** @param options `useDualstackEndpoint` for links, `credentials` for those of an assumed role */
export function s3Client(options: Pick<S3ClientConfig, 'useDualstackEndpoint' | 'credentials'> = {}): S3Client {
  return new S3Client({
    maxAttempts: MOST_ATTEMPTS,
    // A presigned PUT would otherwise promise the checksum of an empty body.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    ...options,
  });
}

/** Throttling of builds is answered by their own adapter, and by the sweep. */
export function codeBuildClient(): CodeBuildClient {
  return new CodeBuildClient();
}

export function logsClient(): CloudWatchLogsClient {
  return new CloudWatchLogsClient();
}

export function ssmClient(): SSMClient {
  return new SSMClient({ maxAttempts: MOST_ATTEMPTS });
}

export function snsClient(): SNSClient {
  return new SNSClient({ maxAttempts: MOST_ATTEMPTS });
}

export function stsClient(): STSClient {
  return new STSClient({ maxAttempts: MOST_ATTEMPTS });
}
