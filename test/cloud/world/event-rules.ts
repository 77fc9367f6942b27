/**
 * Brings an event of AWS to the targets of the rules that a deployment has made. `PutEvents` is no way for it: EventBridge, and the
 * emulator with it, takes `aws.` as a source from AWS alone ("NotAuthorizedForSourceException"). So the emulator is asked which rules
 * there are, whether each matches, and what its targets are; the functions are invoked as EventBridge does, without waiting for them.
 */
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { callJson } from './emulator-call';
import type { BuildEvent } from '../codebuild/ports';
import type { MiniStack } from './ministack';

interface Rule {
  readonly Name: string;
  readonly State: string;
  /** Undefined for a schedule. */
  readonly EventPattern?: string;
}

interface Target {
  readonly Arn: string;
  readonly Input?: string;
  readonly InputPath?: string;
  readonly InputTransformer?: object;
}

export async function deliverToRules(cloud: MiniStack, lambda: LambdaClient, event: BuildEvent): Promise<void> {
  const call = <T>(operation: string, body: object) => callJson(cloud, 'events', `AWSEvents.${operation}`, body) as Promise<T>;
  const { Rules } = await call<{ Rules: readonly Rule[] }>('ListRules', {});
  for (const { Name, State, EventPattern } of Rules) {
    if (State !== 'ENABLED' || EventPattern === undefined) continue;
    const { Result } = await call<{ Result: boolean }>('TestEventPattern', { EventPattern, Event: JSON.stringify(event) });
    if (!Result) continue;
    const { Targets } = await call<{ Targets: readonly Target[] }>('ListTargetsByRule', { Rule: Name });
    for (const target of Targets) await invoke(lambda, Name, target, event);
  }
}

async function invoke(lambda: LambdaClient, rule: string, target: Target, event: BuildEvent): Promise<void> {
  const isWhole = target.Input === undefined && target.InputPath === undefined && target.InputTransformer === undefined;
  if (!target.Arn.includes(':lambda:') || !isWhole)
    throw new Error(`the rule '${rule}' has a target that is not known here: ${target.Arn}`);
  await lambda.send(new InvokeCommand({ FunctionName: target.Arn, InvocationType: 'Event', Payload: Buffer.from(JSON.stringify(event)) }));
}
