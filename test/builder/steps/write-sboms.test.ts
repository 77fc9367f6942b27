/** The list of what is in an archive, written from a folder that is really there: nothing ships that is in no component. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inJob, PACKAGE_DIRECTORY, STAGED_DIRECTORY } from '../../../builder/job-layout';
import type { Inventory } from '../../../builder/sbom/inventory';
import { assemble, type Assembled } from '../../../builder/steps/assemble';
import type { CompiledBinary } from '../../../builder/steps/compile-binaries';
import { pack } from '../../../builder/steps/pack';
import type { PreparedToolchain } from '../../../builder/steps/prepare-toolchain';
import { writeSboms } from '../../../builder/steps/write-sboms';
import type { Job } from '../../../core/job/job';
import type { SbomPart } from '../../../core/provenance/sbom';
import { filesNamed, readSbom, sbomProblems, type Sbom } from '../../fakes/cyclonedx';
import { binaryOf, contextOf, FAKE_TOOLS, fakeProcesses, jobOf, makeWorkplace, type Workplace } from '../fake-build';

/** The first bytes of an ELF file for x86-64; enough to be one. */
const NATIVE = Buffer.concat([
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]),
  Buffer.alloc(8),
  Buffer.from([3, 0, 62, 0]),
  Buffer.alloc(200),
]);

const RICH: SbomPart = {
  ref: 'pkg:pypi/rich@14.0.0',
  type: 'library',
  name: 'rich',
  version: '14.0.0',
  purl: 'pkg:pypi/rich@14.0.0',
  dependsOn: [],
};
const PYTHON: SbomPart = { ref: 'pkg:generic/python@3.12.1', type: 'platform', name: 'CPython', version: '3.12.1', dependsOn: [] };

let place: Workplace;
beforeEach(async () => ({ place } = await makeWorkplace(jobOf())));
afterEach(() => place.remove());

function compiled(name: string): CompiledBinary {
  const folder = path.join(place.jobDirectory, 'work/compile', name);
  const put = (file: string, content: string | Buffer) => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), content);
  };
  put(name, NATIVE);
  chmodSync(path.join(folder, name), 0o755);
  put('themes/dark.json', '{}');
  put('rich/data.txt', 'data');
  put('rich/speed.so', NATIVE);
  put('libpython3.12.so.1.0', NATIVE);
  symlinkSync('libpython3.12.so.1.0', path.join(folder, 'libpython3.12.so'));
  return {
    binary: binaryOf(name),
    compiler: 'nuitka',
    mode: 'standalone',
    program: { form: 'folder', path: folder, executable: name },
    command: [],
  };
}

const INVENTORY: Inventory = {
  parts: [RICH, PYTHON],
  owners: new Map([
    ['rich/data.txt', RICH.ref],
    ['rich/speed.so', RICH.ref],
    ['libpython3.12.so.1.0', PYTHON.ref],
  ]),
  embedded: [
    { ref: RICH.ref, symbol: 'rich' },
    { ref: PYTHON.ref, symbol: 'standard library' },
  ],
};

async function listed(
  job: Job,
  inventory: Inventory = INVENTORY,
): Promise<{ readonly texts: Readonly<Record<string, string>>; readonly assembled: Assembled }> {
  const context = contextOf(place, fakeProcesses());
  const binaries = job.binaries.map(({ name }) => compiled(name));
  const assembled = await assemble(context, FAKE_TOOLS, job, binaries);
  const archives = await pack(context, job, assembled.archives);
  const toolchain = {
    programs: binaries.map(({ binary }) => ({ binary })),
    tools: [{ name: 'gcc', version: '12.2.0', detail: '/usr/bin/gcc' }],
    warnings: [],
  } as unknown as PreparedToolchain;
  const tools = { takeInventory: () => Promise.resolve(inventory) };
  const files = await writeSboms(context, tools, job, toolchain, binaries, assembled, archives);
  const texts = Object.fromEntries(files.map((file) => [file, readFileSync(path.join(inJob(context, STAGED_DIRECTORY), file), 'utf8')]));
  return { texts, assembled };
}

/** Files and links of an archive, below its folder. */
function shipped({ archives }: Assembled, at = 0): readonly string[] {
  const archive = archives[at];
  const prefix = `${archive?.layout.folder ?? ''}/`;
  return (archive?.entries ?? []).filter(({ kind }) => kind !== 'directory').map((entry) => entry.path.slice(prefix.length));
}

