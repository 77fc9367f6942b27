/** Owns what the command line says about money: before a build from the list prices, after it from the time that it took. */
import { jobsOf, type BuildRecord } from '../../core/build/build-record';
import { costOf, dollarsAMinute, formatDollars, PRICES_AS_OF, PRICES_OF_REGION } from '../../core/deployment/build-prices';
import type { DeploymentConfig } from '../../core/deployment/deployment-config';
import { machineFor } from '../../core/job/foreign-platform';
import { PLATFORM_IDS, type PlatformId } from '../../core/platform';
import { jobDurationMs } from './build-text';

type Machines = Pick<DeploymentConfig, 'platforms'>;

export interface PlatformCost {
  readonly platform: PlatformId;
  /** Absent for a machine that the price table does not hold. */
  readonly dollars?: number;
  readonly minutes?: number;
  readonly dollarsAMinute?: number;
}

export interface CostView {
  readonly basis: string;
  readonly platforms: readonly PlatformCost[];
  /** Of those with a price. */
  readonly dollars: number;
}

const BASIS = `list prices of ${PRICES_OF_REGION} as of ${PRICES_AS_OF}; other regions, discounts and free minutes differ`;

/** Before: as long as the newest build that succeeded took, where there is one. */
export function estimateCost(deployment: Machines, platforms: readonly PlatformId[], earlier: BuildRecord | undefined): CostView {
  return viewOf(
    platforms.map((platform) => {
      const job = earlier?.jobs[platform];
      const durationMs = job === undefined || job.reusedFrom !== undefined ? undefined : endedDurationMs(job);
      return costOn(deployment, platform, durationMs);
    }),
  );
}

/** After: what the jobs of a build took. A job that reused a result, or never ran, cost nothing. */
export function actualCost(deployment: Machines, record: BuildRecord, nowMs: number): CostView {
  return viewOf(
    jobsOf(record)
      .filter(([, job]) => job.startedAt !== undefined && job.reusedFrom === undefined)
      .map(([platform, job]) => costOn(deployment, platform, jobDurationMs(job, nowMs))),
  );
}

export function describeEstimate(view: CostView): string {
  const each = view.platforms.map(({ platform, dollars, minutes, dollarsAMinute: price }) => {
    if (price === undefined) return `${platform} unknown`;
    if (dollars === undefined) return `${platform} ${formatDollars(price)} a minute`;
    return `${platform} about ${formatDollars(dollars)} (${minutes ?? 0} min as last time)`;
  });
  return `cost: ${each.join(', ')}; ${view.basis}`;
}

/** @param isOpen whether the build still runs: then it is what it has cost so far */
export function describeCost(view: CostView, isOpen = false): string {
  const each = view.platforms.map(({ platform, dollars, minutes }) =>
    dollars === undefined ? `${platform} unknown` : `${platform} ${formatDollars(dollars)} for ${minutes ?? 0} min`,
  );
  if (each.length === 0) return isOpen ? 'cost: none so far' : 'cost: none, nothing had to be built';
  return `cost: ${isOpen ? 'so far ' : ''}about ${formatDollars(view.dollars)} (${each.join(', ')}; ${view.basis})`;
}

function costOn(deployment: Machines, platform: PlatformId, durationMs: number | undefined): PlatformCost {
  const deployed = PLATFORM_IDS.filter((id) => deployment.platforms[id] !== undefined);
  const machine = deployment.platforms[machineFor(platform, deployed)];
  const price = machine === undefined ? undefined : dollarsAMinute(machine);
  if (machine === undefined || price === undefined) return { platform };
  const cost = durationMs === undefined ? undefined : costOf(machine, durationMs);
  return { platform, dollarsAMinute: price, ...(cost === undefined ? {} : { dollars: cost.dollars, minutes: cost.minutes }) };
}

function viewOf(platforms: readonly PlatformCost[]): CostView {
  const tenthsOfCents = platforms.reduce((sum, { dollars }) => sum + Math.round((dollars ?? 0) * 1000), 0);
  return { basis: BASIS, platforms, dollars: tenthsOfCents / 1000 };
}

function endedDurationMs(job: Parameters<typeof jobDurationMs>[0]): number | undefined {
  return job.endedAt === undefined ? undefined : jobDurationMs(job, Date.parse(job.endedAt));
}
