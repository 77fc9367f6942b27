import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileError } from '../../../local/machine/file-error';
import { createNodeFiles } from '../../../local/machine/files-node';

const files = createNodeFiles();
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'slipway files ä-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const at = (...names: string[]) => path.join(directory, ...names);

test('a write creates parents, sets the mode and leaves nothing beside it', async () => {
  await files.write(at('a', 'b', 'tool'), 'x', { mode: 0o755 });
  expect(await files.readText(at('a', 'b', 'tool'))).toBe('x');
  expect((await files.stat(at('a', 'b', 'tool')))?.mode).toBe(0o755);
  expect(readdirSync(at('a', 'b'))).toEqual(['tool']);
});

test('a file where a folder should be is named, and is neither taken for the file itself nor for a missing one', async () => {
  await files.write(at('store'), 'a file');
  const expected = { code: 'io-failed', message: `'${at('store')}' is no folder`, hint: expect.stringContaining(at('store')) as string };
  await expect(files.create(at('store', 'links', 'a.json'), '')).rejects.toMatchObject(expected);
  await expect(files.write(at('store', 'a.json'), '')).rejects.toMatchObject(expected);
  await expect(files.makeDirectory(at('store'))).rejects.toMatchObject(expected);
  expect(await files.readText(at('store'))).toBe('a file');
});

test('a link to nowhere where a folder should be is named', async () => {
  symlinkSync(at('nowhere'), at('home'));
  await expect(files.write(at('home', 'cache', 'x'), '')).rejects.toMatchObject({ message: `'${at('home')}' is no folder` });
});

test('a folder where a file should be is named', async () => {
  await files.makeDirectory(at('record.json'));
  await expect(files.readText(at('record.json'))).rejects.toMatchObject({
    code: 'io-failed',
    message: `a folder is where a file should be: '${at('record.json')}'`,
  });
});

const onLinux = process.platform === 'linux' ? test : test.skip; // Elsewhere is no /proc.
onLinux('where the system makes no folders the attempt ends', async () => {
  await expect(files.makeDirectory('/proc/nowhere/deep/er')).rejects.toMatchObject({ code: 'file-not-found' });
});

test('folders are made by many at once', async () => {
  await Promise.all(Array.from({ length: 100 }, (_, i) => files.write(at('a', 'b', 'c', 'd', String(i)), '')));
  expect(readdirSync(at('a', 'b', 'c', 'd'))).toHaveLength(100);
});

test('a stream that fails leaves the old content and no temporary file', async () => {
  await files.write(at('f'), 'old');
  await expect(
    files.writeStream(at('f'), (sink) => {
      sink.write('half of the new');
      return Promise.reject(new Error('source broke'));
    }),
  ).rejects.toMatchObject({ code: 'io-failed' });
  expect(await files.readText(at('f'))).toBe('old');
  expect(readdirSync(directory)).toEqual(['f']);
});

test('of 20 concurrent creates exactly one succeeds, and its content is whole', async () => {
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => files.create(at('slot'), `by ${i}`)));
  const winners = results.flatMap((result, i) => (result.status === 'fulfilled' ? [i] : []));
  expect(winners).toHaveLength(1);
  expect(await files.readText(at('slot'))).toBe(`by ${winners[0]}`);
  for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'file-exists' });
  expect(readdirSync(directory)).toEqual(['slot']);
});

test('lists by code units and tells links from what they lead to', async () => {
  for (const name of ['b', 'a', 'B', 'ä']) writeFileSync(at(name), '');
  symlinkSync('nowhere', at('link'));
  expect(await files.list(directory)).toEqual([
    { name: 'B', kind: 'file' },
    { name: 'a', kind: 'file' },
    { name: 'b', kind: 'file' },
    { name: 'link', kind: 'link' },
    { name: 'ä', kind: 'file' },
  ]);
});

test('nothing there is undefined for stat and an error with the path for reading', async () => {
  expect(await files.stat(at('missing'))).toBeUndefined();
  await expect(files.readText(at('missing'))).rejects.toMatchObject({ code: 'file-not-found', details: { path: at('missing') } });
  await expect(files.remove(at('missing'))).resolves.toBeUndefined();
});

test('copies a folder with its links as links', async () => {
  await files.write(at('from', 'x'), 'x', { mode: 0o755 });
  symlinkSync('x', at('from', 'y'));
  await files.copy(at('from'), at('to'));
  expect(await files.readLink(at('to', 'y'))).toBe('x');
  expect((await files.stat(at('to', 'x')))?.mode).toBe(0o755);
});

test('a range is read without the rest', async () => {
  await files.write(at('f'), 'abcdef');
  expect(Buffer.from(await files.readRange(at('f'), 2, 3)).toString()).toBe('cde');
  expect(Buffer.from(await files.readRange(at('f'), 5, 3)).toString()).toBe('f');
});

test.each([
  ['ENOSPC', 'disk-full'],
  ['EDQUOT', 'disk-full'],
  ['EROFS', 'permission-denied'],
  ['EACCES', 'permission-denied'],
  ['EEXIST', 'file-exists'],
  ['EIO', 'io-failed'],
])('%s is %s', (errno, code) => {
  const error = fileError(Object.assign(new Error('system'), { code: errno }), '/some/file');
  expect(error.code).toBe(code);
  expect(error.message).toContain("'/some/file'");
});
