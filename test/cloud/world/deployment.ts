/** A stage of the real app in an emulator, made by `slipway deploy`, with what a test asks of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BatchGetProjectsCommand } from '@aws-sdk/client-codebuild';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { BuildRecordSchema, type BuildRecord } from '../../../core/build/build-record';
import { DeploymentConfigSchema, type DeploymentConfig } from '../../../core/deployment/deployment-config';
import { parameterName } from '../../../core/deployment/parameter-names';
import { storageKey } from '../../../core/storage-key';
import { openLink, type HttpAnswer } from '../../../scripts/smoke/open-link';
import type { CloudWorld } from './cloud-world';
import { projectsOfTemplate, type Template } from '../codebuild/project-of-template';
import { envelopeOf, runSlipway, type Ended, type ErrorOfCommand } from './command-line';
import { callQuery, templateOf } from './emulator-call';

export interface Deployment {
  readonly world: CloudWorld;
  readonly stage: string;
  readonly config: DeploymentConfig;
  readonly topicArn: string;
  /** `slipway ARGS --target aws --stage … --region …`, to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** The same with `--json`. @returns the data @throws Error where it does not succeed */
  call<T = Record<string, unknown>>(args: readonly string[], options?: RunOptions): Promise<T>;
  /** The same, for a command that must fail. */
  refusal(args: readonly string[], options?: RunOptions): Promise<ErrorOfCommand & { readonly exitCode: number }>;
  /** Asks the gate as a reader does, at the emulator's address. */
  open(link: string, options?: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> }): Promise<HttpAnswer>;
  /** Invokes a function and waits for its answer. */
  invoke(name: string, payload: unknown): Promise<{ readonly payload: unknown; readonly error?: string }>;
  record(buildId: string): Promise<BuildRecord>;
  keys(prefix: string): Promise<readonly string[]>;
  objectText(key: string): Promise<string>;
  parameter(name: string): Promise<{ readonly value: string; readonly type: string } | undefined>;
  /** Deploys again, with these settings. */
  update(settings: string): Promise<Ended>;
}

export interface RunOptions {
  /** Default: a folder without a slipway.yaml. */
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  /** All that it has written to standard output by now, each time that there is more. */
  readonly onOutput?: (stdout: string) => void;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A stage that nobody has deployed yet: `deploy` it, or have it refused. */
export function atStage({ cloud }: CloudWorld, stage: string, region = cloud.region) {
  const home = mkdtempSync(path.join(tmpdir(), 'slipway-operator-'));
  const run = (args: readonly string[], { cwd = home, signal, onOutput, environment = {} }: RunOptions = {}) =>
    runSlipway([...args, '--stage', stage, '--region', region], {
      cwd,
      environment: { ...cloud.environment, HOME: home, USER: 'ada', ...environment },
      ...(signal === undefined ? {} : { signal }),
      ...(onOutput === undefined ? {} : { onOutput }),
    });
  return {
    run,
    /** @param settings the text of a slipway-deployment.yaml, but for the stage */
    deploy(settings = ''): Promise<Ended> {
      const file = path.join(home, 'slipway-deployment.yaml');
      writeFileSync(file, `stage: ${stage}\n${settings}`);
      return run(['deploy', '--bootstrap', '--yes', '--settings', file, '--json']);
    },
    remove: () => {
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** @throws Error with what the command said, where it cannot be deployed */
export async function deployStage(world: CloudWorld, stage: string, settings?: string): Promise<Deployment & { remove(): void }> {
  const place = atStage(world, stage);
  await deployOrThrow(place.deploy(settings));
  const { s3, ssm, lambda } = world;
  const parameter: Deployment['parameter'] = async (name) => {
    try {
      const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
      return { value: Parameter?.Value ?? '', type: Parameter?.Type ?? '' };
    } catch (thrown) {
      if (thrown instanceof Error && thrown.name === 'ParameterNotFound') return undefined;
      throw thrown;
    }
  };
  const config = DeploymentConfigSchema.parse(JSON.parse((await parameter(parameterName.config(stage)))?.value ?? ''));
  await handOverProjects(world, config);
  const aws = (args: readonly string[], options?: RunOptions) => place.run([...args, '--target', 'aws'], options);
  const objectText = async (key: string) =>
    (await s3.send(new GetObjectCommand({ Bucket: config.bucket, Key: key }))).Body?.transformToString() ?? '';
  return {
    world,
    stage,
    config,
    topicArn: await outputOf(world, `Slipway-${stage}-Control`, 'TopicArn'),
    parameter,
    objectText,
    run: aws,
    async call(args, options) {
      const ended = await aws([...args, '--json'], options);
      const { ok, data, error } = envelopeOf(ended);
      if (!ok)
        throw new Error(
          `slipway ${args.join(' ')} ended with ${ended.exitCode}: ${error?.message ?? ''} [${error?.code ?? ''}]\n${ended.stderr}`,
        );
      return data as never;
    },
    async refusal(args, options) {
      const ended = await aws([...args, '--json'], options);
      const { error } = envelopeOf(ended);
      if (error === undefined) throw new Error(`slipway ${args.join(' ')} succeeded: ${ended.stdout}`);
      return { ...error, exitCode: ended.exitCode };
    },
    open: (link, options) => openLink(link, { ...options, emulator: world.cloud.endpoint }),
    async invoke(name, payload) {
      const FunctionName = `slipway-${stage}-${name}`;
      const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(payload)) }));
      const text = Buffer.from(answer.Payload ?? []).toString();
      return { payload: text === '' ? undefined : JSON.parse(text), ...(answer.FunctionError === undefined ? {} : { error: text }) };
    },
    record: async (buildId) => BuildRecordSchema.parse(JSON.parse(await objectText(storageKey.buildRecord(buildId)))),
    async keys(prefix) {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: config.bucket, Prefix: prefix }));
      return Contents.map(({ Key = '' }) => Key);
    },
    async update(text) {
      const ended = await deployOrThrow(place.deploy(text));
      await handOverProjects(world, config);
      return ended;
    },
    remove: place.remove,
  };
}

