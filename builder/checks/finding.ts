/** Owns what one built-in check came to: nothing wrong, a fault, or that it does not apply. */

export interface Finding {
  readonly fault?: string;
  /** What a passed check noticed. */
  readonly note?: string;
  /** Why it does not apply here. */
  readonly skipReason?: string;
}
