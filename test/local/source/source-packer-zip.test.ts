import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { fromBufferPromise } from 'yauzl';
import { SlipwayError } from '../../../core/slipway-error';
import { createNodeFiles } from '../../../local/machine/files-node';
import { writeArchive } from '../../../local/source/source-content';
import { walkSource } from '../../../local/source/source-walk';
import '../../allow-processes';
import { createWorkplace, type Workplace } from '../../fakes/packing';

let place: Workplace;

beforeEach(() => {
  place = createWorkplace();
});

afterEach(() => {
  place.remove();
});

/** Name, mode and content of every entry. */
async function contentOf(bytes: Buffer): Promise<Record<string, string>> {
  const zip = await fromBufferPromise(bytes);
  const content: Record<string, string> = {};
  for await (const entry of zip.eachEntry()) {
    const text = (await buffer(await zip.openReadStreamPromise(entry))).toString('latin1');
    content[entry.fileName] = `${(entry.externalFileAttributes >>> 16).toString(8)} ${text.length > 50 ? `${text.length} bytes` : text}`;
  }
  return content;
}

async function packed(
  overrides: Parameters<Workplace['request']>[0] = {},
  options: Parameters<Workplace['packer']>[0] = {},
): Promise<Buffer> {
  const archive = await place.packer(options).pack(place.request(overrides));
  const bytes = await buffer(archive.open());
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(archive.sha256);
  expect(bytes.length).toBe(archive.sizeBytes);
  await archive.discard?.();
  return bytes;
}

const TREE = {
  'pyproject.toml': '[project]\n',
  'src/app.py': 'print(1)\n'.repeat(400),
  'src/data/ünï.txt': 'ü',
  'src/empty': '',
  'a-b/c': '1',
  'a/b/c': '2',
  'link-to-src': { link: 'src' },
  'src/up': { link: '../a/b' },
} as const;

test('files, modes and links come in, in the order of their names', async () => {
  place.put(TREE);
  chmodSync(path.join(place.root, 'src/app.py'), 0o700);
  const content = await contentOf(await packed());
  expect(content).toEqual({
    'a-b/c': '100644 1',
    'a/b/c': '100644 2',
    'link-to-src': '120777 src',
    'pyproject.toml': '100644 [project]\n',
    'src/app.py': '100755 3600 bytes',
    'src/data/ünï.txt': '100644 Ã¼',
    'src/empty': '100644 ',
    'src/up': '120777 ../a/b',
  });
  expect(Object.keys(content)).toEqual(Object.keys(content).sort());
});

test('the same tree gives the same bytes: times, umask, order of creation, inode, size of the folder', async () => {
  place.put(TREE);
  const first = await packed();
  for (const name of ['src/app.py', 'a/b/c', 'src']) utimesSync(path.join(place.root, name), 1e9, 1.5e9);
  chmodSync(path.join(place.root, 'pyproject.toml'), 0o666);
  chmodSync(path.join(place.root, 'a/b/c'), 0o604);
  for (let i = 0; i < 300; i++) writeFileSync(path.join(place.root, `a/b/t${i}`), '');
  for (const name of readdirSync(path.join(place.root, 'a/b')))
    if (name.startsWith('t')) renameSync(path.join(place.root, 'a/b', name), path.join(place.directory, name));
  expect((await packed()).equals(first)).toBe(true);

  const other = createWorkplace();
  try {
    other.put(Object.fromEntries(Object.entries(TREE).reverse()));
    const again = await other.packer().pack(other.request());
    expect((await buffer(again.open())).equals(first)).toBe(true);
  } finally {
    other.remove();
  }
});

test('the same tree gives the same bytes: time zone, language, umask', async () => {
  place.put(TREE);
  const first = await packed();
  const { TZ, LC_ALL } = process.env;
  const umask = process.umask(0o077);
  try {
    for (const [zone, language] of [
      ['Pacific/Kiritimati', 'tr_TR.UTF-8'],
      ['America/New_York', 'C'],
    ]) {
      Object.assign(process.env, { TZ: zone, LC_ALL: language });
      const other = createWorkplace();
      try {
        other.put(TREE);
        const again = await other.packer().pack(other.request());
        expect((await buffer(again.open())).equals(first)).toBe(true);
      } finally {
        other.remove();
      }
    }
  } finally {
    process.umask(umask);
    for (const [name, value] of Object.entries({ TZ, LC_ALL })) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }
});

