/** What the artifact store asks of S3, and what it makes of faults that an emulator does not have. The contract runs in test/cloud. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createS3ArtifactStore } from '../../../aws/store/artifact-store-s3';
import { copySource } from '../../../aws/store/object-copy';
import { sha256OfChecksum } from '../../../aws/store/object-checksum';
import { createFakeSdk, sdkError } from '../../fakes/sdk-client';

const KEY = 'builds/0123456789abcdef/linux-x86_64/a.tar.gz';
const digest = (content: string, encoding: 'hex' | 'base64') => createHash('sha256').update(content).digest(encoding);
const PARTS = { partBytes: 4, largestCopyBytes: 9, copyPartBytes: 4 };

function storeOn(answer: Parameters<typeof createFakeSdk>[0], limits = {}) {
  const client = createFakeSdk(answer);
  return { client, names: () => client.sent.map(({ name }) => name), store: createS3ArtifactStore({ client, bucket: 'b', limits }) };
}

/** Gives its chunks, then breaks as a connection does. */
function breaking(chunks: readonly string[], failure: Error): Readable {
  return Readable.from(
    (async function* () {
      for (const chunk of chunks) yield Buffer.from(chunk);
      await Promise.reject(failure);
    })(),
  );
}

async function textOf(content: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString();
}

describe('storing', () => {
  test('a small file is one request, whose digest S3 proves', async () => {
    const { client, store } = storeOn(() => ({ VersionId: 'v1' }));
    const stored = await store.put(KEY, () => Readable.from([Buffer.from('hel'), Buffer.from('lo')]), {});
    expect(stored).toEqual({ key: KEY, sizeBytes: 5, versionId: 'v1', sha256: digest('hello', 'hex') });
    expect(client.sent).toMatchObject([
      { name: 'PutObject', input: { ContentLength: 5, ServerSideEncryption: 'AES256', ChecksumSHA256: digest('hello', 'base64') } },
    ]);
    expect(client.sent[0]?.input).not.toHaveProperty('IfNoneMatch');
  });

  test('a digest that is not as announced is not even sent', async () => {
    const { client, store } = storeOn(() => ({}));
    await expect(store.put(KEY, () => Readable.from([Buffer.from('x')]), { sha256: digest('y', 'hex') })).rejects.toMatchObject({
      code: 'checksum-mismatch',
    });
    expect(client.sent).toEqual([]);
  });

  test('a larger one is cut into parts, each with its digest', async () => {
    const { client, store, names } = storeOn(
      (name) => (name === 'CreateMultipartUpload' ? { UploadId: 'u' } : { ETag: '"p"', VersionId: 'v' }),
      PARTS,
    );
    await store.put(KEY, () => Readable.from([Buffer.from('abcdef'), Buffer.from('ghij')]), {});
    expect(names()).toEqual(['CreateMultipartUpload', 'UploadPart', 'UploadPart', 'UploadPart', 'CompleteMultipartUpload']);
    const parts = ['abcd', 'efgh', 'ij'].map((text, at) => ({ PartNumber: at + 1, ETag: '"p"', ChecksumSHA256: digest(text, 'base64') }));
    expect(client.sent.at(-1)?.input).toMatchObject({ UploadId: 'u', MultipartUpload: { Parts: parts }, MpuObjectSize: 10 });
  });

  test('a file of exactly one part is one request', async () => {
    const { store, names } = storeOn(() => ({ VersionId: 'v' }), PARTS);
    await store.put(KEY, () => Readable.from([Buffer.from('abcd')]), {});
    expect(names()).toEqual(['PutObject']);
  });

  test('a part that fails ends the upload, once no other is under way', async () => {
    const { store, names } = storeOn((name, input) => {
      if (name === 'CreateMultipartUpload') return { UploadId: 'u' };
      return name === 'UploadPart' && input.PartNumber === 2 ? sdkError('SlowDown', { status: 503 }) : { ETag: '"p"' };
    }, PARTS);
    const source = Readable.from(Array.from({ length: 20 }, () => Buffer.from('abcd')));
    await expect(store.put(KEY, () => source, {})).rejects.toMatchObject({
      code: 'service-unavailable',
      message: expect.stringContaining(`UploadPart 2 of 's3://b/${KEY}'`) as string,
    });
    expect(names().at(-1)).toBe('AbortMultipartUpload');
    expect(names()).not.toContain('CompleteMultipartUpload');
    expect(source.destroyed).toBe(true);
  });

  test('an abort that fails does not hide why', async () => {
    const { store } = storeOn((name) => {
      if (name === 'CreateMultipartUpload') return { UploadId: 'u' };
      return sdkError(name === 'UploadPart' ? 'AccessDenied' : 'InternalError');
    }, PARTS);
    await expect(store.put(KEY, () => Readable.from([Buffer.from('abcdefgh')]), {})).rejects.toMatchObject({ code: 'access-denied' });
  });

  test('after a conflict it is sent again from its beginning, and after a lost race the other one is returned', async () => {
    const { store, names } = storeOn((name, _input, nth) => {
      if (name === 'HeadObject') return nth <= 2 ? sdkError('NotFound', { status: 404 }) : { VersionId: 'theirs', ContentLength: 3 };
      return sdkError(nth === 1 ? 'ConditionalRequestConflict' : 'PreconditionFailed', { status: nth === 1 ? 409 : 412 });
    });
    let opened = 0;
    const open = () => {
      opened += 1;
      return Readable.from([Buffer.from('own')]);
    };
    expect(await store.put(KEY, open, { ifAbsent: true })).toEqual({ key: KEY, sizeBytes: 3, versionId: 'theirs' });
    expect(opened).toBe(2);
    expect(names()).toEqual(['HeadObject', 'PutObject', 'HeadObject', 'PutObject', 'HeadObject']);
  });
});

