/** Lists the grants of a distribution: who fetched which file, and when. */
import type { Grant } from './distribution';
import { findDistribution } from './find-distribution';
import type { Ledger } from '../ports/ledger';
import { readGrant } from './record-grant';
import { storageKey } from '../storage-key';

/**
 * Oldest first.
 * @throws SlipwayError `distribution-not-found`, `distribution-ambiguous`
 */
export async function listDownloads(ledger: Ledger, reference: string): Promise<readonly Grant[]> {
  const { distribution } = await findDistribution(ledger, reference);
  const grants: Grant[] = [];
  for (const key of await ledger.keys(storageKey.grantsPrefix(distribution.distId))) {
    const grant = await readGrant(ledger, key);
    if (grant !== undefined) grants.push(grant);
  }
  return grants.sort((a, b) => Date.parse(a.grantedAt) - Date.parse(b.grantedAt));
}
