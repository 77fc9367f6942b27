/**
 * The one place that keeps a link's token: for the newest distribution of an application, readable by its owner alone.
 * The adapters are a file with mode 0600 and a SecureString.
 */
export interface LinkTokens {
  read(name: string, distId: string): Promise<string | undefined>;
  /** Leaves the tokens of other distributions alone: until the pointer was moved, one of them is the newest. */
  write(name: string, distId: string, token: string): Promise<void>;
  /** No error where nothing is. */
  forget(name: string, distId: string): Promise<void>;
}
