import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { extract } from 'tar';
import yauzl from 'yauzl';
import { writeTarGz } from '../../../builder/archives/archive-tar';
import { writeZip } from '../../../builder/archives/archive-zip';
import type { PackageEntry } from '../../../builder/archives/package-entry';
import { assemble } from '../../../builder/steps/assemble';
import type { CompiledBinary } from '../../../builder/steps/compile-binaries';
import { binaryOf, contextOf, FAKE_TOOLS, fakeProcesses, jobOf, makeWorkplace, type Workplace } from '../fake-build';

const EPOCH = 1_767_322_245; // 2026-01-02T02:50:45Z
const LONG = `kit-linux-x86_64/${'long-folder-name-'.repeat(14)}/${'x'.repeat(120)}.py`;

const CONTENT: Readonly<Record<string, string>> = {
  'kit-linux-x86_64/kit': '#!/bin/sh\n',
  'kit-linux-x86_64/data é.txt': 'd'.repeat(1000),
  [LONG]: 'long',
};

const ENTRIES: readonly PackageEntry[] = [
  entry('kit-linux-x86_64', 'directory', true),
  entry('kit-linux-x86_64/data é.txt', 'file', false),
  entry('kit-linux-x86_64/empty', 'directory', true),
  entry('kit-linux-x86_64/kit', 'file', true),
  { ...entry('kit-linux-x86_64/lib.so', 'link', false), target: 'kit' },
  entry(LONG, 'file', false),
];

function entry(name: string, kind: PackageEntry['kind'], isExecutable: boolean): PackageEntry {
  return { path: name, kind, isExecutable, sizeBytes: Buffer.byteLength(CONTENT[name] ?? ''), modifiedAtMs: 0 };
}

function open({ path: name }: PackageEntry): Readable {
  return Readable.from([Buffer.from(CONTENT[name] ?? '')]);
}

async function packed(write: typeof writeTarGz, entries = ENTRIES): Promise<Buffer> {
  const sink = new PassThrough();
  const [bytes] = await Promise.all([buffer(sink), write(entries, open, EPOCH, sink)]);
  return bytes;
}

