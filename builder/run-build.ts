/** Owns one build from `in/job.json` to `out/`: its steps in order, and what is reported when one fails. */
import path from 'node:path';
import { diagnoseFailure } from '../core/job/failure-diagnosis';
import { JobSchema, type Job } from '../core/job/job';
import type { Failure, Report, ReportArtifact } from '../core/job/report';
import { SlipwayError, toSlipwayError } from '../core/slipway-error';
import { assemble } from './steps/assemble';
import { BUILD_TOOLS, type BuildTools } from './build-tools';
import type { BuilderContext } from './builder-context';
import { checkBinaries, refuseBrokenBudgets, refuseFailedChecks } from './steps/check-binaries';
import { judgeBudgets } from './checks/budgets';
import { writeChecksums } from './steps/checksums';
import { compileBinaries } from './steps/compile-binaries';
import { keepCompileCache } from './compile-cache';
import { inJob, JOB_FILE, OUT_DIRECTORY, REPORT_FILE, STAGED_DIRECTORY, WORK_DIRECTORY } from './job-layout';
import { pack } from './steps/pack';
import { prepareToolchain } from './steps/prepare-toolchain';
import { writeSboms } from './steps/write-sboms';
import { failedReport, NO_FINDINGS, redactReport, succeededReport, type Findings, type ReportSubject } from './report/report-draft';
import { readSubject } from './report/report-subject';
import { createStepRunner, type StepRunner } from './steps/step-runner';
import { createTranscript, type Transcript } from './report/transcript';

/** How much of the log a failed report shows. */
const TAIL_LINES = 40;

/**
 * Never rejects for a build that failed: the report says so, and stands in `out/report.json`.
 * Everything that is said goes through `context.log`, redacted, line by line.
 * `out/` appears by one rename, so it never holds artifacts without their report.
 *
 * @throws SlipwayError `job-invalid` when nobody could say what a report would be about, and the error that kept the report from being written
 */
export async function runBuild(context: BuilderContext, tools: BuildTools = BUILD_TOOLS): Promise<Report> {
  const startedAtMs = context.clock.nowMs();
  const raw = await readRawJob(context);
  const subject = readSubject(raw);
  const secrets = secretsOf(context, raw);
  const transcript = createTranscript((line) => context.log(line), secrets);
  const logged: BuilderContext = { ...context, log: (line) => transcript.line(line) };
  const findings = { current: NO_FINDINGS };
  let steps: StepRunner | undefined;
  let stepMark = 0;
  try {
    const job = parseJob(raw);
    steps = createStepRunner(job, context.clock, (line) => {
      stepMark = transcript.mark();
      transcript.line(line);
    });
    return await build(logged, tools, transcript, job, steps, secrets, startedAtMs, (found) => (findings.current = found));
  } catch (thrown) {
    const failure = describeFailure(toSlipwayError(thrown), steps, transcript, stepMark);
    transcript.line(`error: ${failure.message}`);
    if (failure.cause !== undefined) transcript.line(`cause: ${failure.cause}`);
    if (failure.hint !== undefined) transcript.line(`hint: ${failure.hint}`);
    return await reportFailure(logged, subject, startedAtMs, steps, findings.current, failure, secrets);
  }
}

/** The steps, in the order of `steps/steps.ts`. */
async function build(
  context: BuilderContext,
  tools: BuildTools,
  transcript: Transcript,
  job: Job,
  steps: StepRunner,
  secrets: readonly string[],
  startedAtMs: number,
  note: (findings: Findings) => void,
): Promise<Report> {
  await emptyDirectories(context);

  const toolchain = await steps.run('toolchain', () => prepareToolchain(context, job, tools));
  let findings: Findings = { ...NO_FINDINGS, tools: toolchain.tools, warnings: toolchain.warnings };
  note(findings);

  const compiled = await steps.run('compile', () => compileBinaries(context, tools, transcript, job, toolchain));
  note((findings = { ...findings, warnings: [...findings.warnings, ...compiled.warnings] }));

  const assembled = await steps.run('assemble', () => assemble(context, tools, job, compiled.binaries));
  steps.skip('sign');

  await steps.run('check', async () => {
    const binaries = await checkBinaries(context, tools, job, assembled.binaries, compiled.binaries);
    note((findings = { ...findings, binaries }));
    if (job.trial === undefined) refuseFailedChecks(binaries);
  });

  const archives = await steps.run('pack', async () => {
    const packed = await pack(context, job, assembled.archives);
    const budgets = judgeBudgets(job, findings.binaries, packed, context.clock.nowMs() - startedAtMs);
    // Budgets are about the build; the report keeps checks by binary, so they stand with the first.
    const binaries = findings.binaries.map((binary, index) =>
      index === 0 ? { ...binary, checks: [...binary.checks, ...budgets] } : binary,
    );
    note((findings = { ...findings, binaries }));
    if (job.trial === undefined) refuseBrokenBudgets(budgets);
    return packed;
  });

  const sboms = await steps.run('sbom', () => writeSboms(context, tools, job, toolchain, compiled.binaries, assembled, archives));
  const artifacts = await steps.run('checksum', () => writeChecksums(context, archives, sboms));
  await steps.run('report', () => proveStaged(context, artifacts));

  const times = { startedAtMs, endedAtMs: context.clock.nowMs() };
  const report = redactReport(succeededReport(job, times, steps.results(), findings, artifacts), secrets);
  await publish(context, report);
  await keepCompileCache(context, job);
  return report;
}

