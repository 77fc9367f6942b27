/**
 * The ArtifactStore on a folder. A version is the SHA-256 of the content: what was stored under it is proved by reading it.
 * The digest of a file is kept beside the store with its size and time, so that it is taken again only when the file changed.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ArtifactStore, StoredFile } from '../../core/ports/artifact-store';
import type { Files, FileStat } from '../../core/ports/files';
import { isSlipwayError, SlipwayError, toSlipwayError } from '../../core/slipway-error';
import { hasCode } from '../../core/build/stored-build';
import { createContentOpener, type OpenContent, type WantedContent } from './open-content';
import { keysBelow, pathOfKey } from './store-path';

export interface FolderArtifactStore extends ArtifactStore {
  /**
   * The same content as `read` gives. A file that this store has read and proved from end to end is not proved again while the system
   * knows of no change to it.
   * @throws SlipwayError `artifact-not-found`, `checksum-mismatch`
   */
  open(key: string, wanted: WantedContent): Promise<OpenContent>;
}

/** @param storeDirectory `$SLIPWAY_HOME/store` */
export function createFolderArtifactStore(files: Files, storeDirectory: string): FolderArtifactStore {
  const place = (key: string) => pathOfKey(storeDirectory, key);
  const digests = createDigests(files, storeDirectory);
  const opener = createContentOpener({ files, place, digestOf: digests.of, notFound, mismatch });

  const head = async (key: string): Promise<StoredFile | undefined> => {
    const stat = await files.stat(place(key));
    if (stat?.kind !== 'file') return undefined;
    return { key, sizeBytes: stat.sizeBytes, versionId: await digests.of(key, stat) };
  };

  const put = async (key: string, open: () => Readable, sha256: string | undefined): Promise<StoredFile> => {
    const digest = createDigest();
    await files.writeStream(place(key), async (sink) => {
      await pipeline(open(), digest.stream, sink);
      if (sha256 !== undefined && digest.sha256() !== sha256) throw mismatch(key, sha256, digest.sha256());
    });
    await digests.remember(key, digest.sha256());
    return { key, sizeBytes: digest.sizeBytes(), versionId: digest.sha256() };
  };

  return {
    head,
    async put(key, open, { sha256, ifAbsent }) {
      const present = ifAbsent === true ? await head(key) : undefined;
      // A file under the name of its digest that has another one is damaged: it is written anew.
      const isDamaged = sha256 !== undefined && present !== undefined && present.versionId !== sha256;
      return present === undefined || isDamaged ? put(key, open, sha256) : present;
    },
    async read(key, { versionId, range } = {}) {
      const stored = await head(key);
      if (stored === undefined) throw notFound(key);
      if (versionId !== undefined && stored.versionId !== versionId) throw mismatch(key, versionId, stored.versionId);
      const content = files.openRead(place(key), range);
      return range === undefined ? proved(content, key, stored.versionId) : content;
    },
    open: (key, wanted) => opener.open(key, wanted),
    async copy(from, toKey, { ifAbsent } = {}) {
      const present = ifAbsent === true ? await head(toKey) : undefined;
      if (present !== undefined) return present;
      if ((await files.stat(place(from.key)))?.kind !== 'file') throw notFound(from.key);
      try {
        return await put(toKey, () => files.openRead(place(from.key)), from.versionId);
      } catch (thrown) {
        if (hasCode(thrown, 'file-not-found')) throw notFound(from.key);
        throw thrown;
      }
    },
    async list(prefix) {
      const found = await Promise.all((await keysBelow(files, storeDirectory, prefix)).map(head));
      return found.filter((file) => file !== undefined);
    },
    async remove(key) {
      await files.remove(place(key));
      await digests.forget(key);
      await removeEmptyStaging(files, storeDirectory, key);
    },
  };
}

function notFound(key: string): SlipwayError {
  return new SlipwayError('artifact-not-found', `'${key}' is not in the store`, {
    hint: 'build it again with slipway start-build --no-cache',
    details: { key },
  });
}