describe('reading', () => {
  const reset = Object.assign(new Error('aborted'), { code: 'ECONNRESET' });

  test('a range of a version is asked for as such', async () => {
    const { client, store } = storeOn(() => ({ Body: Readable.from([Buffer.from('wor')]), ContentLength: 3 }));
    expect(await textOf(await store.read(KEY, { versionId: 'v', range: { start: 6, endExclusive: 9 } }))).toBe('wor');
    expect(client.sent).toEqual([{ name: 'GetObject', input: { Bucket: 'b', Key: KEY, VersionId: 'v', Range: 'bytes=6-8' } }]);
    expect(await textOf(await store.read(KEY, { range: { start: 6, endExclusive: 6 } }))).toBe('');
    expect(client.sent).toHaveLength(1);
  });

  test('a connection that breaks is made again where it stood, for the same version', async () => {
    const { client, store } = storeOn((_name, _input, nth) =>
      nth === 1
        ? { Body: breaking(['hello '], reset), ContentLength: 11, VersionId: 'v7' }
        : { Body: Readable.from([Buffer.from('world')]), ContentLength: 5, VersionId: 'v7' },
    );
    expect(await textOf(await store.read(KEY))).toBe('hello world');
    expect(client.sent[1]?.input).toMatchObject({ VersionId: 'v7', Range: 'bytes=6-10' });
  });

  test('one that breaks again and again is told as a fault of the network', async () => {
    const { client, store } = storeOn(() => ({ Body: breaking([], reset), ContentLength: 11, VersionId: 'v7' }));
    await expect(textOf(await store.read(KEY))).rejects.toMatchObject({ code: 'service-unavailable' });
    expect(client.sent).toHaveLength(4);
  });

  test('content whose checksum does not hold is not read on', async () => {
    const { client, store } = storeOn(() => ({
      Body: breaking(['hel'], new Error('Checksum mismatch: expected "a" but received "b"')),
      ContentLength: 11,
      VersionId: 'v7',
    }));
    await expect(textOf(await store.read(KEY))).rejects.toMatchObject({ code: 'aws-call-failed' });
    expect(client.sent).toHaveLength(1);
  });

  test.each([
    sdkError('NoSuchKey', { status: 404 }),
    sdkError('NoSuchVersion', { status: 404 }),
    sdkError('MethodNotAllowed', { status: 405 }),
    sdkError('InvalidArgument', { message: 'Invalid version id specified' }),
  ])('%s is a file that is not there', async (thrown) => {
    const { store } = storeOn(() => thrown);
    await expect(store.read(KEY, { versionId: 'v' })).rejects.toMatchObject({ code: 'artifact-not-found' });
    await expect(store.copy({ key: KEY, versionId: 'v' }, 'distributions/d/a')).rejects.toMatchObject({ code: 'artifact-not-found' });
  });
});

describe('looking', () => {
  test('S3 tells the digest of the whole file, not that of its parts', async () => {
    const answer = { VersionId: 'v', ContentLength: 5, ChecksumSHA256: digest('hello', 'base64') };
    const { client, store } = storeOn(() => answer);
    expect(await store.head(KEY)).toEqual({ key: KEY, sizeBytes: 5, versionId: 'v', sha256: digest('hello', 'hex') });
    expect(client.sent[0]?.input).toMatchObject({ ChecksumMode: 'ENABLED' });
    expect(sha256OfChecksum(`${digest('hello', 'base64')}-2`)).toBeUndefined();
    expect(sha256OfChecksum('AAAA')).toBeUndefined();
  });

  test('a refusal without words is asked for its reason', async () => {
    const { store, names } = storeOn((name) =>
      name === 'HeadObject'
        ? sdkError('403', { status: 403 })
        : sdkError('AccessDenied', { status: 403, message: 'no s3:GetObject for x' }),
    );
    await expect(store.head(KEY)).rejects.toMatchObject({
      code: 'access-denied',
      message: expect.stringContaining('s3:GetObject') as string,
    });
    expect(names()).toEqual(['HeadObject', 'GetObject']);
  });

  test('a list holds the newest version of each key, over all pages', async () => {
    const version = (Key: string, IsLatest: boolean) => ({ Key, VersionId: `of ${Key}`, Size: 1, IsLatest });
    const { client, store } = storeOn((_name, _input, nth) =>
      nth === 1
        ? { Versions: [version('a', false), version('a', true)], IsTruncated: true, NextKeyMarker: 'a', NextVersionIdMarker: 'x' }
        : { Versions: [version('b', true), version('c', false)], DeleteMarkers: [{ Key: 'c', IsLatest: true }], IsTruncated: false },
    );
    expect((await store.list('')).map(({ key }) => key)).toEqual(['a', 'b']);
    expect(client.sent[1]?.input).toMatchObject({ KeyMarker: 'a', VersionIdMarker: 'x' });
  });
});

