/** Owns how a row of the alarm table becomes an alarm that tells the topic, and tells it again when all is well. */
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { resourceName } from '../resource-names';
import type { AlarmRow } from './alarm-table';

export const RUNBOOK = 'docs/runbook.md';

export function createAlarms(
  scope: Construct,
  rows: readonly AlarmRow[],
  { stage, topicArn }: { readonly stage: string; readonly topicArn: string },
): void {
  for (const row of rows) {
    new CfnAlarm(scope, `Alarm-${row.name}`, {
      alarmName: resourceName.alarm(stage, row.name),
      alarmDescription: `Slipway ${stage}: ${row.description}. What to do: ${RUNBOOK}#${row.chapter}`,
      namespace: row.namespace,
      metricName: row.metric,
      dimensions: Object.entries(row.dimensions).map(([name, value]) => ({ name, value })),
      statistic: row.statistic,
      period: row.periodSeconds,
      evaluationPeriods: 1,
      threshold: row.threshold,
      comparisonOperator: 'GreaterThanOrEqualToThreshold',
      // Nothing happens for hours, and that is well.
      treatMissingData: 'notBreaching',
      alarmActions: [topicArn],
      okActions: [topicArn],
    });
  }
}
