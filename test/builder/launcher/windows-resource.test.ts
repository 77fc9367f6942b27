import { windowsResource } from '../../../builder/launcher/windows-resource';

interface Entry {
  readonly type: number;
  readonly name: number;
  readonly data: Buffer;
}

/** Reads it as a linker does. */
function entriesOf(bytes: Buffer): readonly Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < bytes.length;) {
    const [size, header] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
    entries.push({
      type: bytes.readUInt16LE(at + 10),
      name: bytes.readUInt16LE(at + 14),
      data: bytes.subarray(at + header, at + header + size),
    });
    at += (header + size + 3) & ~3;
  }
  return entries;
}

/** Two pictures of 3 and 5 bytes. */
function icon(): Buffer {
  const head = Buffer.from([0, 0, 1, 0, 2, 0]);
  const row = (width: number, size: number, offset: number) => {
    const bytes = Buffer.alloc(16);
    bytes[0] = width;
    bytes.writeUInt16LE(32, 6);
    bytes.writeUInt32LE(size, 8);
    bytes.writeUInt32LE(offset, 12);
    return bytes;
  };
  return Buffer.concat([head, row(16, 3, 38), row(32, 5, 41), Buffer.from('abcdefgh')]);
}

test('holds the version as numbers and as text, in UTF-16', () => {
  const [empty, version, ...rest] = entriesOf(
    windowsResource({ name: 'kit', version: '1.4.0rc2', title: 'Kït "x"', publisher: 'Ünder & Co' }),
  );
  expect(empty).toMatchObject({ type: 0, name: 0 });
  expect(rest).toEqual([]);
  expect(version).toMatchObject({ type: 16, name: 1 });
  const data = version?.data ?? Buffer.alloc(0);
  expect(data.readUInt16LE(0)).toBe(data.length);
  const fixed = data.indexOf(Buffer.from([0xbd, 0x04, 0xef, 0xfe]));
  expect(fixed % 4).toBe(0);
  expect([data.readUInt32LE(fixed + 8), data.readUInt32LE(fixed + 12)]).toEqual([0x0001_0004, 0]);
  const text = data.toString('utf16le');
  for (const value of ['kit.exe\0', '1.4.0rc2\0', 'Kït "x"\0', 'Ünder & Co\0', 'Translation\0']) expect(text).toContain(value);
});

test('lists the pictures of an icon, each a resource of its own', () => {
  const entries = entriesOf(windowsResource({ name: 'kit', icon: { file: 'kit.ico', bytes: icon() } }));
  expect(entries.map(({ type, name }) => [type, name])).toEqual([
    [0, 0],
    [3, 1],
    [3, 2],
    [14, 1],
    [16, 1],
  ]);
  expect(entries.slice(1, 3).map(({ data }) => data.toString())).toEqual(['abc', 'defgh']);
  const group = entries[3]?.data ?? Buffer.alloc(0);
  expect([group.length, group[6], group.readUInt32LE(14), group.readUInt16LE(18), group[20], group.readUInt16LE(32)]).toEqual([
    34, 16, 3, 1, 32, 2,
  ]);
});

test.each([
  ['a PNG', Buffer.from('\x89PNG\r\n\x1a\n0000000000000000', 'latin1')],
  ['nothing', Buffer.alloc(0)],
  ['a cut one', icon().subarray(0, 44)],
  ['a table without rows', icon().subarray(0, 10)],
])('refuses %s as an icon', (_, bytes) => {
  expect(() => windowsResource({ name: 'kit', icon: { file: 'art/kit.ico', bytes } })).toThrow("'art/kit.ico' is no Windows icon");
});
