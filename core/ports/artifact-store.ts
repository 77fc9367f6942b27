/** Files under storage keys. The adapters are one versioned bucket and one folder; both pass the same contract suite. */
import type { Readable } from 'node:stream';

export interface StoredFile {
  readonly key: string;
  readonly sizeBytes: number;
  /** What a later read must name to get these very bytes. */
  readonly versionId: string;
  /** Where the store proved the digest itself when the file came, and tells it without reading the file. In hex. */
  readonly sha256?: string;
}

export interface ArtifactStore {
  head(key: string): Promise<StoredFile | undefined>;
  /**
   * Stores what `open` gives, after its digest was proved.
   * With `ifAbsent` a file that is there already stays and is returned.
   * @throws SlipwayError `checksum-mismatch`, `disk-full`
   */
  put(key: string, open: () => Readable, options: { readonly sha256?: string; readonly ifAbsent?: boolean }): Promise<StoredFile>;
  /** @throws SlipwayError `artifact-not-found` */
  read(
    key: string,
    options?: { readonly versionId?: string; readonly range?: { readonly start: number; readonly endExclusive: number } },
  ): Promise<Readable>;
  /** With `ifAbsent` a file that is there already stays and is returned, whatever it holds. */
  copy(
    from: { readonly key: string; readonly versionId: string },
    toKey: string,
    options?: { readonly ifAbsent?: boolean },
  ): Promise<StoredFile>;
  list(prefix: string): Promise<readonly StoredFile[]>;
  remove(key: string): Promise<void>;
}
