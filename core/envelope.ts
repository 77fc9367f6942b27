/** Owns the one shape of every Lambda answer and of every `--json` output. */
import { z } from 'zod';
import { isErrorCode, isRetryable, SlipwayError } from './slipway-error';

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

export type ErrorBody = z.infer<typeof ErrorBodySchema>;
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

/** The error that an envelope tells, to be thrown again on this side. A code of a newer deployment becomes `internal`. */
export function errorOfBody({ code, message, hint, details }: ErrorBody): SlipwayError {
  const options = { details: isErrorCode(code) ? details : { ...details, code }, ...(hint === null ? {} : { hint }) };
  return new SlipwayError(isErrorCode(code) ? code : 'internal', message, options);
}