test('a hard link travels as the file that it is', async () => {
  place.put({ a: 'x' });
  linkSync(path.join(place.root, 'a'), path.join(place.root, 'b'));
  expect(await contentOf(await packed())).toEqual({ a: '100644 x', b: '100644 x' });
});

test('the bytes of this tree are those of every other machine', async () => {
  place.put(TREE);
  expect(
    createHash('sha256')
      .update(await packed())
      .digest('hex'),
  ).toBe('4f5070b6878e0a29c5ae93c05c2f673b4e2f504cf6c64ea0b308bb354c73fddc');
});

test('other programs read the archive', async () => {
  const large = Buffer.concat([Buffer.alloc(1_500_000, 'ab'), Buffer.from(Array.from({ length: 700_000 }, (_, i) => (i * i) % 251))]);
  place.put({ ...TREE, 'large.bin': large });
  const file = path.join(place.directory, 'x.zip');
  writeFileSync(file, await packed());
  expect(execFileSync('python3', ['-c', PYTHON_READS, file], { encoding: 'utf8' })).toBe(
    `None 9 ${createHash('sha256').update(large).digest('hex')}\n`,
  );
});

const PYTHON_READS = `
import hashlib, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
print(archive.testzip(), len(archive.namelist()), hashlib.sha256(archive.read('large.bin')).hexdigest())
`;

test('what git archives is what is packed', async () => {
  place.put({
    ...TREE,
    '.gitignore': 'build/\n*.log\n',
    'build/out': 'x',
    'a.log': 'x',
    'src/.gitignore': '!keep.log\n',
    'src/keep.log': 'k',
  });
  chmodSync(path.join(place.root, 'src/app.py'), 0o755);
  const env = { PATH: process.env.PATH, HOME: place.directory, GIT_CONFIG_NOSYSTEM: '1' };
  const git = (...args: string[]): void => void execFileSync('git', args, { cwd: place.root, env, stdio: 'ignore' });
  git('init', '-q', '.');
  git('add', '-A');
  git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'x');
  git('archive', '--format=zip', '-o', path.join(place.directory, 'git.zip'), 'HEAD');
  const byGit = await contentOf(readFileSync(path.join(place.directory, 'git.zip')));
  const files = Object.fromEntries(
    Object.entries(byGit)
      .filter(([name]) => !name.endsWith('/'))
      // git leaves the mode of plain files to the reader, and has another for links.
      .map(([name, entry]) => [name, entry.replace(/^0 /, '100644 ').replace(/^120000 /, '120777 ')]),
  );
  expect(await contentOf(await packed())).toEqual(files);
});

test('.slipwayignore, include and the built-in list have their say', async () => {
  place.put({
    '.gitignore': 'dist/\n',
    '.slipwayignore': 'docs/\n!web/dist/keep/**\n',
    'docs/big': 'x',
    'web/dist/app.js': 'x',
    'web/dist/keep/a/b.js': 'kept',
    'lib/dist/lib.js': 'included',
    'lib/dist/lib.pyc': 'x',
    'node_modules/x/index.js': 'x',
    'env/pyvenv.cfg': 'x',
    'env/bin/python': 'x',
    '__pycache__/m.pyc': 'x',
    '.git/config': 'x',
    '.hg/x': 'x',
    '.DS_Store': 'x',
  });
  expect(Object.keys(await contentOf(await packed({ include: ['lib/dist'] })))).toEqual([
    '.gitignore',
    '.slipwayignore',
    'lib/dist/lib.js',
    'web/dist/keep/a/b.js',
  ]);
});

