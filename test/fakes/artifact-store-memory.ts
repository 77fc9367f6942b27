/** An ArtifactStore in memory, for tests of use-cases. Every put makes a new version; the digest is proved. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ArtifactStore, StoredFile } from '../../core/ports/artifact-store';
import { SlipwayError } from '../../core/slipway-error';

export interface MemoryArtifactStore extends ArtifactStore {
  readonly contents: ReadonlyMap<string, Buffer>;
}

export function createMemoryArtifactStore(): MemoryArtifactStore {
  const contents = new Map<string, Buffer>();
  const versionOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  const storedFile = (key: string, bytes: Buffer): StoredFile => ({ key, sizeBytes: bytes.length, versionId: versionOf(bytes) });
  const get = (key: string, versionId?: string) => {
    const bytes = contents.get(key);
    if (bytes === undefined || (versionId !== undefined && versionOf(bytes) !== versionId)) {
      throw new SlipwayError('artifact-not-found', `there is no file '${key}'`);
    }
    return bytes;
  };
  return {
    contents,
    async head(key) {
      await Promise.resolve();
      const bytes = contents.get(key);
      return bytes === undefined ? undefined : storedFile(key, bytes);
    },
    async put(key, open, { sha256, ifAbsent = false }) {
      const existing = contents.get(key);
      if (ifAbsent && existing !== undefined) return storedFile(key, existing);
      const chunks: Buffer[] = [];
      for await (const chunk of open()) chunks.push(Buffer.from(chunk as Uint8Array));
      const bytes = Buffer.concat(chunks);
      if (sha256 !== undefined && versionOf(bytes) !== sha256) throw new SlipwayError('checksum-mismatch', `'${key}' is not what was said`);
      contents.set(key, bytes);
      return storedFile(key, bytes);
    },
    async read(key, { versionId, range } = {}) {
      await Promise.resolve();
      const bytes = get(key, versionId);
      return Readable.from([range === undefined ? bytes : bytes.subarray(range.start, range.endExclusive)]);
    },
    async copy(from, toKey, { ifAbsent = false } = {}) {
      await Promise.resolve();
      const existing = contents.get(toKey);
      if (ifAbsent && existing !== undefined) return storedFile(toKey, existing);
      const bytes = get(from.key, from.versionId);
      contents.set(toKey, bytes);
      return storedFile(toKey, bytes);
    },
    async list(prefix) {
      await Promise.resolve();
      return [...contents].filter(([key]) => key.startsWith(prefix)).map(([key, bytes]) => storedFile(key, bytes));
    },
    async remove(key) {
      await Promise.resolve();
      contents.delete(key);
    },
  };
}
