/** Owns putting together a report: what each step left so far, redacted as a whole when it is written. */
import type { Job } from '../../core/job/job';
import { redact } from '../../core/redaction';
import type { BinaryReport, Failure, Report, ReportArtifact, StepResult, Tool } from '../../core/job/report';

/** What a report is about; known of a job even when it cannot be built. */
export type ReportSubject = Pick<Job, 'buildId' | 'name' | 'version' | 'platform' | 'attempt'> & {
  readonly source: { readonly sha256: string; readonly git?: { readonly commit: string } | undefined };
};

/** What the steps found. A failed build reports what it had by then. */
export interface Findings {
  readonly tools: readonly Tool[];
  readonly binaries: readonly BinaryReport[];
  readonly warnings: readonly string[];
}

export const NO_FINDINGS: Findings = { tools: [], binaries: [], warnings: [] };

export interface ReportTimes {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

export function succeededReport(
  subject: ReportSubject,
  times: ReportTimes,
  steps: readonly StepResult[],
  findings: Findings,
  artifacts: readonly ReportArtifact[],
): Report {
  return { ...body(subject, times, steps, findings), outcome: 'succeeded', artifacts: [...artifacts] };
}

/** No artifacts: nothing of a failed build may be taken for one. */
export function failedReport(
  subject: ReportSubject,
  times: ReportTimes,
  steps: readonly StepResult[],
  findings: Findings,
  failure: Failure,
): Report {
  return { ...body(subject, times, steps, findings), outcome: 'failed', failure, artifacts: [] };
}

function body(
  subject: ReportSubject,
  { startedAtMs, endedAtMs }: ReportTimes,
  steps: readonly StepResult[],
  { tools, binaries, warnings }: Findings,
): Omit<Report, 'outcome' | 'failure' | 'artifacts'> {
  const commit = subject.source.git?.commit;
  return {
    schemaVersion: 1,
    buildId: subject.buildId,
    name: subject.name,
    version: subject.version,
    platform: subject.platform,
    attempt: subject.attempt,
    startedAt: new Date(startedAtMs).toISOString(),
    endedAt: new Date(endedAtMs).toISOString(),
    source: { sha256: subject.source.sha256, ...(commit === undefined ? {} : { gitCommit: commit }) },
    steps: [...steps],
    tools: [...tools],
    binaries: [...binaries],
    warnings: [...new Set(warnings)],
    signed: 'none',
    cache: 'none',
  };
}

/** Free text only: an id or a digest that happens to hold the value of a secret must stay what it is. */
export function redactReport(report: Report, secrets: readonly string[]): Report {
  const clean = (text: string) => redact(text, secrets);
  const cleanReason = <T extends { reason?: string | undefined }>(entry: T): T =>
    entry.reason === undefined ? entry : { ...entry, reason: clean(entry.reason) };
  const { failure } = report;
  return {
    ...report,
    steps: report.steps.map(cleanReason),
    tools: report.tools.map((tool) => (tool.detail === undefined ? tool : { ...tool, detail: clean(tool.detail) })),
    warnings: report.warnings.map(clean),
    binaries: report.binaries.map((binary) => ({
      ...binary,
      command: binary.command.map(clean),
      checks: binary.checks.map((check) => ({ ...cleanReason(check), title: clean(check.title) })),
    })),
    ...(failure === undefined
      ? {}
      : {
          failure: {
            ...failure,
            message: clean(failure.message),
            logTail: failure.logTail.map(clean),
            ...(failure.hint === undefined ? {} : { hint: clean(failure.hint) }),
            ...(failure.cause === undefined ? {} : { cause: clean(failure.cause) }),
          },
        }),
  };
}
