/**
 * Owns the two zips by which a job reaches CodeBuild, which unzips what it is given and keeps neither modes nor links
 * (docs/decisions/008): the source inside an outer zip, made once per source, and `job.json`, one per job.
 * Nothing of a source is kept in memory.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Job } from '../../core/job/job';
import { DELIVERED_FILE } from '../../core/job/job-delivery';
import type { ArtifactStore, StoredFile } from '../../core/ports/artifact-store';
import { SlipwayError } from '../../core/slipway-error';
import { storageKey } from '../../core/storage-key';
import { storedZip } from './stored-zip';

export interface SourceOfJob {
  readonly key: string;
  readonly versionId: string;
  /** What the job says that its source is. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * Wraps a source, unless that was done before.
 * @throws SlipwayError `checksum-mismatch` when what is stored is not the source that the job names; nothing is stored then
 */
export async function wrapSource(artifacts: ArtifactStore, source: SourceOfJob): Promise<StoredFile> {
  const key = storageKey.wrappedSource(source.sha256);
  const there = await artifacts.head(key);
  if (there !== undefined) return there;
  return artifacts.put(key, () => Readable.from(storedZip(DELIVERED_FILE.source, proven(artifacts, source), source.sizeBytes)), {
    ifAbsent: true,
  });
}

/** Stores `job.json` in its zip, unless that was done before: what a job is does not change. */
export async function packJob(artifacts: ArtifactStore, job: Job): Promise<StoredFile> {
  const text = Buffer.from(`${JSON.stringify(job, undefined, 2)}\n`);
  const content = await buffer(storedZip(DELIVERED_FILE.job, [text], text.length));
  const key = storageKey.jobPackage(job.buildId, job.platform, job.attempt);
  return artifacts.put(key, () => Readable.from([content]), {
    sha256: createHash('sha256').update(content).digest('hex'),
    ifAbsent: true,
  });
}

/** Opens the source when somebody reads, and fails at its end when it is not what was promised: the store then keeps nothing. */
async function* proven(artifacts: ArtifactStore, { key, versionId, sha256, sizeBytes }: SourceOfJob): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let readBytes = 0;
  for await (const chunk of await artifacts.read(key, { versionId })) {
    const bytes = chunk as Buffer;
    hash.update(bytes);
    readBytes += bytes.length;
    yield bytes;
  }
  const actual = hash.digest('hex');
  if (actual === sha256 && readBytes === sizeBytes) return;
  const found = `sha256 ${actual} and ${readBytes} bytes`;
  throw new SlipwayError('checksum-mismatch', `the source '${key}' has ${found}, expected ${sha256} and ${sizeBytes}`, {
    hint: 'run slipway start-build again',
    details: { key },
  });
}
