/**
 * Owns the metrics that the Lambdas emit (CloudWatch embedded metric format) and that the alarms watch:
 * both sides take the names from here. One dimension, `Stage`; every unit is Count but where it says otherwise.
 */
export const METRIC_NAMESPACE = 'Slipway';
export const STAGE_DIMENSION = 'Stage';

export const METRIC = {
  buildSucceeded: 'BuildSucceeded',
  buildFailed: 'BuildFailed',
  buildCancelled: 'BuildCancelled',
  buildTimedOut: 'BuildTimedOut',
  /** Seconds from the request to the start of a job's machine. */
  queueSeconds: 'QueueSeconds',
  /** Jobs that were asked for and not yet started; emitted by the sweep. */
  openJobs: 'OpenJobs',
  oldestQueuedSeconds: 'OldestQueuedSeconds',
  /** A record or a report that could not be read or settled. */
  settleProblem: 'SettleProblem',
  /** A call that a function could not answer, by a fault of the deployment; it answers with a reference all the same. */
  callFault: 'CallFault',
  /** What the gate decided: each request is exactly one of these. */
  downloadGranted: 'DownloadGranted',
  /** Pieces of a download that was granted within the hour. */
  downloadContinued: 'DownloadContinued',
  /** Checksums, manifest, install scripts: what goes with a download, and is none. */
  companionServed: 'CompanionServed',
  headAnswered: 'HeadAnswered',
  pageShown: 'PageShown',
  /** For its address. */
  downloadDenied: 'DownloadDenied',
  downloadExpired: 'DownloadExpired',
  downloadRevoked: 'DownloadRevoked',
  downloadExhausted: 'DownloadExhausted',
  /** Tokens that open nothing: guesses and typing mistakes. */
  downloadUnknown: 'DownloadUnknown',
  /** A link that holds, and a file that is not behind it. */
  fileUnknown: 'FileUnknown',
  /** Requests that are wrong in themselves: method, length, range, condition. */
  requestRefused: 'RequestRefused',
  /** By a fault of the deployment; the answer is a 5xx. */
  downloadFailed: 'DownloadFailed',
} as const;
/** CloudWatch's name of a metric's unit. */
export function metricUnit(name: MetricName): 'Count' | 'Seconds' {
  return name.endsWith('Seconds') ? 'Seconds' : 'Count';
}

export type MetricName = (typeof METRIC)[keyof typeof METRIC];
