/**
 * Owns conditional and range requests of one file with a strong entity tag (RFC 9110, sections 13 and 14).
 * Several ranges in one request are answered with the whole file, as the standard allows.
 */

/** `endExclusive` is past the last byte. */
export interface ByteRange {
  readonly start: number;
  readonly endExclusive: number;
}

export type Transfer =
  | { readonly kind: 'full' }
  | { readonly kind: 'range'; readonly range: ByteRange }
  | { readonly kind: 'not-modified' }
  | { readonly kind: 'precondition-failed' }
  | { readonly kind: 'unsatisfiable' };

/** The headers that matter, in lower case. */
export interface TransferHeaders {
  readonly range?: string;
  readonly 'if-range'?: string;
  readonly 'if-match'?: string;
  readonly 'if-none-match'?: string;
}

/** @param etag with its quotes */
export function planTransfer(headers: TransferHeaders, file: { readonly sizeBytes: number; readonly etag: string }): Transfer {
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined && !namesTag(ifMatch, file.etag, 'strong')) return { kind: 'precondition-failed' };
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined && namesTag(ifNoneMatch, file.etag, 'weak')) return { kind: 'not-modified' };
  const ifRange = headers['if-range'];
  // A date never matches: the gate gives none out.
  if (headers.range === undefined || (ifRange !== undefined && ifRange.trim() !== file.etag)) return { kind: 'full' };
  return readRange(headers.range, file.sizeBytes);
}

function readRange(header: string, sizeBytes: number): Transfer {
  const match = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(header.trim());
  const [, firstText = '', lastText = ''] = match ?? [];
  if (match === null || (firstText === '' && lastText === '')) return { kind: 'full' };
  if (firstText === '') {
    const length = Math.min(Number(lastText), sizeBytes);
    return length === 0 ? { kind: 'unsatisfiable' } : { kind: 'range', range: { start: sizeBytes - length, endExclusive: sizeBytes } };
  }
  const start = Number(firstText);
  const last = lastText === '' ? sizeBytes - 1 : Number(lastText);
  if (lastText !== '' && last < start) return { kind: 'full' };
  if (start >= sizeBytes) return { kind: 'unsatisfiable' };
  return { kind: 'range', range: { start, endExclusive: Math.min(last + 1, sizeBytes) } };
}

function namesTag(header: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (header.trim() === '*') return true;
  const tags = header.split(',').map((tag) => tag.trim());
  return tags.some((tag) => tag === etag || (comparison === 'weak' && tag === `W/${etag}`));
}
