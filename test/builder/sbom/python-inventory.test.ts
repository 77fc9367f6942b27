/** What the interpreter tells of a compile, turned into parts: of a folder, of one packed file, and laid out for a desktop host. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { InventoryAnswer } from '../../../builder/sbom/python-inventory-program';
import { pythonInventory, type PythonOrigin } from '../../../builder/sbom/python-inventory';
import type { BuiltBinary } from '../../../builder/builder-context';
import type { JobBinary } from '../../../core/job/job';
import type { Processes, ProcessRequest } from '../../../core/ports/processes';
import { binaryOf, contextOf, HOST, jobOf, makeWorkplace, pythonOf, type Workplace } from '../fake-build';

const digest = (letter: string) => letter.repeat(64);

const found = (name: string, change: Partial<InventoryAnswer['distributions'][number]> = {}) => ({
  name,
  version: '1.2.3',
  summary: null,
  homepage: null,
  licenseExpression: null,
  license: null,
  licenseClassifiers: [],
  requires: [],
  tags: ['py3-none-any'],
  recordSha256: digest('9'),
  isLocal: false,
  ...change,
});

const ANSWER: InventoryAnswer = {
  python: { version: '3.12.1', implementation: 'CPython' },
  distributions: [
    found('rich', { requires: ['Pygments', 'never'], licenseExpression: 'MIT', homepage: 'not an address' }),
    found('Pygments', { license: 'x'.repeat(500), licenseClassifiers: ['License :: OSI Approved :: BSD License'] }),
    found('helper', { isLocal: true }),
  ],
  files: [
    { place: 'rich/data.txt', source: '/site/rich/data.txt', owner: 'distribution:rich' },
    { place: 'libpython3.12.so.1.0', source: '/opt/python/lib/libpython3.12.so.1.0', owner: 'python' },
    { place: 'libodd.so', source: '/opt/odd/libodd.so', owner: 'other' },
    { place: 'themes/dark.json', source: '/job/themes/dark.json', owner: 'application' },
    { place: 'gone.txt', source: '/site/rich/gone.txt', owner: 'distribution:rich' },
  ],
  modules: [
    { name: 'rich.console', owner: 'distribution:rich' },
    { name: 'rich.table', owner: 'distribution:rich' },
    { name: 'pygments', owner: 'distribution:Pygments' },
    { name: 'os', owner: 'python' },
    { name: 'kit.cli', owner: 'application' },
    { name: 'hook', owner: 'compiler' },
  ],
};

const LOCK = `[[package]]
name = "rich"
version = "1.2.3"
wheels = [{ url = "https://files.pythonhosted.org/packages/rich-1.2.3-py3-none-any.whl", hash = "sha256:${digest('1')}" }]
`;

let place: Workplace;
beforeEach(async () => ({ place } = await makeWorkplace(jobOf())));
afterEach(() => place.remove());

async function inventoryOf(binary: JobBinary, built: Partial<BuiltBinary>, files: readonly string[], answer: object | string = ANSWER) {
  const directory = path.join(place.jobDirectory, 'work/package/kit-linux-x86_64', binary.sidecar === undefined ? '' : 'tauri');
  const folder = built.inspectDirectory ?? directory;
  for (const file of files) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), file);
  }
  mkdirSync(path.join(place.jobDirectory, 'work/source'), { recursive: true });
  writeFileSync(path.join(place.jobDirectory, 'work/source/uv.lock'), LOCK);
  const requests: ProcessRequest[] = [];
  const processes = {
    find: () => Promise.resolve(undefined),
    run: (request: ProcessRequest) => {
      requests.push(request);
      const isFine = typeof answer !== 'string';
      return Promise.resolve({ exitCode: isFine ? 0 : 1, stdout: isFine ? JSON.stringify(answer) : '', stderr: isFine ? '' : answer });
    },
  } as unknown as Processes;
  const origin: PythonOrigin = {
    binary,
    python: binary.python ?? pythonOf(),
    host: HOST,
    environment: { interpreter: '/venv/bin/python', env: {} },
  };
  const inventory = await pythonInventory(contextOf(place, processes), jobOf({ binaries: [binary] }), origin, {
    name: binary.name,
    directory,
    executable: path.join(directory, 'kit'),
    ...built,
  });
  return { ...inventory, requests };
}

const FOLDER = ['rich/data.txt', 'libpython3.12.so.1.0', 'libodd.so', 'themes/dark.json', 'kit'];
const RICH = 'pkg:pypi/rich@1.2.3';
const PYTHON = 'pkg:generic/python@3.12.1';

test('a folder: whose each file is, and what is compiled into the executable', async () => {
  const { parts, owners, embedded, packed, requests } = await inventoryOf(binaryOf('kit'), {}, FOLDER);
  expect(Object.fromEntries(owners)).toEqual({
    'rich/data.txt': RICH,
    'libpython3.12.so.1.0': PYTHON,
    'libodd.so': 'library:libodd.so',
  });
  expect(embedded).toEqual([
    { ref: RICH, symbol: 'rich' },
    { ref: 'pkg:pypi/pygments@1.2.3', symbol: 'pygments' },
    { ref: PYTHON, symbol: 'standard library' },
  ]);
  expect(packed).toBeUndefined();
  expect(parts.map(({ ref, type }) => [ref, type])).toEqual([
    [PYTHON, 'platform'],
    [RICH, 'library'],
    ['pkg:pypi/pygments@1.2.3', 'library'],
    ['local:helper@1.2.3', 'library'],
    ['library:libodd.so', 'file'],
  ]);
  expect(requests[0]?.args.slice(0, 2)).toEqual(['-I', '-c']);
  expect(JSON.parse(requests[0]?.stdin ?? '')).toMatchObject({
    report: path.join(place.jobDirectory, 'work/scratch/kit/compilation-report.xml'),
    project: path.join(place.jobDirectory, 'work/source'),
    compilers: ['nuitka', 'pyinstaller', 'pyinstaller-hooks-contrib'],
  });
});

test('what the metadata and the lock say of a distribution, and what they do not', async () => {
  const { parts } = await inventoryOf(binaryOf('kit'), {}, FOLDER);
  const [, rich, pygments, helper, odd] = parts;
  const hashes = [{ alg: 'SHA-256', content: digest('1') }];
  expect(rich).toEqual({
    ref: RICH,
    type: 'library',
    name: 'rich',
    version: '1.2.3',
    license: { expression: 'MIT' },
    purl: RICH,
    hashes,
    distribution: { url: 'https://files.pythonhosted.org/packages/rich-1.2.3-py3-none-any.whl', hashes },
    properties: { 'record-sha256': digest('9') },
    dependsOn: ['pkg:pypi/pygments@1.2.3', PYTHON],
  });
  expect([pygments?.license, pygments?.hashes]).toEqual([{ names: ['BSD License'] }, []]);
  expect([helper?.purl, helper?.license]).toEqual([undefined, undefined]);
  expect(odd?.hashes?.[0]?.content).toMatch(/^[0-9a-f]{64}$/);
});

test("PyInstaller's folder of contents and the one that Nuitka's files were moved to", async () => {
  const files = ['_internal/rich/data.txt', 'lib/libpython3.12.so.1.0', '_internal/libodd.so'];
  const { owners, requests } = await inventoryOf(binaryOf('kit', { compiler: 'pyinstaller' }), {}, files);
  expect([...owners.keys()]).toEqual(['_internal/rich/data.txt', 'lib/libpython3.12.so.1.0', '_internal/libodd.so']);
  expect(JSON.parse(requests[0]?.stdin ?? '')).toMatchObject({ tables: path.join(place.jobDirectory, 'work/scratch/kit/onedir/kit') });
});

test('one packed file: what is inside of it', async () => {
  const inspectDirectory = path.join(place.jobDirectory, 'work/compile/kit/kit.dist');
  const { packed, owners } = await inventoryOf(binaryOf('kit', { mode: 'onefile' }), { inspectDirectory }, FOLDER);
  expect(packed).toEqual(['rich/data.txt', 'libpython3.12.so.1.0', 'libodd.so', 'themes/dark.json']);
  expect(owners.get('libodd.so')).toBe('library:libodd.so');
});

test('laid out for a desktop host: below its resources, with the launcher in front', async () => {
  const binary: JobBinary = { ...binaryOf('kit'), sidecar: { host: 'tauri', form: 'resources' } };
  const directory = path.join(place.jobDirectory, 'work/package/kit-linux-x86_64/tauri');
  const files = [...FOLDER.map((file) => `resources/kit/${file}`), 'binaries/kit-x86_64-unknown-linux-gnu'];
  const { owners, embedded, parts } = await inventoryOf(
    binary,
    { directory, executable: path.join(directory, 'binaries/kit-x86_64-unknown-linux-gnu') },
    files,
  );
  expect(owners.get('binaries/kit-x86_64-unknown-linux-gnu')).toBe('slipway-launcher');
  expect(owners.get('resources/kit/rich/data.txt')).toBe(RICH);
  expect(embedded[0]).toEqual({ ref: RICH, file: 'resources/kit/kit', symbol: 'rich' });
  expect(parts.map(({ ref }) => ref)).toContain('slipway-launcher');
});

test.each([
  ['an interpreter that fails', "Traceback\nKeyError: 'x'", "KeyError: 'x'"],
  ['an answer that is none', { hello: 'there' }, 'nothing'],
])('%s fails the build, with what it said', async (_what, answer, said) => {
  await expect(inventoryOf(binaryOf('kit'), {}, FOLDER, answer)).rejects.toMatchObject({
    code: 'sbom-failed',
    hint: expect.stringContaining(said) as string,
  });
});
