/** One call to a Lambda: what is sent, and every way in which an answer can be bad. */
import { z } from 'zod';
import { createFunctionCaller } from '../../../aws/client/call-function';
import { failure, success } from '../../../core/envelope';
import { SlipwayError } from '../../../core/slipway-error';

const config = { functions: { status: 'slipway-status-fn' } as never, stage: 'prod', slipwayVersion: '0.9.0' };
const AnswerSchema = z.strictObject({ count: z.int() });

interface Sent {
  readonly FunctionName?: string;
  readonly Payload?: Uint8Array;
}

function callerAnswering(answer: unknown, functionError?: string) {
  const sent: Sent[] = [];
  const lambda = {
    send: (command: { readonly input: Sent }) => {
      sent.push(command.input);
      if (answer instanceof Error) return Promise.reject(answer);
      const Payload = Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer));
      return Promise.resolve(functionError === undefined ? { Payload } : { Payload, FunctionError: functionError });
    },
  };
  return { sent, caller: createFunctionCaller({ lambda: lambda as never, config, clientVersion: '1.0.0' }) };
}

test('a call is framed with its versions, and answered with its data alone', async () => {
  const { sent, caller } = callerAnswering(success({ count: 3 }));
  await expect(caller.call('status', { query: 'list' }, AnswerSchema)).resolves.toEqual({ count: 3 });
  expect(sent.map(({ FunctionName }) => FunctionName)).toEqual(['slipway-status-fn']);
  expect(JSON.parse(Buffer.from(sent[0]?.Payload ?? []).toString())).toEqual({
    apiVersion: 1,
    clientVersion: '1.0.0',
    call: { query: 'list' },
  });
});

test('an error of the deployment is thrown again with its code, hint and details', async () => {
  const error = new SlipwayError('build-not-found', "there is no build 'abcd'", {
    hint: 'see slipway builds',
    details: { reference: 'abcd' },
  });
  const { caller } = callerAnswering(failure(error));
  await expect(caller.call('status', {}, AnswerSchema)).rejects.toMatchObject({
    code: 'build-not-found',
    message: "there is no build 'abcd'",
    hint: 'see slipway builds',
    details: { reference: 'abcd' },
  });
});

test('a code that only a newer deployment knows keeps its message and its name', async () => {
  const error = { code: 'quota-of-next-year', message: 'too much', hint: null, details: {}, retryable: false };
  const { caller } = callerAnswering({ schemaVersion: 1, ok: false, error });
  await expect(caller.call('status', {}, AnswerSchema)).rejects.toMatchObject({
    code: 'internal',
    message: 'too much',
    details: { code: 'quota-of-next-year' },
  });
});

test.each([
  ['no JSON', 'oops'],
  ['no envelope', { hello: 'world' }],
  ['other data', success({ count: 'three' })],
])('an answer that is %s is a mismatch that names both versions', async (_what, answer) => {
  const { caller } = callerAnswering(answer);
  await expect(caller.call('status', {}, AnswerSchema)).rejects.toMatchObject({
    code: 'deployment-mismatch',
    message: expect.stringMatching(/'1\.0\.0'.*'status'.*'0\.9\.0'/) as string,
    hint: expect.stringContaining('slipway deploy --stage prod') as string,
  });
});

test('a function that ended without an answer is told by its error type, with the way to its log', async () => {
  const { caller } = callerAnswering({ errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out' }, 'Unhandled');
  await expect(caller.call('status', {}, AnswerSchema)).rejects.toMatchObject({
    code: 'function-failed',
    message: expect.stringContaining('Sandbox.Timedout') as string,
    hint: expect.stringContaining('/slipway/prod/functions/status') as string,
  });
});
