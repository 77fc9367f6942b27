/** Owns under which name a decision of the gate is counted, and whether it gets a line of its own in the log. */
import type { GateLogEntry, Service } from '../core/distribution/gate/gate-log-entry';
import { METRIC, type MetricName } from '../core/deployment/metric-names';

const METRIC_OF_SERVICE: Readonly<Record<Service, MetricName>> = {
  granted: METRIC.downloadGranted,
  continued: METRIC.downloadContinued,
  companion: METRIC.companionServed,
  head: METRIC.headAnswered,
  'not-modified': METRIC.headAnswered,
  page: METRIC.pageShown,
  list: METRIC.pageShown,
  preview: METRIC.pageShown,
};

const METRIC_OF_REFUSAL: Readonly<Record<Exclude<GateLogEntry['reason'], 'ok'>, MetricName>> = {
  unknown: METRIC.downloadUnknown,
  'not-found': METRIC.downloadUnknown,
  revoked: METRIC.downloadRevoked,
  expired: METRIC.downloadExpired,
  'address-not-allowed': METRIC.downloadDenied,
  'file-unknown': METRIC.fileUnknown,
  exhausted: METRIC.downloadExhausted,
  'method-not-allowed': METRIC.requestRefused,
  'target-too-long': METRIC.requestRefused,
  'host-unclear': METRIC.requestRefused,
  'precondition-failed': METRIC.requestRefused,
  unsatisfiable: METRIC.requestRefused,
  'file-missing': METRIC.downloadFailed,
  failed: METRIC.downloadFailed,
};

export function metricOfDecision(entry: GateLogEntry): MetricName {
  return entry.reason === 'ok' ? METRIC_OF_SERVICE[entry.service] : METRIC_OF_REFUSAL[entry.reason];
}

/** What names no link is counted and not logged: a line each would let strangers fill the log. */
const UNLOGGED: ReadonlySet<GateLogEntry['reason']> = new Set(['unknown', 'not-found', 'target-too-long', 'method-not-allowed']);

export function isLogged({ reason }: Pick<GateLogEntry, 'reason'>): boolean {
  return !UNLOGGED.has(reason);
}
