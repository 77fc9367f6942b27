/**
 * Owns a Lambda of the deployment: its code, its own role, its log. Each method that sets an environment variable gives the right
 * that the variable is worth, so that neither is there without the other. Which function gets which belongs to `functions.ts`.
 */
import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal, type PolicyStatementProps } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { parameterName } from '../../core/deployment/parameter-names';
import { VARIABLE, type ProjectOfPlatform } from '../../lambda/environment';
import { acknowledgeWildcards } from '../acknowledge';
import { projectArn } from '../builds/build-project';
import { resourceName } from '../resource-names';
import type { BucketRights, FunctionName } from './bucket-rights';
import type { DeadLetterQueue } from './dead-letter-queue';

export interface SlipwayFunctionProps {
  readonly name: FunctionName;
  readonly stage: string;
  /** A folder with index.mjs in it. */
  readonly codeDirectory: string;
  readonly logRetentionDays: RetentionDays;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  /** For what AWS calls, and nobody hears an answer of. */
  readonly deadLetters?: DeadLetterQueue;
  readonly description: string;
}

/** What a function does with builds. */
export interface ProjectRights {
  readonly starts?: boolean;
  readonly stops?: boolean;
  /** Finds the log of a build that it is asked for. */
  readonly readsLogs?: boolean;
}

