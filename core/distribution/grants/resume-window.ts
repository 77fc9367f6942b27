/** Owns how long a download that was counted may be gone on with, piece by piece, from the same address. */
import type { Grant } from '../distribution';

/** How long an address that was granted a file may come back for pieces of it. */
export const RESUME_WINDOW_MS = 3_600_000;

/** Whether `address` was granted `file` within the hour: what it asks for now is a piece of a download that was counted. */
export function isGrantedRecently(
  grants: readonly Pick<Grant, 'file' | 'address' | 'grantedAt'>[],
  caller: { readonly file: string; readonly address: string },
  nowMs: number,
): boolean {
  return grants.some(
    (grant) => grant.file === caller.file && grant.address === caller.address && Date.parse(grant.grantedAt) > nowMs - RESUME_WINDOW_MS,
  );
}
