/**
 * Owns the two zips by which a job reaches CodeBuild, which unzips what it is given and keeps neither modes nor links
 * (docs/decisions/008): the source inside an outer zip, made once per source, and `job.json`, one per job.
 * Nothing of a source is kept in memory.
 */
import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { Job } from '../../core/build/job';
import { DELIVERED_FILE } from '../../core/build/job-delivery';
import type { ArtifactStore, StoredFile } from '../../core/ports/artifact-store';
import { SlipwayError } from '../../core/slipway-error';
import { storageKey } from '../../core/storage-key';

/** The earliest date of the format, in the machine's own time zone, as the format has none: equal bytes everywhere. */
const ENTRY_OPTIONS = { mtime: new Date(1980, 0, 1), mode: 0o100644, forceDosTimestamp: true } as const;

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
  return artifacts.put(key, () => zipOfStream(proven(artifacts, source), DELIVERED_FILE.source), { ifAbsent: true });
}

/** Stores `job.json` in its zip, unless that was done before: what a job is does not change. */
export async function packJob(artifacts: ArtifactStore, job: Job): Promise<StoredFile> {
  const content = await zipOfBuffer(Buffer.from(`${JSON.stringify(job, undefined, 2)}\n`), DELIVERED_FILE.job);
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

/** Stored, not compressed: the inner file is a zip already. Errors of the content are errors of the zip. */
function zipOfStream(content: AsyncIterable<Buffer>, name: string): Readable {
  const zip = new ZipFile();
  const inner = Readable.from(content);
  const outer = new PassThrough();
  const fail = (error: Error) => outer.destroy(error);
  inner.on('error', fail);
  zip.on('error', fail);
  outer.on('close', () => inner.destroy());
  zip.addReadStream(inner, name, { ...ENTRY_OPTIONS, compress: false });
  zip.end();
  zip.outputStream.pipe(outer);
  return outer;
}

async function zipOfBuffer(content: Buffer, name: string): Promise<Buffer> {
  const zip = new ZipFile();
  zip.addBuffer(content, name, { ...ENTRY_OPTIONS, compress: false });
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
