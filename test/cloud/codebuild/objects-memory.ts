/** An object store in memory, for a stand-in without an emulator beside it. */
import type { ArtifactStore } from '../../../core/ports/artifact-store';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { hasCode } from '../../../core/build/stored-build';
import type { ObjectStore } from './ports';

/** The one bucket of an ArtifactStore, so that a test reads with one what the stand-in writes by the other. */
export function objectsOf(artifacts: ArtifactStore, bucket: string): ObjectStore & { readonly encryptions: Map<string, string> } {
  const requireBucket = (name: string) => {
    if (name !== bucket) throw new Error(`there is no bucket '${name}'`);
  };
  const encryptions = new Map<string, string>();
  return {
    encryptions,
    async get(name, key, versionId) {
      requireBucket(name);
      try {
        return await buffer(await artifacts.read(key, versionId === undefined ? {} : { versionId }));
      } catch (thrown) {
        if (hasCode(thrown, 'artifact-not-found')) return undefined;
        throw thrown;
      }
    },
    async put(name, key, body, { encryption }) {
      requireBucket(name);
      encryptions.set(key, encryption);
      await artifacts.put(key, () => Readable.from([body]), {});
    },
  };
}
