/**
 * Owns how metrics leave a Lambda: as one log line in CloudWatch's embedded metric format.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import { buildStatus, jobsOf, type BuildRecord, type JobStatus } from '../core/build/build-record';
import { METRIC, METRIC_NAMESPACE, metricUnit, STAGE_DIMENSION, type MetricName } from '../core/deployment/metric-names';
import type { Clock } from '../core/ports/clock';
import type { Log } from './log';

/** "A metric value MUST be either a number or an array of numbers"; of those at most 100. */
const MOST_VALUES = 100;

export interface Metrics {
  add(name: MetricName, value?: number): void;
  /** Writes what was added since the last time; nothing where nothing was. */
  flush(): void;
}

export function createMetrics({ stage, clock, log }: { readonly stage: string; readonly clock: Clock; readonly log: Log }): Metrics {
  let values = new Map<MetricName, number[]>();
  const flush = () => {
    if (values.size === 0) return;
    const added = values;
    values = new Map();
    const metrics = [...added.keys()].map((name) => ({ Name: name, Unit: metricUnit(name) }));
    log({
      _aws: {
        Timestamp: clock.nowMs(),
        CloudWatchMetrics: [{ Namespace: METRIC_NAMESPACE, Dimensions: [[STAGE_DIMENSION]], Metrics: metrics }],
      },
      [STAGE_DIMENSION]: stage,
      ...Object.fromEntries(added),
    });
  };
  return {
    add(name, value = 1) {
      if ((values.get(name)?.length ?? 0) >= MOST_VALUES) flush();
      values.set(name, [...(values.get(name) ?? []), value]);
    },
    flush,
  };
}

const METRIC_OF_END: Readonly<Record<JobStatus, MetricName | undefined>> = {
  succeeded: METRIC.buildSucceeded,
  failed: METRIC.buildFailed,
  cancelled: METRIC.buildCancelled,
  'timed-out': METRIC.buildTimedOut,
  queued: undefined,
  running: undefined,
};

/** Counts a build that has ended, and how long its jobs waited for a machine. A result that was reused waited for none. */
export function countEnd(metrics: Metrics, record: BuildRecord): void {
  const end = METRIC_OF_END[buildStatus(record)];
  if (end !== undefined) metrics.add(end);
  for (const [, job] of jobsOf(record)) {
    if (job.startedAt === undefined || job.cache === 'used') continue;
    metrics.add(METRIC.queueSeconds, Math.max(0, (Date.parse(job.startedAt) - Date.parse(record.createdAt)) / 1000));
  }
}