describe('tar.gz', () => {
  test('unpacks to what went in, with modes, links and long names', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'slipway-tar-'));
    try {
      Readable.from([await packed(writeTarGz)]).pipe(extract({ cwd: directory, umask: 0, noMtime: false }).on('close', () => done()));
      let done = (): void => undefined;
      await new Promise<void>((resolve) => (done = resolve));
      const at = (name: string) => path.join(directory, name);
      expect(statSync(at('kit-linux-x86_64/kit')).mode & 0o777).toBe(0o755);
      expect(statSync(at('kit-linux-x86_64/data é.txt')).mode & 0o777).toBe(0o644);
      expect(statSync(at('kit-linux-x86_64/kit')).mtimeMs).toBe(EPOCH * 1000);
      expect(readlinkSync(at('kit-linux-x86_64/lib.so'))).toBe('kit');
      expect(statSync(at(LONG)).size).toBe(4);
      expect(statSync(at('kit-linux-x86_64/empty')).isDirectory()).toBe(true);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('has a gzip header without time, name and system', async () => {
    expect([...(await packed(writeTarGz)).subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  });

  test('is refused when a file has another size than was listed', async () => {
    const wrong = ENTRIES.map((each) => (each.path.endsWith('/kit') ? { ...each, sizeBytes: 3 } : each));
    const sink = new PassThrough();
    sink.resume();
    await expect(writeTarGz(wrong, open, EPOCH, sink)).rejects.toThrow('instead of 3');
  });
});

describe('zip', () => {
  test('holds what went in, with modes and links', async () => {
    const zip = await yauzl.fromBufferPromise(await packed(writeZip));
    const found: Record<string, [mode: string, time: string, content: string]> = {};
    for await (const each of zip.eachEntry()) {
      const mode = (each.externalFileAttributes >>> 16).toString(8);
      const content = each.fileName.endsWith('/') ? '' : await text(await zip.openReadStreamPromise(each));
      found[each.fileName] = [mode, each.getLastModDate({ timezone: 'UTC' }).toISOString(), content];
    }
    expect(found['kit-linux-x86_64/kit']).toEqual(['100755', '2026-01-02T02:50:44.000Z', '#!/bin/sh\n']);
    expect(found['kit-linux-x86_64/data é.txt']?.[0]).toBe('100644');
    expect(found['kit-linux-x86_64/lib.so']).toEqual(['120777', '2026-01-02T02:50:44.000Z', 'kit']);
    expect(Object.keys(found)).toContain('kit-linux-x86_64/empty/');
  });
});

describe.each([
  ['tar.gz', writeTarGz],
  ['zip', writeZip],
])('%s', (_, write) => {
  const digest = async () =>
    createHash('sha256')
      .update(await packed(write))
      .digest('hex');

  test('same entries, same bytes, in any time zone', async () => {
    const before = process.env.TZ;
    const digests: string[] = [];
    try {
      for (const zone of ['UTC', 'America/New_York', 'Asia/Kolkata', 'Pacific/Kiritimati']) {
        process.env.TZ = zone;
        digests.push(await digest());
      }
    } finally {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    }
    expect(new Set(digests).size).toBe(1);
  });

  test('a read that fails fails the archive', async () => {
    const sink = new PassThrough();
    sink.resume();
    const broken = () =>
      new Readable({
        read() {
          this.destroy(new Error('gone'));
        },
      });
    await expect(write(ENTRIES, broken, EPOCH, sink)).rejects.toThrow('gone');
  });

  test('a sink that fails fails the archive', async () => {
    const sink = new Writable({ write: (_chunk, _encoding, done) => done(new Error('full')) });
    await expect(write(ENTRIES, open, EPOCH, sink)).rejects.toThrow('full');
  });
});

describe('assembling', () => {
  let place: Workplace;
  beforeEach(async () => ({ place } = await makeWorkplace(jobOf())));
  afterEach(() => place.remove());

  function compiled(name: string): CompiledBinary {
    const folder = path.join(place.jobDirectory, 'work/compile', name, 'main.dist');
    mkdirSync(path.join(folder, 'sub'), { recursive: true });
    writeFileSync(path.join(folder, name), 'x', { mode: 0o700 });
    writeFileSync(path.join(folder, 'sub/data'), 'x', { mode: 0o600 });
    return {
      binary: binaryOf(name),
      compiler: 'nuitka',
      mode: 'standalone',
      program: { form: 'folder', path: folder, executable: name },
      command: [],
    };
  }

  test('gives one of two modes and lists what is there', async () => {
    const { archives, binaries } = await assemble(contextOf(place, fakeProcesses()), FAKE_TOOLS, jobOf(), [compiled('kit')]);
    expect(archives[0]?.entries.map((each) => [each.path, each.kind, each.isExecutable])).toEqual([
      ['kit-linux-x86_64', 'directory', true],
      ['kit-linux-x86_64/kit', 'file', true],
      ['kit-linux-x86_64/sub', 'directory', true],
      ['kit-linux-x86_64/sub/data', 'file', false],
    ]);
    expect(statSync(binaries[0]?.executable ?? '').mode & 0o777).toBe(0o755);
    expect(statSync(path.join(binaries[0]?.directory ?? '', 'sub/data')).mode & 0o777).toBe(0o644);
  });

  test.each(['../../../../etc/passwd', '/etc/passwd'])('refuses a link to %s', async (target) => {
    const binary = compiled('kit');
    symlinkSync(target, path.join(binary.program.path, 'leak'));
    await expect(assemble(contextOf(place, fakeProcesses()), FAKE_TOOLS, jobOf(), [binary])).rejects.toMatchObject({
      code: 'package-collision',
      message: expect.stringContaining(target) as string,
    });
  });

  test('keeps a link that stays inside', async () => {
    const binary = compiled('kit');
    symlinkSync('sub/data', path.join(binary.program.path, 'alias'));
    const { archives } = await assemble(contextOf(place, fakeProcesses()), FAKE_TOOLS, jobOf(), [binary]);
    expect(archives[0]?.entries.find(({ kind }) => kind === 'link')).toMatchObject({ path: 'kit-linux-x86_64/alias', target: 'sub/data' });
  });

  test('refuses names that one system takes for the same', async () => {
    const binary = compiled('kit');
    writeFileSync(path.join(binary.program.path, 'SUB.txt'), '');
    writeFileSync(path.join(binary.program.path, 'sub.txt'), '');
    const job = jobOf({ platform: 'macos-arm64' });
    await expect(assemble(contextOf(place, fakeProcesses()), FAKE_TOOLS, job, [binary])).rejects.toMatchObject({
      code: 'package-collision',
    });
  });
});
