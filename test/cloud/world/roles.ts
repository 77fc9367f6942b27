/** Roles of an emulator that evaluates policies. IAM speaks the same protocol as STS, so its client carries the calls. */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { MiniStack } from './ministack';

type Emulator = Pick<MiniStack, 'account' | 'clientConfig'>;

export interface TestRole {
  readonly name: string;
  /** Who may assume it. */
  readonly trusted: string;
  readonly policy: object;
}

/** @returns its ARN */
export async function makeRole(cloud: Emulator, { name, trusted, policy }: TestRole): Promise<string> {
  const trust = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: trusted }, Action: 'sts:AssumeRole' }] };
  await callIam(cloud, { Action: 'CreateRole', RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) });
  await callIam(cloud, { Action: 'PutRolePolicy', RoleName: name, PolicyName: 'all', PolicyDocument: JSON.stringify(policy) });
  return `arn:aws:iam::${cloud.account}:role/${name}`;
}

async function callIam(cloud: Emulator, parameters: Readonly<Record<string, string>>): Promise<void> {
  // Where it is sent follows from what it is signed for.
  const client = new STSClient({ ...cloud.clientConfig, ...{ signingName: 'iam' } });
  const body = new URLSearchParams({ ...parameters, Version: '2010-05-08' }).toString();
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body: string; headers: Record<string, string> };
      request.body = body;
      request.headers['content-length'] = String(Buffer.byteLength(body));
      return next(args);
    },
    // Before it is signed.
    { step: 'finalizeRequest', name: 'callIam', priority: 'high' },
  );
  try {
    await client.send(new GetCallerIdentityCommand({}));
  } finally {
    client.destroy();
  }
}
