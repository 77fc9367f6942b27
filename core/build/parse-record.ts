/** Parses what a ledger holds: a record that does not fit its schema is corrupt, and the error says where it is. */
import type { z } from 'zod';
import type { LedgerEntry } from '../ports/ledger';
import { SlipwayError } from '../slipway-error';

/** What this version writes and reads. */
const KNOWN_VERSION = 1;

/** @throws SlipwayError `record-corrupt` */
export function parseRecord<Schema extends z.ZodType>(schema: Schema, entry: LedgerEntry): z.infer<Schema> {
  const parsed = schema.safeParse(entry.body);
  if (parsed.success) return parsed.data;
  const place = entry.place ?? entry.key;
  const version = versionOf(entry.body);
  const options = { details: { place }, cause: parsed.error };
  if (version > KNOWN_VERSION) {
    throw new SlipwayError(
      'record-corrupt',
      `the record '${place}' is of schema version '${version}', and this slipway reads ${KNOWN_VERSION}`,
      {
        hint: 'a newer slipway wrote it: use that one, or update this one',
        details: { place, schemaVersion: version },
        cause: parsed.error,
      },
    );
  }
  const [issue] = parsed.error.issues;
  throw new SlipwayError(
    'record-corrupt',
    `the record '${place}' cannot be understood: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    {
      hint: `restore '${place}' from a backup, or remove it to forget what it recorded`,
      ...options,
    },
  );
}

function versionOf(body: unknown): number {
  const version = typeof body === 'object' && body !== null && 'schemaVersion' in body ? body.schemaVersion : undefined;
  return typeof version === 'number' ? version : KNOWN_VERSION;
}
