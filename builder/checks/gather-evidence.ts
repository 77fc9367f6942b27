/**
 * Owns the evidence on one built binary: what it needs, that it runs, how fast and how big, and whether it carries secrets.
 * A check that fails is recorded, never thrown: the build's verdict belongs to the caller.
 */
import type { Job } from '../../core/job/job';
import { formatDuration } from '../../core/quantity';
import { redact } from '../../core/redaction';
import type { BinaryReport, CheckResult } from '../../core/job/report';
import { unrunReason } from '../../core/job/foreign-platform';
import type { BuilderContext, BuiltBinary } from '../builder-context';
import { inspectBinary } from '../inspect/inspect-binary';
import { performBuiltInChecks, skipBuiltInChecks } from './built-in-checks';
import { type JobCheckOutcome, performJobCheck } from './job-checks';
import { measureLaunch } from './measure-launch';
import { type Attempt, checkTitle, helpProbe, isLaunchCheck, type Probe, probeOf } from './probe';

/** What the checks know of a binary; the compile step knows the rest of its report. */
export type BinaryEvidence = Pick<
  BinaryReport,
  'launch' | 'peakMemoryBytes' | 'requires' | 'systemLibraries' | 'checks' | 'secretsFound' | 'folderBytes' | 'fileCount'
>;

/** What running a binary told. */
interface Experience {
  readonly checks: readonly CheckResult[];
  readonly launch?: NonNullable<BinaryReport['launch']>;
  readonly peakMemoryBytes?: number;
}

/**
 * Inspects every file of a binary's folder, then runs the binary: the job's own checks, the built-in ones, and the measurements.
 * Where this host cannot run the job's platform, what would have to run is skipped with that reason.
 *
 * @returns the evidence; checks in a fixed order: those of the job, then the built-in ones
 * @throws SlipwayError of the file system alone, such as `disk-full`
 */
export async function checkBinary(context: BuilderContext, job: Job, binary: BuiltBinary): Promise<BinaryEvidence> {
  const inspection = await inspectBinary(context, job, binary);
  const { checks: inspected, ...facts } = inspection;
  const experience = context.platform === job.platform ? await tryOut(context, job, binary) : cannotRun(context, job, binary);
  const secrets = job.secretNames.flatMap((name) => context.environment[name] ?? []);
  const checks = [...experience.checks, ...inspected].map((check) => withoutSecrets(check, secrets));
  for (const check of checks) logResult(context, binary, check);
  return {
    ...facts,
    checks,
    ...(experience.launch === undefined ? {} : { launch: experience.launch }),
    ...(experience.peakMemoryBytes === undefined ? {} : { peakMemoryBytes: experience.peakMemoryBytes }),
  };
}

function checksOf(job: Job, binary: BuiltBinary) {
  return job.checks.filter((check) => check.binary === binary.name);
}

function cannotRun(context: BuilderContext, job: Job, binary: BuiltBinary): Experience {
  const reason = unrunReason(context.platform, job.platform);
  const own = checksOf(job, binary).map((check): CheckResult => ({
    title: checkTitle(check),
    kind: check.kind,
    outcome: 'skipped',
    reason,
    durationMs: 0,
  }));
  return { checks: [...own, ...skipBuiltInChecks(reason)] };
}

async function tryOut(context: BuilderContext, job: Job, binary: BuiltBinary): Promise<Experience> {
  const checks = checksOf(job, binary);
  const outcomes: JobCheckOutcome[] = [];
  for (const check of checks) outcomes.push(await performJobCheck(context, job, binary, check));
  const results = outcomes.map(({ result }) => result);
  const hasPassed = (index: number) => results[index]?.outcome === 'passed';
  const firstOf = (kind: 'run' | 'ready') => checks.findIndex((check) => check.kind === kind);
  const probeAt = (index: number) => {
    const check = checks[index];
    return check === undefined || !isLaunchCheck(check) ? undefined : probeOf(context, job, check);
  };

  const probeIndex = checks.some((check) => check.kind === 'run') ? firstOf('run') : firstOf('ready');
  const timedIndex = checks.some((check) => check.kind === 'ready') ? firstOf('ready') : firstOf('run');
  const [probe, timed] = [probeAt(probeIndex), probeAt(timedIndex)];
  if (probe === undefined || timed === undefined) {
    const experience = await tryHelp(context, job, binary);
    return { ...experience, checks: [...results, ...experience.checks] };
  }

  const builtIn = hasPassed(probeIndex)
    ? await performBuiltInChecks(context, job, binary, probe)
    : skipBuiltInChecks(`'${probe.title}' fails in a plain place already`);
  const launch = hasPassed(timedIndex) ? await measureLaunch(context, binary, timed) : undefined;
  return experienceOf([...results, ...builtIn], launch, outcomes);
}

/** A binary that no check of the job starts by itself is at least asked for its help. */
async function tryHelp(context: BuilderContext, job: Job, binary: BuiltBinary): Promise<Experience> {
  const { probe, first } = await helpProbe(context, job, binary.name, { executable: binary.executable, measureMemory: true });
  const result = startResult(probe, first);
  if (result.outcome === 'failed') return { checks: [result, ...skipBuiltInChecks(`'${probe.title}' fails in a plain place already`)] };
  const builtIn = await performBuiltInChecks(context, job, binary, probe);
  return experienceOf([result, ...builtIn], await measureLaunch(context, binary, probe), [first]);
}

function startResult(probe: Probe, { fault, durationMs, result }: Attempt): CheckResult {
  const title = 'built-in: starts and ends';
  if (fault !== undefined) return { title, kind: 'built-in', outcome: 'failed', reason: `${probe.title}: ${fault}`, durationMs };
  return { title, kind: 'built-in', outcome: 'passed', reason: `${probe.title}: exit code ${result?.exitCode ?? 'none'}`, durationMs };
}

function experienceOf(
  checks: readonly CheckResult[],
  launch: BinaryReport['launch'],
  measured: readonly { readonly peakMemoryBytes?: number }[],
): Experience {
  const peaks = measured.flatMap(({ peakMemoryBytes }) => peakMemoryBytes ?? []);
  return { checks, ...(launch === undefined ? {} : { launch }), ...(peaks.length === 0 ? {} : { peakMemoryBytes: Math.max(...peaks) }) };
}

/** What a program printed is quoted in reasons. */
function withoutSecrets(check: CheckResult, secrets: readonly string[]): CheckResult {
  return {
    ...check,
    title: redact(check.title, secrets),
    ...(check.reason === undefined ? {} : { reason: redact(check.reason, secrets) }),
  };
}

function logResult(context: BuilderContext, binary: BuiltBinary, { title, outcome, reason, durationMs }: CheckResult): void {
  const time = outcome === 'skipped' ? '' : ` in ${formatDuration(durationMs)}`;
  context.log(`${outcome === 'failed' ? 'FAILED' : outcome}  ${binary.name}: ${title}${time}${reason === undefined ? '' : ` (${reason})`}`);
}
