/** Owns what is told of a download: the grant, and how it went as far as anybody here knows. */
import { z } from 'zod';
import { GrantSchema } from '../distribution';

/**
 * `complete`: every byte was sent, over one connection or several. `broken-off`: some were, and nobody has come for the rest.
 * `started`: no end was recorded: it runs, or the gate was ended before it. `redirected`: the gate showed the way to the storage,
 * whose access logs alone know the rest. `unreadable`: what was recorded of it is damaged.
 */
export const DownloadOutcomeSchema = z.enum(['complete', 'broken-off', 'started', 'redirected', 'unreadable']);
export type DownloadOutcome = z.infer<typeof DownloadOutcomeSchema>;

export const DownloadSchema = GrantSchema.extend({
  outcome: DownloadOutcomeSchema,
  /** Where the gate sent the file itself; a piece that was sent twice counts twice. */
  sentBytes: z.int().min(0).optional(),
  endedAt: z.iso.datetime().optional(),
});
export type Download = z.infer<typeof DownloadSchema>;
