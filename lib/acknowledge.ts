/** Owns how a finding of cdk-nag is answered: beside the construct that it is about, with the reason. */
import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** @param rule such as `AwsSolutions-S1`; of a rule that tells its findings apart, with the finding in brackets */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: rule, reason });
}

/** Each resource of a statement that holds a wildcard; those without one need no reason. */
export function acknowledgeWildcards(construct: IConstruct, resources: readonly string[], reason: string): void {
  const findings = resources.map((resource) => flatten(Stack.of(construct).resolve(resource))).filter((text) => text.includes('*'));
  for (const finding of new Set(findings)) acknowledge(construct, `AwsSolutions-IAM5[Resource::${finding}]`, reason);
}

type Intrinsic = Readonly<Record<string, unknown>>;

/** As cdk-nag 3 spells what is known at deployment alone: `<LogicalId.Arn>`. */
function flatten(node: unknown): string {
  if (typeof node === 'string') return node.replaceAll('${', '<').replaceAll('}', '>');
  const { Ref, ...functions } = node as Intrinsic;
  if (Ref !== undefined) return `<${flatten(Ref)}>`;
  const [[name, argument] = ['', undefined]] = Object.entries(functions);
  switch (name) {
    case 'Fn::Join': {
      const [separator, items] = argument as [string, unknown[]];
      return items.map(flatten).join(separator);
    }
    case 'Fn::GetAtt': {
      const [resource, attribute] = argument as [unknown, unknown];
      return `<${flatten(resource)}.${flatten(attribute)}>`;
    }
    case 'Fn::Sub':
    case 'Fn::ImportValue':
      return flatten(argument);
    default:
      return JSON.stringify(node);
  }
}
