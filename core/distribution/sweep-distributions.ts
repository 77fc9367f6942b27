/** Deletes the copies of distributions that no link opens any more: expired, or revoked and cut short. Records and grants stay. */
import { removeCopies } from './distribute';
import { readDistribution } from './find-distribution';
import type { ArtifactStore } from '../ports/artifact-store';
import type { Clock } from '../ports/clock';
import type { Ledger } from '../ports/ledger';
import { storageKey } from '../storage-key';

/** A download that began before the end may still run. */
const GRACE_MS = 3_600_000;

/** @returns the ids of those whose copies were deleted now */
export async function sweepDistributions(ports: {
  readonly ledger: Ledger;
  readonly store: ArtifactStore;
  readonly clock: Clock;
}): Promise<readonly string[]> {
  const swept: string[] = [];
  for (const key of await ports.ledger.keys(storageKey.distributionRecords)) {
    const distribution = (await readDistribution(ports.ledger, key))?.distribution;
    if (distribution === undefined) continue;
    const isOver = distribution.revokedAt !== undefined || ports.clock.nowMs() > Date.parse(distribution.expiresAt) + GRACE_MS;
    if (!isOver || (await ports.store.list(storageKey.distributionPrefix(distribution.distId))).length === 0) continue;
    await removeCopies(ports.store, distribution.distId);
    swept.push(distribution.distId);
  }
  return swept;
}
