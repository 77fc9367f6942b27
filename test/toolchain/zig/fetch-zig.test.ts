import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { Downloads } from '../../../core/ports/downloads';
import { createNodeFiles } from '../../../local/machine/files-node';
import { pinnedVersion, pinnedWheel } from '../../../toolchain/pins';
import { ensureZig, findZig } from '../../../toolchain/zig/fetch-zig';
import { createToolchainFixture, type FixtureOptions, type ToolchainFixture } from '../toolchain-fixture';

const version = pinnedVersion('ziglang');
let fixture: ToolchainFixture;
let fetched: { readonly url: string; readonly sha256: string }[];

const NEEDED = [
  'lib/std/std.zig',
  'lib/include/stddef.h',
  'lib/libc/include/any-windows-any/windows.h',
  'lib/libc/mingw/lib-common/kernel32.def.in',
  'lib/libc/darwin/libSystem.tbd',
];
const PASSED_OVER = [
  'lib/libc/musl/src/a.c',
  'lib/libcxx/include/a',
  'lib/libc/include/riscv64-linux-musl/a.h',
  'lib/compiler/resinator/main.zig',
  '__main__.py',
];

function index(platform: FixtureOptions['platform'], executable: string): Downloads {
  const files = createNodeFiles();
  const wheel = pinnedWheel('ziglang', platform ?? 'linux-x86_64');
  return {
    text: ({ url }) => Promise.resolve({ body: `<a href="../../${wheel.file}">zig</a>`, contentType: 'text/html', finalUrl: url }),
    async file({ url }, target, { sha256 = '' }) {
      fetched.push({ url, sha256 });
      const zip = new ZipFile();
      for (const name of [executable, ...NEEDED, ...PASSED_OVER]) zip.addBuffer(Buffer.from(`of ${name}`), `ziglang/${name}`);
      zip.end();
      await files.write(target, Buffer.concat(await Readable.from(zip.outputStream).toArray()));
    },
  };
}

function open(platform: FixtureOptions['platform'] = 'linux-x86_64', executable = 'zig'): ToolchainFixture {
  fixture = createToolchainFixture({
    platform,
    downloads: index(platform, executable),
    environment: { PIP_INDEX_URL: 'https://me:pw@m.example/simple/' },
  });
  return fixture;
}

beforeEach(() => {
  fetched = [];
});

afterEach(() => fixture.close());

test('fetches the pinned wheel from the configured index, once, and unpacks what launchers need of it', async () => {
  const { context } = open();
  const zig = await ensureZig(context);
  const folder = path.join(context.homeDirectory, 'toolchains', `zig-${version}`);
  expect(zig).toEqual({
    path: path.join(folder, 'zig'),
    version,
    libraryDirectory: path.join(folder, 'lib'),
    environment: { ZIG_GLOBAL_CACHE_DIR: path.join(context.homeDirectory, 'cache', 'zig'), ZIG_LIB_DIR: path.join(folder, 'lib') },
  });
  expect(statSync(zig.path).mode & 0o111).not.toBe(0);
  for (const name of NEEDED) expect(readFileSync(path.join(folder, name), 'utf8')).toBe(`of ${name}`);
  const there = readdirSync(folder, { recursive: true }).map(String);
  for (const name of PASSED_OVER) expect(there).not.toContain(name);
  expect(await ensureZig(context)).toEqual(zig);
  expect(fetched).toEqual([
    {
      url: `https://me:pw@m.example/${pinnedWheel('ziglang', 'linux-x86_64').file}`,
      sha256: pinnedWheel('ziglang', 'linux-x86_64').sha256,
    },
  ]);
});

test('on Windows it is zig.exe', async () => {
  const { context } = open('windows-x86_64', 'zig.exe');
  expect(path.basename((await ensureZig(context)).path)).toBe('zig.exe');
});

test('several at once leave one whole zig and nothing beside it', async () => {
  const { context } = open();
  const all = await Promise.all([1, 2, 3, 4].map(() => ensureZig(context)));
  expect(new Set(all.map((zig) => zig.path)).size).toBe(1);
  expect(readdirSync(path.join(context.homeDirectory, 'toolchains'))).toEqual([`zig-${version}`]);
});

test.each([
  ['cut', (folder: string) => truncateSync(path.join(folder, 'zig'), 3)],
  ['of another wheel', (folder: string) => writeFileSync(path.join(folder, 'slipway.json'), '{"wheelSha256":"0","sizeBytes":6}')],
  ['without its marker', (folder: string) => rmSync(path.join(folder, 'slipway.json'))],
  ['with a damaged marker', (folder: string) => writeFileSync(path.join(folder, 'slipway.json'), '{')],
])('one that is %s is replaced', async (_, damage) => {
  const { context } = open();
  await ensureZig(context);
  damage(path.join(context.homeDirectory, 'toolchains', `zig-${version}`));
  expect(await findZig(context)).toBeUndefined();
  expect(readFileSync((await ensureZig(context)).path, 'utf8')).toBe('of zig');
  expect(fetched).toHaveLength(2);
});

test('a wheel without zig is refused, and nothing stays', async () => {
  const { context } = open('linux-x86_64', 'other');
  await expect(ensureZig(context)).rejects.toMatchObject({ code: 'tool-not-fetched', message: "the wheel of ziglang holds no 'zig'" });
  expect(readdirSync(path.join(context.homeDirectory, 'toolchains'))).toEqual([]);
});
