/** Lists distributions, newest first, each with how it stands. */
import { settleConcurrently, STORE_CONCURRENCY } from '../concurrency';
import { distributionState, type Distribution, type DistributionState } from './distribution';
import { readDistribution } from './find-distribution';
import type { Clock } from '../ports/clock';
import type { Ledger } from '../ports/ledger';
import { countGrants } from './grants/record-grant';
import { toSlipwayError, type SlipwayError } from '../slipway-error';
import { storageKey } from '../storage-key';

export interface ListedDistribution {
  readonly distribution: Distribution;
  readonly state: DistributionState;
  readonly grantCount: number;
}

export interface ListDistributionsOptions {
  readonly name?: string;
  readonly limit: number;
  /** A record that cannot be read is left out and told. Absent: it is thrown. */
  readonly onProblem?: (problem: SlipwayError) => void;
}

export async function listDistributions(
  ports: { readonly ledger: Ledger; readonly clock: Clock },
  { name, limit, onProblem }: ListDistributionsOptions,
): Promise<readonly ListedDistribution[]> {
  const newest = (await readDistributions(ports.ledger, name, onProblem ?? rethrow)).slice(0, limit);
  return Promise.all(newest.map((distribution) => withState(ports, distribution)));
}

function rethrow(problem: SlipwayError): never {
  throw problem;
}

/** Newest first, of one application or of all. */
export async function readDistributions(
  ledger: Ledger,
  name: string | undefined,
  onProblem: (problem: SlipwayError) => void,
): Promise<readonly Distribution[]> {
  const keys = await ledger.keys(storageKey.distributionRecords);
  const outcomes = await settleConcurrently(keys, STORE_CONCURRENCY, (key) => readDistribution(ledger, key));
  const found = outcomes.flatMap((outcome) => {
    if (outcome.status === 'rejected') onProblem(toSlipwayError(outcome.reason));
    const distribution = outcome.status === 'fulfilled' ? outcome.value?.distribution : undefined;
    return distribution !== undefined && (name === undefined || distribution.name === name) ? [distribution] : [];
  });
  return found.sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
}

export async function withState(
  ports: { readonly ledger: Ledger; readonly clock: Clock },
  distribution: Distribution,
): Promise<ListedDistribution> {
  const grantCount = await countGrants(ports.ledger, distribution.distId);
  return { distribution, grantCount, state: distributionState(distribution, grantCount, ports.clock.nowMs()) };
}
