/** Owns the pointer to the newest distribution of an application: compare-and-swap, replaced only by a later one. */
import { DistributionPointerSchema, type DistributionPointer } from './distribution';
import { parseRecord } from '../build/parse-record';
import type { Ledger } from '../ports/ledger';
import { isSlipwayError, SlipwayError } from '../slipway-error';
import { storageKey } from '../storage-key';

type Target = DistributionPointer['distribution'];

export interface PointerMove {
  readonly isMoved: boolean;
  readonly replacedDistId?: string;
}

/** Each lost race means that somebody else won one: this many in a row is a fault, not a crowd. */
const MOST_RACES = 100;

export async function readDistributionPointer(ledger: Ledger, name: string): Promise<Target | undefined> {
  const entry = await ledger.read(storageKey.distributionPointer(name));
  return entry === undefined ? undefined : parseRecord(DistributionPointerSchema, entry).distribution;
}

/**
 * @returns `isMoved` false when the pointer names a distribution that is as new or newer; else the one that it named before
 * @throws SlipwayError `record-changed` when others keep changing it
 */
export async function moveDistributionPointer(ledger: Ledger, name: string, target: Target): Promise<PointerMove> {
  const key = storageKey.distributionPointer(name);
  const body: DistributionPointer = { schemaVersion: 1, distribution: target };
  for (let race = 0; race < MOST_RACES; race++) {
    const entry = await ledger.read(key);
    let before: string | undefined;
    if (entry !== undefined) {
      const current = parseRecord(DistributionPointerSchema, entry).distribution;
      before = current.distId;
      if (Date.parse(current.createdAt) >= Date.parse(target.createdAt)) return { isMoved: false };
    }
    try {
      await (entry === undefined ? ledger.create(key, body) : ledger.replace(key, body, entry.revision));
      return { isMoved: true, ...(before === undefined ? {} : { replacedDistId: before }) };
    } catch (thrown) {
      if (!isSlipwayError(thrown) || (thrown.code !== 'record-changed' && thrown.code !== 'record-exists')) throw thrown;
    }
  }
  throw new SlipwayError('record-changed', `the newest link of '${name}' keeps being changed by others`, {
    hint: 'run the command again',
  });
}
