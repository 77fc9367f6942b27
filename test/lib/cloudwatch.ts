/**
 * What CloudWatch makes of metrics: how it reads them out of a log line, and when an alarm over them goes off.
 * The rules are AWS's own, as its user guide has them (read 2026-11-21):
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */

export interface Datum {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly atMs: number;
  readonly values: readonly number[];
}

interface EmfRoot extends Readonly<Record<string, unknown>> {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
}

const MOST_VALUES = 100;
const MOST_METRICS = 100;

/**
 * The metrics of log lines; a line without any has none.
 * @throws Error where CloudWatch would silently take nothing, or less than the line means
 */
export function dataOfLines(lines: readonly string[]): readonly Datum[] {
  return lines.flatMap((line) => {
    const root = JSON.parse(line) as Partial<EmfRoot>;
    return root._aws === undefined ? [] : dataOfRoot(root as EmfRoot);
  });
}

function dataOfRoot(root: EmfRoot): readonly Datum[] {
  const { Timestamp, CloudWatchMetrics } = root._aws;
  if (!Number.isInteger(Timestamp)) throw new Error(`'${Timestamp}' is no time in milliseconds`);
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) => {
    if (Metrics.length > MOST_METRICS) throw new Error(`'${Metrics.length}' metrics are more than one directive takes`);
    return Dimensions.flatMap((keys) =>
      Metrics.map(({ Name, Unit }) => {
        if (!['Count', 'Seconds'].includes(Unit)) throw new Error(`'${Unit}' is no unit of ours`);
        const dimensions = Object.fromEntries(keys.map((key) => [key, stringAt(root, key)]));
        return { namespace: Namespace, metric: Name, dimensions, atMs: Timestamp, values: numbersAt(root, Name) };
      }),
    );
  });
}

function stringAt(root: EmfRoot, key: string): string {
  const value = root[key];
  if (typeof value !== 'string') throw new Error(`the dimension '${key}' stands nowhere in the line`);
  return value;
}

function numbersAt(root: EmfRoot, key: string): readonly number[] {
  const value = root[key];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length > MOST_VALUES) throw new Error(`'${key}' has '${values.length}' values`);
  return values.map((one) => {
    if (typeof one !== 'number' || !Number.isFinite(one)) throw new Error(`'${key}' has a value that is no number`);
    return one;
  });
}

/** As a template says it, with its references resolved. */
export interface Alarm {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
  readonly Statistic: 'Sum' | 'Maximum';
  readonly Period: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly Threshold: number;
  readonly ComparisonOperator: 'GreaterThanOrEqualToThreshold';
  readonly TreatMissingData: 'notBreaching';
}

const MINUTE_MS = 60_000;
/** "a higher number of data points than the number specified as Evaluation Periods"; 5 for 3 in the guide's example. */
const MORE_PERIODS = 2;

/** The state in which an alarm is after the evaluation at the end of the minute of `atMs`. */
export function stateOf(alarm: Alarm, data: readonly Datum[], atMs: number): 'OK' | 'ALARM' {
  const wanted = identity(alarm.Namespace, alarm.MetricName, Object.fromEntries(alarm.Dimensions.map(({ Name, Value }) => [Name, Value])));
  const own = data.filter(({ namespace, metric, dimensions }) => identity(namespace, metric, dimensions) === wanted);
  const endMs = (Math.floor(atMs / MINUTE_MS) + 1) * MINUTE_MS;
  const windows = Array.from({ length: alarm.EvaluationPeriods + MORE_PERIODS }, (_, at) => endMs - at * alarm.Period * 1000);
  const points = windows.map((untilMs) => statisticOf(alarm, own, untilMs));
  // The newest that are there; what is missing to the number of periods is treated as the alarm says: as none.
  const judged = points.filter((point) => point !== undefined).slice(0, alarm.EvaluationPeriods);
  const breaching = judged.filter((point) => point >= alarm.Threshold).length;
  return breaching >= (alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods) ? 'ALARM' : 'OK';
}

/** The data point of the period that ends there; undefined where nothing was sent in it. */
function statisticOf({ Period, Statistic }: Alarm, data: readonly Datum[], untilMs: number): number | undefined {
  const values = data.filter(({ atMs }) => atMs >= untilMs - Period * 1000 && atMs < untilMs).flatMap((datum) => datum.values);
  if (values.length === 0) return undefined;
  return Statistic === 'Sum' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values);
}

/** A metric is another one with another dimension: all of them have to match. */
function identity(namespace: string, metric: string, dimensions: Readonly<Record<string, string>>): string {
  return JSON.stringify([namespace, metric, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
