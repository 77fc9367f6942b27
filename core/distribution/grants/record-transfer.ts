/** Records that a connection which sent a granted file has ended. Several of one download may end at once: none of them is lost. */
import { parseRecord } from '../../build/parse-record';
import { hasCode } from '../../build/stored-build';
import type { Clock } from '../../ports/clock';
import type { Ledger, LedgerEntry } from '../../ports/ledger';
import { storageKey } from '../../storage-key';
import { addTransfer, TransferRecordSchema, type TransferEnd, type TransferRecord } from './transfer-record';

/** Each try that fails is one that another connection of the same download has won. */
const MOST_TRIES = 100;

/** @throws SlipwayError `record-corrupt` where the record of an earlier connection cannot be read; it is left as it is */
export async function recordTransfer(ports: { readonly ledger: Ledger; readonly clock: Clock }, end: TransferEnd): Promise<void> {
  const key = storageKey.transfer(end.distId, end.grantId);
  const endedAt = new Date(ports.clock.nowMs()).toISOString();
  for (let tries = 1; ; tries++) {
    const entry = await ports.ledger.read(key);
    const record = addTransfer(entry && parseRecord(TransferRecordSchema, entry), end, endedAt);
    try {
      await write(ports.ledger, key, record, entry);
      return;
    } catch (thrown) {
      const isLost = hasCode(thrown, 'record-exists') || hasCode(thrown, 'record-changed');
      if (!isLost || tries >= MOST_TRIES) throw thrown;
    }
  }
}

async function write(ledger: Ledger, key: string, record: TransferRecord, earlier: LedgerEntry | undefined): Promise<void> {
  await (earlier === undefined ? ledger.create(key, record) : ledger.replace(key, record, earlier.revision));
}
