/** Owns the judgement of a build against the budgets of slipway.yaml: by how much each was kept or broken. Pure. */
import type { Job } from '../../core/job/job';
import { compareDottedVersions, formatDuration, formatSize } from '../../core/quantity';
import type { CheckResult } from '../../core/job/report';
import type { BinaryEvidence } from './gather-evidence';

interface Figure {
  /** Whose figure it is: a binary's or an archive's name. */
  readonly of: string;
  /** Undefined where it could not be measured. */
  readonly value: number | undefined;
}

/**
 * One result per budget that the job names; none for a job without budgets.
 *
 * @param evidence what {@link checkBinary} found, per binary
 * @param archives the packed archives; the budget holds for each
 * @param buildMs how long the whole build took
 */
export function judgeBudgets(
  job: Job,
  evidence: readonly (BinaryEvidence & { readonly name: string })[],
  archives: readonly { readonly file: string; readonly sizeBytes: number }[],
  buildMs: number,
): CheckResult[] {
  const { archiveBytes, coldStartMs, peakMemoryBytes, glibc, buildMs: buildLimitMs } = job.budgets;
  const results: CheckResult[] = [];
  if (archiveBytes !== undefined) {
    const figures = archives.map(({ file, sizeBytes }) => ({ of: file, value: sizeBytes }));
    results.push(judgeFigures('archive', figures, archiveBytes, formatSize));
  }
  if (coldStartMs !== undefined) {
    const figures = evidence.map(({ name, launch }) => ({ of: name, value: launch?.cold.medianMs }));
    results.push(judgeFigures('cold-start', figures, coldStartMs, formatDuration));
  }
  if (peakMemoryBytes !== undefined) {
    const figures = evidence.map((binary) => ({ of: binary.name, value: binary.peakMemoryBytes }));
    results.push(judgeFigures('peak-memory', figures, peakMemoryBytes, formatSize));
  }
  if (glibc !== undefined) results.push(judgeGlibc(job, evidence, glibc));
  if (buildLimitMs !== undefined) {
    results.push(judgeFigures('build', [{ of: 'the build', value: buildMs }], buildLimitMs, formatDuration));
  }
  return results;
}

function judgeFigures(budget: string, figures: readonly Figure[], limit: number, format: (value: number) => string): CheckResult {
  const title = `budget: ${budget} at most ${format(limit)}`;
  const broken = figures.flatMap(({ of, value }) =>
    value !== undefined && value > limit ? [`${of} takes ${format(value)}, ${excess(value, limit)} over ${format(limit)}`] : [],
  );
  if (broken.length > 0) return { title, kind: 'budget', outcome: 'failed', reason: broken.join('; '), durationMs: 0 };
  const unmeasured = figures.filter(({ value }) => value === undefined).map(({ of }) => of);
  if (unmeasured.length > 0 || figures.length === 0) {
    const reason = figures.length === 0 ? 'nothing to measure' : `not measured for ${unmeasured.join(', ')}`;
    return { title, kind: 'budget', outcome: 'skipped', reason, durationMs: 0 };
  }
  const reason = figures.map(({ of, value = 0 }) => `${of} takes ${format(value)}`).join('; ');
  return { title, kind: 'budget', outcome: 'passed', reason, durationMs: 0 };
}

/** `12.5%`, and `0.04%` rather than `0.0%` for a near miss. */
function excess(value: number, limit: number): string {
  const percent = ((value - limit) / limit) * 100;
  return `${percent >= 0.1 ? percent.toFixed(1) : percent.toPrecision(1)}%`;
}

function judgeGlibc(job: Job, evidence: readonly (BinaryEvidence & { readonly name: string })[], limit: string): CheckResult {
  const title = `budget: glibc at most ${limit}`;
  if (!job.platform.startsWith('linux-')) {
    return { title, kind: 'budget', outcome: 'skipped', reason: `${job.platform} has no glibc`, durationMs: 0 };
  }
  const needs = evidence.flatMap(({ name, requires }) => (requires.glibc === undefined ? [] : [{ name, ...requires.glibc }]));
  const broken = needs.filter(({ version }) => compareDottedVersions(version, limit) > 0);
  const told = (broken.length > 0 ? broken : needs).map(({ name, version, setBy }) => `${name} needs glibc ${version}, set by ${setBy}`);
  const reason = told.length > 0 ? told.join('; ') : 'no file needs glibc';
  return { title, kind: 'budget', outcome: broken.length > 0 ? 'failed' : 'passed', reason, durationMs: 0 };
}
