/** A client of the AWS SDK that answers by a function and keeps what it was asked, for tests of adapters. */

export interface SentCommand {
  /** Without `Command`: `PutObject`. */
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface FakeSdkClient {
  readonly sent: readonly SentCommand[];
  readonly send: never;
}

/** @param answer an Error that it returns is thrown */
export function createFakeSdk(answer: (name: string, input: Readonly<Record<string, unknown>>, nth: number) => unknown): FakeSdkClient {
  const sent: SentCommand[] = [];
  const send = (command: { readonly constructor: { readonly name: string }; readonly input: Readonly<Record<string, unknown>> }) => {
    const name = command.constructor.name.replace(/Command$/, '');
    sent.push({ name, input: command.input });
    const given = answer(name, command.input, sent.filter((other) => other.name === name).length);
    return given instanceof Error ? Promise.reject(given) : Promise.resolve(given);
  };
  // `never` fits the overloads of every client's `send`.
  return { sent, send: send as never };
}

/** As the SDK throws them. */
export function sdkError(name: string, { status = 400, attempts = 1, message = 'the words of AWS' } = {}): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status, attempts } });
}
