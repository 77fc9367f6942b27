/**
 * Owns which functions there are, how large they are, and what each is given. How a variable and its right go together belongs to
 * `slipway-function.ts`, keys to `bucket-rights.ts`.
 */
import path from 'node:path';
import { Duration } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { DeploymentSettings } from '../../core/deployment/deployment-settings';
import type { ProjectOfPlatform } from '../../lambda/environment';
import { BUCKET_RIGHTS, type FunctionName } from './bucket-rights';
import { DeadLetterQueue } from './dead-letter-queue';
import { SlipwayFunction, type ProjectRights } from './slipway-function';

/** A vCPU for itself: it hashes what builds have made, or wraps what they are made of. */
const LARGE = { memoryMegabytes: 1769, timeoutSeconds: Duration.minutes(15).toSeconds() } as const;
const SMALL = { memoryMegabytes: 512, timeoutSeconds: 60 } as const;
/** People wait for it, and an HTTP API for 30 s at most. */
const PROMPT = { memoryMegabytes: 512, timeoutSeconds: 29 } as const;

interface FunctionSize {
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  readonly description: string;
}

const SIZES: Readonly<Record<FunctionName, FunctionSize>> = {
  'start-build': { ...LARGE, description: 'Starts builds' },
  status: { ...LARGE, description: 'Tells how builds fare, and what they log' },
  'cancel-build': { ...LARGE, description: 'Cancels builds' },
  'build-finished': { ...LARGE, description: 'Settles a build when CodeBuild tells of it' },
  sweep: { ...LARGE, description: 'Settles what no event told of, deletes what has expired' },
  download: { ...SMALL, description: 'Hands out addresses of artifacts' },
  distribute: { ...LARGE, description: 'Makes links' },
  distributions: { ...SMALL, description: 'Tells which links there are, and who fetched what' },
  revoke: { ...SMALL, description: 'Ends links' },
  gate: { ...PROMPT, description: 'Answers links' },
};

export interface FunctionsProps {
  readonly settings: DeploymentSettings;
  readonly bucketName: string;
  readonly projects: Readonly<Record<string, ProjectOfPlatform>>;
  readonly topicArn: string;
  readonly buildToolsDigest: string;
  /** Holds a folder for each function. */
  readonly codeDirectory: string;
  /** Empty: there is no gate. */
  readonly gateUrl: string;
}

export class Functions {
  readonly all: readonly SlipwayFunction[];
  readonly deadLetters: Readonly<Record<'build-finished' | 'sweep', DeadLetterQueue>>;
  private readonly byName = new Map<FunctionName, SlipwayFunction>();

  constructor(
    private readonly scope: Construct,
    private readonly props: FunctionsProps,
  ) {
    this.deadLetters = {
      'build-finished': new DeadLetterQueue(scope, 'DeadLetters-build-finished'),
      sweep: new DeadLetterQueue(scope, 'DeadLetters-sweep'),
    };
    this.settling('start-build', { starts: true, stops: true });
    this.settling('status', { readsLogs: true });
    this.settling('cancel-build', { stops: true });
    this.settling('build-finished', {});
    this.settling('sweep', { starts: true, stops: true });
    this.get('start-build').setConcurrentJobs(props.settings.concurrentJobs);
    for (const name of ['start-build', 'sweep'] as const) this.get(name).setBuildToolsDigest(props.buildToolsDigest);
    this.make('download');
    this.makeDistribute();
    this.makeDistributions();
    this.make('revoke');
    if (props.gateUrl !== '') this.make('gate').setDualStack(props.settings.dualStack);
    this.all = [...this.byName.values()];
  }

  get(name: FunctionName): SlipwayFunction {
    const found = this.byName.get(name);
    if (found === undefined) throw new RangeError(`there is no function '${name}'`);
    return found;
  }

  /** What they are called in AWS, by what they are called here. */
  get functionNames(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.all.map(({ name, lambda }) => [name, lambda.functionName]));
  }

  get queueNames(): Readonly<Record<string, string>> {
    return Object.fromEntries(Object.entries(this.deadLetters).map(([name, { queue }]) => [name, queue.queueName]));
  }

  /** Whoever signs links: the gate for each download, distribute for direct links and to see whether a list of addresses fits. */
  get signers(): readonly SlipwayFunction[] {
    return this.all.filter(({ name }) => name === 'gate' || name === 'distribute');
  }

  useLinkRole(role: Role): void {
    for (const signer of this.signers) signer.useLinkRole(role);
  }

  private make(name: FunctionName): SlipwayFunction {
    const { settings, bucketName, codeDirectory } = this.props;
    const deadLetters = name === 'build-finished' || name === 'sweep' ? this.deadLetters[name] : undefined;
    const made = new SlipwayFunction(this.scope, name, {
      name,
      stage: settings.stage,
      codeDirectory: path.join(codeDirectory, name),
      logRetentionDays: settings.retentionDays.logs,
      ...SIZES[name],
      ...(deadLetters === undefined ? {} : { deadLetters }),
    });
    made.useBucket(bucketName, BUCKET_RIGHTS[name]);
    this.byName.set(name, made);
    return made;
  }

  private settling(name: FunctionName, rights: ProjectRights): void {
    const { settings, projects, topicArn } = this.props;
    const made = this.make(name);
    made.setParameterTags(settings.tags);
    made.useProjects(projects, rights);
    made.useTopic(topicArn);
    made.useLatestBuildParameters();
    if (rights.starts === true) made.useSecretParameters();
  }

  private makeDistribute(): void {
    const made = this.make('distribute');
    made.setParameterTags(this.props.settings.tags);
    made.setGate(this.props.gateUrl);
    made.setDualStack(this.props.settings.dualStack);
    made.useLinkParameters({ writes: true });
  }

  private makeDistributions(): void {
    const made = this.make('distributions');
    made.setGate(this.props.gateUrl);
    made.useLinkParameters({ writes: false });
  }
}
