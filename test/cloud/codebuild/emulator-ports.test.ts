/** What the stand-in asks of an emulator. An emulator itself is asked by the suites of `npm run test:cloud`. */
import { ResourceAlreadyExistsException, type CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { NoSuchKey, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { createEmulatorPorts } from './emulator-ports';

interface Asked {
  readonly name: string;
  readonly input: unknown;
}

/** A client that answers each command from a table; an Error is thrown. */
function portsWith(answers: Readonly<Record<string, unknown>>) {
  const asked: Asked[] = [];
  const client = {
    send(command: { readonly constructor: { readonly name: string }; readonly input: unknown }) {
      const { name } = command.constructor;
      asked.push({ name, input: command.input });
      const answer = answers[name] ?? {};
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  const ports = createEmulatorPorts({
    s3: client as unknown as S3Client,
    logs: client as unknown as CloudWatchLogsClient,
    ssm: client as unknown as SSMClient,
  });
  return { ports, asked };
}

const metadata = { $metadata: {}, message: 'no' };

test('objects are fetched by their version', async () => {
  const body = { transformToByteArray: () => Promise.resolve(Uint8Array.of(1, 2)) };
  const { ports, asked } = portsWith({ GetObjectCommand: { Body: body } });
  expect(await ports.objects.get('b', 'k', 'v')).toEqual(Buffer.of(1, 2));
  await ports.objects.get('b', 'k');
  expect(asked.map(({ input }) => input)).toEqual([
    { Bucket: 'b', Key: 'k', VersionId: 'v' },
    { Bucket: 'b', Key: 'k' },
  ]);
});

test.each([
  ['no object', new NoSuchKey(metadata)],
  ['no version', new S3ServiceException({ ...metadata, name: 'NoSuchVersion', $fault: 'client' })],
])('%s is told apart from a failure', async (_, missing) => {
  expect(await portsWith({ GetObjectCommand: missing }).ports.objects.get('b', 'k', 'v')).toBeUndefined();
  await expect(portsWith({ GetObjectCommand: new Error('broken') }).ports.objects.get('b', 'k')).rejects.toThrow('broken');
});

test('uploads ask for a key only where encryption is not disabled', async () => {
  const { ports, asked } = portsWith({});
  await ports.objects.put('b', 'k', Buffer.of(1), { encryption: 'none' });
  await ports.objects.put('b', 'k', Buffer.of(1), { encryption: 'aws:kms' });
  expect(asked.map(({ input }) => (input as { ServerSideEncryption?: string }).ServerSideEncryption)).toEqual([undefined, 'aws:kms']);
});

test('log groups and streams are made once, and may be there already', async () => {
  const { ports, asked } = portsWith({ CreateLogGroupCommand: new ResourceAlreadyExistsException(metadata) });
  for (const message of ['one\n', 'two\n']) await ports.logs.write('g', 's', [{ timestamp: 1, message }]);
  expect(asked.map(({ name }) => name)).toEqual([
    'CreateLogGroupCommand',
    'CreateLogStreamCommand',
    'PutLogEventsCommand',
    'PutLogEventsCommand',
  ]);
  await expect(portsWith({ CreateLogGroupCommand: new Error('broken') }).ports.logs.write('g', 's', [])).rejects.toThrow('broken');
});

test('parameters are read decrypted, and a missing one is none', async () => {
  const { ports, asked } = portsWith({ GetParametersCommand: { Parameters: [{ Value: 'hush' }] } });
  expect(await ports.readParameter('/p')).toBe('hush');
  expect(asked[0]?.input).toEqual({ Names: ['/p'], WithDecryption: true });
  expect(await portsWith({ GetParametersCommand: { InvalidParameters: ['/p'] } }).ports.readParameter('/p')).toBeUndefined();
});
