/**
 * Owns what a build may do, which runs foreign code: read sources, jobs and its tools, write to staging (whose names nobody can
 * guess), its own log, its application's secrets. Nothing is listed; records, links, builds and distributions are out of reach.
 * CDK's own Source.s3, Artifacts.s3 and Cache.bucket grant more than that.
 */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import { isProvidedImage } from '../../core/deployment/build-machines';
import { parameterName } from '../../core/deployment/parameter-names';
import { acknowledgeWildcards } from '../acknowledge';

export interface BuildRoleProps {
  readonly stage: string;
  readonly bucketName: string;
  readonly cachePrefix: string;
  readonly buildTools: Asset;
  readonly logGroup: ILogGroup;
  readonly image: string;
}

export function createBuildRole(scope: Construct, id: string, props: BuildRoleProps): Role {
  const { stage, bucketName, cachePrefix, buildTools, logGroup, image } = props;
  const stack = Stack.of(scope);
  const role = new Role(scope, id, {
    // Not somebody else's project under this account's service.
    assumedBy: new ServicePrincipal('codebuild.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': stack.account } } }),
    description: `Builds of stage ${stage}`,
  });
  const allow = (actions: string[], resources: string[]) => {
    role.addToPolicy(new PolicyStatement({ actions, resources }));
    acknowledgeWildcards(role, resources, 'names of sources, jobs and secrets are made at run time: the right ends at their prefix');
  };
  const bucketArn = (name: string) => stack.formatArn({ service: 's3', region: '', account: '', resource: name });
  const objects = (prefix: string) => `${bucketArn(bucketName)}/${prefix}*`;
  const tools = `${bucketArn(buildTools.s3BucketName)}/${buildTools.s3ObjectKey}`;
  allow(['s3:GetObject', 's3:GetObjectVersion'], [objects('sources/'), objects('jobs/'), tools]);
  // CodeBuild looks at whose bucket it is: https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html
  allow(['s3:GetBucketAcl', 's3:GetBucketLocation'], [bucketArn(bucketName)]);
  allow(['s3:PutObject'], [objects('staging/')]);
  allow(['s3:GetObject', 's3:PutObject'], [objects(cachePrefix)]);
  allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
  const secrets = parameterName.secret(stage, '*', '*').replace(/^\//, '');
  allow(['ssm:GetParameters'], [stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName: secrets })]);
  if (!isProvidedImage(image)) allowPulling(role, stack, image);
  return role;
}

/** `<account>.dkr.ecr.<region>.amazonaws.com/<repository>[:tag|@digest]` */
const ECR_IMAGE = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.[^/]+\/([^:@]+)/;

function allowPulling(role: Role, stack: Stack, image: string): void {
  const [, account, region, repository] = ECR_IMAGE.exec(image) ?? [];
  if (account === undefined || region === undefined || repository === undefined) return; // A public one.
  const arn = stack.formatArn({
    service: 'ecr',
    account,
    region,
    resource: 'repository',
    resourceName: repository,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
  role.addToPolicy(
    new PolicyStatement({
      actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      resources: [arn],
    }),
  );
  role.addToPolicy(new PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }));
  acknowledgeWildcards(role, ['*'], 'ecr:GetAuthorizationToken knows no resource');
}
