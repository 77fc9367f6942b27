/** Parses what a ledger holds: a record that does not fit its schema is corrupt, and the error says where it is. */
import type { z } from 'zod';
import type { LedgerEntry } from '../ports/ledger';
import { SlipwayError } from '../slipway-error';

/** @throws SlipwayError `record-corrupt` */
export function parseRecord<Schema extends z.ZodType>(schema: Schema, entry: LedgerEntry): z.infer<Schema> {
  const parsed = schema.safeParse(entry.body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SlipwayError(
    'record-corrupt',
    `the record '${entry.place ?? entry.key}' cannot be understood: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    {
      hint: 'a newer slipway may have written it; otherwise restore it from a backup, or remove it',
      details: { place: entry.place ?? entry.key },
      cause: parsed.error,
    },
  );
}
