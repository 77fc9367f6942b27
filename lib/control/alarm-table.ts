/**
 * Owns what is an alarm: one metric each, without arithmetic, with its chapter of docs/runbook.md. Metrics of our own have their
 * names from `core/deployment/metric-names.ts`, where the functions have them too.
 */
import type { AlarmSettings } from '../../core/deployment/deployment-settings';
import { METRIC, METRIC_NAMESPACE, STAGE_DIMENSION, type MetricName } from '../../core/deployment/metric-names';
import { DISTRIBUTION_METRICS } from '../storage/artifact-bucket';

export interface AlarmRow {
  /** Of the alarm, after the stage. */
  readonly name: string;
  readonly description: string;
  /** The heading of its chapter, as an anchor. */
  readonly chapter: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: 'Sum' | 'Maximum';
  readonly periodSeconds: number;
  /** Reached, it is an alarm. */
  readonly threshold: number;
}

export interface AlarmSubjects {
  readonly stage: string;
  readonly settings: AlarmSettings;
  /** By what they are called in messages. */
  readonly functionNames: Readonly<Record<string, string>>;
  readonly queueNames: Readonly<Record<string, string>>;
  readonly bucketName: string;
  /** Undefined where there is no gate. */
  readonly apiId: string | undefined;
}

const MINUTE = 60;
const GIGABYTE = 1_000_000_000;

export function alarmTable(subjects: AlarmSubjects): readonly AlarmRow[] {
  return [
    ...buildAlarms(subjects),
    ...functionAlarms(subjects),
    ...(subjects.apiId === undefined ? [] : gateAlarms(subjects, subjects.apiId)),
    ...storeAlarms(subjects),
  ];
}

function own(stage: string, metric: MetricName): Pick<AlarmRow, 'namespace' | 'metric' | 'dimensions'> {
  return { namespace: METRIC_NAMESPACE, metric, dimensions: { [STAGE_DIMENSION]: stage } };
}

function buildAlarms({ stage, settings }: AlarmSubjects): readonly AlarmRow[] {
  const perFiveMinutes = { statistic: 'Sum', periodSeconds: 5 * MINUTE } as const;
  return [
    {
      name: 'builds-failed',
      description: 'Builds have failed',
      chapter: 'builds-failed',
      ...own(stage, METRIC.buildFailed),
      ...perFiveMinutes,
      threshold: settings.failedBuilds,
    },
    {
      name: 'builds-timed-out',
      description: 'A build took longer than its platform allows',
      chapter: 'builds-timed-out',
      ...own(stage, METRIC.buildTimedOut),
      ...perFiveMinutes,
      threshold: 1,
    },
    {
      name: 'queue-long',
      description: 'A job waits for a machine',
      chapter: 'queue-long',
      ...own(stage, METRIC.oldestQueuedSeconds),
      statistic: 'Maximum',
      periodSeconds: 10 * MINUTE,
      threshold: settings.queueMinutes * MINUTE,
    },
    {
      name: 'settle-problems',
      description: 'A record or a report could not be read or settled',
      chapter: 'settle-problems',
      ...own(stage, METRIC.settleProblem),
      statistic: 'Sum',
      periodSeconds: 15 * MINUTE,
      threshold: 1,
    },
    {
      name: 'call-faults',
      description: 'A function could not answer a call, by a fault of the deployment',
      chapter: 'function-errors',
      ...own(stage, METRIC.callFault),
      ...perFiveMinutes,
      threshold: 1,
    },
  ];
}

function functionAlarms({ functionNames, queueNames }: AlarmSubjects): readonly AlarmRow[] {
  return [
    ...Object.entries(functionNames).map(([name, FunctionName]): AlarmRow => ({
      name: `errors-${name}`,
      description: `The function ${name} ended in an error`,
      chapter: 'function-errors',
      namespace: 'AWS/Lambda',
      metric: 'Errors',
      dimensions: { FunctionName },
      statistic: 'Sum',
      periodSeconds: 5 * MINUTE,
      threshold: 1,
    })),
    ...Object.entries(queueNames).map(([name, QueueName]): AlarmRow => ({
      name: `dead-letters-${name}`,
      description: `What ${name} could not be made to do lies in its dead-letter queue`,
      chapter: 'dead-letters',
      namespace: 'AWS/SQS',
      metric: 'ApproximateNumberOfMessagesVisible',
      dimensions: { QueueName },
      statistic: 'Maximum',
      periodSeconds: 5 * MINUTE,
      threshold: 1,
    })),
  ];
}

/** What links of every kind make S3 do: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html */
function storeAlarms({ settings, bucketName }: AlarmSubjects): readonly AlarmRow[] {
  const ofDownloads = {
    namespace: 'AWS/S3',
    dimensions: { BucketName: bucketName, FilterId: DISTRIBUTION_METRICS.id },
    statistic: 'Sum',
  } as const;
  return [
    {
      name: 'store-denials',
      description: 'S3 refused downloads that a link had led to',
      chapter: 'store-denials',
      ...ofDownloads,
      metric: '4xxErrors',
      periodSeconds: 15 * MINUTE,
      threshold: settings.deniedDownloads,
    },
    {
      // Beside the number of downloads: one counts once, however often its pieces are fetched.
      name: 'volume-unusual',
      description: 'S3 sends more for links than usual',
      chapter: 'volume-unusual',
      ...ofDownloads,
      metric: 'BytesDownloaded',
      periodSeconds: 60 * MINUTE,
      threshold: settings.gigabytesAnHour * GIGABYTE,
    },
  ];
}

function gateAlarms({ stage, settings }: AlarmSubjects, apiId: string): readonly AlarmRow[] {
  const perQuarterHour = { statistic: 'Sum', periodSeconds: 15 * MINUTE } as const;
  return [
    {
      name: 'downloads-denied',
      description: 'Downloads were denied for their address',
      chapter: 'downloads-denied',
      ...own(stage, METRIC.downloadDenied),
      ...perQuarterHour,
      threshold: settings.deniedDownloads,
    },
    {
      name: 'links-expired',
      description: 'Links are asked for that have expired',
      chapter: 'links-expired',
      ...own(stage, METRIC.downloadExpired),
      ...perQuarterHour,
      threshold: settings.expiredDownloads,
    },
    {
      name: 'links-unknown',
      description: 'Somebody tries links that nobody made',
      chapter: 'links-unknown',
      ...own(stage, METRIC.downloadUnknown),
      ...perQuarterHour,
      threshold: settings.unknownLinks,
    },
    {
      name: 'gate-errors',
      description: 'The gate answered with an error of its own',
      chapter: 'gate-errors',
      namespace: 'AWS/ApiGateway',
      metric: '5xx',
      dimensions: { ApiId: apiId },
      statistic: 'Sum',
      periodSeconds: 5 * MINUTE,
      threshold: 1,
    },
    {
      name: 'downloads-unusual',
      description: 'More is downloaded than usual',
      chapter: 'downloads-unusual',
      ...own(stage, METRIC.downloadGranted),
      statistic: 'Sum',
      periodSeconds: 60 * MINUTE,
      threshold: settings.downloadsAnHour,
    },
  ];
}
