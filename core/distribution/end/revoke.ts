/**
 * Ends a distribution at once: the record says so first, then its copies go, so that redirects already given die too.
 * Revoking again is no error and finishes what was cut short.
 */
import { removeCopies } from '../hand-out/distribution-copies';
import type { Distribution } from '../distribution';
import { findDistribution } from '../find-distribution';
import type { ArtifactStore } from '../../ports/artifact-store';
import type { Clock } from '../../ports/clock';
import type { Ledger } from '../../ports/ledger';
import { isSlipwayError } from '../../slipway-error';
import { storageKey } from '../../storage-key';
import { SWEEP_GRACE_MS } from './sweep-distributions';

export interface RevokePorts {
  readonly ledger: Ledger;
  readonly store: ArtifactStore;
  readonly clock: Clock;
}

/** @throws SlipwayError `distribution-not-found`, `distribution-ambiguous` */
export async function revoke(ports: RevokePorts, reference: string): Promise<Distribution> {
  const revoked = await markRevoked(ports, reference);
  await noteForSweep(ports, revoked);
  await removeCopies(ports.store, revoked.distId);
  return revoked;
}

/** Should this be cut off here, the next sweep deletes the copies. */
async function noteForSweep(ports: RevokePorts, { distId, name, revokedAt }: Distribution): Promise<void> {
  const overMs = Math.max(0, Date.parse(revokedAt ?? '') - SWEEP_GRACE_MS - 1);
  try {
    await ports.ledger.create(storageKey.expiringDistribution(overMs, distId), { schemaVersion: 1, name });
  } catch (thrown) {
    if (!isSlipwayError(thrown) || thrown.code !== 'record-exists') throw thrown;
  }
}

async function markRevoked(ports: RevokePorts, reference: string): Promise<Distribution> {
  for (;;) {
    const { distribution, revision } = await findDistribution(ports.ledger, reference);
    if (distribution.revokedAt !== undefined) return distribution;
    const revoked: Distribution = { ...distribution, revokedAt: new Date(ports.clock.nowMs()).toISOString() };
    try {
      await ports.ledger.replace(storageKey.distributionRecord(distribution.distId), revoked, revision);
      return revoked;
    } catch (thrown) {
      // Only another revoke changes the record; the next round sees it.
      if (!isSlipwayError(thrown) || thrown.code !== 'record-changed') throw thrown;
    }
  }
}