/** What the report will name is there, and nothing else. */
async function proveStaged(context: BuilderContext, artifacts: readonly ReportArtifact[]): Promise<void> {
  const staged = (await context.files.list(inJob(context, STAGED_DIRECTORY))).map(({ name }) => name);
  const named = artifacts.map(({ file }) => file);
  if (staged.join() !== named.join())
    throw new SlipwayError('internal', `the artifacts are '${staged.join()}' instead of '${named.join()}'`);
}

async function emptyDirectories(context: BuilderContext): Promise<void> {
  await context.files.remove(inJob(context, OUT_DIRECTORY));
  await context.files.remove(inJob(context, WORK_DIRECTORY));
  await context.files.makeDirectory(inJob(context, WORK_DIRECTORY));
}

/** One rename shows everything or nothing. */
async function publish(context: BuilderContext, report: Report): Promise<void> {
  await context.files.write(path.join(inJob(context, STAGED_DIRECTORY), REPORT_FILE), formatReport(report));
  await context.files.remove(inJob(context, OUT_DIRECTORY));
  await context.files.move(inJob(context, STAGED_DIRECTORY), inJob(context, OUT_DIRECTORY));
}

async function reportFailure(
  context: BuilderContext,
  subject: ReportSubject,
  startedAtMs: number,
  steps: StepRunner | undefined,
  findings: Findings,
  failure: Failure,
  secrets: readonly string[],
): Promise<Report> {
  const times = { startedAtMs, endedAtMs: context.clock.nowMs() };
  const report = redactReport(failedReport(subject, times, steps?.results() ?? [], findings, failure), secrets);
  await context.files.remove(inJob(context, OUT_DIRECTORY));
  await context.files.write(path.join(inJob(context, OUT_DIRECTORY), REPORT_FILE), formatReport(report));
  return report;
}

function formatReport(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** A precise error stays what it is; a vague one is explained by what the step's log says. */
function describeFailure(error: SlipwayError, steps: StepRunner | undefined, transcript: Transcript, stepMark: number): Failure {
  const isVague = error.code === 'compile-failed' || error.code === 'check-failed' || error.code === 'internal';
  const diagnosis = diagnoseFailure(`${transcript.textSince(stepMark)}\n${error.message}`);
  const cause = isVague || diagnosis?.code === error.code ? diagnosis : undefined;
  const code = error.code === 'compile-failed' ? (cause?.code ?? error.code) : error.code;
  const hint = cause?.hint ?? error.hint;
  return {
    code,
    message: error.message,
    step: steps?.current() ?? 'toolchain',
    logTail: [...transcript.tail(TAIL_LINES)],
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause: cause.cause }),
  };
}

async function readRawJob(context: BuilderContext): Promise<unknown> {
  const file = inJob(context, JOB_FILE);
  const text = await context.files.readText(file);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new SlipwayError('job-invalid', `'${file}' holds no JSON`, { hint: 'start the build again', cause });
  }
}

function parseJob(raw: unknown): Job {
  const parsed = JobSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new SlipwayError('job-invalid', `the job is not one that this builder understands: ${issues.join('; ')}`, {
    hint: 'start the build with the same release of slipway that builds it',
    details: { issues },
  });
}

function secretsOf(context: BuilderContext, raw: unknown): readonly string[] {
  const names = typeof raw === 'object' && raw !== null && 'secretNames' in raw && Array.isArray(raw.secretNames) ? raw.secretNames : [];
  return names.flatMap((name) => (typeof name === 'string' && context.environment[name] !== undefined ? [context.environment[name]] : []));
}