test('a root above the project takes what lies beside it, and reads paths from the project', async () => {
  place.put({ '.gitignore': 'gen/\n', 'app/slipway.yaml': 'x', 'app/gen/a.py': 'x', 'lib/b.py': 'x', 'lib/gen/c.py': 'x' });
  const request = { projectPath: 'app', include: ['gen', '../lib/gen/c.py'], required: [{ path: '../lib/b.py', namedBy: 'x' }] };
  expect(Object.keys(await contentOf(await packed(request)))).toEqual([
    '.gitignore',
    'app/gen/a.py',
    'app/slipway.yaml',
    'lib/b.py',
    'lib/gen/c.py',
  ]);
});

test("Slipway's own folder stays out also where it lies in the tree", async () => {
  place.put({ 'home/store/x': 'x', a: 'x' });
  expect(Object.keys(await contentOf(await packed({}, { homeDirectory: path.join(place.root, 'home') })))).toEqual(['a']);
});

test('additions go in at their path and take the place of what is there', async () => {
  place.put({ a: 'tree', '.slipway/wheels/old.whl': 'x' });
  const from = path.join(place.directory, 'new.whl');
  writeFileSync(from, 'wheel', { mode: 0o755 });
  const additions = [
    { path: '.slipway/wheels/new.whl', from },
    { path: 'a', from },
  ];
  expect(await contentOf(await packed({ additions }))).toEqual({ '.slipway/wheels/new.whl': '100644 wheel', a: '100644 wheel' });
  await expect(packed({ additions: [{ path: 'a/b', from }] })).rejects.toMatchObject({ code: 'source-conflict' });
});

test('select lists what pack packs', async () => {
  place.put({ ...TREE, 'run.sh': '#!/bin/sh\n' });
  chmodSync(path.join(place.root, 'run.sh'), 0o755);
  const { entries } = await place.packer().select(place.request());
  expect(entries.map((entry) => entry.path)).toEqual(Object.keys(await contentOf(await packed())));
  expect(entries).toContainEqual({ path: 'run.sh', kind: 'file', sizeBytes: 10, isExecutable: true });
  expect(entries).toContainEqual({ path: 'src/up', kind: 'link', sizeBytes: 6, isExecutable: false });
});

test('on Windows, which keeps no execute bit, a script counts as executable', async () => {
  place.put({ 'run.sh': '#!/bin/sh\n', plain: 'x', large: `#!${'x'.repeat(1_100_000)}` });
  const options = { nodePlatform: 'win32' } as const;
  const content = await contentOf(await packed({}, options));
  expect(Object.values(content).map((entry) => entry.slice(0, 6))).toEqual(['100755', '100644', '100755']);
  const { entries } = await place.packer(options).select(place.request());
  expect(entries.map((entry) => entry.isExecutable)).toEqual([true, false, true]);
});