function mismatch(key: string, expected: string, actual: string): SlipwayError {
  return new SlipwayError('checksum-mismatch', `'${key}' has sha256 ${actual}, expected ${expected}`, {
    hint: 'build it again with slipway start-build --no-cache',
    details: { key, expected, actual },
  });
}

interface Digest {
  readonly stream: Transform;
  sha256(): string;
  sizeBytes(): number;
}

function createDigest(): Digest {
  const hash = createHash('sha256');
  let result: string | undefined;
  let sizeBytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      callback(null, chunk);
    },
  });
  return { stream, sha256: () => (result ??= hash.digest('hex')), sizeBytes: () => sizeBytes };
}

/**
 * The content, whose stream fails when it is not what was stored. Its last piece waits for the judgement:
 * who was promised a length then never gets as many bytes, and cannot take damaged ones for whole.
 */
function proved(content: Readable, key: string, sha256: string): Readable {
  const digest = createDigest();
  let held: Buffer | undefined;
  const judge = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      callback(null, held);
      held = chunk;
    },
    flush: (callback) => (digest.sha256() === sha256 ? callback(null, held) : callback(mismatch(key, sha256, digest.sha256()))),
  });
  // Rejections reach the reader through `judge`: pipeline destroys it with the error.
  pipeline(content, digest.stream, judge).catch((thrown: unknown) => {
    if (!judge.destroyed) judge.destroy(isSlipwayError(thrown) ? thrown : toSlipwayError(thrown));
  });
  return judge;
}

interface Digests {
  readonly of: (key: string, stat: FileStat) => Promise<string>;
  remember(key: string, sha256: string): Promise<void>;
  forget(key: string): Promise<void>;
}

interface KnownDigest {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
}

function createDigests(files: Files, storeDirectory: string): Digests {
  const sidecar = (key: string) => path.join(storeDirectory, '.digests', `${createHash('sha256').update(key).digest('hex')}.json`);

  const known = async (key: string): Promise<KnownDigest | undefined> => {
    try {
      return JSON.parse(await files.readText(sidecar(key))) as KnownDigest;
    } catch {
      return undefined; // Missing or damaged: the digest is taken again.
    }
  };
  const store = async (key: string, stat: FileStat, sha256: string): Promise<void> => {
    const { sizeBytes, modifiedAtMs } = stat;
    try {
      await files.write(sidecar(key), JSON.stringify({ sha256, sizeBytes, modifiedAtMs } satisfies KnownDigest));
    } catch {
      // It only saves time: a store that cannot be written to, or whose digests are damaged, can still be read.
    }
  };

  return {
    async of(key, stat) {
      const digest = await known(key);
      if (digest?.sizeBytes === stat.sizeBytes && digest.modifiedAtMs === stat.modifiedAtMs) return digest.sha256;
      const hash = createHash('sha256');
      for await (const chunk of files.openRead(pathOfKey(storeDirectory, key))) hash.update(chunk as Buffer);
      const sha256 = hash.digest('hex');
      await store(key, stat, sha256);
      return sha256;
    },
    async remember(key, sha256) {
      const stat = await files.stat(pathOfKey(storeDirectory, key));
      if (stat !== undefined) await store(key, stat, sha256);
    },
    // One that stays speaks of a size and a time that no new file has.
    forget: (key) => files.remove(sidecar(key)).catch(() => undefined),
  };
}

/** A job's staging folder is its own: nobody writes to it once its files are taken away. */
async function removeEmptyStaging(files: Files, storeDirectory: string, key: string): Promise<void> {
  if (!key.startsWith('staging/')) return;
  for (let parts = key.split('/').slice(0, -1); parts.length > 1; parts = parts.slice(0, -1)) {
    const directory = path.join(storeDirectory, ...parts);
    try {
      if ((await files.list(directory)).length > 0) return;
    } catch (thrown) {
      if (hasCode(thrown, 'file-not-found')) continue;
      throw thrown;
    }
    await files.remove(directory);
  }
}
