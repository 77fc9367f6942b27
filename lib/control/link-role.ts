/**
 * Owns the role under which links are signed. Each is assumed with a session policy that names one version of one file and the
 * allowed addresses; without such a policy it would read all distributions, so the gate and distribute alone may assume it.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, CompositePrincipal, PolicyStatement, Role, type IRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledgeWildcards } from '../acknowledge';

export interface LinkRoleProps {
  readonly stage: string;
  readonly bucketName: string;
  readonly signers: readonly IRole[];
}

export function createLinkRole(scope: Construct, id: string, { stage, bucketName, signers }: LinkRoleProps): Role {
  const role = new Role(scope, id, {
    assumedBy: new CompositePrincipal(...signers.map(({ roleArn }) => new ArnPrincipal(roleArn))),
    description: `slipway ${stage}: what links may read`,
    // The least that a role can have, and all that a Lambda gets of it: see SESSION_SECONDS in aws/distribution/bound-links.ts.
    maxSessionDuration: Duration.hours(1),
  });
  const bucket = Stack.of(scope).formatArn({ service: 's3', region: '', account: '', resource: bucketName });
  const resources = [`${bucket}/distributions/*`];
  role.addToPolicy(
    new PolicyStatement({ actions: ['s3:GetObjectVersion'], resources, conditions: { Bool: { 'aws:SecureTransport': 'true' } } }),
  );
  acknowledgeWildcards(role, resources, 'a session policy narrows it to one version of one file for each link');
  return role;
}
