/**
 * Records a grant: one download of a full file. Create-only keys make the count exact, however many gates answer at once.
 * Whether a request is a grant at all belongs to `gate-decision.ts`.
 */
import { GrantSchema, type Distribution, type Grant } from './distribution';
import { RESUME_WINDOW_MS } from './gate-decision';
import { parseRecord } from '../build/parse-record';
import { hasCode } from '../build/stored-build';
import type { Clock, Randomness } from '../ports/clock';
import type { Ledger } from '../ports/ledger';
import { isSlipwayError } from '../slipway-error';
import { storageKey } from '../storage-key';

/** Wide enough for MOST_DOWNLOADS. */
const SLOT_DIGITS = 4;

export interface GrantPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/**
 * @returns undefined when every permitted download was granted, also by others while this call ran
 */
export async function recordGrant(
  ports: GrantPorts,
  distribution: Distribution,
  download: { readonly file: string; readonly address: string },
): Promise<Grant | undefined> {
  const nowMs = ports.clock.nowMs();
  const grantWith = (grantId: string): Grant => ({
    schemaVersion: 1,
    distId: distribution.distId,
    grantId,
    ...download,
    grantedAt: new Date(nowMs).toISOString(),
  });
  if (distribution.maxDownloads === undefined) {
    const grant = grantWith(timeOrderedUuid(nowMs, ports.randomness.bytes(10)));
    await ports.ledger.create(storageKey.grant(distribution.distId, grant.grantId), grant);
    return grant;
  }
  // Slots are taken from the left without holes, so the number of keys is the first that may be free.
  for (let slot = await countGrants(ports.ledger, distribution.distId); slot < distribution.maxDownloads; slot++) {
    const grant = grantWith(String(slot).padStart(SLOT_DIGITS, '0'));
    if (await createOnly(ports.ledger, storageKey.grant(distribution.distId, grant.grantId), grant)) return grant;
  }
  return undefined;
}

export async function countGrants(ledger: Ledger, distId: string): Promise<number> {
  return (await ledger.keys(storageKey.grantsPrefix(distId))).length;
}

/** The grants that a piece of a download may belong to; reads no older ones. */
export async function recentGrants(ledger: Ledger, distribution: Distribution, nowMs: number): Promise<readonly Grant[]> {
  const prefix = storageKey.grantsPrefix(distribution.distId);
  const sinceMs = nowMs - RESUME_WINDOW_MS;
  const after = distribution.maxDownloads === undefined ? { after: `${prefix}${timeOrderedUuid(sinceMs, new Uint8Array(10))}` } : {};
  const keys = await ledger.keys(prefix, after);
  const grants: Grant[] = [];
  for (const key of [...keys].reverse()) {
    const grant = await readableGrant(ledger, key);
    if (grant === undefined) continue;
    if (Date.parse(grant.grantedAt) <= sinceMs) break;
    grants.push(grant);
  }
  return grants;
}

/** A damaged one is none that a download could go on with; it still counts. */
async function readableGrant(ledger: Ledger, key: string): Promise<Grant | undefined> {
  try {
    return await readGrant(ledger, key);
  } catch (thrown) {
    if (hasCode(thrown, 'record-corrupt')) return undefined;
    throw thrown;
  }
}

export async function readGrant(ledger: Ledger, key: string): Promise<Grant | undefined> {
  const entry = await ledger.read(key);
  return entry === undefined ? undefined : parseRecord(GrantSchema, entry);
}

/** A UUID whose spelling sorts by time: version 7 of RFC 9562, section 5.7. */
export function timeOrderedUuid(timeMs: number, randomBytes: Uint8Array): string {
  const time = Math.max(0, Math.floor(timeMs)).toString(16).padStart(12, '0');
  const random = Buffer.from(randomBytes.subarray(0, 10));
  random[0] = ((random[0] ?? 0) & 0x0f) | 0x70;
  random[2] = ((random[2] ?? 0) & 0x3f) | 0x80;
  const hex = time + random.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

async function createOnly(ledger: Ledger, key: string, body: unknown): Promise<boolean> {
  try {
    await ledger.create(key, body);
    return true;
  } catch (thrown) {
    if (isSlipwayError(thrown) && thrown.code === 'record-exists') return false;
    throw thrown;
  }
}
