/** Owns the pointer to the newest distribution of an application: compare-and-swap, replaced only by a later one. */
import { DistributionPointerSchema, type Distribution, type DistributionPointer } from './distribution';
import { hasCode } from '../build/stored-build';
import type { Ledger, LedgerEntry } from '../ports/ledger';
import { SlipwayError } from '../slipway-error';
import { storageKey } from '../storage-key';
import { unlessDamaged } from '../ledger-outcome';

type Target = DistributionPointer['distribution'];
type Link = Distribution['link'];

export interface PointerMove {
  readonly isMoved: boolean;
  readonly replacedDistId?: string;
}

/** Each lost race means that somebody else won one: this many in a row is a fault, not a crowd. */
const MOST_RACES = 100;

function keyOf(name: string, link: Link): string {
  return link === 'direct' ? storageKey.directLinkPointer(name) : storageKey.distributionPointer(name);
}

/** @returns undefined where nothing was distributed yet, or where the pointer is damaged: the records tell the same */
export async function readDistributionPointer(ledger: Ledger, name: string, link: Link = 'gate'): Promise<Target | undefined> {
  return unlessDamaged(async () => targetOf(await ledger.read(keyOf(name, link))));
}

function targetOf(entry: LedgerEntry | undefined): Target | undefined {
  return DistributionPointerSchema.safeParse(entry?.body).data?.distribution;
}

/** One that cannot even be read is removed: it says nothing that the records do not. */
async function readEntry(ledger: Ledger, key: string): Promise<LedgerEntry | undefined> {
  try {
    return await ledger.read(key);
  } catch (thrown) {
    if (!hasCode(thrown, 'record-corrupt')) throw thrown;
    await ledger.remove(key);
    return undefined;
  }
}

/**
 * @returns `isMoved` false when the pointer names a distribution that is as new or newer; else the one that it named before
 * @throws SlipwayError `record-changed` when others keep changing it
 */
export async function moveDistributionPointer(ledger: Ledger, name: string, target: Target, link: Link = 'gate'): Promise<PointerMove> {
  const key = keyOf(name, link);
  const body: DistributionPointer = { schemaVersion: 1, distribution: target };
  for (let race = 0; race < MOST_RACES; race++) {
    const entry = await readEntry(ledger, key);
    const before = targetOf(entry);
    if (before !== undefined && Date.parse(before.createdAt) >= Date.parse(target.createdAt)) return { isMoved: false };
    try {
      await (entry === undefined ? ledger.create(key, body) : ledger.replace(key, body, entry.revision));
      return { isMoved: true, ...(before === undefined ? {} : { replacedDistId: before.distId }) };
    } catch (thrown) {
      if (!hasCode(thrown, 'record-changed') && !hasCode(thrown, 'record-exists')) throw thrown;
    }
  }
  throw new SlipwayError('record-changed', `the newest link of '${name}' keeps being changed by others`, {
    hint: 'run the command again',
  });
}
