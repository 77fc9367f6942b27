/** A stand-in with a bucket in memory, a project with a primary source, and the real SDK clients that talk to it. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CodeBuildClient, type Project } from '@aws-sdk/client-codebuild';
import { zipOf, type FakeEntry } from '../../fakes/archives';
import { createMemoryArtifactStore, type MemoryArtifactStore } from '../../fakes/artifact-store-memory';
import { objectsOf } from './objects-memory';
import type { BuildEvent } from './ports';
import { createCodeBuildStandIn, type CodeBuildStandIn, type StandInOptions } from './stand-in';

export const BUCKET = 'slipway-prod-artifacts';
export const PROJECT = 'slipway-prod-linux-x86_64';
export const LOG_GROUP = '/slipway/prod/builds/linux-x86_64';

export interface StandInWorld {
  readonly standIn: CodeBuildStandIn;
  readonly codebuild: CodeBuildClient;
  readonly logs: CloudWatchLogsClient;
  readonly artifacts: MemoryArtifactStore;
  readonly encryptions: ReadonlyMap<string, string>;
  readonly events: BuildEvent[];
  readonly putZip: (key: string, entries: readonly FakeEntry[]) => Promise<{ readonly versionId: string }>;
  readonly textOf: (key: string) => string | undefined;
  readonly close: () => Promise<void>;
}

export async function createStandInWorld(options: Partial<StandInOptions> & { readonly buildspec?: string } = {}): Promise<StandInWorld> {
  const artifacts = createMemoryArtifactStore();
  const objects = objectsOf(artifacts, BUCKET);
  const events: BuildEvent[] = [];
  const { buildspec = 'linux.yml', ...standInOptions } = options;
  const standIn = await createCodeBuildStandIn({
    objects,
    onEvent: (event) => {
      events.push(event);
    },
    ...standInOptions,
  });
  const putZip = async (key: string, entries: readonly FakeEntry[]) => {
    const zip = await zipOf(entries);
    return artifacts.put(key, () => Readable.from([zip]), { sha256: createHash('sha256').update(zip).digest('hex') });
  };
  await putZip('assets/tools.zip', [{ path: 'linux.yml', content: Buffer.from('version: 0.2\nphases: {}\n') }]);
  standIn.putProject(projectNamed(PROJECT, buildspec));
  const client = {
    endpoint: standIn.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: '111122223333', secretAccessKey: 'none' },
    maxAttempts: 1,
  };
  const codebuild = new CodeBuildClient(client);
  const logs = new CloudWatchLogsClient(client);
  return {
    standIn,
    codebuild,
    logs,
    artifacts,
    encryptions: objects.encryptions,
    events,
    putZip,
    textOf: (key) => artifacts.contents.get(key)?.toString('utf8'),
    async close() {
      codebuild.destroy();
      logs.destroy();
      await standIn.close();
    },
  };
}

export function projectNamed(name: string, buildspec: string): Project {
  return {
    name,
    source: { type: 'S3', location: `${BUCKET}/assets/tools.zip`, buildspec },
    artifacts: { type: 'NO_ARTIFACTS' },
    environment: {
      type: 'LINUX_CONTAINER',
      image: 'aws/codebuild/standard:7.0',
      computeType: 'BUILD_GENERAL1_LARGE',
      environmentVariables: [{ name: 'OF_PROJECT', value: 'project', type: 'PLAINTEXT' }],
    },
    serviceRole: 'arn:aws:iam::111122223333:role/build',
    timeoutInMinutes: 60,
    queuedTimeoutInMinutes: 30,
    logsConfig: { cloudWatchLogs: { status: 'ENABLED', groupName: LOG_GROUP } },
  };
}
