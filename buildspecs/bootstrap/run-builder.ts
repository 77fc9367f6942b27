/** Owns running the builder on the job until it ends, its time is over or the machine is told to stop; then nothing of its tree is left. */
import type { Processes, ProcessResult } from '../../core/ports/processes';
import { formatDuration } from '../../core/quantity';
import { SlipwayError } from '../../core/slipway-error';

/** A builder that is over its budget is given this long to say so itself: its report tells more. */
const BUDGET_GRACE_MS = 60_000;
/** A job whose time is nearly over is given this long all the same: its report is worth it. */
const SHORTEST_MS = 1_000;

export interface BuilderCall {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void;
  /** Aborted when the machine is told to stop. */
  readonly stop: AbortSignal;
  readonly limit: BuilderLimit | undefined;
}

/** When the builder's time is over, and what that means. */
export interface BuilderLimit {
  readonly timeoutMs: number;
  readonly error: SlipwayError;
}

/** The nearer of CodeBuild's own limit and the recipe's budget; undefined where there is neither. */
export function limitOf(nowMs: number, deadlineMs: number | undefined, budgetMs: number | undefined): BuilderLimit | undefined {
  const leftMs = deadlineMs === undefined ? Infinity : Math.max(SHORTEST_MS, deadlineMs - nowMs);
  const allowedMs = budgetMs === undefined ? Infinity : budgetMs + BUDGET_GRACE_MS;
  if (budgetMs !== undefined && allowedMs <= leftMs) {
    const message = `the build took longer than its budget of ${formatDuration(budgetMs)}`;
    return { timeoutMs: allowedMs, error: new SlipwayError('budget-exceeded', message, { hint: 'raise budgets.build in slipway.yaml' }) };
  }
  if (leftMs === Infinity) return undefined;
  const message = `the build took longer than the ${formatDuration(leftMs)} that its machine had left for it`;
  const hint = 'raise the time limit of the platform in the deployment, or look in the log for the step that takes long';
  return { timeoutMs: leftMs, error: new SlipwayError('build-timed-out', message, { hint }) };
}

export type BuilderEnd =
  { readonly kind: 'ended'; readonly detail: string } | { readonly kind: 'over-time' | 'stopped'; readonly error: SlipwayError };

/** @throws SlipwayError `process-not-started` */
export async function runBuilder(processes: Processes, call: BuilderCall): Promise<BuilderEnd> {
  const { command, args, cwd, env, onOutput, stop, limit } = call;
  const timeoutMs = limit === undefined ? {} : { timeoutMs: limit.timeoutMs };
  const running = processes.start({ command, args, cwd, env, onOutput, keepBytes: 0, ...timeoutMs });
  const halt = () => void running.killTree();
  stop.addEventListener('abort', halt, { once: true });
  if (stop.aborted) halt();
  try {
    const result = await running.result;
    await running.killTree(); // What a build leaves running must not write into what is uploaded.
    return endOf(result, stop, limit);
  } finally {
    stop.removeEventListener('abort', halt);
  }
}

function endOf(result: ProcessResult, stop: AbortSignal, limit: BuilderLimit | undefined): BuilderEnd {
  if (result.isTimedOut && limit !== undefined) return { kind: 'over-time', error: limit.error };
  if (stop.aborted) return { kind: 'stopped', error: new SlipwayError('build-cancelled', 'the build machine was told to stop') };
  return { kind: 'ended', detail: result.signal === null ? `exit code ${result.exitCode}` : `signal ${result.signal}` };
}
