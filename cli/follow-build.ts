/**
 * Owns waiting for a build: asking for its state, showing it, and telling at the end what came of it.
 * Ctrl+C ends the waiting, never the build.
 */
import { buildStatus, isOpen, type BuildRecord } from '../core/build/build-record';
import type { BuildManifest } from '../core/build/build-manifest';
import type { BuildService } from '../core/build/build-service';
import type { PlatformId } from '../core/platform';
import { ERROR_CODES, SlipwayError, type ErrorCode } from '../core/slipway-error';
import { actualCost, describeCost } from './show/build-cost';
import { describeBuild, unsuccessfulJobs } from './show/build-text';
import type { CliContext, CommandResult } from './context';
import { readerOf } from './show/distribution-text';
import { createBuildProgress } from './show/progress';
import type { OpenTarget } from './target-services';

const FIRST_PAUSE_MS = 100;
const LOCAL_PAUSE_MS = 500;
const REMOTE_PAUSE_MS = 5_000;
export const TAIL_LINES = 20;

/**
 * @returns the record once no job is open
 * @throws SlipwayError `interrupted`
 */
export async function waitForBuild(
  context: CliContext,
  { builds, target }: Pick<OpenTarget, 'builds' | 'target'>,
  started: BuildRecord,
): Promise<BuildRecord> {
  const progress = createBuildProgress(context.terminal, context.globals.quiet);
  const longestPauseMs = target === 'local' ? LOCAL_PAUSE_MS : REMOTE_PAUSE_MS;
  let record = started;
  let pauseMs = FIRST_PAUSE_MS;
  try {
    progress.show(record, context.clock.nowMs());
    while (isOpen(buildStatus(record))) {
      await pause(context, pauseMs, record.buildId);
      pauseMs = Math.min(longestPauseMs, pauseMs * 1.5);
      record = await builds.status(record.buildId);
      progress.show(record, context.clock.nowMs());
    }
    return record;
  } finally {
    progress.end();
  }
}

/** @throws SlipwayError `interrupted` as soon as Ctrl+C is pressed */
export async function pause(context: CliContext, durationMs: number, buildId: string): Promise<void> {
  const { interrupted, clock } = context;
  if (!interrupted.aborted) {
    let stop: (() => void) | undefined;
    const aborted = new Promise<void>((resolve) => {
      stop = () => resolve();
      interrupted.addEventListener('abort', stop, { once: true });
    });
    await Promise.race([clock.sleep(durationMs), aborted]);
    if (stop !== undefined) interrupted.removeEventListener('abort', stop);
  }
  if (!interrupted.aborted) return;
  throw new SlipwayError('interrupted', `build '${buildId}' goes on`, {
    hint: `follow it with slipway status ${buildId} --watch, end it with slipway cancel ${buildId}`,
    details: { buildId },
  });
}

/**
 * What `start-build --wait` and `status --watch` end with.
 * @throws SlipwayError with the cause's own code, so that the exit code tells what failed
 */
export async function closingResult(
  context: CliContext,
  { builds, deployment }: Pick<OpenTarget, 'builds' | 'deployment'>,
  record: BuildRecord,
): Promise<CommandResult> {
  const cost = deployment === undefined ? undefined : actualCost(deployment, record, context.clock.nowMs());
  if (cost !== undefined && !context.globals.quiet) context.terminal.note(`${describeCost(cost)}\n`);
  if (buildStatus(record) !== 'succeeded') throw await failureOf(context, builds, record);
  const manifest = await builds.manifest(record.buildId);
  if (!context.globals.quiet) for (const warning of warningsOf(manifest)) context.terminal.note(`warning: ${warning}\n`);
  return {
    data: { build: record, manifest: manifest ?? null, ...(cost === undefined ? {} : { cost }) },
    text: describeBuild(record, readerOf(context)),
  };
}

function warningsOf(manifest: BuildManifest | undefined): readonly string[] {
  return Object.entries(manifest?.platforms ?? {}).flatMap(([platform, result]) => result.warnings.map((text) => `${platform}: ${text}`));
}

/** Tells the story of the failure on standard error; the error itself is left to the caller. */
async function failureOf(context: CliContext, builds: BuildService, record: BuildRecord): Promise<SlipwayError> {
  const stories: { platform: PlatformId; logTail: readonly string[] }[] = [];
  for (const [platform, job] of unsuccessfulJobs(record)) {
    const logTail = job.runnerId === undefined || job.status === 'cancelled' ? [] : await readLogTail(builds, record.buildId, platform);
    stories.push({ platform, logTail });
    if (logTail.length > 0)
      context.terminal.note(`\nthe end of the log of ${platform}:\n${logTail.map((line) => `  | ${line}\n`).join('')}\n`);
  }
  context.terminal.note(`${describeBuild(record, readerOf(context))}\n`);
  const [platform, job] = unsuccessfulJobs(record)[0] ?? [];
  const cause = job?.cause;
  const message = `build '${record.buildId}' ${endOf(record)}${platform === undefined ? '' : ` on ${platform}`}`;
  return new SlipwayError(
    knownCode(cause?.code),
    cause === undefined || job?.status === 'cancelled' ? message : `${message}: ${cause.message}`,
    {
      hint: cause?.hint ?? `see slipway logs ${record.buildId}`,
      details: { build: record, step: cause?.step ?? null, cause: cause?.cause ?? null, platforms: stories },
    },
  );
}

function endOf(record: BuildRecord): string {
  const status = buildStatus(record);
  if (status === 'cancelled') return 'was cancelled';
  return status === 'timed-out' ? 'timed out' : 'failed';
}

/** A newer builder may know codes that this command line does not. */
function knownCode(code: string | undefined): ErrorCode {
  return code !== undefined && code in ERROR_CODES ? (code as ErrorCode) : 'build-failed';
}

/** The last lines of a log, without what redraws of progress left behind. */
export async function readLogTail(
  builds: BuildService,
  buildId: string,
  platform: PlatformId,
  count = TAIL_LINES,
): Promise<readonly string[]> {
  let tail: readonly string[] = [];
  let rest = '';
  let from: string | undefined;
  for (;;) {
    const chunk = await builds.log(buildId, platform, from);
    const lines = (rest + chunk.text).split('\n');
    rest = lines.pop() ?? '';
    tail = [...tail, ...lines].slice(-count);
    if (chunk.isComplete || chunk.text === '') break;
    from = chunk.next;
  }
  return [...tail, ...(rest === '' ? [] : [rest])].map((line) => line.replace(/\r$/, '').replace(/^.*\r/, '')).slice(-count);
}
