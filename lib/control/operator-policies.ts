/**
 * Owns what people may do, as policies to attach to whomever they are for: to call functions, and nothing of AWS beneath them.
 * Whoever may start builds is trusted by everybody in the stage: trust is separated by stages.
 */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { CalledFunction } from '../../core/api/call';
import { parameterName } from '../../core/deployment/parameter-names';
import { projectArn } from '../builds/build-project';
import type { Functions } from './functions';

interface Operator {
  readonly may: string;
  readonly calls: readonly CalledFunction[];
}

const VIEWER_CALLS = ['status', 'download'] as const;

export const OPERATORS: Readonly<Record<'Viewer' | 'Builder' | 'Distributor', Operator>> = {
  Viewer: { may: 'see builds and fetch what they made', calls: VIEWER_CALLS },
  Builder: { may: 'see, start and cancel builds', calls: [...VIEWER_CALLS, 'start-build', 'cancel-build'] },
  Distributor: { may: 'see builds, make and end links', calls: [...VIEWER_CALLS, 'distribute', 'distributions', 'revoke'] },
};

export interface OperatorPoliciesProps {
  readonly stage: string;
  readonly functions: Functions;
  readonly projectNames: readonly string[];
}

export function createOperatorPolicies(scope: Construct, { stage, functions, projectNames }: OperatorPoliciesProps): void {
  const stack = Stack.of(scope);
  const config = stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName: parameterName.config(stage).replace(/^\//, '') });
  for (const [who, { may, calls }] of Object.entries(OPERATORS)) {
    const policy = new ManagedPolicy(scope, `${who}Policy`, {
      description: `slipway ${stage}: may ${may}`,
      statements: [
        new PolicyStatement({ actions: ['ssm:GetParameter'], resources: [config] }),
        new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: calls.map((name) => functions.get(name).lambda.functionArn) }),
        // Also where another policy lets them: an own buildspec, or an own source with one, runs under the project's role.
        new PolicyStatement({
          effect: Effect.DENY,
          actions: ['codebuild:StartBuild', 'codebuild:StartBuildBatch'],
          resources: projectNames.map((name) => projectArn(scope, name)),
        }),
      ],
    });
    new CfnOutput(scope, `${who}PolicyArn`, { value: policy.managedPolicyArn, description: `Attach it to who may ${may}` });
  }
}
