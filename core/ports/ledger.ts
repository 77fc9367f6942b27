/**
 * JSON documents under storage keys, changed by compare-and-swap only.
 * The adapters are one bucket (`If-Match`) and one folder (a lock and a rename); both pass the same contract suite.
 */

export interface LedgerEntry {
  readonly key: string;
  readonly body: unknown;
  /** Names this content: an ETag, or a digest of it. */
  readonly revision: string;
  /** Where a person finds the document: a path, or an address. */
  readonly place?: string;
}

export interface Ledger {
  /** @throws SlipwayError `record-corrupt` with the place of the file, when it holds no JSON */
  read(key: string): Promise<LedgerEntry | undefined>;
  /**
   * Exactly one of several concurrent callers succeeds.
   * @returns the revision
   * @throws SlipwayError `record-exists`
   */
  create(key: string, body: unknown): Promise<string>;
  /**
   * @returns the new revision
   * @throws SlipwayError `record-changed` when `revision` is no longer the newest
   */
  replace(key: string, body: unknown, revision: string): Promise<string>;
  /** No error where nothing is. */
  remove(key: string): Promise<void>;
  /** Keys that start with `prefix`, ascending by code units, at most `limit`, all greater than `after`. */
  keys(prefix: string, options?: { readonly limit?: number; readonly after?: string }): Promise<readonly string[]>;
}