const only = (texts: Readonly<Record<string, string>>): Sbom => readSbom(Object.values(texts)[0] ?? '');

test('what ships and what is listed are the same, counted both ways', async () => {
  const { texts, assembled } = await listed(jobOf());
  expect(Object.keys(texts)).toEqual(['kit-linux-x86_64.cdx.json']);
  expect(await sbomProblems(Object.values(texts)[0] ?? '')).toEqual([]);
  const sbom = only(texts);
  const files = shipped(assembled);
  expect(files).toHaveLength(6);
  expect(filesNamed(sbom)).toEqual([...files].sort());
  const own = (name: string) => [sbom.metadata.component, ...sbom.components].find((each) => each.name === name)?.evidence?.occurrences;
  expect(own('kit')).toEqual([{ location: 'kit' }, { location: 'themes/dark.json' }]);
  expect(own('rich')).toEqual([{ location: 'rich/data.txt' }, { location: 'rich/speed.so' }, { location: 'kit', symbol: 'rich' }]);
  // A link belongs to whom its file belongs to.
  expect(own('CPython')).toEqual([
    { location: 'libpython3.12.so' },
    { location: 'libpython3.12.so.1.0' },
    { location: 'kit', symbol: 'standard library' },
  ]);
});

test('machine code is named by its digest, and the archive too', async () => {
  const { texts } = await listed(jobOf());
  const sbom = only(texts);
  const sha256 = createHash('sha256').update(NATIVE).digest('hex');
  const native = [sbom.metadata.component, ...sbom.components].flatMap(({ components = [] }) => components);
  expect(native.map(({ name, hashes }) => [name, hashes?.[0]?.content])).toEqual([
    ['kit', sha256],
    ['libpython3.12.so.1.0', sha256],
    ['rich/speed.so', sha256],
  ]);
  const archive = readFileSync(path.join(place.jobDirectory, STAGED_DIRECTORY, 'kit-linux-x86_64.tar.gz'));
  expect(sbom.metadata.component.hashes).toEqual([{ alg: 'SHA-256', content: createHash('sha256').update(archive).digest('hex') }]);
  expect(sbom.metadata.tools.components).toEqual([{ type: 'application', name: 'gcc', version: '12.2.0' }]);
});

test('several binaries in one archive: each part once, with its places in each of them', async () => {
  const { texts, assembled } = await listed(jobOf({ binaries: [binaryOf('kit'), binaryOf('store')] }));
  const sbom = only(texts);
  expect(filesNamed(sbom)).toEqual([...shipped(assembled)].sort());
  expect(sbom.components.map(({ name }) => name)).toEqual(['CPython', 'rich']);
  expect(sbom.components[1]?.evidence?.occurrences).toContainEqual({ location: 'store/store', symbol: 'rich' });
});

test('archives of one binary each have a list each', async () => {
  const job = jobOf({ binaries: [binaryOf('kit'), binaryOf('store')], package: { format: 'zip', split: true, installers: [] } });
  const { texts, assembled } = await listed(job);
  expect(Object.keys(texts)).toEqual(['kit-linux-x86_64.cdx.json', 'store-linux-x86_64.cdx.json']);
  for (const [at, text] of Object.values(texts).entries()) expect(filesNamed(readSbom(text))).toEqual([...shipped(assembled, at)].sort());
});

test('of a program that is one packed file, what is inside is named as being inside', async () => {
  const packed = { ...INVENTORY, packed: ['rich/data.txt', 'rich/speed.so', 'libpython3.12.so.1.0'] };
  const { texts } = await listed(jobOf(), packed);
  const rich = only(texts).components.find(({ name }) => name === 'rich');
  expect(rich?.evidence?.occurrences.map(({ location }) => location)).toEqual(['kit!/rich/data.txt', 'kit!/rich/speed.so', 'kit']);
  expect(await sbomProblems(Object.values(texts)[0] ?? '')).toEqual([]);
});

test('the same folder gives the same bytes, wherever it lies, and says nothing of this machine', async () => {
  const first = Object.values((await listed(jobOf())).texts)[0] ?? '';
  const before = place;
  ({ place } = await makeWorkplace(jobOf()));
  const second = Object.values((await listed(jobOf())).texts)[0] ?? '';
  const { root } = place;
  place.remove();
  place = before;
  expect(second).toBe(first);
  for (const said of [root, before.root, PACKAGE_DIRECTORY, '/usr/bin']) expect(first).not.toContain(said);
});