describe('copying and removing', () => {
  test('names, versions and what a URL would misread are encoded', () => {
    expect(copySource('b', { key: 'staging/a b/ü+&?#%.zip', versionId: 'v/1+=' })).toBe(
      'b/staging/a%20b/%C3%BC%2B%26%3F%23%25.zip?versionId=v%2F1%2B%3D',
    );
  });

  test('the digest that S3 takes of a copy is told', async () => {
    const { store } = storeOn((name) =>
      name === 'HeadObject'
        ? { VersionId: 'v1', ContentLength: 5 }
        : { VersionId: 'v2', CopyObjectResult: { ChecksumSHA256: digest('hello', 'base64') } },
    );
    expect(await store.copy({ key: KEY, versionId: 'v1' }, 'distributions/d/a')).toEqual({
      key: 'distributions/d/a',
      sizeBytes: 5,
      versionId: 'v2',
      sha256: digest('hello', 'hex'),
    });
  });

  test.each([
    ['whole', 5],
    ['in parts', 11],
  ])('of two copies at once with ifAbsent both are the first one: %s', async (_, sizeBytes) => {
    let heads = 0;
    const { client, store } = storeOn((name) => {
      // Nothing is there when it is looked for; the other one is done before this one is.
      if (name === 'HeadObject')
        return [sdkError('NotFound', { status: 404 }), { VersionId: 'v1', ContentLength: sizeBytes }][heads++] ?? THEIRS;
      if (name === 'CopyObject' || name === 'CompleteMultipartUpload') return sdkError('PreconditionFailed', { status: 412 });
      return { UploadId: 'u', CopyPartResult: { ETag: '"p"' } };
    }, PARTS);
    const THEIRS = { VersionId: 'theirs', ContentLength: sizeBytes };
    expect(await store.copy({ key: KEY, versionId: 'v1' }, 'builds/a', { ifAbsent: true })).toEqual({
      key: 'builds/a',
      sizeBytes,
      versionId: 'theirs',
    });
    const conditions = client.sent.flatMap(({ input }) => ('IfNoneMatch' in input ? [input.IfNoneMatch] : []));
    expect(conditions).toEqual(['*']);
  });

  test('a part that is not copied ends the copy', async () => {
    const { store, names } = storeOn((name, input) => {
      if (name === 'HeadObject') return { VersionId: 'v1', ContentLength: 11 };
      if (name === 'UploadPartCopy')
        return input.PartNumber === 3 ? sdkError('InternalError', { status: 500 }) : { CopyPartResult: { ETag: '"p"' } };
      return { UploadId: 'u' };
    }, PARTS);
    await expect(store.copy({ key: KEY, versionId: 'v1' }, 'distributions/d/a')).rejects.toMatchObject({ code: 'service-unavailable' });
    expect(names().at(-1)).toBe('AbortMultipartUpload');
  });

  test('every version of the key goes, and no other key', async () => {
    const { client, store } = storeOn((name) =>
      name === 'ListObjectVersions'
        ? {
            Versions: [
              { Key: 'a', VersionId: '2' },
              { Key: 'ab', VersionId: '9' },
            ],
            DeleteMarkers: [{ Key: 'a', VersionId: '1' }],
          }
        : {},
    );
    await store.remove('a');
    expect(client.sent.at(-1)).toMatchObject({
      name: 'DeleteObjects',
      input: {
        Delete: {
          Objects: [
            { Key: 'a', VersionId: '2' },
            { Key: 'a', VersionId: '1' },
          ],
        },
      },
    });
  });

  test('a version that may not be deleted is no success, though the answer is 200', async () => {
    const { store } = storeOn((name) =>
      name === 'ListObjectVersions'
        ? { Versions: [{ Key: 'a', VersionId: '2' }] }
        : { Errors: [{ Key: 'a', VersionId: '2', Code: 'AccessDenied', Message: 'no s3:DeleteObjectVersion' }] },
    );
    await expect(store.remove('a')).rejects.toMatchObject({ code: 'access-denied' });
  });
});
