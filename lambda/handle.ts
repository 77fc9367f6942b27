/**
 * Owns what all handlers have in common: a call in, an envelope out, one log line and the metrics of it.
 * What a function does belongs to its handler and to the use-cases of `core`.
 */
import type { z } from 'zod';
import { readCall, type CalledFunction } from '../core/api/call';
import { failure, success, type Envelope } from '../core/envelope';
import { METRIC } from '../core/deployment/metric-names';
import type { Clock } from '../core/ports/clock';
import { isSlipwayError, SlipwayError, type ErrorCode } from '../core/slipway-error';
import type { Log, LogFields } from './log';
import type { Metrics } from './metrics';

export interface HandlePorts {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** What Lambda hands over beside the event, as far as it is used. */
export interface LambdaContext {
  readonly awsRequestId: string;
}

/** Adds facts to the log line of this call. Never a secret. */
export type Note = (facts: LogFields) => void;

/**
 * "6 MB each for request and response (synchronous)", in the bytes of the answer's JSON:
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const LARGEST_ANSWER_BYTES = 6_000_000;

export type CallHandler = (event: unknown, context: LambdaContext) => Promise<Envelope>;

/** A function that the command line calls. It always answers: a fault of ours is told with a reference to its log line. */
export function handleCalls<Call>(
  name: CalledFunction,
  schema: z.ZodType<Call>,
  ports: HandlePorts,
  answer: (call: Call, note: Note) => Promise<unknown>,
): CallHandler {
  return async (event, context) => {
    const line = beginLine(name, ports, context, { clientVersion: clientVersionOf(event) });
    try {
      const envelope = success(await answer(readCall(schema, event), line.note));
      requireSendable(envelope);
      line.end({ level: 'info', code: 'ok' });
      return envelope;
    } catch (thrown) {
      // Lambda itself sees an answer, and no error.
      if (!isTellable(thrown)) ports.metrics.add(METRIC.callFault);
      line.end(fieldsOfThrown(thrown));
      return failure(isTellable(thrown) ? thrown : faultOf(context));
    }
  };
}

export type EventHandler = (event: unknown, context: LambdaContext) => Promise<void>;

/** A function that AWS calls. What fails is thrown again, so that it is tried again and then kept in the dead-letter queue. */
export function handleEvents(name: string, ports: HandlePorts, work: (event: unknown, note: Note) => Promise<void>): EventHandler {
  return async (event, context) => {
    const line = beginLine(name, ports, context, {});
    try {
      await work(event, line.note);
      line.end({ level: 'info', code: 'ok' });
    } catch (thrown) {
      line.end({ ...fieldsOfThrown(thrown), level: 'error' });
      throw thrown;
    }
  };
}

function beginLine(name: string, { log, metrics, clock }: HandlePorts, context: LambdaContext, first: LogFields) {
  const startedMs = clock.nowMs();
  let facts: LogFields = {};
  return {
    note: (more: LogFields) => {
      facts = { ...facts, ...more };
    },
    end: (outcome: LogFields) => {
      const { awsRequestId: requestId } = context;
      log({ function: name, requestId, ...first, ...facts, ...outcome, durationMs: clock.nowMs() - startedMs });
      metrics.flush();
    },
  };
}

/** Rights and credentials here are the function's own: the caller can do nothing about them, and must not be told to. */
const OWN_RIGHTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['access-denied', 'credentials-expired', 'credentials-missing']);

/** Whether it is a failure that is the caller's to know: anything else is a fault of the deployment. */
function isTellable(thrown: unknown): thrown is SlipwayError {
  return isSlipwayError(thrown) && thrown.code !== 'internal' && !OWN_RIGHTS.has(thrown.code);
}

function fieldsOfThrown(thrown: unknown): LogFields {
  if (isTellable(thrown)) {
    return {
      level: 'warn',
      code: thrown.code,
      message: thrown.message,
      ...(thrown.cause === undefined ? {} : { cause: textOf(thrown.cause) }),
    };
  }
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return { level: 'error', code: isSlipwayError(thrown) ? thrown.code : 'internal', message: textOf(thrown), stack };
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}

/** Says nothing of its cause: who calls need not learn how we are made, and the log says it all. */
function faultOf({ awsRequestId }: LambdaContext): SlipwayError {
  return new SlipwayError('internal', 'the deployment failed at something that it does not know', {
    hint: `look for '${awsRequestId}' in the log of the function, and report what it says`,
    details: { reference: awsRequestId },
  });
}

function requireSendable(envelope: Envelope): void {
  const sizeBytes = Buffer.byteLength(JSON.stringify(envelope));
  if (sizeBytes <= LARGEST_ANSWER_BYTES) return;
  throw new SlipwayError('answer-too-large', `the answer has '${sizeBytes}' bytes, more than a function may answer`, {
    hint: 'ask for fewer builds at once',
    details: { sizeBytes },
  });
}

/** For the log, whatever the call is. */
function clientVersionOf(event: unknown): string {
  const isFrame = typeof event === 'object' && event !== null && 'clientVersion' in event;
  return isFrame && typeof event.clientVersion === 'string' ? event.clientVersion.slice(0, 100) : 'unknown';
}
