/**
 * Owns the frame of every call to a deployment: which Lambda answers it, the version of the contract, how a call is read.
 * What each call asks and gets stands in the files beside this one; the answer travels in the envelope.
 */
import { z } from 'zod';
import { SlipwayError } from '../slipway-error';

/** Raised when a call or an answer changes so that an older side would misread it. */
export const API_VERSION = 1;

/** The Lambdas that the command line calls. `build-finished`, `sweep` and `gate` are called by AWS alone. */
export const CALLED_FUNCTIONS = ['start-build', 'status', 'cancel-build', 'download', 'distribute', 'distributions', 'revoke'] as const;
export type CalledFunction = (typeof CALLED_FUNCTIONS)[number];

const FrameSchema = z.object({ apiVersion: z.int(), clientVersion: z.string().max(100), call: z.unknown() });
export type CallFrame = z.infer<typeof FrameSchema>;

/** What the command line sends. @param clientVersion of the command line, for the log */
export function frameCall(call: unknown, clientVersion: string): CallFrame {
  return { apiVersion: API_VERSION, clientVersion, call };
}

/**
 * The one way in: `event` is foreign.
 * @throws SlipwayError `deployment-mismatch` when the caller speaks another version, `bad-call` when it is none of ours
 */
export function readCall<T>(schema: z.ZodType<T>, event: unknown): T {
  const frame = FrameSchema.safeParse(event);
  if (!frame.success) throw new SlipwayError('bad-call', 'the call has no frame', { hint: 'call it with the slipway command line' });
  const { apiVersion, clientVersion, call } = frame.data;
  if (apiVersion !== API_VERSION) {
    throw new SlipwayError(
      'deployment-mismatch',
      `the deployment speaks version '${API_VERSION}', slipway '${clientVersion}' version '${apiVersion}'`,
      {
        hint: apiVersion > API_VERSION ? 'run slipway deploy' : 'update slipway',
        details: { deployment: API_VERSION, client: apiVersion },
      },
    );
  }
  const read = schema.safeParse(call);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new SlipwayError('bad-call', `the call cannot be read: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(), {
    hint: 'update slipway, or run slipway deploy',
  });
}
