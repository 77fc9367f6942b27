/** Lists the grants of a distribution: who fetched which file, and when. */
import type { Grant } from './distribution';
import { findDistribution } from './find-distribution';
import type { Ledger } from '../ports/ledger';
import { readGrant } from './record-grant';
import { toSlipwayError, type SlipwayError } from '../slipway-error';
import { storageKey } from '../storage-key';

/**
 * Oldest first.
 * @param onProblem takes a grant that cannot be read, which is left out then; absent: it is thrown
 * @throws SlipwayError `distribution-not-found`, `distribution-ambiguous`
 */
export async function listDownloads(
  ledger: Ledger,
  reference: string,
  onProblem?: (problem: SlipwayError) => void,
): Promise<readonly Grant[]> {
  const { distribution } = await findDistribution(ledger, reference);
  const grants: Grant[] = [];
  for (const key of await ledger.keys(storageKey.grantsPrefix(distribution.distId))) {
    try {
      const grant = await readGrant(ledger, key);
      if (grant !== undefined) grants.push(grant);
    } catch (thrown) {
      if (onProblem === undefined) throw thrown;
      onProblem(toSlipwayError(thrown));
    }
  }
  return grants.sort((a, b) => Date.parse(a.grantedAt) - Date.parse(b.grantedAt));
}
