import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { crc32, deflateRawSync } from 'node:zlib';
import { unpackSource } from '../../../builder/source/unpack-source';
import type { Files } from '../../../core/ports/files';
import type { PlatformId } from '../../../core/platform';
import { SlipwayError } from '../../../core/slipway-error';
import { createNodeFiles } from '../../../local/machine/files-node';
import { ZIP_MODE, ZipWriter } from '../../../local/source/zip-writer';
import { createWorkplace, type Workplace } from '../../fakes/packing';

let place: Workplace;
let log: string[];

beforeEach(() => {
  place = createWorkplace();
  log = [];
});

afterEach(() => {
  place.remove();
});

/** Where the archive is unpacked. */
function target(): string {
  return path.join(place.directory, 'unpacked');
}

async function unpack(
  bytes: Uint8Array,
  options: { readonly platform?: PlatformId; readonly files?: Partial<Files>; readonly sha256?: string } = {},
): Promise<void> {
  const archive = path.join(place.directory, 'source.zip');
  writeFileSync(archive, bytes);
  const sha256 = options.sha256 ?? createHash('sha256').update(bytes).digest('hex');
  const context = {
    files: { ...createNodeFiles(), ...options.files },
    platform: options.platform ?? 'linux-x86_64',
    log: (line: string) => void log.push(line),
  };
  await unpackSource(context, archive, { sha256 }, target());
}

/** Path, kind and content of everything in a folder. */
function listing(directory: string, prefix = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) Object.assign(found, listing(file, `${prefix}${entry.name}/`));
    else if (entry.isSymbolicLink()) found[prefix + entry.name] = `link ${readlinkSync(file)}`;
    else found[prefix + entry.name] = `${(lstatSync(file).mode & 0o777).toString(8)} ${readFileSync(file, 'latin1')}`;
  }
  return found;
}

interface RawEntry {
  readonly name: string | Uint8Array;
  readonly content?: string;
  readonly mode?: number;
  readonly claims?: { readonly sizeBytes?: number; readonly crc?: number };
}

/** Any archive, also one that no decent program writes. */
async function zipOf(entries: readonly RawEntry[]): Promise<Buffer> {
  const sink = new PassThrough();
  const whole = buffer(sink);
  const zip = new ZipWriter(sink);
  for (const { name, content = '', mode = ZIP_MODE.file, claims } of entries) {
    const data = Buffer.from(content);
    const body = deflateRawSync(data);
    const sizeBytes = claims?.sizeBytes ?? data.length;
    zip.add(typeof name === 'string' ? name : Buffer.from(name).toString('latin1'), mode, {
      sizeBytes,
      crc: claims?.crc ?? crc32(data),
      body: body.length < sizeBytes ? body : data,
    });
  }
  await zip.finish();
  sink.end();
  return whole;
}

test('what was packed comes out again: any tree', async () => {
  const name = fc.constantFrom('a', 'b', 'sub', 'ünï', 'x y', 'a-b', '.hidden', 'Ω', 'line\nbreak', 'back\\slash');
  const content = fc.oneof(fc.string({ maxLength: 300 }), fc.constant('word '.repeat(3000)));
  const file = fc.record({ folders: fc.array(name, { maxLength: 3 }), name, content, isExecutable: fc.boolean(), isLink: fc.boolean() });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(file, { maxLength: 10 }), async (wanted) => {
      const root = path.join(place.directory, `tree${run++}`);
      mkdirSync(root);
      for (const { folders, name: own, content: text, isExecutable, isLink } of wanted) {
        const at = path.join(root, ...folders, own);
        const isFree = folders.every(
          (_, i) => lstatSync(path.join(root, ...folders.slice(0, i + 1)), { throwIfNoEntry: false })?.isDirectory() !== false,
        );
        if (!isFree || existsSync(at) || lstatSync(at, { throwIfNoEntry: false }) !== undefined) continue;
        mkdirSync(path.dirname(at), { recursive: true });
        if (isLink) await createNodeFiles().link(`${'../'.repeat(folders.length)}sub/a`, at);
        else writeFileSync(at, text, { mode: isExecutable ? 0o755 : 0o644 });
      }
      const archive = await place.packer().pack(place.request({ root }));
      await unpack(await buffer(archive.open()));
      await archive.discard?.();
      expect(listing(target())).toEqual(listing(root));
    }),
    { numRuns: 60 },
  );
});

