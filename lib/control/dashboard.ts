/** Owns one page that shows how a stage fares: its own metrics, side by side. */
import { Stack } from 'aws-cdk-lib';
import { CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { METRIC, METRIC_NAMESPACE, metricUnit, STAGE_DIMENSION, type MetricName } from '../../core/deployment/metric-names';

const PANELS: readonly { readonly title: string; readonly metrics: readonly MetricName[] }[] = [
  { title: 'Builds', metrics: [METRIC.buildSucceeded, METRIC.buildFailed, METRIC.buildTimedOut, METRIC.buildCancelled] },
  { title: 'Waiting', metrics: [METRIC.oldestQueuedSeconds, METRIC.queueSeconds] },
  {
    title: 'Downloads',
    metrics: [
      METRIC.downloadGranted,
      METRIC.downloadDenied,
      METRIC.downloadExpired,
      METRIC.downloadRevoked,
      METRIC.downloadExhausted,
      METRIC.downloadUnknown,
      METRIC.downloadFailed,
    ],
  },
  { title: 'Faults', metrics: [METRIC.settleProblem, METRIC.callFault] },
];

export function createDashboard(scope: Construct, stage: string): void {
  const { region } = Stack.of(scope);
  const widgets = PANELS.map(({ title, metrics }, at) => ({
    type: 'metric',
    x: (at % 2) * 12,
    y: Math.floor(at / 2) * 6,
    width: 12,
    height: 6,
    properties: {
      title,
      region,
      view: 'timeSeries',
      period: 300,
      metrics: metrics.map((name) => [
        METRIC_NAMESPACE,
        name,
        STAGE_DIMENSION,
        stage,
        { stat: metricUnit(name) === 'Seconds' ? 'Maximum' : 'Sum' },
      ]),
    },
  }));
  new CfnDashboard(scope, 'Dashboard', { dashboardName: `slipway-${stage}`, dashboardBody: Stack.of(scope).toJsonString({ widgets }) });
}
