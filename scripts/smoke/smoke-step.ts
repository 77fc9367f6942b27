/** Owns what a step of the smoke run is: what it proves and by which page, what it costs, how it is run, and where it cannot be. */
import { costOf, formatDollars } from '../../core/deployment/build-prices';
import { MACHINES_OF, type RemotePlatformId } from '../../core/deployment/build-machines';
import type { SmokeWorld } from './smoke-world';

export interface Fact {
  /** What Slipway relies on. */
  readonly says: string;
  /** Where AWS says so, or says most of it. */
  readonly page: string;
}

export interface SmokeStep {
  /** For `--only` and `--without`. */
  readonly name: string;
  readonly title: string;
  readonly proves: readonly Fact[];
  /** What is seen where everything is as it should be. */
  readonly expected: string;
  /** Machine time that it takes, about. */
  readonly machines?: readonly { readonly platform: RemotePlatformId; readonly minutes: number }[];
  /** Steps without which it makes no sense. */
  readonly needs?: readonly string[];
  /** Why an emulator has no answer to it. */
  readonly notInEmulator?: string;
  /** Nothing decides it but a person who looks: what to look at. */
  readonly look?: (world: SmokeWorld) => string;
  /** @returns what was seen @throws Error with what is wrong */
  readonly run?: (world: SmokeWorld) => Promise<string>;
}

/** In dollars, by the default machines at list prices. */
export function stepCost({ machines = [] }: Pick<SmokeStep, 'machines'>): number {
  return machines.reduce((sum, { platform, minutes }) => {
    const { environments, computeType } = MACHINES_OF[platform];
    return sum + (costOf({ environment: environments[0], computeType }, minutes * 60_000)?.dollars ?? 0);
  }, 0);
}

export function costText(step: Pick<SmokeStep, 'machines'>): string {
  const dollars = Math.round(stepCost(step) * 1000) / 1000;
  const minutes = (step.machines ?? []).map(({ platform, minutes: count }) => `${count} min of ${platform}`);
  return dollars === 0 ? 'below a cent' : `about ${formatDollars(dollars)} (${minutes.join(', ')})`;
}

/** What is wrong, in place of a stack. */
export function require(isSo: boolean, otherwise: string): asserts isSo {
  if (!isSo) throw new Error(otherwise);
}
