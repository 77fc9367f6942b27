/**
 * Owns the pointer of an application: its newest build that succeeded.
 * It is replaced only by a build that was created later, whatever the order in which builds end.
 */
import { z } from 'zod';
import type { BuildPorts } from './build-ports';
import type { BuildRecord } from './build-record';
import { IdSchema } from '../identifier';
import type { LedgerEntry } from '../ports/ledger';
import { storageKey } from '../storage-key';
import { backOffMs, hasCode } from './stored-build';
import { unlessDamaged } from '../ledger-outcome';

const PointerSchema = z.strictObject({
  schemaVersion: z.literal(1),
  name: z.string(),
  buildId: IdSchema,
  createdAt: z.iso.datetime(),
});
export type Pointer = z.infer<typeof PointerSchema>;

const MAX_ATTEMPTS = 60;

/** @returns undefined where no build succeeded yet, or where the pointer is damaged: it can be found again from the records */
export async function readPointer(ports: Pick<BuildPorts, 'ledger'>, name: string): Promise<Pointer | undefined> {
  return unlessDamaged(async () => PointerSchema.safeParse((await ports.ledger.read(storageKey.pointer(name)))?.body).data);
}

/** Lets the pointer name this build, unless it names a newer one. The build must have succeeded. */
export async function advancePointer(ports: Pick<BuildPorts, 'ledger' | 'clock' | 'randomness'>, record: BuildRecord): Promise<void> {
  const key = storageKey.pointer(record.name);
  const wanted: Pointer = { schemaVersion: 1, name: record.name, buildId: record.buildId, createdAt: record.createdAt };
  for (let attempt = 1; ; attempt++) {
    const entry = await readEntry(ports, key);
    const current = PointerSchema.safeParse(entry?.body).data;
    if (current !== undefined && (current.buildId === record.buildId || current.createdAt >= record.createdAt)) return;
    try {
      if (entry === undefined) await ports.ledger.create(key, wanted);
      else await ports.ledger.replace(key, wanted, entry.revision);
      return;
    } catch (thrown) {
      if (!(hasCode(thrown, 'record-changed') || hasCode(thrown, 'record-exists')) || attempt >= MAX_ATTEMPTS) throw thrown;
      await ports.clock.sleep(backOffMs(ports, attempt));
    }
  }
}

/** A damaged pointer is removed: it says nothing that the records do not. */
async function readEntry(ports: Pick<BuildPorts, 'ledger'>, key: string): Promise<LedgerEntry | undefined> {
  try {
    return await ports.ledger.read(key);
  } catch (thrown) {
    if (!hasCode(thrown, 'record-corrupt')) throw thrown;
    await ports.ledger.remove(key);
    return undefined;
  }
}
