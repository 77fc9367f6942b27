import { buffer as wholeOf } from 'node:stream/consumers';
import { deflateSync, gzipSync } from 'node:zlib';
import { ZipFile } from 'yazl';
import { unpackContent } from '../../../builder/inspect/packed-content';

async function partsOf(bytes: Uint8Array): Promise<Record<string, string>> {
  const parts: Record<string, string> = {};
  for await (const part of unpackContent(bytes)) parts[part.name] = (parts[part.name] ?? '') + Buffer.from(part.bytes).toString();
  return parts;
}

async function zipOf(content: Readonly<Record<string, string>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, text] of Object.entries(content)) zip.addBuffer(Buffer.from(text), name);
  zip.end();
  return wholeOf(zip.outputStream);
}

test('a zip file, by its entries', async () => {
  expect(await partsOf(await zipOf({ 'a.py': 'one', 'b/c.txt': 'two' }))).toEqual({ 'a.py': 'one', 'b/c.txt': 'two' });
});

test('a zipapp, whose first line is a script', async () => {
  expect(await partsOf(Buffer.concat([Buffer.from('#!/usr/bin/env python3\n'), await zipOf({ '__main__.py': 'main' })]))).toEqual({
    '__main__.py': 'main',
  });
});

test('a gzip file', async () => {
  expect(await partsOf(gzipSync('hello'.repeat(20)))).toEqual({ '': 'hello'.repeat(20) });
});

test('the modules inside a PyInstaller executable, among bytes that only look packed', async () => {
  const module = (text: string) => deflateSync(Buffer.from(text), { level: 9 });
  const executable = Buffer.concat([
    Buffer.from('\x7fELF machine code x\x9c\x78\xda nonsense'),
    module('first module;'),
    Buffer.from('x'),
    module('second module;'),
    Buffer.from('MEI\x0c\x0b\x0a\x0b\x0e', 'latin1'),
    Buffer.alloc(80),
  ]);
  expect(await partsOf(executable)).toEqual({ '': 'first module;second module;' });
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('a file with xÚ in it, and more text')],
  ['half a zip file', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(100, 1)])],
  ['half a gzip file', gzipSync('hello'.repeat(20)).subarray(0, 24)],
])('%s holds nothing', async (_what, bytes) => {
  expect(await partsOf(bytes)).toEqual({});
});
