import { buffer } from 'node:stream/consumers';
import { fromBufferPromise } from 'yauzl';
import { storedZip } from '../../../aws/build/stored-zip';
import { unzipSource } from '../../cloud/codebuild/source-zip';

test.each([
  ['nothing', []],
  ['one piece', [Buffer.from('PK\x03\x04 content')]],
  ['several, one of them empty', [Buffer.from('a'), Buffer.alloc(0), Buffer.alloc(100_000, 7)]],
])('%s is read back, checksum and all', async (_, pieces) => {
  const content = Buffer.concat(pieces);
  const zip = await buffer(storedZip('größe.zip', pieces, content.length));
  expect(await unzipSource(zip)).toEqual([{ path: 'größe.zip', content }]);
  expect(zip.includes(content)).toBe(true); // Stored, not compressed.
});

test('content of another size is no zip', async () => {
  await expect(buffer(storedZip('a', [Buffer.from('abc')], 4))).rejects.toThrow("'a' has 3 bytes, expected 4");
});

describe('numbers of 64 bits', () => {
  const content = Buffer.alloc(1000, 7);
  const END_64 = Buffer.from('PK\x06\x06', 'latin1');
  const DESCRIPTOR = Buffer.from('PK\x07\x08', 'latin1');

  test.each([
    ['are not written below the limit', 10_000, false, false],
    ['are written where only the directory lies beyond it', 1001, false, true],
    ['are written from the limit on', 1000, true, true],
  ])('%s', async (_, limitBytes, isEntryLarge, isDirectoryLarge) => {
    const zip = await buffer(storedZip('source.zip', [content], content.length, limitBytes));
    expect(await unzipSource(zip)).toEqual([{ path: 'source.zip', content }]);
    expect(zip.includes(END_64)).toBe(isDirectoryLarge);
    const descriptor = zip.indexOf(DESCRIPTOR);
    if (isEntryLarge) expect(zip.readBigUInt64LE(descriptor + 16)).toBe(1000n);
    else expect(zip.readUInt32LE(descriptor + 12)).toBe(1000);
    const archive = await fromBufferPromise(zip, { lazyEntries: true });
    for await (const entry of archive.eachEntry()) expect(entry.versionNeededToExtract).toBe(isEntryLarge ? 45 : 20);
  });
});
