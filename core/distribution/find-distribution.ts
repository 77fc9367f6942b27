/** Finds a distribution by its id or the start of one. */
import { DistributionSchema, type Distribution } from './distribution';
import { normalizeId } from '../identifier';
import { parseRecord } from '../build/parse-record';
import type { Ledger } from '../ports/ledger';
import { SlipwayError } from '../slipway-error';
import { storageKey } from '../storage-key';

const SHORTEST_REFERENCE = 4;
const LIST_HINT = 'slipway distributions lists the ids';

export interface FoundDistribution {
  readonly distribution: Distribution;
  readonly revision: string;
}

/** @throws SlipwayError `distribution-not-found`, `distribution-ambiguous` */
export async function findDistribution(ledger: Ledger, reference: string): Promise<FoundDistribution> {
  const typed = normalizeId(reference);
  if (!/^[0-9a-z]+$/.test(typed) || typed.length < SHORTEST_REFERENCE) {
    throw new SlipwayError(
      'distribution-not-found',
      `'${reference}' is no id of a distribution: write ${SHORTEST_REFERENCE} characters or more`,
      {
        hint: LIST_HINT,
      },
    );
  }
  const prefix = storageKey.distributionRecords;
  const [key, other] = await ledger.keys(`${prefix}${typed}`, { limit: 2 });
  const found = key === undefined ? undefined : await readDistribution(ledger, key);
  if (found === undefined) throw new SlipwayError('distribution-not-found', `there is no distribution '${reference}'`, { hint: LIST_HINT });
  if (other !== undefined) {
    throw new SlipwayError('distribution-ambiguous', `'${reference}' begins more than one distribution`, { hint: 'write more of the id' });
  }
  return found;
}

export async function readDistribution(ledger: Ledger, key: string): Promise<FoundDistribution | undefined> {
  const entry = await ledger.read(key);
  return entry === undefined ? undefined : { distribution: parseRecord(DistributionSchema, entry), revision: entry.revision };
}
