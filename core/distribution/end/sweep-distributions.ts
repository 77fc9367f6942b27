/**
 * Deletes the copies of distributions that no link opens any more: expired, or revoked and cut short. Records and grants stay.
 * It reads `index/expiring/` up to the present, so that its cost follows what has ended since the last time.
 */
import { removeCopies } from '../hand-out/distribution-copies';
import type { ArtifactStore } from '../../ports/artifact-store';
import type { Clock } from '../../ports/clock';
import type { Ledger } from '../../ports/ledger';
import { buildIdOfIndexKey, storageKey } from '../../storage-key';

/** A download that began before the end may still run. */
export const SWEEP_GRACE_MS = 3_600_000;

const PAGE_SIZE = 100;

/** @returns the ids of those whose copies were deleted now */
export async function sweepDistributions(ports: {
  readonly ledger: Ledger;
  readonly store: ArtifactStore;
  readonly clock: Clock;
}): Promise<readonly string[]> {
  const swept: string[] = [];
  for await (const key of keysOfOver(ports)) {
    const distId = buildIdOfIndexKey(key);
    if ((await ports.store.list(storageKey.distributionPrefix(distId))).length > 0) {
      await removeCopies(ports.store, distId);
      swept.push(distId);
    }
    await ports.ledger.remove(key);
  }
  return swept;
}

/** The first key of the future ends it: keys sort by time. */
async function* keysOfOver({ ledger, clock }: { readonly ledger: Ledger; readonly clock: Clock }): AsyncGenerator<string> {
  const overMs = clock.nowMs() - SWEEP_GRACE_MS;
  let after: string | undefined;
  for (;;) {
    const page = await ledger.keys(storageKey.expiringDistributions, { limit: PAGE_SIZE, ...(after === undefined ? {} : { after }) });
    for (const key of page) {
      if (!(storageKey.expiresAtMsOfKey(key) < overMs)) return;
      yield key;
    }
    after = page.at(-1);
    if (after === undefined || page.length < PAGE_SIZE) return;
  }
}
