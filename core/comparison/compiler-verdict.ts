/**
 * Owns the rule by which one compiler is chosen: Nuitka, unless its build fails or more than a tenth of its launches do; then
 * PyInstaller, if that holds what Nuitka does not. Pure. What was weighed: docs/decisions/016-comparison.md.
 */
import type { PythonCompiler } from '../recipe/compiler-options';

/** Fewer launches give no verdict: of ten, one failure is a tenth already. */
export const LAUNCHES_FOR_VERDICT = 20;

/** Failed launches of all: exactly this share is still allowed. */
const MOST_FAILED_SHARE = 0.1;

/** How many of so many launches may fail. */
export function allowedFailures(planned: number): number {
  return Math.floor(planned * MOST_FAILED_SHARE);
}

export interface LaunchCount {
  /** As many as were asked for. */
  readonly planned: number;
  /** Fewer where nothing that came could have changed the verdict any more. */
  readonly attempted: number;
  readonly failed: number;
}

export type TrialOutcome =
  | {
      readonly kind: 'built';
      readonly launches: LaunchCount;
      /** Checks of the project, apart from the launches, that this build fails, by title. */
      readonly failedChecks: readonly string[];
    }
  /** The compiler made no program, or none that can be laid out. */
  | { readonly kind: 'build-failed'; readonly reason: string }
  /** This machine, the network or the recipe kept it from being tried: that says nothing about the compiler. */
  | { readonly kind: 'not-tried'; readonly reason: string };

export const VERDICT_CRITERIA = [
  'nuitka-holds',
  'nuitka-build-failed',
  'nuitka-checks-failed',
  'nuitka-launches-failed',
  'too-few-launches',
  'nuitka-not-tried',
  'fallback-not-tried',
  'neither-holds',
] as const;
export type VerdictCriterion = (typeof VERDICT_CRITERIA)[number];

export interface CompilerVerdict {
  /** Null where there is nothing to be decided on, or nothing to choose. */
  readonly choice: PythonCompiler | null;
  readonly criterion: VerdictCriterion;
  /** One sentence for a person, with the figures. */
  readonly reason: string;
}

export interface Trials {
  /** Launches that were asked for. */
  readonly planned: number;
  readonly nuitka: TrialOutcome;
  readonly pyinstaller: TrialOutcome;
}

/** The verdict on one binary, in the mode that its recipe asks for. */
export function judgeCompilers({ planned, nuitka, pyinstaller }: Trials): CompilerVerdict {
  if (planned < LAUNCHES_FOR_VERDICT) {
    return none('too-few-launches', `${planned} launches are too few for a verdict, which takes ${LAUNCHES_FOR_VERDICT}`);
  }
  if (nuitka.kind === 'not-tried') return none('nuitka-not-tried', `Nuitka could not be tried: ${nuitka.reason}`);
  const fault = faultOf('Nuitka', nuitka, pyinstaller);
  if (fault === undefined) return { choice: 'nuitka', criterion: 'nuitka-holds', reason: soundness('Nuitka', nuitka) };
  if (pyinstaller.kind === 'not-tried') {
    return none('fallback-not-tried', `${fault.reason}; PyInstaller could not be tried: ${pyinstaller.reason}`);
  }
  const second = faultOf('PyInstaller', pyinstaller, nuitka);
  if (second !== undefined) return none('neither-holds', `${fault.reason}; ${second.reason}`);
  return { choice: 'pyinstaller', criterion: fault.criterion, reason: `${fault.reason}; ${soundness('PyInstaller', pyinstaller)}` };
}

function none(criterion: VerdictCriterion, reason: string): CompilerVerdict {
  return { choice: null, criterion, reason };
}

interface Fault {
  readonly criterion: VerdictCriterion;
  readonly reason: string;
}

function faultOf(title: string, trial: TrialOutcome, other: TrialOutcome): Fault | undefined {
  if (trial.kind !== 'built') return { criterion: 'nuitka-build-failed', reason: `the build with ${title} failed: ${trial.reason}` };
  const broken = checksBrokenBy(trial, other);
  const [first] = broken;
  if (first !== undefined) {
    const what = broken.length === 1 ? `the check '${first}'` : `${broken.length} checks, first '${first}',`;
    return { criterion: 'nuitka-checks-failed', reason: `what ${title} built fails ${what} and so could not be released` };
  }
  const { planned, attempted, failed } = trial.launches;
  if (failed <= allowedFailures(planned)) return undefined;
  const of = attempted < planned ? `the first ${attempted} of ${planned}` : `${planned}`;
  return {
    criterion: 'nuitka-launches-failed',
    reason: `${failed} of ${of} launches of what ${title} built failed, and at most ${allowedFailures(planned)} may`,
  };
}

/** A check that fails with both compilers is the program's fault, or the check's. */
function checksBrokenBy(trial: TrialOutcome & { kind: 'built' }, other: TrialOutcome): readonly string[] {
  if (other.kind !== 'built') return trial.failedChecks;
  return trial.failedChecks.filter((title) => !other.failedChecks.includes(title));
}

function soundness(title: string, trial: TrialOutcome): string {
  const { failed, planned } = trial.kind === 'built' ? trial.launches : { failed: 0, planned: 0 };
  return `${failed} of ${planned} launches of what ${title} built failed, and at most ${allowedFailures(planned)} may`;
}
