/**
 * Owns one call to a Lambda of the deployment: the frame, the envelope, and what can go wrong on the way.
 * Which calls there are belongs to `core/api`.
 */
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { z } from 'zod';
import { frameCall, type CalledFunction } from '../../core/api/call';
import type { DeploymentConfig } from '../../core/deployment/deployment-config';
import { EnvelopeSchema, errorOfBody } from '../../core/envelope';
import { SlipwayError } from '../../core/slipway-error';
import { awsFailure } from '../aws-failure';

export interface FunctionCaller {
  /** @throws SlipwayError what the Lambda answered, or `access-denied`, `service-unavailable`, `deployment-mismatch`, … */
  call<T>(name: CalledFunction, call: unknown, answer: z.ZodType<T>): Promise<T>;
}

export interface FunctionCallerOptions {
  readonly lambda: Pick<LambdaClient, 'send'>;
  readonly config: Pick<DeploymentConfig, 'functions' | 'stage' | 'slipwayVersion'>;
  readonly clientVersion: string;
}

export function createFunctionCaller({ lambda, config, clientVersion }: FunctionCallerOptions): FunctionCaller {
  return {
    async call(name, call, answer) {
      const payload = await invoke(lambda, { name, config }, Buffer.from(JSON.stringify(frameCall(call, clientVersion))));
      const envelope = EnvelopeSchema.safeParse(parseJson(payload));
      if (!envelope.success) throw unreadable(name, config, clientVersion);
      if (!envelope.data.ok) throw errorOfBody(envelope.data.error);
      const read = answer.safeParse(envelope.data.data);
      if (!read.success) throw unreadable(name, config, clientVersion);
      return read.data;
    },
  };
}

/** Answers with the payload; a function that ended without one has failed in a way that only its log tells. */
async function invoke(
  lambda: Pick<LambdaClient, 'send'>,
  { name, config }: { readonly name: CalledFunction; readonly config: FunctionCallerOptions['config'] },
  payload: Uint8Array,
): Promise<string> {
  const functionName = config.functions[name];
  try {
    const { Payload, FunctionError } = await lambda.send(new InvokeCommand({ FunctionName: functionName, Payload: payload }));
    const text = Payload === undefined ? '' : Buffer.from(Payload).toString('utf8');
    if (FunctionError === undefined) return text;
    throw new SlipwayError('function-failed', `the function '${functionName}' ended without an answer: ${errorTypeOf(text)}`, {
      hint: `see its log: aws logs tail /slipway/${config.stage}/functions/${name} --since 10m; then run the command again`,
      details: { functionName, errorType: errorTypeOf(text) },
    });
  } catch (thrown) {
    throw awsFailure(thrown, { service: 'Lambda', operation: `Invoke of '${functionName}'` });
  }
}

/** Such as `Runtime.OutOfMemory` or `Sandbox.Timedout`: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
function errorTypeOf(payload: string): string {
  const body = parseJson(payload);
  const type = typeof body === 'object' && body !== null && 'errorType' in body ? body.errorType : undefined;
  return typeof type === 'string' ? type : 'unknown';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreadable(name: CalledFunction, config: FunctionCallerOptions['config'], clientVersion: string): SlipwayError {
  return new SlipwayError(
    'deployment-mismatch',
    `slipway '${clientVersion}' cannot read what '${name}' of stage '${config.stage}' answers: it was deployed by '${config.slipwayVersion}'`,
    {
      hint: `use the slipway that deployed it, or deploy with this one: slipway deploy --stage ${config.stage}`,
      details: { function: name, client: clientVersion, deployment: config.slipwayVersion },
    },
  );
}
