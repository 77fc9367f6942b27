/**
 * Owns the showing of a running build: on a terminal one line per platform that is redrawn, elsewhere a line for each change
 * and a sign of life now and then. It writes to standard error alone.
 */
import { isOpen, jobsOf, type BuildRecord, type JobRecord } from '../../core/build/build-record';
import type { PlatformId } from '../../core/platform';
import { formatDuration } from '../../core/quantity';
import { jobDurationMs, startProblemOf } from './build-text';
import type { Terminal } from '../context';

export interface BuildProgress {
  /** Shows the newest state; call it often, it redraws and repeats only what is needed. */
  show(record: BuildRecord, nowMs: number): void;
  /** Leaves the last state on the screen, with the cursor below it. */
  end(): void;
}

const BAR_WIDTH = 20;
const SIGN_OF_LIFE_MS = 30_000;

export function createBuildProgress(terminal: Terminal, isQuiet: boolean): BuildProgress {
  if (isQuiet) return { show: () => undefined, end: () => undefined };
  return terminal.isInteractive ? redrawnLines(terminal) : plainLines(terminal);
}

function redrawnLines(terminal: Terminal): BuildProgress {
  let drawn = 0;
  return {
    show(record, nowMs) {
      const lines = jobsOf(record).map(([platform, job]) => fitted(barLine(platform, job, nowMs), terminal.columns));
      const up = drawn === 0 ? '' : `\u001b[${drawn}A`;
      terminal.note(up + lines.map((line) => `\r\u001b[2K${line}\n`).join(''));
      drawn = lines.length;
    },
    end: () => undefined,
  };
}

/** A line that wraps could not be redrawn. */
function fitted(line: string, columns: number): string {
  return line.length < columns ? line : `${line.slice(0, Math.max(1, columns - 2))}…`;
}

function barLine(platform: PlatformId, job: JobRecord, nowMs: number): string {
  const spent = formatDuration(jobDurationMs(job, nowMs) ?? 0);
  if (!isOpen(job.status)) return `${platform.padEnd(15)} ${job.status}${job.reusedFrom === undefined ? `  ${spent}` : ' (reused)'}`;
  const { progress } = job;
  // A step counts when it is done: a bar that is full while the last one runs would lie.
  const filled = progress === undefined ? 0 : Math.round(((progress.step - 1) / progress.stepCount) * BAR_WIDTH);
  const bar = `[${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}]`;
  return `${platform.padEnd(15)} ${bar} ${describeStep(job)}  ${spent}`;
}

function describeStep(job: JobRecord): string {
  if (job.isCancelRequested) return 'about to be cancelled';
  const problem = startProblemOf(job);
  if (problem !== undefined) return `not started yet, and tried again: ${problem.message}`;
  if (job.progress === undefined) return job.phase ?? job.status;
  return `${job.progress.step}/${job.progress.stepCount} ${job.progress.title === '' ? (job.phase ?? '') : job.progress.title}`;
}

function plainLines(terminal: Terminal): BuildProgress {
  const said = new Map<PlatformId, { readonly what: string; readonly atMs: number }>();
  return {
    show(record, nowMs) {
      for (const [platform, job] of jobsOf(record)) {
        const what = isOpen(job.status) ? describeStep(job) : job.status;
        const before = said.get(platform);
        const isNews = before?.what !== what;
        if (!isNews && (!isOpen(job.status) || nowMs - before.atMs < SIGN_OF_LIFE_MS)) continue;
        said.set(platform, { what, atMs: nowMs });
        const spent = formatDuration(jobDurationMs(job, nowMs) ?? 0);
        terminal.note(`${platform}: ${isNews ? '' : 'still '}${what} (${spent})\n`);
      }
    },
    end: () => undefined,
  };
}
