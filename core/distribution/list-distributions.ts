/** Lists distributions, newest first, each with how it stands. */
import { mapConcurrently, STORE_CONCURRENCY } from '../concurrency';
import { distributionState, type Distribution, type DistributionState } from './distribution';
import { readDistribution } from './find-distribution';
import type { Clock } from '../ports/clock';
import type { Ledger } from '../ports/ledger';
import { countGrants } from './record-grant';
import { storageKey } from '../storage-key';

export interface ListedDistribution {
  readonly distribution: Distribution;
  readonly state: DistributionState;
  readonly grantCount: number;
}

export async function listDistributions(
  ports: { readonly ledger: Ledger; readonly clock: Clock },
  options: { readonly name?: string; readonly limit: number },
): Promise<readonly ListedDistribution[]> {
  const keys = await ports.ledger.keys(storageKey.distributionRecords);
  const entries = await mapConcurrently(keys, STORE_CONCURRENCY, (key) => readDistribution(ports.ledger, key));
  const found = entries.flatMap((entry) =>
    entry !== undefined && (options.name === undefined || entry.distribution.name === options.name) ? [entry.distribution] : [],
  );
  const newest = found.sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt)).slice(0, options.limit);
  return Promise.all(newest.map((distribution) => withState(ports, distribution)));
}

export async function withState(
  ports: { readonly ledger: Ledger; readonly clock: Clock },
  distribution: Distribution,
): Promise<ListedDistribution> {
  const grantCount = await countGrants(ports.ledger, distribution.distId);
  return { distribution, grantCount, state: distributionState(distribution, grantCount, ports.clock.nowMs()) };
}
