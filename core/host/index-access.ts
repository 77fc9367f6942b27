/** Owns what is needed to reach package indexes on a network, beside their addresses; pip's configuration names it, and uv is told. */

export interface IndexAccess {
  /** A bundle or a folder of certificates. */
  readonly certificatePath?: string;
  readonly clientCertificatePath?: string;
  /** Hosts whose certificate is not checked. */
  readonly trustedHosts: readonly string[];
  readonly proxy?: string;
  readonly timeoutSeconds?: number;
  readonly keyringProvider?: string;
}
