/**
 * Named values that people and scripts read. The adapter is SSM's parameter store, which knows no compare-and-swap:
 * what must not be lost stands in the ledger, and a parameter is written after it.
 */
export interface Parameters {
  read(name: string): Promise<string | undefined>;
  /** @throws SlipwayError `parameter-not-written`; the value that was there then still is */
  write(name: string, value: string, options?: { readonly isSecret?: boolean }): Promise<void>;
  /** No error where nothing is. */
  remove(name: string): Promise<void>;
}
