/**
 * Owns how a proved file comes to lie below `builds/`: once, whoever settles the job at the same moment.
 * A second copy would make the first one an earlier version of its key, which a bucket's lifecycle deletes long before the build:
 * the record would name what is gone.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ArtifactStore, StoredFile } from '../../ports/artifact-store';

export interface ProvedFile {
  readonly key: string;
  readonly versionId: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** @throws SlipwayError `artifact-not-found` */
export async function keepArtifact(artifacts: ArtifactStore, file: ProvedFile, toKey: string): Promise<StoredFile> {
  const kept = await artifacts.copy(file, toKey, { ifAbsent: true });
  if (kept.sizeBytes === file.sizeBytes && (await digestOfStored(artifacts, kept)) === file.sha256) return kept;
  // Left by an attempt that was judged by other bytes, and that no record names.
  return artifacts.copy(file, toKey);
}

/** In hex: as the store tells it, else by reading. */
export async function digestOfStored(artifacts: ArtifactStore, { key, versionId, sha256 }: StoredFile): Promise<string> {
  return sha256 ?? digestOf(await artifacts.read(key, { versionId }));
}

export async function digestOf(content: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of content) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
