/** `slipway download --layout tauri`: what lies in src-tauri afterwards, whatever was there. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { CliContext } from '../../cli/context';
import { runCli } from '../../cli/main';
import type { Artifact, BuildRecord } from '../../core/build/build-record';
import type { BuildService } from '../../core/build/build-service';
import type { Envelope } from '../../core/envelope';
import { PLATFORM_IDS, PLATFORMS, type PlatformId } from '../../core/platform';
import { fragmentText } from '../../core/sidecar/tauri-layout';
import { createNodeFiles } from '../../local/machine/files-node';
import { tarGzOf, zipOf, type FakeEntry } from '../fakes/archives';
import { createKeepingTerminal } from '../fakes/terminal';

let root: string;
let tauri: string;
/** What the service holds: a file's bytes by build and platform. */
let stored: Map<string, Buffer>;
let builds: BuildRecord[];

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'slipway-tauri-'));
  tauri = path.join(root, 'src-tauri');
  mkdirSync(tauri);
  put('tauri.conf.json', '{}');
  stored = new Map();
  builds = [];
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(tauri, file)), { recursive: true });
  writeFileSync(path.join(tauri, file), text);
}

function read(file: string): string {
  return readFileSync(path.join(tauri, file), 'utf8');
}

function json(file: string): unknown {
  return JSON.parse(read(file));
}

/** Files below src-tauri, sorted. */
function tree(): readonly string[] {
  return readdirSync(tauri, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(tauri, path.join(entry.parentPath, entry.name)))
    .sort();
}

async function archiveOf(platform: PlatformId, sidecars: Readonly<Record<string, readonly string[]>>, mark: string): Promise<Buffer> {
  const { triple, executableSuffix, os, arch } = PLATFORMS[platform];
  const folder = `kit-${os}-${arch}`;
  const shipped = Object.entries(sidecars).map(([name, files]) => ({
    name,
    form: files.length > 0 ? ('resources' as const) : ('onefile' as const),
  }));
  const entries: FakeEntry[] = Object.entries(sidecars).flatMap(([name, files]) => [
    {
      path: `${folder}/tauri/binaries/${name}-${triple}${executableSuffix}`,
      content: Buffer.from(`launcher ${name} ${mark}`),
      mode: 0o755,
    },
    ...files.map((file) => ({
      path: `${folder}/tauri/resources/${name}/${file}`,
      content: Buffer.from(`${file} ${platform} ${mark}`),
      mode: file === name ? 0o755 : 0o644,
    })),
  ]);
  if (shipped.length === 0) entries.push({ path: `${folder}/kit`, content: Buffer.from('plain') });
  else entries.push({ path: `${folder}/tauri/tauri.conf.slipway.json`, content: Buffer.from(fragmentText(shipped, platform)) });
  return os === 'windows' ? zipOf(entries) : tarGzOf(entries);
}

type Contents = Partial<Record<PlatformId, Readonly<Record<string, readonly string[]>> | 'failed'>>;

