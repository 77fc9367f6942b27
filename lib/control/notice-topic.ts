/** Owns the topic on which ended builds and alarms are told: by TLS alone, from this stage's functions and this account's alarms. */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { DeploymentSettings } from '../../core/deployment/deployment-settings';
import { resourceName } from '../resource-names';

/** @returns its ARN; of one's own topic nothing is changed */
export function createNoticeTopic(scope: Construct, id: string, { stage, notifications }: DeploymentSettings): string {
  if (notifications.topicArn !== undefined) return notifications.topicArn;
  const stack = Stack.of(scope);
  const topic = new Topic(scope, id, { displayName: `Slipway ${stage}`, enforceSSL: true });
  for (const email of notifications.emails) topic.addSubscription(new EmailSubscription(email));
  const alarms = stack.formatArn({
    service: 'cloudwatch',
    resource: 'alarm',
    resourceName: resourceName.alarm(stage, '*'),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid: 'Alarms',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account }, ArnLike: { 'aws:SourceArn': alarms } },
    }),
  );
  return topic.topicArn;
}
