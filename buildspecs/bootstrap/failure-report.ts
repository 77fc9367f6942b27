/** Owns the report of a build whose builder could not write one. */
import type { Failure, Report } from '../../core/job/report';
import { redact } from '../../core/redaction';
import type { SlipwayError } from '../../core/slipway-error';
import type { JobIdentity } from './job-identity';

/** The step that stands in a failure before the builder said one of its own. */
export const BOOTSTRAP_STEP = 'bootstrap';

export interface FailureFacts {
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** The builder's step when it ended. */
  readonly step?: string;
  readonly logTail?: readonly string[];
  readonly warnings?: readonly string[];
  /** Values, not names. */
  readonly secrets: readonly string[];
}

/** @returns the text of `report.json` */
export function failureReport(identity: JobIdentity, error: SlipwayError, facts: FailureFacts): string {
  const clean = (text: string) => redact(text, facts.secrets);
  const failure: Failure = {
    code: error.code,
    message: clean(error.message),
    step: facts.step ?? BOOTSTRAP_STEP,
    logTail: (facts.logTail ?? []).map(clean),
    ...(error.hint === undefined ? {} : { hint: clean(error.hint) }),
  };
  const commit = identity.source.git?.commit;
  const report: Report = {
    schemaVersion: 1,
    buildId: identity.buildId,
    name: identity.name,
    version: identity.version,
    platform: identity.platform,
    attempt: identity.attempt,
    outcome: 'failed',
    failure,
    startedAt: new Date(facts.startedAtMs).toISOString(),
    endedAt: new Date(facts.nowMs).toISOString(),
    source: { sha256: identity.source.sha256, ...(commit === undefined ? {} : { gitCommit: commit }) },
    steps: [],
    tools: [],
    binaries: [],
    warnings: (facts.warnings ?? []).map(clean),
    artifacts: [],
    signed: 'none',
    cache: 'none',
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