async function build(buildId: string, contents: Contents, name = 'kit'): Promise<void> {
  const jobs: Record<string, unknown> = {};
  for (const platform of PLATFORM_IDS) {
    const sidecars = contents[platform];
    if (sidecars === undefined) continue;
    const { os, arch, archiveFormat } = PLATFORMS[platform];
    const file = `kit-${os}-${arch}.${archiveFormat}`;
    const bytes = sidecars === 'failed' ? Buffer.alloc(0) : await archiveOf(platform, sidecars, buildId);
    stored.set(`${buildId}/${platform}`, bytes);
    const artifact = { file, platform, kind: 'archive', sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    jobs[platform] = {
      status: sidecars === 'failed' ? 'failed' : 'succeeded',
      attempt: 1,
      nonce: '0',
      artifacts: sidecars === 'failed' ? [] : [artifact],
    };
  }
  builds.unshift({ schemaVersion: 1, buildId, name, version: '1.0.0', jobs } as unknown as BuildRecord);
}

let fetched: string[];

async function download(...args: readonly string[]) {
  fetched = [];
  const terminal = createKeepingTerminal();
  const unused = () => Promise.reject(new Error('not needed here'));
  const service = {
    status: () => Promise.resolve(builds[0]),
    openArtifact: (buildId: string, { platform }: Artifact) => {
      fetched.push(platform);
      return Promise.resolve(Readable.from([stored.get(`${buildId}/${platform}`) ?? Buffer.alloc(0)]));
    },
  } as unknown as BuildService;
  const exitCode = await runCli({
    argv: ['download', '--app', 'kit', '--layout', 'tauri', ...args],
    version: '0.0.0',
    terminal,
    environment: {},
    context: (globals) =>
      ({
        terminal,
        environment: {},
        workingDirectory: root,
        globals,
        clock: { nowMs: () => 0, sleep: unused },
        files: () => Promise.resolve(createNodeFiles()),
        services: () => Promise.resolve({ builds: service, distributions: {} as never }),
        interrupted: new AbortController().signal,
      }) as unknown as CliContext,
  });
  return { exitCode, out: terminal.out, err: terminal.err };
}

const ALL: Contents = Object.fromEntries(PLATFORM_IDS.map((platform) => [platform, { kit: ['kit', 'lib/data'] }]));

test('all platforms are in place at once, each with its own resources and configuration', async () => {
  await build('b1', ALL);
  const ran = await download();
  expect(ran).toMatchObject({ exitCode: 0, err: '' });
  expect(tree()).toEqual(
    [
      'tauri.conf.json',
      'tauri.linux.conf.json',
      'tauri.macos.conf.json',
      'tauri.windows.conf.json',
      'slipway/sidecars.json',
      ...PLATFORM_IDS.flatMap((platform) => {
        const { triple, executableSuffix } = PLATFORMS[platform];
        return [
          `binaries/kit-${triple}${executableSuffix}`,
          `resources/kit/${triple}/kit`,
          `resources/kit/${triple}/lib/data`,
          `slipway/${triple}.conf.json`,
        ];
      }),
    ].sort(),
  );
  expect(read('resources/kit/aarch64-apple-darwin/lib/data')).toBe('lib/data macos-arm64 b1');
  expect(statSync(path.join(tauri, 'resources/kit/x86_64-unknown-linux-gnu/kit')).mode & 0o111).not.toBe(0);
  const [arm, intel] = ['resources/kit/aarch64-apple-darwin/', 'resources/kit/x86_64-apple-darwin/'];
  expect(json('tauri.macos.conf.json')).toEqual({ bundle: { externalBin: ['binaries/kit'], resources: { [arm]: arm, [intel]: intel } } });
  // A merge patch: the other architecture is taken out of what the file above put in.
  expect(json('slipway/aarch64-apple-darwin.conf.json')).toEqual({
    bundle: { externalBin: ['binaries/kit'], resources: { [arm]: arm, [intel]: null } },
  });
  expect(ran.out).toContain('linux and macos: a bundle takes both architectures along');
});

test('a second time nothing is fetched and nothing changes', async () => {
  await build('b1', ALL);
  await download();
  const before = tree().map((file) => [file, read(file)]);
  const again = await download('--json');
  expect(fetched).toEqual([]);
  expect(tree().map((file) => [file, read(file)])).toEqual(before);
  const { data } = JSON.parse(again.out) as Envelope & {
    readonly data: { readonly placed: readonly { readonly wasThere: boolean }[]; readonly removed: unknown };
  };
  expect(data.placed.map(({ wasThere }) => wasThere)).toEqual([true, true, true, true, true]);
  expect(data.removed).toEqual([]);
});

test('what was changed or taken away is put right again', async () => {
  await build('b1', { 'linux-x86_64': { kit: ['kit'] }, 'linux-arm64': { kit: ['kit'] } });
  await download();
  put('resources/kit/x86_64-unknown-linux-gnu/kit', 'changed');
  put('resources/kit/x86_64-unknown-linux-gnu/stray', '');
  await download();
  expect(fetched).toEqual(['linux-x86_64']);
  expect(read('resources/kit/x86_64-unknown-linux-gnu/kit')).toBe('kit linux-x86_64 b1');
  expect(existsSync(path.join(tauri, 'resources/kit/x86_64-unknown-linux-gnu/stray'))).toBe(false);
});

test('a newer build replaces all of the older one, and what others put there stays', async () => {
  await build('b1', { ...ALL, 'linux-x86_64': { kit: ['kit', 'old'], gone: ['gone'] } });
  await download();
  put('resources/theirs.txt', 'theirs');
  put('resources/kit/notes.txt', 'theirs');
  put('binaries/other-x86_64-unknown-linux-gnu', 'theirs');
  await build('b2', { 'linux-x86_64': { kit: ['kit', 'new'] }, 'windows-x86_64': { kit: ['kit.exe'] } });
  const ran = await download('--platform', 'linux-x86_64');
  expect(ran).toMatchObject({ exitCode: 0, err: '' });
  expect(tree()).toEqual(
    [
      'tauri.conf.json',
      'tauri.linux.conf.json',
      'slipway/sidecars.json',
      'slipway/x86_64-unknown-linux-gnu.conf.json',
      'binaries/kit-x86_64-unknown-linux-gnu',
      'binaries/other-x86_64-unknown-linux-gnu',
      'resources/kit/notes.txt',
      'resources/kit/x86_64-unknown-linux-gnu/kit',
      'resources/kit/x86_64-unknown-linux-gnu/new',
      'resources/theirs.txt',
    ].sort(),
  );
  expect(ran.out).toContain('removed resources/gone/x86_64-unknown-linux-gnu, of an earlier build');
  await download();
  expect(fetched).toEqual(['windows-x86_64']);
});

test('another application keeps its sidecars, and both are named', async () => {
  await build('b1', { 'linux-x86_64': { kit: ['kit'] } });
  await download();
  await build('c1', { 'linux-x86_64': { tool: [] } }, 'tools');
  await download();
  expect(json('tauri.linux.conf.json')).toEqual({
    bundle: {
      externalBin: ['binaries/kit', 'binaries/tool'],
      resources: { 'resources/kit/x86_64-unknown-linux-gnu/': 'resources/kit/x86_64-unknown-linux-gnu/' },
    },
  });
});

test('missing platforms are named, and the exit code says so', async () => {
  await build('b1', { 'linux-x86_64': { kit: ['kit'] }, 'macos-arm64': 'failed', 'windows-x86_64': {} });
  const ran = await download();
  expect(ran.exitCode).toBe(3);
  expect(ran.out).toContain('missing: macos-arm64: its job is failed\nmissing: windows-x86_64: no binary of it is a sidecar\n');
  expect(ran.out).toContain('not in this build: linux-arm64, macos-x86_64');
  expect(existsSync(path.join(tauri, 'binaries/kit-x86_64-unknown-linux-gnu'))).toBe(true);
  const { data } = JSON.parse((await download('--json')).out) as { readonly data: { readonly missing: unknown } };
  expect(data.missing).toEqual([
    { platform: 'macos-arm64', reason: 'its job is failed' },
    { platform: 'windows-x86_64', reason: 'no binary of it is a sidecar' },
  ]);
  expect(await download('--platform', 'linux-x86_64')).toMatchObject({ exitCode: 0 });
  expect((await download('--platform', 'macos-arm64')).err).toContain('[no-artifacts]');
});

test("the host's own lists are repeated, for a list replaces a list", async () => {
  put('tauri.conf.json', JSON.stringify({ bundle: { externalBin: ['binaries/own'], resources: ['assets/*', 'LICENSE'] } }));
  await build('b1', { 'windows-x86_64': { kit: ['node.exe'] } });
  await download();
  expect(json('tauri.windows.conf.json')).toEqual({
    bundle: { externalBin: ['binaries/own', 'binaries/kit'], resources: ['assets/*', 'LICENSE', 'resources/kit/x86_64-pc-windows-msvc/'] },
  });
});

test("somebody's own tauri.linux.conf.json is left alone, also one that grew out of ours", async () => {
  put('tauri.linux.conf.json', '{"bundle":{"category":"Game"}}');
  await build('b1', { 'linux-x86_64': { kit: ['kit'] } });
  const ran = await download();
  expect(read('tauri.linux.conf.json')).toBe('{"bundle":{"category":"Game"}}');
  expect(ran.out).toContain(
    'tauri.linux.conf.json is your own and stays as it is: name the sidecars when you build, such as tauri build --config src-tauri/slipway/x86_64-unknown-linux-gnu.conf.json',
  );
  await download('--force');
  expect(json('tauri.linux.conf.json')).toMatchObject({ bundle: { externalBin: ['binaries/kit'] } });
  put('tauri.linux.conf.json', `${read('tauri.linux.conf.json')}\n`);
  const kept = read('tauri.linux.conf.json');
  await build('b2', { 'linux-x86_64': { kit: ['kit', 'more'] } });
  await download();
  expect(read('tauri.linux.conf.json')).toBe(kept);
});

test('what lies in the way and is not known is kept, and said before anything changes', async () => {
  put('binaries/kit-x86_64-unknown-linux-gnu', 'theirs');
  await build('b1', { 'linux-x86_64': { kit: ['kit'] } });
  const ran = await download();
  expect(ran.err).toContain('[download-conflict]');
  expect(tree()).toEqual(['binaries/kit-x86_64-unknown-linux-gnu', 'tauri.conf.json']);
  expect(await download('--force')).toMatchObject({ exitCode: 0 });
  expect(read('binaries/kit-x86_64-unknown-linux-gnu')).toBe('launcher kit b1');
});

test('bytes that are not the recorded ones leave everything as it was', async () => {
  await build('b1', { 'linux-x86_64': { kit: ['kit'] } });
  await download();
  const before = tree().map((file) => [file, read(file)]);
  await build('b2', { 'linux-arm64': { kit: ['kit'] }, 'linux-x86_64': { kit: ['kit', 'new'] } });
  stored.set('b2/linux-x86_64', Buffer.from('other bytes'));
  expect((await download()).err).toContain('[checksum-mismatch]');
  expect(tree().map((file) => [file, read(file)])).toEqual(before);
});

test.each([
  ['Tauri.toml', '[bundle]\nexternalBin = ["binaries/own"]\n'],
  ['tauri.conf.json5', "{ bundle: { externalBin: ['binaries/own'] } }"],
])('%s is not read: nothing replaces its lists unasked', async (name, text) => {
  rmSync(path.join(tauri, 'tauri.conf.json'));
  put(name, text);
  await build('b1', { 'linux-x86_64': { kit: ['kit'] } });
  const ran = await download();
  expect(existsSync(path.join(tauri, 'tauri.linux.conf.json'))).toBe(false);
  expect(existsSync(path.join(tauri, 'slipway/x86_64-unknown-linux-gnu.conf.json'))).toBe(true);
  expect(ran.out).toContain('are not read here: name the sidecars when you build');
});

test('what is no Tauri project is refused, with the folder that is one', async () => {
  await build('b1', { 'linux-x86_64': { kit: ['kit'] } });
  const ran = await download('--into', '.');
  expect(ran).toMatchObject({ exitCode: 2 });
  expect(ran.err).toContain('[not-a-tauri-project]');
  expect(ran.err).toContain(`use --into ${tauri}`);
  put('tauri.conf.json', '{');
  expect((await download()).err).toContain('[not-a-tauri-project]');
});

test('a build without a sidecar, an unknown layout and --unpack are refused', async () => {
  await build('b1', { 'linux-x86_64': {} });
  const ran = await download();
  expect(ran).toMatchObject({ exitCode: 3 });
  expect(ran.err).toContain('[no-sidecars]');
  expect((await download('--unpack')).err).toContain('[bad-usage]');
  expect((await download('--layout', 'electron')).err).toContain("unknown layout 'electron'");
  expect(tree()).toEqual(['tauri.conf.json']);
});

test('a damaged record of what is in place is refused', async () => {
  put('slipway/sidecars.json', '{}');
  await build('b1', { 'linux-x86_64': { kit: ['kit'] } });
  expect((await download()).err).toContain('[record-corrupt]');
});
