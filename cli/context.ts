/**
 * Owns what a command is given: the terminal, the ports of this machine, and the services of its target.
 * `bin/slipway.ts` makes it; a test makes it of fakes.
 */
import type { TrialBench } from '../core/comparison/trial-bench';
import type { BuildPlan } from '../core/job/build-plan';
import type { Deployer } from '../core/deployment/deployer';
import type { DeploymentPlace } from '../core/deployment/deployment-place';
import type { Host } from '../core/host/host';
import type { Job, JobPython } from '../core/job/job';
import type { PlatformId } from '../core/platform';
import type { Clock, Randomness } from '../core/ports/clock';
import type { Files } from '../core/ports/files';
import type { Processes } from '../core/ports/processes';
import type { SourcePacker } from '../core/ports/source-packer';
import type { TargetServices } from '../core/services';

export interface Terminal {
  /** Standard output: results only. */
  write(text: string): void;
  /** Standard error: progress, hints, warnings. */
  note(text: string): void;
  /** Whether standard error is a terminal that can redraw a line. */
  readonly isInteractive: boolean;
  readonly hasColor: boolean;
  readonly columns: number;
}

export interface GlobalOptions {
  readonly target?: 'local' | 'aws';
  readonly app?: string;
  readonly config?: string;
  readonly region?: string;
  readonly stage?: string;
  readonly profile?: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** A program's dependencies as wheels for a platform; see `toolchain/vendoring/vendor-wheels.ts`. */
export interface WheelRequest {
  /** Where slipway.yaml's paths are relative to, absolute. */
  readonly projectDirectory: string;
  /** What goes into the source archive, absolute. */
  readonly sourceDirectory: string;
  /** Filled with wheels, absolute. */
  readonly vendorDirectory: string;
  readonly python: JobPython;
  readonly platform: PlatformId;
  /** `budgets.glibc`: no wheel is taken that asks for a newer one. */
  readonly glibc?: string;
  readonly version: string;
  readonly secretNames: readonly string[];
}

/** Everything loads on first use, so that a command pays only for what it needs. */
export interface CliContext {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly globals: GlobalOptions;
  readonly clock: Clock;
  readonly randomness: Randomness;
  files(): Promise<Files>;
  processes(): Promise<Processes>;
  sourcePacker(): Promise<SourcePacker>;
  /** @throws SlipwayError `deployment-not-found`, `deployment-mismatch`, `credentials-missing`, … for `aws` */
  services(target: 'local' | 'aws', place?: DeploymentPlace): Promise<TargetServices>;
  /** Makes and removes deployments. */
  deployer(place: DeploymentPlace): Promise<Deployer>;
  /** What this machine offers to a build. `pythonVersion` such as 3.12. */
  /** @param glibcBudget the oldest glibc that programs shall run on: a Python that fits it comes before one that does not */
  host(pythonVersion?: string, glibcBudget?: string): Promise<Host>;
  planBuild(job: Job, host: Host): Promise<BuildPlan>;
  /** Fetches dependencies where the recipe asks for it, with this machine's credentials and the recipe's secrets; empty where the build gets them itself. */
  readonly vendorWheels?: (
    request: WheelRequest,
    secrets: Readonly<Record<string, string>>,
  ) => Promise<readonly { readonly file: string; readonly sha256: string }[]>;
  /** Where programs are compared, on this machine. */
  readonly trialBench?: () => Promise<TrialBench>;
  /** Aborted by Ctrl+C. */
  readonly interrupted: AbortSignal;
}

export interface CommandResult {
  /** What `--json` puts into the envelope. */
  readonly data: unknown;
  /** What a person reads on standard output. */
  readonly text: string;
  /** Default 0. */
  readonly exitCode?: number;
}