test.each<[string, Parameters<Workplace['put']>[0], Parameters<Workplace['request']>[0], string, RegExp]>([
  [
    'a link that leaves',
    { x: { link: '/etc/hostname' } },
    {},
    'link-leaves-source',
    /the link 'x' leaves the source: '\/etc\/hostname' is absolute/,
  ],
  ['a link that climbs', { 'd/x': { link: '../../y' } }, {}, 'link-leaves-source', /climbs above the root/],
  ['a link through a link', { up: { link: 'd/in/..' }, d: { link: '..' } }, {}, 'link-leaves-source', /climbs above the root/],
  ['a device name for Windows', { 'con.py': 'x' }, { forWindows: true }, 'name-not-portable', /'con' is a device/],
  ['two names in one for Windows', { a: 'x', A: 'x' }, { forWindows: true }, 'name-not-portable', /Windows takes it for 'A'/],
  [
    'an entry that is ignored',
    { '.gitignore': '*.py\n', 'a.py': 'x' },
    { required: [{ path: 'a.py', namedBy: 'entry' }] },
    'source-excluded',
    /^entry names 'a.py', which the source archive leaves out: '\*\.py' in \.gitignore:1$/,
  ],
  [
    'an entry that is missing',
    { 'a.py': 'x' },
    { required: [{ path: 'b.py', namedBy: 'entry' }] },
    'source-file-missing',
    /^entry names 'b.py', which is not there$/,
  ],
  ['an include that is missing', { 'a.py': 'x' }, { include: ['web/dist'] }, 'source-file-missing', /^source.include names 'web\/dist'/],
])('%s is refused', async (_, files, request, code, message) => {
  place.put(files);
  await expect(packed(request)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  await expect(place.packer().select(place.request(request))).rejects.toMatchObject({ code });
  expect(readdirSync(place.archives)).toEqual([]);
});

test('a name that is no UTF-8 is refused, unless a rule leaves it out', async () => {
  place.put({ ok: 'x' });
  writeFileSync(Buffer.concat([Buffer.from(`${place.root}/bad`), Buffer.from([0xff]), Buffer.from('.bin')]), 'x');
  await expect(packed()).rejects.toMatchObject({ code: 'name-not-portable', message: "the name 'bad\\xff.bin' is not UTF-8" });
  place.put({ '.slipwayignore': '*.bin\n' });
  expect(Object.keys(await contentOf(await packed()))).toEqual(['.slipwayignore', 'ok']);
});

test('pipes and sockets stay out, and are told', async () => {
  place.put({ ok: 'x' });
  execFileSync('mkfifo', [path.join(place.root, 'pipe')]);
  const { entries, warnings } = await place.packer().select(place.request());
  expect(entries.map((entry) => entry.path)).toEqual(['ok']);
  expect(warnings).toEqual(["'pipe' stays out: it is a socket, a pipe or a device"]);
});

test('what is worth a second look is told', async () => {
  place.put({
    '.env': 'PASSWORD=x',
    'certs/ca.pem': '-----BEGIN CERTIFICATE-----',
    'certs/own.pem': '-----BEGIN PRIVATE KEY-----',
    dangling: { link: 'nowhere' },
  });
  for (let i = 0; i < 12; i++) place.put({ [`k${String(i).padStart(2, '0')}/id_rsa`]: 'x' });
  const { warnings } = await place.packer().select(place.request());
  expect(warnings[0]).toBe("the link 'dangling' points to 'nowhere', which is not there or stays out: it will lead nowhere");
  expect(warnings[1]).toBe("'.env' looks like settings with passwords and travels with the source: leave it out with .slipwayignore");
  expect(warnings[2]).toBe("'certs/own.pem' looks like a private key and travels with the source: leave it out with .slipwayignore");
  expect(warnings).toHaveLength(12);
  expect(warnings.at(-1)).toBe('and 4 more files that look like secrets');
});

test('large files are told, and so is a large source', async () => {
  place.put({ '.slipwayignore': '' });
  for (const name of ['a', 'b']) execFileSync('truncate', ['-s', '300M', path.join(place.root, name)]);
  const { warnings } = await place.packer().select(place.request());
  expect(warnings).toEqual([
    "'a' has 314.6 MB: leave it out with .slipwayignore if the build does not read it",
    "'b' has 314.6 MB: leave it out with .slipwayignore if the build does not read it",
    'the source has 629.1 MB in 3 files: leave out with .slipwayignore what the build does not read',
  ]);
});

test.each(['2', '3', '4'])('a file that git tracks and a rule ignores is told (index version %s)', async (version) => {
  place.put({ 'lib/a.py': 'x', 'lib/b.py': 'x', 'src/c.py': 'x', 'src/d.log': 'x' });
  const env = { PATH: process.env.PATH, HOME: place.directory, GIT_CONFIG_NOSYSTEM: '1' };
  const git = (...args: string[]): void => void execFileSync('git', args, { cwd: place.root, env, stdio: 'ignore' });
  git('init', '-q', '.');
  git('add', '-A');
  if (version === '3') git('update-index', '--skip-worktree', 'lib/a.py');
  git('update-index', '--index-version', version);
  place.put({ '.gitignore': 'lib/\n', '.slipwayignore': '*.log\n' });
  const { entries, warnings } = await place.packer().select(place.request());
  expect(entries.map((entry) => entry.path)).toEqual(['.gitignore', '.slipwayignore', 'src/c.py']);
  expect(warnings).toEqual(
    ['lib/a.py', 'lib/b.py'].map(
      (file) =>
        `'${file}' stays out although git tracks it, because an ignore file names it: add it to source.include if the build reads it`,
    ),
  );
});

test('what cannot be read is named', () => {
  place.put({ 'd/secret': 'x' });
  const run = (): unknown => {
    const own = process.getuid?.() === 0;
    if (own) process.seteuid?.(65_534);
    try {
      return walkSource({ root: place.root, include: [], ownDirectories: [] });
    } finally {
      if (own) process.seteuid?.(0);
    }
  };
  chmodSync(place.directory, 0o755);
  chmodSync(path.join(place.root, 'd'), 0o000);
  expect(run).toThrow(
    expect.objectContaining({
      code: 'source-unreadable',
      message: "'d' cannot be read: EACCES",
      hint: 'give yourself the right to read it, or leave it out with .slipwayignore',
    }) as Error,
  );
  chmodSync(path.join(place.root, 'd'), 0o755);
});

describe('a file that changes while it is packed', () => {
  const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
  const write = (files: Parameters<typeof writeArchive>[1]): Promise<unknown> => writeArchive(nowhere(), files, 'linux');

  test('is read again where it is small', async () => {
    place.put({ a: 'old' });
    const { files } = walkSource({ root: place.root, include: [], ownDirectories: [] });
    place.put({ a: 'newer and longer' });
    const again = walkSource({ root: place.root, include: [], ownDirectories: [] });
    expect(await write(files)).toEqual(await write(again.files));
  });

  test('ends the packing where it is large', async () => {
    place.put({ a: Buffer.alloc(1_500_000) });
    const { files } = walkSource({ root: place.root, include: [], ownDirectories: [] });
    place.put({ a: Buffer.alloc(1_500_001) });
    await expect(write(files)).rejects.toMatchObject({ code: 'source-changed', message: "'a' changed while it was being packed" });
  });

  test('ends the packing where it is gone, or a link took its place', async () => {
    place.put({ a: 'x', b: 'x' });
    const { files } = walkSource({ root: place.root, include: [], ownDirectories: [] });
    renameSync(path.join(place.root, 'a'), path.join(place.directory, 'a'));
    await expect(write(files)).rejects.toMatchObject({ code: 'source-changed', message: "'a' vanished while the source was read" });
    symlinkSync(path.join(place.directory, 'a'), path.join(place.root, 'a'));
    await expect(write(files)).rejects.toMatchObject({ code: 'source-unreadable' });
  });
});

test('a full disk is said, and leaves nothing', async () => {
  place.put({ a: 'x' });
  const files = createNodeFiles();
  const full = new SlipwayError('disk-full', 'the disk is full');
  const packer = place.packer({
    files: {
      ...files,
      writeStream: (file, produce, options) =>
        files.writeStream(
          file,
          async () => {
            await produce(new Writable({ write: (_chunk, _encoding, done) => done(full) }).on('error', () => undefined));
          },
          options,
        ),
    },
  });
  await expect(packer.pack(place.request())).rejects.toMatchObject({ code: 'disk-full' });
  expect(readdirSync(place.archives)).toEqual([]);
});

test('what a killed run left behind goes after a day', async () => {
  place.put({ a: 'x' });
  mkdirSync(place.archives);
  const name = 'source-00000000-0000-0000-0000-000000000000.zip';
  writeFileSync(path.join(place.archives, name), 'x');
  writeFileSync(path.join(place.archives, 'other.zip'), 'x');
  await packed();
  expect(readdirSync(place.archives).sort()).toEqual(['other.zip', name]);
  const { mtimeMs } = statSync(path.join(place.archives, name));
  await packed({}, { now: () => mtimeMs + 25 * 3_600_000 });
  expect(readdirSync(place.archives)).toEqual(['other.zip']);
});
