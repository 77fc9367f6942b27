/** The stand-in's surroundings in an emulator of AWS, reached by one endpoint: S3, CloudWatch Logs, SSM. */
import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
} from '@aws-sdk/client-cloudwatch-logs';
import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { GetParametersCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { LogSink, ObjectStore, ReadParameter } from './ports';

export interface EmulatorClients {
  readonly s3: S3Client;
  readonly logs: CloudWatchLogsClient;
  readonly ssm: SSMClient;
}

export interface EmulatorPorts {
  readonly objects: ObjectStore;
  readonly logs: LogSink;
  readonly readParameter: ReadParameter;
}

export function createEmulatorPorts({ s3, logs, ssm }: EmulatorClients): EmulatorPorts {
  return { objects: objectsIn(s3), logs: logsIn(logs), readParameter: parametersIn(ssm) };
}

function objectsIn(s3: S3Client): ObjectStore {
  return {
    async get(bucket, key, versionId) {
      try {
        const { Body } = await s3.send(
          new GetObjectCommand({
            Bucket: bucket,
            Key: key,
            ...(versionId === undefined || versionId === '' ? {} : { VersionId: versionId }),
          }),
        );
        return Body === undefined ? undefined : Buffer.from(await Body.transformToByteArray());
      } catch (thrown) {
        if (
          thrown instanceof NoSuchKey ||
          (thrown instanceof S3ServiceException && ['NoSuchVersion', 'NoSuchBucket'].includes(thrown.name))
        )
          return undefined;
        throw thrown;
      }
    },
    async put(bucket, key, body, { encryption }) {
      const encrypted = encryption === 'aws:kms' ? ({ ServerSideEncryption: 'aws:kms' } as const) : {};
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...encrypted }));
    },
  };
}

/** Makes groups and streams as CodeBuild does: with the first event. */
function logsIn(logs: CloudWatchLogsClient): LogSink {
  const made = new Set<string>();
  const ignoreExisting = (thrown: unknown) => {
    if (!(thrown instanceof ResourceAlreadyExistsException)) throw thrown;
  };
  return {
    async write(group, stream, events) {
      if (!made.has(`${group} ${stream}`)) {
        await logs.send(new CreateLogGroupCommand({ logGroupName: group })).catch(ignoreExisting);
        await logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream })).catch(ignoreExisting);
        made.add(`${group} ${stream}`);
      }
      await logs.send(new PutLogEventsCommand({ logGroupName: group, logStreamName: stream, logEvents: [...events] }));
    },
  };
}

/** By `ssm:GetParameters`, the action that CodeBuild's role needs: build-spec-ref.html. */
function parametersIn(ssm: SSMClient): ReadParameter {
  return async (name) => {
    const { Parameters = [] } = await ssm.send(new GetParametersCommand({ Names: [name], WithDecryption: true }));
    return Parameters[0]?.Value;
  };
}
