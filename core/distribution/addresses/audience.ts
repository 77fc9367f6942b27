/**
 * Owns for whom a link is: everybody, said by that word, or the addresses of a list that is never empty. A list that got lost on
 * its way is neither of them, so that whoever binds a link to it stops there: no link is opened by a mistake.
 */
import { SlipwayError } from '../../slipway-error';

export const EVERYBODY = 'everybody';

/** CIDR notation, merged and sorted, or the word. */
export type Audience = typeof EVERYBODY | readonly [string, ...string[]];

/**
 * Of a record that was read by its schema, where an empty list stands for everybody: it was written from a request that named nobody,
 * and `link-terms.ts` sees to it that no other request leads to one.
 * @throws SlipwayError `internal` without a list
 */
export function audienceOf(record: { readonly allowedRanges: readonly string[] | undefined }): Audience {
  if (record.allowedRanges === undefined) throw new SlipwayError('internal', 'a link has lost its list of address ranges');
  const [first, ...others] = record.allowedRanges;
  return first === undefined ? EVERYBODY : [first, ...others];
}

/** @throws SlipwayError `internal` for what is no audience, whatever its type says: an empty list above all */
export function assertAudience(audience: Audience): void {
  if (audience === EVERYBODY || (Array.isArray(audience) && audience.length > 0)) return;
  throw new SlipwayError('internal', 'a link is for nobody: its list of address ranges is empty');
}
