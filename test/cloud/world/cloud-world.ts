/**
 * An emulator of AWS and the stand-in for CodeBuild, joined: the emulator's Lambdas start builds at the stand-in, which takes sources
 * from the emulator's buckets, runs the deployed buildspec in bash, uploads what it made, and tells of it to the deployed rules.
 */
import { homedir } from 'node:os';
import path from 'node:path';
import { readFileSync } from 'node:fs';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { zipOf } from '../../fakes/archives';
import { s3ClientOf } from './buckets';
import { createEmulatorPorts } from '../codebuild/emulator-ports';
import type { BuildEvent } from '../codebuild/ports';
import { unzipSource } from '../codebuild/source-zip';
import { createCodeBuildStandIn, type CodeBuildStandIn } from '../codebuild/stand-in';
import { ROOT } from './command-line';
import { deliverToRules } from './event-rules';
import { startMiniStack, type MiniStack } from './ministack';

export interface CloudWorld {
  readonly cloud: MiniStack;
  readonly standIn: CodeBuildStandIn;
  readonly s3: S3Client;
  readonly ssm: SSMClient;
  readonly lambda: LambdaClient;
  /** MiniStack's own, which knows what a deployment has made. */
  readonly emulatorProjects: CodeBuildClient;
  /** What the machines are given as their builder: the deployed one, or one that builds nothing and is done in a moment. */
  builder: 'deployed' | 'fake';
  /** Takes the events in place of EventBridge, until it is undefined again. */
  onEvent: ((event: BuildEvent) => Promise<void> | void) | undefined;
  /** To the targets of the rules that match it. */
  deliver(event: BuildEvent): Promise<void>;
  stop(): Promise<void>;
}

/** What tools of the image need to reach the registries that this machine reaches. */
const REGISTRY_VARIABLES =
  /^(PIP_.*|UV_.*|npm_config_.*|NPM_CONFIG_.*|HTTPS?_PROXY|NO_PROXY|https?_proxy|no_proxy|SSL_CERT_FILE|REQUESTS_CA_BUNDLE)$/;

export interface CloudWorldOptions {
  /** Found before what is on this machine's PATH: a folder with the tools that the image is to have. */
  readonly imageTools?: string;
  /** For the emulator and its Lambdas, asked for when it starts. */
  readonly environment?: () => Readonly<Record<string, string>>;
  /** The clock of CodeBuild. */
  readonly now?: () => number;
}

export async function startCloudWorld({ imageTools, environment, now }: CloudWorldOptions = {}): Promise<CloudWorld> {
  const standIn = await createCodeBuildStandIn({
    objects: {
      get: async (bucket, key, version) =>
        world.builder === 'fake' ? withFakeBuilder(await ports.objects.get(bucket, key, version)) : ports.objects.get(bucket, key, version),
      put: (...args) => ports.objects.put(...args),
    },
    logs: { write: (...args) => ports.logs.write(...args) },
    readParameter: (name) => ports.readParameter(name),
    onEvent: (event) => (world.onEvent ?? world.deliver)(event),
    imageEnvironment: imageEnvironment(imageTools),
    ...(now === undefined ? {} : { now }),
  });
  const cloud = await startMiniStack({ environment: { AWS_ENDPOINT_URL_CODEBUILD: standIn.url, ...environment?.() } });
  const clients = {
    s3: s3ClientOf(cloud),
    ssm: new SSMClient(cloud.clientConfig),
    lambda: new LambdaClient(cloud.clientConfig),
    emulatorProjects: new CodeBuildClient(cloud.clientConfig),
  };
  const logs = new CloudWatchLogsClient(cloud.clientConfig);
  const ports = createEmulatorPorts({ ...clients, logs });
  const world: CloudWorld = {
    ...clients,
    cloud,
    standIn,
    builder: 'fake',
    onEvent: undefined,
    deliver: (event) => deliverToRules(cloud, clients.lambda, event),
    async stop() {
      await standIn.close();
      for (const client of [...Object.values(clients), logs]) client.destroy();
      await cloud.stop();
    },
  };
  return world;
}

function imageEnvironment(imageTools: string | undefined): Readonly<Record<string, string>> {
  const handedOn = Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && REGISTRY_VARIABLES.test(name) ? [[name, value] as const] : [],
  );
  const PATH = [imageTools, process.env.PATH].filter((folder) => folder !== undefined).join(path.delimiter);
  // The Pythons of this machine, which a build would look for in its own home.
  const PYENV_ROOT = process.env.PYENV_ROOT ?? path.join(homedir(), '.pyenv');
  return { ...Object.fromEntries(handedOn), PATH, PYENV_ROOT };
}

/** The deployed tools with another builder.mjs; any other object as it is. */
async function withFakeBuilder(object: Buffer | undefined): Promise<Buffer | undefined> {
  const isZip = object?.subarray(0, 2).toString('latin1') === 'PK';
  if (object === undefined || !isZip) return object;
  const files = await unzipSource(object);
  if (!files.some(({ path }) => path === 'builder.mjs')) return object;
  const fake = readFileSync(path.join(ROOT, 'test/fixtures/fake-builder.mjs'));
  return zipOf(files.map((file) => (file.path === 'builder.mjs' ? { ...file, content: fake } : file)));
}
