import { buffer as wholeOf } from 'node:stream/consumers';
import { deflateSync, gzipSync } from 'node:zlib';
import { ZipFile } from 'yazl';
import { unpackContent } from '../../../builder/inspect/packed-content';
import { frozenProgram } from '../../fixtures/executables';

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

test('what PyInstaller appends, and the modules in its PYZ, among bytes that only look packed', async () => {
  const modules = [
    Buffer.from('PYZ\0x\x78\xda nonsense', 'latin1'),
    deflateSync('first module;'),
    Buffer.from('x'),
    deflateSync('second module;'),
  ];
  const program = frozenProgram([
    { name: 'lib/libfoo.so.1', content: Buffer.from('a library'), isPacked: true },
    { name: 'PYZ.pyz', content: Buffer.concat(modules), isPacked: false },
    { name: 'plain.txt', content: Buffer.from('plain'), isPacked: false },
  ]);
  expect(await partsOf(program)).toEqual({
    'lib/libfoo.so.1': 'a library',
    'PYZ.pyz': 'first module;second module;',
    'plain.txt': 'plain',
  });
});

test('a table that leads outside the file is passed over', async () => {
  const program = frozenProgram([{ name: 'a', content: Buffer.from('a'), isPacked: true }]);
  const cookieAt = program.lastIndexOf('MEI');
  program.writeUInt32BE(0xffffffff, cookieAt + 12);
  expect(await partsOf(program)).toEqual({});
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('a file with xÚ in it, and more text')],
  ['half a zip file', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(100, 1)])],
  ['half a gzip file', gzipSync('hello'.repeat(20)).subarray(0, 24)],
])('%s holds nothing', async (_what, bytes) => {
  expect(await partsOf(bytes)).toEqual({});
});
