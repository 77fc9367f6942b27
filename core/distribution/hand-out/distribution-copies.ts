/** Owns a distribution's own copies of files: how they come into the store, and how they go. */
import type { Readable } from 'node:stream';
import type { ContentFile } from './distribution-content';
import type { DistributedFile } from '../distribution';
import type { ArtifactStore, StoredFile } from '../../ports/artifact-store';
import { SlipwayError } from '../../slipway-error';
import { storageKey } from '../../storage-key';

export interface CopyPorts {
  readonly store: ArtifactStore;
  streamOf(bytes: Uint8Array): Readable;
}

/** @throws SlipwayError `checksum-mismatch` when what is stored is not what the build recorded */
export async function copyFile(ports: CopyPorts, distId: string, content: ContentFile): Promise<DistributedFile> {
  const stored = await storeCopy(ports, storageKey.distributionFile(distId, content.file), content);
  if (stored.sizeBytes !== content.sizeBytes) {
    throw new SlipwayError(
      'checksum-mismatch',
      `'${content.file}' has ${stored.sizeBytes} bytes where ${content.sizeBytes} were recorded`,
      {
        hint: 'run slipway start-build --no-cache to build it again',
      },
    );
  }
  const { file, kind, sizeBytes, sha256, platform, package: packaged } = content;
  return {
    file,
    kind,
    ...(platform === undefined ? {} : { platform }),
    sizeBytes,
    sha256,
    versionId: stored.versionId,
    ...(packaged === undefined ? {} : { package: packaged }),
  };
}

function storeCopy(ports: CopyPorts, key: string, { from, sha256 }: ContentFile): Promise<StoredFile> {
  if ('key' in from) return ports.store.copy(from, key);
  return ports.store.put(key, () => ('open' in from ? from.open() : ports.streamOf(from.bytes)), { sha256 });
}

/** Deletes every copy of a distribution. Used to undo one, and to end one. */
export async function removeCopies(store: ArtifactStore, distId: string): Promise<void> {
  for (const file of await store.list(storageKey.distributionPrefix(distId))) await store.remove(file.key);
}
