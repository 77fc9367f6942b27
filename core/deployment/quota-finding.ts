/** Owns what is told of a quota of the account that bounds what a deployment can do. */
export interface QuotaFinding {
  readonly quota: string;
  readonly value: number;
  /** Why it matters, and the command or page that raises it. */
  readonly remedy: string;
}
