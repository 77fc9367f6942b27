/**
 * Owns the shape of a build's plan: what `slipway plan` prints and what the builder then does.
 * Making one from a job is `builder/plan.ts`, a pure function.
 */

import type { PlatformId } from '../platform';

export interface PlannedCommand {
  readonly argv: readonly string[];
  /** Relative to the job directory. */
  readonly cwd: string;
  /** What is added to the environment; values of secrets appear as `$NAME`. */
  readonly env: Readonly<Record<string, string>>;
}

export interface PlannedStep {
  readonly name: string;
  /** What it does, for a person. */
  readonly title: string;
  readonly skipReason?: string;
  readonly commands: readonly PlannedCommand[];
}

export interface PlannedTool {
  readonly name: string;
  readonly version: string;
  /** Where it comes from: `pinned, from the package index`, a path on this host, … */
  readonly source: string;
  readonly isMissing: boolean;
  /** The command that gets it, where it is missing. */
  readonly hint?: string;
}

/** One way to build a binary for Linux, with the oldest glibc that what comes out can start on. */
export interface PlannedFloor {
  readonly binary: string;
  /** `host toolchain`: its compiler and its Python; `low floor`: zig links for an older glibc, with a Python of that age. */
  readonly way: 'host toolchain' | 'low floor';
  readonly version: string;
  readonly reason: string;
  /** Whether the build goes this way. */
  readonly isChosen: boolean;
  /** What the way needs that is not here yet. */
  readonly missing?: string;
}

export interface BuildPlan {
  readonly platform: PlatformId;
  readonly tools: readonly PlannedTool[];
  readonly steps: readonly PlannedStep[];
  /** What the build will leave, by name. */
  readonly artifacts: readonly string[];
  readonly warnings: readonly string[];
  /** For Linux, where the host's glibc is known. */
  readonly glibcFloors?: readonly PlannedFloor[];
}
