/** Owns how a finding of cdk-nag is answered: beside the construct that it is about, with the reason. */
import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** @param rule such as `AwsSolutions-S1`; of a rule that tells its findings apart, with the finding in brackets */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: rule, reason });
}
