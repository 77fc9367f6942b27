/**
 * Owns what a minute of a build machine costs, as AWS lists it, and what follows for a job.
 * Source: https://aws.amazon.com/codebuild/pricing/ ("charged for build minutes, rounded up to the nearest minute").
 * Other regions cost up to about a third more; discounts and the free minutes of an account are not known here.
 */

/** When the table was last compared with the page. */
export const PRICES_AS_OF = '2026-11-21';
export const PRICES_OF_REGION = 'us-east-1';

/** US dollars a minute, by `<environment type>/<compute type>`. */
const DOLLARS_A_MINUTE: Readonly<Record<string, number>> = {
  'LINUX_CONTAINER/BUILD_GENERAL1_SMALL': 0.005,
  'LINUX_CONTAINER/BUILD_GENERAL1_MEDIUM': 0.01,
  'LINUX_CONTAINER/BUILD_GENERAL1_LARGE': 0.02,
  'ARM_CONTAINER/BUILD_GENERAL1_SMALL': 0.0034,
  'ARM_CONTAINER/BUILD_GENERAL1_LARGE': 0.015,
  'WINDOWS_SERVER_2019_CONTAINER/BUILD_GENERAL1_MEDIUM': 0.018,
  'WINDOWS_SERVER_2019_CONTAINER/BUILD_GENERAL1_LARGE': 0.036,
  'WINDOWS_SERVER_2022_CONTAINER/BUILD_GENERAL1_MEDIUM': 0.018,
  'WINDOWS_SERVER_2022_CONTAINER/BUILD_GENERAL1_LARGE': 0.036,
};

export interface BuildMachine {
  /** CodeBuild's environment type, such as LINUX_CONTAINER. */
  readonly environment: string;
  /** Such as BUILD_GENERAL1_LARGE. */
  readonly computeType: string;
}

export interface BuildCost {
  readonly dollars: number;
  readonly minutes: number;
  readonly dollarsAMinute: number;
}

/** Undefined for a machine that the table does not hold: a price that is made up would be worse than none. */
export function dollarsAMinute({ environment, computeType }: BuildMachine): number | undefined {
  return DOLLARS_A_MINUTE[`${environment}/${computeType}`];
}

/** What a job of this length costs; every minute that was begun counts. */
export function costOf(machine: BuildMachine, durationMs: number): BuildCost | undefined {
  const price = dollarsAMinute(machine);
  if (price === undefined) return undefined;
  const minutes = Math.max(1, Math.ceil(durationMs / 60_000));
  return { dollars: roundToTenthOfCent(minutes * price), minutes, dollarsAMinute: price };
}

/** `$0.054`: a tenth of a cent is the finest that the table can tell. */
export function formatDollars(dollars: number): string {
  return `$${dollars.toFixed(dollars * 100 === Math.round(dollars * 100) ? 2 : 3)}`;
}

function roundToTenthOfCent(dollars: number): number {
  return Math.round(dollars * 1000) / 1000;
}
