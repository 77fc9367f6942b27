/**
 * Tells of a build's end, once: an event, a status read and a sweep may all find it at the same moment.
 * Whoever creates the marker tells; who dies between the marker and the telling leaves a claim that runs out,
 * and the next to come takes it over. So a notice is never left out, and twice only if somebody dies right after telling.
 */
import { z } from 'zod';
import type { BuildPorts } from '../build-ports';
import type { BuildRecord } from '../build-record';
import { storageKey } from '../../storage-key';
import { hasCode } from '../stored-build';

/** Longer than telling takes, shorter than a sweep's rhythm. */
const CLAIM_MS = 5 * 60_000;

const EndNoticeSchema = z.strictObject({ schemaVersion: z.literal(1), state: z.enum(['claimed', 'told']), at: z.iso.datetime() });
type EndNotice = z.infer<typeof EndNoticeSchema>;

/**
 * @returns whether everybody has been told; false while somebody else is at it
 * @throws what the notices throw; the claim is given up then
 */
export async function announceEnd(ports: BuildPorts, record: BuildRecord): Promise<boolean> {
  if (ports.notices === undefined && ports.onEnded === undefined) return true;
  const key = storageKey.endNotice(record.buildId);
  const claim = await claimNotice(ports, key);
  if (claim === 'told' || claim === 'taken') return claim === 'told';
  try {
    await ports.notices?.buildEnded(record);
  } catch (thrown) {
    await ports.ledger.remove(key);
    throw thrown;
  }
  ports.onEnded?.(record);
  await unlessRaced(ports.ledger.replace(key, noticeNow(ports, 'told'), claim.revision));
  return true;
}

async function claimNotice(ports: BuildPorts, key: string): Promise<'told' | 'taken' | { readonly revision: string }> {
  const entry = await ports.ledger.read(key);
  const found = EndNoticeSchema.safeParse(entry?.body).data;
  if (found?.state === 'told') return 'told';
  if (found !== undefined && ports.clock.nowMs() - Date.parse(found.at) < CLAIM_MS) return 'taken';
  const wanted = noticeNow(ports, 'claimed');
  const revision = await unlessRaced(
    entry === undefined ? ports.ledger.create(key, wanted) : ports.ledger.replace(key, wanted, entry.revision),
  );
  return revision === undefined ? 'taken' : { revision };
}

function noticeNow(ports: BuildPorts, state: EndNotice['state']): EndNotice {
  return { schemaVersion: 1, state, at: new Date(ports.clock.nowMs()).toISOString() };
}

/** Undefined where another was quicker. */
async function unlessRaced(write: Promise<string>): Promise<string | undefined> {
  try {
    return await write;
  } catch (thrown) {
    if (hasCode(thrown, 'record-exists') || hasCode(thrown, 'record-changed')) return undefined;
    throw thrown;
  }
}
