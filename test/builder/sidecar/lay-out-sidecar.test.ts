import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { assemble } from '../../../builder/steps/assemble';
import type { CompiledBinary } from '../../../builder/steps/compile-binaries';
import type { BuildTools } from '../../../builder/build-tools';
import type { LauncherSpec } from '../../../builder/launcher/launcher-spec';
import type { Job, JobBinary } from '../../../core/job/job';
import type { PlatformId } from '../../../core/platform';
import { resourceFolders } from '../../../core/sidecar/tauri-layout';
import { binaryOf, contextOf, FAKE_TOOLS, fakeProcesses, jobOf, makeWorkplace, type Workplace } from '../fake-build';

let place: Workplace;
let launchers: { readonly spec: LauncherSpec; readonly platform: PlatformId }[];

beforeEach(async () => {
  ({ place } = await makeWorkplace(jobOf()));
  launchers = [];
});

afterEach(() => place.remove());

const tools: BuildTools = {
  ...FAKE_TOOLS,
  compileLauncher(context, spec, platform) {
    launchers.push({ spec, platform });
    return FAKE_TOOLS.compileLauncher(context, spec, platform);
  },
};

function python(name: string, form: 'resources' | 'onefile' = 'resources'): JobBinary {
  return { ...binaryOf(name), sidecar: { host: 'tauri', form } };
}

function compiled(binary: JobBinary, files: readonly string[], executable: string, form: 'folder' | 'file' = 'folder'): CompiledBinary {
  const folder = path.join(place.jobDirectory, 'work/compile', binary.name, 'made');
  for (const file of files) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), file, { mode: file.includes('.') ? 0o600 : 0o700 });
  }
  const mode = form === 'file' ? 'onefile' : 'standalone';
  const made = form === 'file' ? path.join(folder, executable) : folder;
  return { binary, compiler: binary.node === undefined ? 'nuitka' : 'node', mode, program: { form, path: made, executable }, command: [] };
}

async function layOut(job: Job, all: readonly CompiledBinary[]) {
  const { archives, binaries } = await assemble(contextOf(place, fakeProcesses()), tools, job, all);
  return {
    binaries,
    paths: archives.flatMap(({ entries }) => entries.filter(({ kind }) => kind !== 'directory').map((entry) => entry.path)),
  };
}

function inPackage(file: string): string {
  return path.join(place.jobDirectory, 'work/package', file);
}

test('a compiled folder becomes resources, and a launcher gets the name that the host wants', async () => {
  const job = jobOf({ binaries: [python('kit')] });
  const { binaries, paths } = await layOut(job, [compiled(python('kit'), ['kit', 'lib/data.txt'], 'kit')]);
  expect(paths).toEqual([
    'kit-linux-x86_64/tauri/binaries/kit-x86_64-unknown-linux-gnu',
    'kit-linux-x86_64/tauri/resources/kit/kit',
    'kit-linux-x86_64/tauri/resources/kit/lib/data.txt',
    'kit-linux-x86_64/tauri/tauri.conf.slipway.json',
  ]);
  const [launcher] = launchers;
  expect(launcher?.platform).toBe('linux-x86_64');
  expect(launcher?.spec).toMatchObject({ name: 'kit', folders: resourceFolders('kit', 'linux-x86_64'), program: 'kit', args: [] });
  expect(binaries).toEqual([{ name: 'kit', directory: inPackage('kit-linux-x86_64/tauri'), executable: launcher?.spec.outputFile }]);
  expect(statSync(binaries[0]?.executable ?? '').mode & 0o777).toBe(0o755);
  expect(JSON.parse(readFileSync(inPackage('kit-linux-x86_64/tauri/tauri.conf.slipway.json'), 'utf8'))).toEqual({
    bundle: { externalBin: ['binaries/kit'], resources: { 'resources/kit/': 'resources/kit/x86_64-unknown-linux-gnu/' } },
  });
});

