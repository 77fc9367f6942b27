/**
 * Owns the decision of the gate: one pure function from what is known to yes or no, with its reason.
 * Reading what it needs and recording what follows belongs to `answer-gate-request.ts`.
 */
import { parseAddress, rangesHaveFamily, rangesInclude } from '../addresses/address-range';
import { isCounted, type DistributedFile, type Distribution } from '../distribution';

/** Why a request is denied, in the order in which they are looked at: the first that applies is the reason. */
export const DENIALS = ['unknown', 'revoked', 'expired', 'address-not-allowed', 'file-unknown', 'exhausted'] as const;
export type Denial = (typeof DENIALS)[number];

/** A page is every answer that hands out no file: the download page, the plain list, a preview. */
export type GateAsk =
  | { readonly kind: 'page' }
  | {
      readonly kind: 'file';
      readonly file: string;
      readonly method: 'GET' | 'HEAD';
      /** Asks for a piece of the file, be it one that exists or not. */
      readonly isRange: boolean;
    };

export interface GateQuestion {
  /** Undefined for a token that opens nothing. */
  readonly distribution: Distribution | undefined;
  readonly ask: GateAsk;
  /** As the connection says; undefined when it is gone. */
  readonly callerAddress: string | undefined;
  readonly nowMs: number;
  readonly grants: {
    /** How many were given; looked at only where the distribution has a limit. */
    readonly usedCount: number;
    /** `isGrantedRecently` of the caller and the file, see `grants/resume-window.ts`. */
    readonly isGrantedRecently: boolean;
  };
  /**
   * `gate`: nobody else looks at the address. `storage`: the redirect is bound to the whole list, and the caller may reach
   * the storage by the other family, so the gate denies only when the list has ranges of the caller's family and none matches.
   */
  readonly rangesEnforcedBy: 'gate' | 'storage';
}

export type GateDecision =
  | { readonly isAllowed: false; readonly reason: Denial }
  | {
      readonly isAllowed: true;
      readonly reason: 'ok';
      /** Absent for a page. */
      readonly file?: DistributedFile;
      /** The download has to be recorded, and may still turn out exhausted. */
      readonly isGrant: boolean;
    };

/** Precedence as in {@link DENIALS}: whether a link holds at all comes before who asks, and that before what is asked for. */
export function decide(question: GateQuestion): GateDecision {
  const { distribution, ask, nowMs } = question;
  if (distribution === undefined) return denied('unknown');
  if (distribution.revokedAt !== undefined) return denied('revoked');
  if (!(nowMs < Date.parse(distribution.expiresAt))) return denied('expired');
  if (!isAddressAllowed(distribution.allowedRanges, question.callerAddress, question.rangesEnforcedBy))
    return denied('address-not-allowed');
  if (ask.kind === 'page') return { isAllowed: true, reason: 'ok', isGrant: false };

  const file = distribution.files.find((candidate) => candidate.file === ask.file);
  if (file === undefined) return denied('file-unknown');
  const isContinued = question.grants.isGrantedRecently && (ask.isRange || ask.method === 'HEAD');
  if (!isCounted(file.kind) || isContinued) return { isAllowed: true, reason: 'ok', file, isGrant: false };
  if (distribution.maxDownloads !== undefined && question.grants.usedCount >= distribution.maxDownloads) return denied('exhausted');
  return { isAllowed: true, reason: 'ok', file, isGrant: ask.method === 'GET' };
}

function denied(reason: Denial): GateDecision {
  return { isAllowed: false, reason };
}

function isAddressAllowed(ranges: readonly string[], callerAddress: string | undefined, enforcedBy: 'gate' | 'storage'): boolean {
  if (ranges.length === 0) return true;
  const address = callerAddress === undefined ? undefined : parseAddress(callerAddress);
  if (address === undefined) return false;
  if (enforcedBy === 'storage' && !rangesHaveFamily(ranges, address.family)) return true;
  return rangesInclude(ranges, address);
}