async function deployOrThrow(deploying: Promise<Ended>): Promise<Ended> {
  const ended = await deploying;
  if (ended.exitCode !== 0) throw new Error(`slipway deploy ended with ${ended.exitCode}\n${ended.stdout}\n${ended.stderr.slice(-4000)}`);
  return ended;
}

/**
 * The emulator makes projects in a CodeBuild of its own, and drops some of their properties (1.5.33: cache, logsConfig,
 * queuedTimeoutInMinutes): so they come from the deployed template, and what its references came to from the emulator.
 */
async function handOverProjects({ cloud, emulatorProjects, standIn }: CloudWorld, config: DeploymentConfig): Promise<void> {
  const names = Object.values(config.platforms).map(({ project }) => project);
  const { projects: made = [] } = await emulatorProjects.send(new BatchGetProjectsCommand({ names }));
  const text = JSON.stringify(await templateOf(cloud, `Slipway-${config.stage}-Builds`));
  // The one import of this stack is the bucket's name.
  const template = JSON.parse(text.replaceAll(/\{"Fn::ImportValue":"[^"]*"\}/g, JSON.stringify(config.bucket))) as Template;
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': config.account,
    'AWS::Region': config.region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
  };
  const projects = projectsOfTemplate(template, (id, attribute) => {
    const resource = template.Resources?.[id];
    if (resource?.Type === 'AWS::Logs::LogGroup') return (resource.Properties as { LogGroupName: string }).LogGroupName;
    return resource?.Type === 'AWS::IAM::Role' && attribute === 'Arn' ? `arn:aws:iam::${config.account}:role/${id}` : pseudo[id];
  });
  for (const project of projects) {
    const own = made.find(({ name }) => name === project.name);
    if (own?.serviceRole === undefined) throw new Error(`the emulator has no project '${project.name ?? ''}'`);
    standIn.putProject({ ...project, serviceRole: own.serviceRole });
  }
}

export async function outputOf({ cloud }: CloudWorld, stack: string, key: string): Promise<string> {
  const xml = await callQuery(cloud, 'cloudformation', { Action: 'DescribeStacks', StackName: stack, Version: '2010-05-15' });
  const [, value] = new RegExp(`<OutputKey>${key}</OutputKey>\\s*<OutputValue>([^<]*)`).exec(xml) ?? [];
  if (value === undefined) throw new Error(`the stack '${stack}' has no output '${key}'`);
  return value;
}
