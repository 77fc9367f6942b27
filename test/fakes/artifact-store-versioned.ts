/**
 * An ArtifactStore in memory that keeps versions as a bucket does: each write makes one, the newest is what the key shows, and
 * the earlier ones are gone once the lifecycle has come by.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ArtifactStore, StoredFile } from '../../core/ports/artifact-store';
import { SlipwayError } from '../../core/slipway-error';

export interface VersionedArtifactStore extends ArtifactStore {
  /** Deletes what is not the newest version of its key. */
  forgetEarlierVersions(): void;
}

interface Version {
  readonly versionId: string;
  readonly bytes: Buffer;
}

export function createVersionedArtifactStore(): VersionedArtifactStore {
  /** Oldest first. */
  const versions = new Map<string, readonly Version[]>();
  let writes = 0;
  const newestOf = (key: string) => versions.get(key)?.at(-1);
  const storedFile = (key: string, { bytes, versionId }: Version): StoredFile => ({ key, sizeBytes: bytes.length, versionId });
  const store = (key: string, bytes: Buffer) => {
    const version = { versionId: `v${++writes}`, bytes };
    versions.set(key, [...(versions.get(key) ?? []), version]);
    return storedFile(key, version);
  };
  const get = (key: string, versionId?: string) => {
    const found = versionId === undefined ? newestOf(key) : versions.get(key)?.find((version) => version.versionId === versionId);
    if (found === undefined)
      throw new SlipwayError('artifact-not-found', `there is no file '${key}' in version '${versionId ?? 'newest'}'`);
    return found.bytes;
  };
  return {
    forgetEarlierVersions() {
      for (const [key, all] of versions) versions.set(key, all.slice(-1));
    },
    async head(key) {
      await Promise.resolve();
      const newest = newestOf(key);
      return newest === undefined ? undefined : storedFile(key, newest);
    },
    async put(key, open, { sha256, ifAbsent = false }) {
      const chunks: Buffer[] = [];
      for await (const chunk of open()) chunks.push(Buffer.from(chunk as Uint8Array));
      const newest = newestOf(key);
      if (ifAbsent && newest !== undefined) return storedFile(key, newest);
      const bytes = Buffer.concat(chunks);
      if (sha256 !== undefined && createHash('sha256').update(bytes).digest('hex') !== sha256)
        throw new SlipwayError('checksum-mismatch', `'${key}' is not what was said`);
      return store(key, bytes);
    },
    async read(key, { versionId, range } = {}) {
      await Promise.resolve();
      const bytes = get(key, versionId);
      return Readable.from([range === undefined ? bytes : bytes.subarray(range.start, range.endExclusive)]);
    },
    async copy(from, toKey, { ifAbsent = false } = {}) {
      const bytes = get(from.key, from.versionId);
      await Promise.resolve();
      const newest = newestOf(toKey);
      return ifAbsent && newest !== undefined ? storedFile(toKey, newest) : store(toKey, bytes);
    },
    async list(prefix) {
      await Promise.resolve();
      return [...versions.keys()].flatMap((key) => {
        const newest = newestOf(key);
        return newest !== undefined && key.startsWith(prefix) ? [storedFile(key, newest)] : [];
      });
    },
    async remove(key) {
      await Promise.resolve();
      versions.delete(key);
    },
  };
}