test('large files come out again', async () => {
  const bytes = Buffer.alloc(18 << 20);
  for (let i = 0; i < bytes.length; i += 64) bytes.writeUInt32LE(Math.imul(i, 2_654_435_761) >>> 0, i);
  place.put({ 'large.bin': bytes, 'piece.bin': bytes.subarray(0, 2_000_000), after: 'x' });
  const archive = await place.packer().pack(place.request());
  await unpack(await buffer(archive.open()));
  expect(readFileSync(path.join(target(), 'large.bin')).equals(bytes)).toBe(true);
  expect(readFileSync(path.join(target(), 'piece.bin')).equals(bytes.subarray(0, 2_000_000))).toBe(true);
});

test('what lay there before is gone', async () => {
  mkdirSync(target());
  writeFileSync(path.join(target(), 'old'), 'x');
  await unpack(await zipOf([{ name: 'new', content: 'x' }]));
  expect(readdirSync(target())).toEqual(['new']);
});

test('another archive than the named one is refused before it is read', async () => {
  await expect(unpack(await zipOf([{ name: '../x' }]), { sha256: 'a'.repeat(64) })).rejects.toMatchObject({
    code: 'checksum-mismatch',
    message: expect.stringContaining(`the job says ${'a'.repeat(64)}`) as string,
  });
  expect(existsSync(target())).toBe(false);
});

const LINK = ZIP_MODE.link;

test.each<[string, readonly RawEntry[], string, PlatformId?]>([
  ['a name that climbs', [{ name: '../x' }], "it has the part '..'"],
  ['a name that climbs later', [{ name: 'a/../../x' }], "it has the part '..'"],
  ['an absolute name', [{ name: '/tmp/x' }], 'it is absolute'],
  ['a drive', [{ name: 'C:/x' }], 'it begins with a drive letter'],
  ['a network path', [{ name: '\\\\host\\x' }], 'it is absolute'],
  ['a backslash on Windows', [{ name: '..\\x' }], 'no name may hold "\\\\"', 'windows-x86_64'],
  ['a stream on Windows', [{ name: 'a:b' }], 'it begins with a drive letter', 'windows-x86_64'],
  ['a device on Windows', [{ name: 'NUL' }], "'NUL' is a device", 'windows-x86_64'],
  ['one name twice', [{ name: 'a' }, { name: 'a' }], "it comes twice on this system, once as 'a'"],
  ['two names in one on Windows', [{ name: 'A' }, { name: 'a' }], "it comes twice on this system, once as 'A'", 'windows-x86_64'],
  [
    'two spellings in one on macOS',
    [{ name: 'e\u0301' }, { name: '\u00e9' }],
    "it comes twice on this system, once as 'e\u0301'",
    'macos-arm64',
  ],
  ['a file below a file', [{ name: 'a' }, { name: 'a/b' }], "'a' above it is a file"],
  ['a file below a link', [{ name: 'a', mode: LINK, content: '.' }, { name: 'a/b' }], "'a' above it is a link"],
  [
    'an absolute link',
    [{ name: 'a', mode: LINK, content: '/etc' }],
    "'/etc' is absolute and names a place on this machine (it points to '/etc')",
  ],
  ['a link that climbs', [{ name: 'a/b', mode: LINK, content: '../..' }], "it climbs above the root of the source (it points to '../..')"],
  [
    'a link by way of a link',
    [
      { name: 'a', mode: LINK, content: 'b/../..' },
      { name: 'b', mode: LINK, content: '.' },
    ],
    "it climbs above the root of the source (it points to 'b/../..')",
  ],
  ['a link to nothing', [{ name: 'a', mode: LINK }], 'its target is no path'],
  ['a link with a book for a target', [{ name: 'a', mode: LINK, content: 'x'.repeat(5000) }], 'its target is too long for a path'],
  ['a device', [{ name: 'a', mode: 0o020666 }], 'it is neither a file nor a folder nor a link'],
  ['a claim that no data can hold', [{ name: 'a', content: 'x', claims: { sizeBytes: 1e9 } }], 'it claims to hold more than its data can'],
])('%s is refused', async (...row) => {
  const [, entries, reason, platform] = row;
  await expect(unpack(await zipOf(entries), platform === undefined ? {} : { platform })).rejects.toMatchObject({
    code: 'archive-unsafe',
    message: expect.stringContaining(reason) as string,
  });
  expect(existsSync(target())).toBe(false);
});

test('a name that is not UTF-8 is refused', async () => {
  const bytes = await zipOf([{ name: 'aXb', content: 'x' }]);
  const broken = Buffer.from(bytes.toString('latin1').replaceAll('aXb', 'a\xffb'), 'latin1');
  await expect(unpack(broken)).rejects.toMatchObject({
    code: 'archive-unsafe',
    message: expect.stringContaining('its name is not UTF-8') as string,
  });
});

