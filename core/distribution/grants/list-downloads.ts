/** Lists the downloads of a distribution: who was granted which file, when, and how it went. */
import { parseRecord } from '../../build/parse-record';
import { settleConcurrently, STORE_CONCURRENCY } from '../../concurrency';
import type { Distribution, Grant } from '../distribution';
import type { Download } from './download';
import { findDistribution } from '../find-distribution';
import type { Ledger } from '../../ports/ledger';
import { readGrant } from './record-grant';
import { SlipwayError, toSlipwayError } from '../../slipway-error';
import { storageKey } from '../../storage-key';
import { isWholeFile, TransferRecordSchema } from './transfer-record';

export interface ListDownloadsPorts {
  readonly ledger: Ledger;
  /** `bytes`: the gate sends files itself and records how that went. `redirects`: it shows the way to the storage. */
  readonly gateHandsOut: 'bytes' | 'redirects';
}

type OnProblem = (problem: SlipwayError) => void;

/**
 * Oldest first.
 * @param onProblem takes what cannot be read: a grant is left out then, a damaged outcome hides no grant; absent: it is thrown
 * @throws SlipwayError `distribution-not-found`, `distribution-ambiguous`; `downloads-not-counted` for a direct link
 */
export async function listDownloads(ports: ListDownloadsPorts, reference: string, onProblem?: OnProblem): Promise<readonly Download[]> {
  const { distribution } = await findDistribution(ports.ledger, reference);
  assertCounted(distribution);
  const tell: OnProblem = onProblem ?? rethrow;
  const keys = await ports.ledger.keys(storageKey.grantsPrefix(distribution.distId));
  const read = await settleConcurrently(keys, STORE_CONCURRENCY, async (key) => {
    const grant = await readGrant(ports.ledger, key);
    return grant === undefined ? undefined : await withOutcome(ports, distribution, grant, tell);
  });
  const downloads = read.flatMap((outcome) => {
    if (outcome.status === 'rejected') tell(toSlipwayError(outcome.reason));
    return outcome.status === 'fulfilled' && outcome.value !== undefined ? [outcome.value] : [];
  });
  return downloads.sort((a, b) => Date.parse(a.grantedAt) - Date.parse(b.grantedAt));
}

/** None would read as "nobody fetched it". */
function assertCounted({ distId, link }: Distribution): void {
  if (link !== 'direct') return;
  throw new SlipwayError('downloads-not-counted', `the downloads of '${distId}' are not counted: a direct link leads past the gate`, {
    hint: `look for 'slipway-${distId}' in the access logs of S3, which come within hours: it is the session that the link was signed by`,
    details: { distId, link },
  });
}

function rethrow(problem: SlipwayError): never {
  throw problem;
}

async function withOutcome(
  { ledger, gateHandsOut }: ListDownloadsPorts,
  distribution: Distribution,
  grant: Grant,
  tell: OnProblem,
): Promise<Download> {
  if (gateHandsOut === 'redirects') return { ...grant, outcome: 'redirected' };
  try {
    const entry = await ledger.read(storageKey.transfer(grant.distId, grant.grantId));
    if (entry === undefined) return { ...grant, outcome: 'started' };
    const record = parseRecord(TransferRecordSchema, entry);
    const sizeBytes = distribution.files.find(({ file }) => file === grant.file)?.sizeBytes ?? Infinity;
    const outcome = isWholeFile(record, sizeBytes) ? 'complete' : 'broken-off';
    return { ...grant, outcome, sentBytes: record.sentBytes, endedAt: record.endedAt };
  } catch (thrown) {
    tell(toSlipwayError(thrown));
    return { ...grant, outcome: 'unreadable' };
  }
}
