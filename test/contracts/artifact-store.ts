/** What every ArtifactStore keeps. A suite of an adapter calls it; it is no suite by itself. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ArtifactStore } from '../../core/ports/artifact-store';

const sha256Of = (content: string) => createHash('sha256').update(content).digest('hex');
const opening = (content: string) => () => Readable.from([Buffer.from(content)]);

async function textOf(content: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export function artifactStoreContract(make: () => Promise<ArtifactStore>): void {
  const KEY = 'builds/0123456789abcdef/linux-x86_64/fieldkit-linux-x86_64.tar.gz';

  test('what was put is read, whole and in parts', async () => {
    const store = await make();
    const stored = await store.put(KEY, opening('hello world'), {});
    expect(stored).toMatchObject({ key: KEY, sizeBytes: 11 });
    expect(await store.head(KEY)).toEqual(stored);
    expect(await textOf(await store.read(KEY))).toBe('hello world');
    expect(await textOf(await store.read(KEY, { versionId: stored.versionId }))).toBe('hello world');
    expect(await textOf(await store.read(KEY, { versionId: stored.versionId, range: { start: 6, endExclusive: 9 } }))).toBe('wor');
  });

  test('an empty file is a file', async () => {
    const store = await make();
    expect(await store.put(KEY, () => Readable.from([]), { sha256: sha256Of('') })).toMatchObject({ sizeBytes: 0 });
    expect(await textOf(await store.read(KEY))).toBe('');
  });

  test('content of another digest is refused and leaves what was there', async () => {
    const store = await make();
    await expect(store.put(KEY, opening('other'), { sha256: sha256Of('hello') })).rejects.toMatchObject({ code: 'checksum-mismatch' });
    expect(await store.head(KEY)).toBeUndefined();
    expect(await store.list('builds/')).toEqual([]);
    await store.put(KEY, opening('hello'), { sha256: sha256Of('hello') });
    await expect(store.put(KEY, opening('other'), { sha256: sha256Of('hello') })).rejects.toMatchObject({ code: 'checksum-mismatch' });
    expect(await textOf(await store.read(KEY))).toBe('hello');
  });

  test('a source that breaks off leaves nothing', async () => {
    const store = await make();
    const breaking = () =>
      Readable.from(
        (async function* () {
          yield Buffer.from('half');
          await Promise.reject(new Error('the line broke'));
        })(),
      );
    await expect(store.put(KEY, breaking, {})).rejects.toBeDefined();
    expect(await store.head(KEY)).toBeUndefined();
    expect(await store.list('builds/')).toEqual([]);
  });

  test('with ifAbsent the first stays', async () => {
    const store = await make();
    const first = await store.put(KEY, opening('first'), { ifAbsent: true });
    expect(await store.put(KEY, opening('second'), { ifAbsent: true })).toEqual(first);
    expect(await textOf(await store.read(KEY))).toBe('first');
  });

  test('a copy has the content of the version that was named', async () => {
    const store = await make();
    const stored = await store.put(KEY, opening('content'), {});
    const copy = await store.copy({ key: KEY, versionId: stored.versionId }, 'distributions/d/file');
    expect(copy).toMatchObject({ key: 'distributions/d/file', sizeBytes: 7 });
    await store.remove(KEY);
    expect(await textOf(await store.read('distributions/d/file', { versionId: copy.versionId }))).toBe('content');
  });

  test('a copy with ifAbsent leaves what is there', async () => {
    const store = await make();
    const [first, second] = [await store.put(KEY, opening('first'), {}), await store.put('builds/b/other', opening('second'), {})];
    const copy = await store.copy(first, 'distributions/d/file', { ifAbsent: true });
    expect(await store.copy(second, 'distributions/d/file', { ifAbsent: true })).toMatchObject({ versionId: copy.versionId, sizeBytes: 5 });
    expect(await textOf(await store.read('distributions/d/file', { versionId: copy.versionId }))).toBe('first');
    await store.copy(second, 'distributions/d/file');
    expect(await textOf(await store.read('distributions/d/file'))).toBe('second');
  });

  test('what is not there cannot be read or copied, and is removed without complaint', async () => {
    const store = await make();
    await expect(store.read(KEY)).rejects.toMatchObject({ code: 'artifact-not-found' });
    await expect(store.copy({ key: KEY, versionId: sha256Of('x') }, 'distributions/d/file')).rejects.toMatchObject({
      code: 'artifact-not-found',
    });
    await store.remove(KEY);
    expect(await store.head(KEY)).toBeUndefined();
  });

  test('files are listed by prefix', async () => {
    const store = await make();
    for (const key of ['staging/b/p/n/report.json', 'staging/b/p/n/a.zip', 'staging/c/p/n/a.zip']) await store.put(key, opening(key), {});
    expect((await store.list('staging/b/')).map((file) => file.key).sort()).toEqual(['staging/b/p/n/a.zip', 'staging/b/p/n/report.json']);
    expect(await store.list('staging/d/')).toEqual([]);
  });
}
