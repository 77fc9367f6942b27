/** What the ledger asks of S3, and what it makes of the answers that an emulator does not give. The contract runs in test/cloud. */
import { createS3Ledger } from '../../../aws/store/ledger-s3';
import { createFakeSdk, sdkError } from '../../fakes/sdk-client';

const KEY = 'records/builds/0123456789abcdef.json';
const failed = (attempts = 1) => sdkError('PreconditionFailed', { status: 412, attempts });
const conflict = sdkError('ConditionalRequestConflict', { status: 409 });

function ledgerOn(answer: Parameters<typeof createFakeSdk>[0]) {
  const client = createFakeSdk(answer);
  return { client, ledger: createS3Ledger({ client, bucket: 'b' }) };
}

test('a record is created where nothing is, and replaced at its revision alone', async () => {
  const { client, ledger } = ledgerOn(() => ({ ETag: '"e1"' }));
  expect(await ledger.create(KEY, { at: 1 })).toBe('"e1"');
  expect(await ledger.replace(KEY, { at: 2 }, '"e1"')).toBe('"e1"');
  const common = { Bucket: 'b', Key: KEY, ContentType: 'application/json', ServerSideEncryption: 'AES256' };
  expect(client.sent[0]?.input).toMatchObject({ ...common, Body: '{"at":1}', IfNoneMatch: '*' });
  expect(client.sent[0]?.input).not.toHaveProperty('IfMatch');
  expect(client.sent[1]?.input).toMatchObject({ ...common, Body: '{"at":2}', IfMatch: '"e1"' });
  expect(client.sent[1]?.input).not.toHaveProperty('IfNoneMatch');
});

test('a condition that does not hold is told apart from one that was not judged', async () => {
  await expect(ledgerOn(() => failed()).ledger.create(KEY, {})).rejects.toMatchObject({ code: 'record-exists' });
  await expect(ledgerOn(() => failed()).ledger.replace(KEY, {}, '"e"')).rejects.toMatchObject({ code: 'record-changed' });
  await expect(ledgerOn(() => sdkError('NoSuchKey', { status: 404 })).ledger.replace(KEY, {}, '"e"')).rejects.toMatchObject({
    code: 'record-changed',
  });
  const { client, ledger } = ledgerOn((_name, _input, nth) => (nth <= 2 ? conflict : { ETag: '"e3"' }));
  expect(await ledger.create(KEY, {})).toBe('"e3"');
  expect(client.sent.map(({ name }) => name)).toEqual(['PutObject', 'PutObject', 'PutObject']);
});

test('conflicts without an end are a fault, not a record that exists', async () => {
  const { client, ledger } = ledgerOn(() => conflict);
  await expect(ledger.create(KEY, {})).rejects.toMatchObject({ code: 'aws-call-failed' });
  expect(client.sent).toHaveLength(10);
});

describe('a write whose answer was lost, so that the SDK sent it again', () => {
  const answering = (own: boolean) => {
    let writeId: unknown;
    return ledgerOn((name, input) => {
      if (name === 'HeadObject') return { ETag: '"e9"', Metadata: { 'write-id': own ? writeId : 'of another' } };
      writeId = (input.Metadata as Record<string, unknown>)['write-id'];
      return failed(2);
    });
  };

  test('is known by its mark', async () => {
    expect(await answering(true).ledger.create(KEY, {})).toBe('"e9"');
    expect(await answering(true).ledger.replace(KEY, {}, '"e8"')).toBe('"e9"');
  });

  test('is not taken for that of another', async () => {
    await expect(answering(false).ledger.create(KEY, {})).rejects.toMatchObject({ code: 'record-exists' });
    await expect(answering(false).ledger.replace(KEY, {}, '"e8"')).rejects.toMatchObject({ code: 'record-changed' });
  });
});

test('keys are read page by page, and no page asks for more than is left', async () => {
  const key = (at: number) => `index/open/${String(at).padStart(4, '0')}`;
  const { client, ledger } = ledgerOn((_name, input) => {
    const from = Number(input.ContinuationToken ?? 0);
    const count = Math.min(Number(input.MaxKeys), 1_000);
    const Contents = Array.from({ length: count }, (_, at) => ({ Key: key(from + at) }));
    return { Contents, IsTruncated: true, NextContinuationToken: String(from + count) };
  });
  const keys = await ledger.keys('index/open/', { limit: 2_300, after: 'index/open/' });
  expect(keys).toHaveLength(2_300);
  expect(keys.at(-1)).toBe(key(2_299));
  expect(client.sent.map(({ input }) => [input.MaxKeys, input.StartAfter, input.ContinuationToken])).toEqual([
    [1_000, 'index/open/', undefined],
    [1_000, undefined, '1000'],
    [300, undefined, '2000'],
  ]);
});

test.each([
  [sdkError('SlowDown', { status: 503 }), 'service-unavailable'],
  [sdkError('AccessDenied', { status: 403 }), 'access-denied'],
  [sdkError('ExpiredToken'), 'credentials-expired'],
  [sdkError('NoSuchBucket', { status: 404 }), 'deployment-mismatch'],
])('%s passes as what it is', async (thrown, code) => {
  const { ledger } = ledgerOn(() => thrown);
  const message = expect.stringContaining('s3://b/') as string;
  for (const call of [
    ledger.read(KEY),
    ledger.create(KEY, {}),
    ledger.replace(KEY, {}, 'e'),
    ledger.keys('records/'),
    ledger.remove(KEY),
  ]) {
    await expect(call).rejects.toMatchObject({ code, message });
  }
});

describe('a record whose body breaks off, where the tries of the SDK have ended', () => {
  const broken = {
    ETag: '"e1"',
    Body: { transformToString: () => Promise.reject(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })) },
  };
  const whole = { ETag: '"e2"', Body: { transformToString: () => Promise.resolve('{"at":2}') } };

  test('is asked for again, with the revision that belongs to what was read', async () => {
    const { ledger } = ledgerOn((_name, _input, nth) => (nth === 1 ? broken : whole));
    expect(await ledger.read(KEY)).toMatchObject({ body: { at: 2 }, revision: '"e2"' });
  });

  test('is a fault of the network when it never comes whole', async () => {
    const { client, ledger } = ledgerOn(() => broken);
    await expect(ledger.read(KEY)).rejects.toMatchObject({ code: 'service-unavailable' });
    expect(client.sent).toHaveLength(3);
  });
});
