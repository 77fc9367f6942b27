/**
 * Owns reading and changing build records in the Ledger: parsed on the way in, changed by compare-and-swap only.
 * What a change means belongs to the use-cases.
 */
import { buildIdOfIndexKey, storageKey } from '../storage-key';
import { BuildRecordSchema, isOpen, withJob, type BuildRecord, type JobRecord } from './build-record';
import type { BuildPorts } from './build-ports';
import { parseRecord } from './parse-record';
import type { PlatformId } from '../platform';
import type { LedgerEntry } from '../ports/ledger';
import { isSlipwayError, SlipwayError, type ErrorCode } from '../slipway-error';

/** More writers than this do not meet at one record. */
const MAX_ATTEMPTS = 60;

interface StoredBuild {
  readonly record: BuildRecord;
  readonly revision: string;
}

/** @throws SlipwayError `record-corrupt` naming the place of the record */
function parseBuild(entry: LedgerEntry): StoredBuild {
  return { record: parseRecord(BuildRecordSchema, entry), revision: entry.revision };
}

/** @returns undefined where there is no such build */
export async function findBuild(ports: Pick<BuildPorts, 'ledger'>, buildId: string): Promise<BuildRecord | undefined> {
  const entry = await ports.ledger.read(storageKey.buildRecord(buildId));
  return entry === undefined ? undefined : parseBuild(entry).record;
}

/** @throws SlipwayError `build-not-found`, `record-corrupt` */
export async function readBuild(ports: Pick<BuildPorts, 'ledger'>, buildId: string): Promise<BuildRecord> {
  const record = await findBuild(ports, buildId);
  if (record === undefined) throw buildNotFound(buildId);
  return record;
}

export function buildNotFound(reference: string): SlipwayError {
  return new SlipwayError('build-not-found', `there is no build '${reference}'`, {
    hint: 'run slipway builds to see those that there are',
  });
}

/**
 * Changes one job by compare-and-swap, as often as others come between.
 * @param change is asked again for each newer state; undefined leaves the job as it is
 * @returns the newest record, and whether the change was made
 */
export async function changeJob(
  ports: Pick<BuildPorts, 'ledger' | 'clock' | 'randomness'>,
  buildId: string,
  platform: PlatformId,
  change: (job: JobRecord) => Partial<JobRecord> | undefined,
): Promise<{ readonly record: BuildRecord; readonly isChanged: boolean }> {
  const key = storageKey.buildRecord(buildId);
  for (let attempt = 1; ; attempt++) {
    const entry = await ports.ledger.read(key);
    if (entry === undefined) throw buildNotFound(buildId);
    const { record, revision } = parseBuild(entry);
    const job = record.jobs[platform];
    const wanted = job === undefined ? undefined : change(job);
    if (wanted === undefined) return { record, isChanged: false };
    const changed = withJob(record, platform, wanted);
    try {
      await ports.ledger.replace(key, changed, revision);
      return { record: changed, isChanged: true };
    } catch (thrown) {
      if (!hasCode(thrown, 'record-changed') || attempt >= MAX_ATTEMPTS) throw thrown;
      await ports.clock.sleep(backOffMs(ports, attempt));
    }
  }
}

/** The same for a job that must still be open. */
export function changeOpenJob(
  ports: Pick<BuildPorts, 'ledger' | 'clock' | 'randomness'>,
  buildId: string,
  platform: PlatformId,
  change: (job: JobRecord) => Partial<JobRecord> | undefined,
): Promise<{ readonly record: BuildRecord; readonly isChanged: boolean }> {
  return changeJob(ports, buildId, platform, (job) => (isOpen(job.status) ? change(job) : undefined));
}

/** A little longer each time, never in step with another writer. */
export function backOffMs(ports: Pick<BuildPorts, 'randomness'>, attempt: number): number {
  return Math.min(attempt, 10) * (1 + (ports.randomness.bytes(1)[0] ?? 0) / 64);
}

export function hasCode(thrown: unknown, code: ErrorCode): boolean {
  return isSlipwayError(thrown) && thrown.code === code;
}

/**
 * Ids of builds, newest first, page by page. A build that was never completely recorded has an index key alone.
 */
export async function* buildIdsNewestFirst(ports: Pick<BuildPorts, 'ledger'>, pageSize = 50): AsyncGenerator<string> {
  const seen = new Set<string>();
  let after: string | undefined;
  for (;;) {
    const keys = await ports.ledger.keys(storageKey.buildIndexPrefix, { limit: pageSize, ...(after === undefined ? {} : { after }) });
    for (const key of keys) {
      const buildId = buildIdOfIndexKey(key);
      if (!seen.has(buildId)) yield buildId;
      seen.add(buildId);
    }
    after = keys.at(-1);
    if (after === undefined || keys.length < pageSize) return;
  }
}