test('entries that share their data are refused', async () => {
  const bytes = await zipOf([
    { name: 'a', content: 'x'.repeat(99) },
    { name: 'b', content: 'x'.repeat(99) },
  ]);
  const second = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  bytes.writeUInt32LE(0, second + 42);
  await expect(unpack(bytes)).rejects.toMatchObject({ code: 'archive-unsafe', message: expect.stringContaining('overlaps') as string });
});

test.each<[string, (bytes: Buffer) => Buffer]>([
  ['no zip', () => Buffer.from('hello')],
  ['an empty file', () => Buffer.alloc(0)],
  ['one that was cut off', (bytes) => bytes.subarray(0, -10)],
  ['one byte that differs', (bytes) => Buffer.from(bytes.map((byte, i) => (i === 33 ? byte ^ 1 : byte)))],
])('%s is said to be damaged', async (_, spoil) => {
  const bytes = spoil(await zipOf([{ name: 'a', content: 'some text, some text, some text' }]));
  await expect(unpack(bytes)).rejects.toMatchObject({ code: 'source-archive-invalid' });
  expect(existsSync(target())).toBe(false);
});

test.each([
  ['more than it claims', { sizeBytes: 60 }],
  ['less than it claims', { sizeBytes: 400 }],
  ['another checksum', { crc: 1 }],
])('%s is said to be damaged', async (_, claims) => {
  const bytes = await zipOf([{ name: 'a', content: 'some text '.repeat(30), claims }]);
  await expect(unpack(bytes)).rejects.toMatchObject({ code: 'source-archive-invalid' });
  expect(existsSync(target())).toBe(false);
});

test('a disk too small is said before anything is written', async () => {
  const bytes = await zipOf([{ name: 'a', content: 'x'.repeat(5000) }]);
  await expect(unpack(bytes, { files: { freeBytes: () => Promise.resolve(1000) } })).rejects.toMatchObject({
    code: 'disk-full',
    message: `the source needs 5.0 kB, and '${target()}' has 1.0 kB left`,
  });
});

test('a disk that fills up leaves nothing', async () => {
  const files = createNodeFiles();
  let writes = 0;
  const write: Files['write'] = (...args) => (++writes > 20 ? Promise.reject(new SlipwayError('disk-full', 'full')) : files.write(...args));
  const bytes = await zipOf(Array.from({ length: 60 }, (_, i) => ({ name: `d/${i}`, content: `${i}` })));
  await expect(unpack(bytes, { files: { write } })).rejects.toMatchObject({ code: 'disk-full' });
  expect(existsSync(target())).toBe(false);
});

test('on a Windows that gives no links, what they point to is copied', async () => {
  const bytes = await zipOf([
    { name: 'd/a', content: 'text' },
    { name: 'again', mode: LINK, content: 'to-d' },
    { name: 'd/round', mode: LINK, content: '..' },
    { name: 'gone', mode: LINK, content: 'nowhere' },
    { name: 'to-d', mode: LINK, content: 'd' },
    { name: 'to-file', mode: LINK, content: 'to-d/a' },
  ]);
  const link = (): Promise<void> => Promise.reject(new SlipwayError('permission-denied', 'no'));
  await unpack(bytes, { platform: 'windows-x86_64', files: { link } });
  expect(listing(target())).toEqual({ 'd/a': '644 text', 'to-d/a': '644 text', 'again/a': '644 text', 'to-file': '644 text' });
  expect(log).toEqual(['d/round', 'gone'].map((name) => expect.stringContaining(`the link '${name}' to`) as string));
  await expect(unpack(bytes, { files: { link } })).rejects.toMatchObject({ code: 'permission-denied' });
});

test('64-bit sizes and counts are read', async () => {
  const sink = new PassThrough();
  const whole = buffer(sink);
  const zip = new ZipWriter(sink, { entries: 2, bytes: 40, streamBytes: 10 });
  zip.add('a', ZIP_MODE.file, { sizeBytes: 100, crc: crc32('x'.repeat(100)), body: Buffer.alloc(100, 'x') });
  zip.add('b', ZIP_MODE.executable, { sizeBytes: 1, crc: crc32('y'), body: Buffer.from('y') });
  const pieces = [{ sizeBytes: 50, crc: crc32('z'.repeat(50)), body: deflateRawSync('z'.repeat(50), { finishFlush: 3 }) }];
  await zip.addPieces('c', ZIP_MODE.file, 50, pieces);
  await zip.finish();
  sink.end();
  const bytes = await whole;
  expect(bytes.includes(Buffer.from([0x50, 0x4b, 6, 6]))).toBe(true);
  await unpack(bytes);
  expect(listing(target())).toEqual({ a: `644 ${'x'.repeat(100)}`, b: '755 y', c: `644 ${'z'.repeat(50)}` });
});
