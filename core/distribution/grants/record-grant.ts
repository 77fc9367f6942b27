/**
 * Records a grant: one download of a full file. Create-only keys make the count exact, however many gates answer at once.
 * Whether a request is a grant at all belongs to `gate-decision.ts`.
 */
import { z } from 'zod';
import { GrantSchema, type Distribution, type Grant } from '../distribution';
import { isGrantedRecently } from './resume-window';
import { parseRecord } from '../../build/parse-record';
import { hasCode } from '../../build/stored-build';
import type { Clock, Randomness } from '../../ports/clock';
import type { Ledger } from '../../ports/ledger';
import { storageKey } from '../../storage-key';
import { createOnce, unlessDamaged } from '../../ledger-outcome';

/** Wide enough for MOST_DOWNLOADS. */
const SLOT_DIGITS = 4;

/** Leads from an address and a file to the newest grant of both. */
const ResumeRecordSchema = z.strictObject({ schemaVersion: z.literal(1), grantId: z.string() });

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
  const grant = await createGrant(ports, distribution, download);
  if (grant === undefined) return undefined;
  try {
    await noteForResume(ports.ledger, grant);
    return grant;
  } catch (thrown) {
    // Nothing is handed out now, so nothing was granted.
    await takeBackGrant(ports.ledger, grant);
    throw thrown;
  }
}

async function createGrant(
  ports: GrantPorts,
  distribution: Distribution,
  download: { readonly file: string; readonly address: string },
): Promise<Grant | undefined> {
  const nowMs = ports.clock.nowMs();
  const { distId, maxDownloads } = distribution;
  const grantWith = (grantId: string): Grant => ({
    schemaVersion: 1,
    distId,
    grantId,
    ...download,
    grantedAt: new Date(nowMs).toISOString(),
  });
  if (maxDownloads === undefined) {
    const grant = grantWith(timeOrderedUuid(nowMs, ports.randomness.bytes(10)));
    await ports.ledger.create(storageKey.grant(distId, grant.grantId), grant);
    return grant;
  }
  // From the left, a grant that was taken back leaves a slot free between others.
  const taken = new Set(await ports.ledger.keys(storageKey.grantsPrefix(distId)));
  for (let slot = 0; slot < maxDownloads; slot++) {
    const grant = grantWith(String(slot).padStart(SLOT_DIGITS, '0'));
    const key = storageKey.grant(distId, grant.grantId);
    if (!taken.has(key) && (await createOnce(ports.ledger, key, grant))) return grant;
  }
  return undefined;
}

/** For a file that could not be handed out after all. */
export async function takeBackGrant(ledger: Ledger, { distId, grantId }: { readonly distId?: string; readonly grantId?: string }) {
  if (distId !== undefined && grantId !== undefined) await ledger.remove(storageKey.grant(distId, grantId));
}

export async function countGrants(ledger: Ledger, distId: string): Promise<number> {
  return (await ledger.keys(storageKey.grantsPrefix(distId))).length;
}

/**
 * The grant that a piece of a download belongs to. Two reads, however many grants there are: pieces are asked for as often as a
 * caller likes. The note only leads to the grant, which says itself what it is for and may have been taken back.
 */
export async function recentGrant(
  ledger: Ledger,
  distId: string,
  caller: { readonly file: string; readonly address: string },
  nowMs: number,
): Promise<Grant | undefined> {
  const noted = await unlessDamaged(() => readResume(ledger, storageKey.resume(distId, caller.file, caller.address)));
  const grant = noted && (await unlessDamaged(() => readGrant(ledger, storageKey.grant(distId, noted.grantId))));
  return grant !== undefined && isGrantedRecently([grant], caller, nowMs) ? grant : undefined;
}

/** Most addresses come once, so the note is made before an earlier one is looked for. */
async function noteForResume(ledger: Ledger, { distId, grantId, file, address }: Grant): Promise<void> {
  const key = storageKey.resume(distId, file, address);
  const note: z.infer<typeof ResumeRecordSchema> = { schemaVersion: 1, grantId };
  if (await createOnce(ledger, key, note)) return;
  try {
    const earlier = await ledger.read(key);
    if (earlier !== undefined) await ledger.replace(key, note, earlier.revision);
  } catch (thrown) {
    // Another download of the same address was quicker; or the note is damaged, and then pieces are downloads of their own.
    if (!hasCode(thrown, 'record-changed') && !hasCode(thrown, 'record-corrupt')) throw thrown;
  }
}

async function readResume(ledger: Ledger, key: string): Promise<{ readonly grantId: string } | undefined> {
  const entry = await ledger.read(key);
  return entry === undefined ? undefined : parseRecord(ResumeRecordSchema, entry);
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