test("a Node program's runtime, bundle and assets become resources, and its launcher is replaced", async () => {
  const node: JobBinary = {
    name: 'store',
    node: { entry: 'server.mjs', version: '24', assets: [] },
    sidecar: { host: 'tauri', form: 'resources' },
    console: false,
    icon: 'art/store.ico',
  };
  const job = jobOf({
    binaries: [node],
    platform: 'windows-x86_64',
    package: { format: 'zip', split: false, installers: [] },
    publisher: 'Us',
  });
  const files = ['store.exe', 'lib/store/node.exe', 'lib/store/store.mjs', 'lib/store/data/a.wasm'];
  const { paths } = await layOut(job, [compiled(node, files, 'store.exe')]);
  expect(paths).toEqual([
    'kit-windows-x86_64/tauri/binaries/store-x86_64-pc-windows-msvc.exe',
    'kit-windows-x86_64/tauri/resources/store/data/a.wasm',
    'kit-windows-x86_64/tauri/resources/store/node.exe',
    'kit-windows-x86_64/tauri/resources/store/store.mjs',
    'kit-windows-x86_64/tauri/tauri.conf.slipway.json',
  ]);
  expect(launchers[0]?.spec).toMatchObject({
    program: 'node',
    args: ['./store.mjs'],
    windows: {
      console: false,
      version: '1.4.0',
      title: 'kit',
      publisher: 'Us',
      icon: path.join(place.jobDirectory, 'work/source/art/store.ico'),
    },
  });
});

test('one file is the sidecar itself', async () => {
  const binary = python('kit', 'onefile');
  const { binaries, paths } = await layOut(jobOf({ binaries: [binary] }), [compiled(binary, ['kit'], 'kit', 'file')]);
  expect(paths).toEqual(['kit-linux-x86_64/tauri/binaries/kit-x86_64-unknown-linux-gnu', 'kit-linux-x86_64/tauri/tauri.conf.slipway.json']);
  expect(launchers).toEqual([]);
  expect(readFileSync(binaries[0]?.executable ?? '', 'utf8')).toBe('kit');
});

test('sidecars share a folder and a fragment; other programs lie beside it', async () => {
  const [one, two, plain] = [python('one'), python('two', 'onefile'), binaryOf('plain')];
  const job = jobOf({ binaries: [one, plain, two] });
  const { paths } = await layOut(job, [
    compiled(one, ['one'], 'one'),
    compiled(plain, ['plain'], 'plain'),
    compiled(two, ['two'], 'two', 'file'),
  ]);
  expect(paths).toEqual([
    'kit-linux-x86_64/plain/plain',
    'kit-linux-x86_64/tauri/binaries/one-x86_64-unknown-linux-gnu',
    'kit-linux-x86_64/tauri/binaries/two-x86_64-unknown-linux-gnu',
    'kit-linux-x86_64/tauri/resources/one/one',
    'kit-linux-x86_64/tauri/tauri.conf.slipway.json',
  ]);
  expect(JSON.parse(readFileSync(inPackage('kit-linux-x86_64/tauri/tauri.conf.slipway.json'), 'utf8'))).toMatchObject({
    bundle: { externalBin: ['binaries/one', 'binaries/two'] },
  });
});

test('an executable that is a link is started where it leads, and no link ships', async () => {
  const binary = python('kit');
  const made = compiled(binary, ['lib/kit.bin', 'lib/real.so.1', 'lib/folder/inner.txt'], 'kit');
  symlinkSync('lib/kit.bin', path.join(made.program.path, 'kit'));
  symlinkSync('real.so.1', path.join(made.program.path, 'lib/real.so'));
  symlinkSync('folder', path.join(made.program.path, 'lib/alias'));
  const { paths } = await layOut(jobOf({ binaries: [binary] }), [made]);
  expect(launchers[0]?.spec.program).toBe('lib/kit.bin');
  const resources = inPackage('kit-linux-x86_64/tauri/resources/kit');
  expect(readdirSync(resources, { recursive: true, withFileTypes: true }).filter((entry) => entry.isSymbolicLink())).toEqual([]);
  expect(existsSync(path.join(resources, 'kit'))).toBe(false);
  expect(readFileSync(path.join(resources, 'lib/real.so'), 'utf8')).toBe('lib/real.so.1');
  expect(paths).toContain('kit-linux-x86_64/tauri/resources/kit/lib/alias/inner.txt');
});

test.each(['../../../../etc/hostname', '..', '.'])('a link that leads to %s is refused', async (target) => {
  const binary = python('kit');
  const made = compiled(binary, ['kit', 'lib/a.txt'], 'kit');
  symlinkSync(target, path.join(made.program.path, 'lib/leak'));
  await expect(layOut(jobOf({ binaries: [binary] }), [made])).rejects.toMatchObject({
    code: expect.stringMatching(/package-collision|file-not-found/) as string,
  });
});
