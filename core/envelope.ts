/** Owns the one shape of every Lambda answer and of every `--json` output. */
import { z } from 'zod';
import { isRetryable, type SlipwayError } from './slipway-error';

export const ErrorBodySchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
  retryable: z.boolean(),
});

export const EnvelopeSchema = z.discriminatedUnion('ok', [
  z.strictObject({ schemaVersion: z.literal(1), ok: z.literal(true), data: z.unknown() }),
  z.strictObject({ schemaVersion: z.literal(1), ok: z.literal(false), error: ErrorBodySchema }),
]);

export type Envelope = z.infer<typeof EnvelopeSchema>;

export function success(data: unknown): Envelope {
  return { schemaVersion: 1, ok: true, data };
}

export function failure(error: SlipwayError): Envelope {
  return {
    schemaVersion: 1,
    ok: false,
    error: {
      code: error.code,
      message: error.message,
      hint: error.hint ?? null,
      details: { ...error.details },
      retryable: isRetryable(error.code),
    },
  };
}