type Variable = keyof typeof VARIABLE;
export class SlipwayFunction extends Construct {
  readonly role: Role;
  readonly lambda: LambdaFunction;
  private readonly set: Variable[] = [];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: SlipwayFunctionProps,
  ) {
    super(scope, id);
    const { name, stage, codeDirectory, deadLetters } = props;
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: resourceName.functionLogs(stage, name),
      retention: props.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `slipway ${stage}: ${name}`,
    });
    this.allow({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] });
    this.lambda = new LambdaFunction(this, 'Function', {
      functionName: resourceName.function(stage, name),
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(codeDirectory),
      role: this.role,
      logGroup,
      memorySize: props.memoryMegabytes,
      timeout: Duration.seconds(props.timeoutSeconds),
      ...(deadLetters === undefined ? {} : { deadLetterQueue: deadLetters.queue, retryAttempts: 2, maxEventAge: Duration.hours(6) }),
    });
    this.setVariable('stage', stage);
  }

  get name(): FunctionName {
    return this.props.name;
  }

  /** The names of the variables that are set, for the check against what the handler reads. */
  get variables(): readonly Variable[] {
    return this.set;
  }

  setConcurrentJobs(count: number): void {
    this.setVariable('concurrentJobs', String(count));
  }

  setBuildToolsDigest(digest: string): void {
    this.setVariable('buildToolsDigest', digest);
  }

  setGate(url: string): void {
    this.setVariable('gateUrl', url);
  }

  setDualStack(isDualStack: boolean): void {
    this.setVariable('isDualStack', String(isDualStack));
  }

  /** Reading what is not there needs the right to list: without it S3 answers 403 in place of 404. */
  useBucket(name: string, { read, readVersion, write, remove, purge }: BucketRights): void {
    this.setVariable('bucket', name);
    const bucket = this.arn({ service: 's3', region: '', account: '', resource: name });
    const objects = (prefixes: readonly string[] = []) => prefixes.map((prefix) => `${bucket}/${prefix}*`);
    this.allow({ actions: ['s3:ListBucket'], resources: [bucket] });
    this.allow({ actions: ['s3:GetObject'], resources: objects(read) });
    this.allow({ actions: ['s3:GetObjectVersion'], resources: objects(readVersion) });
    this.allow({ actions: ['s3:PutObject', 's3:AbortMultipartUpload'], resources: objects(write) });
    this.allow({ actions: ['s3:DeleteObject'], resources: objects(remove) });
    this.allow({ actions: ['s3:DeleteObjectVersion'], resources: objects(purge) });
    const listed = purge ?? [];
    this.allow({
      actions: ['s3:ListBucketVersions'],
      resources: listed.length === 0 ? [] : [bucket],
      conditions: { StringLike: { 's3:prefix': listed.map((prefix) => `${prefix}*`) } },
    });
  }

  useProjects(projects: Readonly<Record<string, ProjectOfPlatform>>, { starts, stops, readsLogs }: ProjectRights): void {
    this.setVariable('projects', JSON.stringify(projects));
    const all = Object.values(projects);
    const resources = all.map(({ project }) => projectArn(this, project));
    const actions = ['codebuild:BatchGetBuilds', 'codebuild:ListBuildsForProject', ...(stops === true ? ['codebuild:StopBuild'] : [])];
    this.allow({ actions, resources });
    if (starts === true) {
      // Whoever may override the buildspec runs any code under the project's role.
      this.allow({ actions: ['codebuild:StartBuild'], resources, conditions: { Null: { 'codebuild:source.buildspec': 'true' } } });
    }
    const logArn = (logGroup: string, of: string) =>
      this.arn({ service: 'logs', resource: 'log-group', resourceName: `${logGroup}:${of}`, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
    this.allow({ actions: ['logs:GetLogEvents'], resources: all.map(({ logGroup }) => logArn(logGroup, 'log-stream:*')) });
    this.allow({
      actions: ['logs:DescribeLogStreams'],
      resources: readsLogs === true ? all.map(({ logGroup }) => logArn(logGroup, '*')) : [],
    });
  }

  useTopic(topicArn: string): void {
    this.setVariable('topicArn', topicArn);
    this.allow({ actions: ['sns:Publish'], resources: [topicArn] });
  }

  useLinkRole(role: Role): void {
    this.setVariable('linkRoleArn', role.roleArn);
    this.allow({ actions: ['sts:AssumeRole'], resources: [role.roleArn] });
  }

  /** Which build of an application is the newest. */
  useLatestBuildParameters(): void {
    this.useParameters([parameterName.latestBuild(this.props.stage, '*')], ['ssm:GetParameter', 'ssm:PutParameter']);
  }

  /** The newest link of an application. */
  useLinkParameters({ writes }: { readonly writes: boolean }): void {
    const actions = ['ssm:GetParameter', ...(writes ? ['ssm:PutParameter', 'ssm:DeleteParameter'] : [])];
    this.useParameters([parameterName.distribution(this.props.stage, '*')], actions);
  }

  /** Whether the secrets of an application are there, before a build fails for want of them. */
  useSecretParameters(): void {
    this.useParameters([parameterName.secret(this.props.stage, '*', '*')], ['ssm:GetParameter']);
  }

  /** For accounts that refuse what has no tags. Call it before the parameters are named. */
  setParameterTags(tags: Readonly<Record<string, string>>): void {
    this.setVariable('parameterTags', JSON.stringify(tags));
    this.tagsParameters = Object.keys(tags).length > 0;
  }

  private tagsParameters = false;

  private useParameters(names: readonly string[], actions: readonly string[]): void {
    const resources = names.map((name) => this.arn({ service: 'ssm', resource: 'parameter', resourceName: name.replace(/^\//, '') }));
    const isTagged = this.tagsParameters && actions.includes('ssm:PutParameter');
    this.allow({ actions: [...actions, ...(isTagged ? ['ssm:AddTagsToResource'] : [])], resources });
  }

  private setVariable(name: Variable, value: string): void {
    this.set.push(name);
    this.lambda.addEnvironment(VARIABLE[name], value);
  }

  /** A right to nothing is no statement. */
  private allow(statement: PolicyStatementProps & { readonly resources: string[] }): void {
    if (statement.resources.length === 0) return;
    this.role.addToPolicy(new PolicyStatement(statement));
    acknowledgeWildcards(
      this.role,
      statement.resources,
      'names of keys, parameters and log streams are made at run time: the right ends at their prefix',
    );
  }

  private arn(components: Parameters<Stack['formatArn']>[0]): string {
    return Stack.of(this).formatArn(components);
  }
}
