/** The program that tells whose each file is, run by a real Python on what its compilers write. */
import '../../allow-processes';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { INVENTORY_PROGRAM, InventoryAnswerSchema, type InventoryAnswer } from '../../../builder/sbom/python-inventory-program';

let root: string;
let python: string;
let site: string;
let stdlib: string;

/** An environment with `rich` from an index, `kit` from the project's folder, `helper` from one beside it, and a compiler. */
beforeAll(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'slipway-inventory-')));
  const made = spawnSync('python3', ['-m', 'venv', '--without-pip', path.join(root, 'venv')], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  python = path.join(root, 'venv/bin/python');
  const paths = spawnSync(python, [
    '-I',
    '-c',
    'import sysconfig, os; print(sysconfig.get_path("purelib")); print(os.path.dirname(os.__file__))',
  ]);
  [site = '', stdlib = ''] = paths.stdout.toString().trim().split('\n');
  install('rich', ['rich/__init__.py', 'rich/data.txt', 'rich/speed.so'], {
    metadata: [
      'Summary: Render rich text',
      'License-Expression: MIT',
      'Requires-Dist: Pygments>=2',
      'Requires-Dist: jupyter; extra == "jupyter"',
      'Project-URL: Homepage, https://rich.example',
    ],
  });
  install('Pygments', ['pygments/__init__.py'], {
    metadata: ['License: BSD', 'Classifier: License :: OSI Approved :: BSD License', 'Home-page: https://pygments.org'],
  });
  install('kit', ['kit/__init__.py'], { folder: 'work/source' });
  install('helper', ['helper/__init__.py'], { folder: 'work/source/libs/helper' });
  install('Nuitka', ['nuitka/build/include/x.h'], {});
  for (const file of ['work/source/themes/dark.json', 'work/entry/kit/_slipway_main.py', 'elsewhere/libodd.so'])
    put(path.join(root, file), '');
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

function put(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function install(
  name: string,
  files: readonly string[],
  { metadata = [], folder }: { readonly metadata?: readonly string[]; readonly folder?: string },
) {
  const info = `${name}-1.2.3.dist-info`;
  const texts: Record<string, string> = {
    [`${info}/METADATA`]: ['Metadata-Version: 2.4', `Name: ${name}`, 'Version: 1.2.3', ...metadata, '', 'About it', ''].join('\n'),
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nTag: py3-none-any\n',
    ...(folder === undefined ? {} : { [`${info}/direct_url.json`]: JSON.stringify({ url: `file://${root}/${folder}`, dir_info: {} }) }),
  };
  const all = [...files, ...Object.keys(texts), `${info}/RECORD`];
  for (const file of files) put(path.join(site, file), '');
  for (const [file, text] of Object.entries(texts)) put(path.join(site, file), text);
  put(path.join(site, `${info}/RECORD`), all.map((file) => `${file},,\n`).join(''));
  if (folder !== undefined) mkdirSync(path.join(root, folder), { recursive: true });
}

function tell(request: object): InventoryAnswer {
  const input = JSON.stringify({
    cwd: path.join(root, 'work'),
    project: path.join(root, 'work/source'),
    own: [path.join(root, 'work/source'), path.join(root, 'work/entry')],
    compilers: ['nuitka', 'pyinstaller'],
    ...request,
  });
  const ran = spawnSync(python, ['-I', '-c', INVENTORY_PROGRAM], { input, encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return InventoryAnswerSchema.parse(JSON.parse(ran.stdout));
}

const ownersOf = (entries: readonly { readonly owner: string }[], key: 'place' | 'name') =>
  Object.fromEntries(entries.map((entry) => [(entry as unknown as Record<string, string>)[key] ?? '', entry.owner])) as Record<
    string,
    string
  >;

test("what Nuitka's report names is told apart by where it came from", () => {
  const report = path.join(root, 'report.xml');
  const inSite = site.replace(path.join(root, 'venv'), '${sys.prefix}');
  put(
    report,
    `<?xml version='1.0' encoding='utf8'?>
<nuitka-compilation-report nuitka_version="4.3.3" mode="standalone" completion="yes">
  <module name="__main__" kind="PythonMainModule" usage="root_module" source_path="entry/kit/_slipway_main.py" />
  <module name="os" kind="UncompiledPythonModule" usage="stdlib" source_path="${stdlib}/os.py" />
  <module name="rich" kind="CompiledPythonPackage" usage="import" source_path="${inSite}/rich/__init__.py" distribution="rich" />
  <module name="rich.speed" kind="PythonExtensionModule" usage="import" source_path="${inSite}/rich/speed.so" distribution="rich" />
  <module name="kit" kind="CompiledPythonPackage" usage="import" source_path="${inSite}/kit/__init__.py" distribution="kit" />
  <module name="helper" kind="CompiledPythonPackage" usage="import" source_path="${inSite}/helper/__init__.py" distribution="helper" />
  <module name="multiprocessing-preload" kind="CompiledPythonModule" usage="import" />
  <data_file name="rich/data.txt" source="${inSite}/rich/data.txt" size="0" />
  <data_file name="themes/dark.json" source="source/themes/dark.json" size="0" />
  <metadata><included_metadata name="pygments" reason="user requested" /></metadata>
  <included_extension name="rich.speed" dest_path="rich/speed.so" source_path="${inSite}/rich/speed.so" ignored="no" />
  <included_dll name="libodd.so" dest_path="libodd.so" source_path="\${cwd}/../elsewhere/libodd.so" ignored="no" />
  <included_dll name="libnever.so" dest_path="libnever.so" source_path="/usr/lib/libnever.so" ignored="yes" />
  <included_dll name="libpython3.12.so.1.0" dest_path="libpython3.12.so.1.0" source_path="/usr/lib/libpython3.12.so.1.0" ignored="no" />
</nuitka-compilation-report>
`,
  );
  const answer = tell({ report });
  expect(ownersOf(answer.files, 'place')).toEqual({
    'rich/speed.so': 'distribution:rich',
    'rich/data.txt': 'distribution:rich',
    'themes/dark.json': 'application',
    'libodd.so': 'other',
    'libpython3.12.so.1.0': 'python',
  });
  expect(ownersOf(answer.modules, 'name')).toEqual({
    __main__: 'application',
    os: 'python',
    rich: 'distribution:rich',
    kit: 'application',
    helper: 'distribution:helper',
    'multiprocessing-preload': 'application',
    Pygments: 'distribution:Pygments',
  });
  expect(answer.files.find(({ place }) => place === 'libodd.so')?.source).toBe(path.join(root, 'work/../elsewhere/libodd.so'));
  expect(answer.distributions.map(({ name, isLocal }) => [name, isLocal])).toEqual([
    ['Pygments', false],
    ['helper', true],
    ['rich', false],
  ]);
  expect(answer.distributions.find(({ name }) => name === 'rich')).toMatchObject({
    version: '1.2.3',
    summary: 'Render rich text',
    homepage: 'https://rich.example',
    licenseExpression: 'MIT',
    requires: ['Pygments'],
    tags: ['py3-none-any'],
    recordSha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
  expect(answer.distributions.find(({ name }) => name === 'Pygments')).toMatchObject({
    homepage: 'https://pygments.org',
    license: 'BSD',
    licenseClassifiers: ['License :: OSI Approved :: BSD License'],
  });
});

test("PyInstaller's tables say the same; what is its own is no part", () => {
  const tables = path.join(root, 'tables');
  const literal = (entries: readonly (readonly string[])[]) =>
    `[${entries.map((each) => `(${each.map((text) => JSON.stringify(text)).join(', ')})`).join(', ')}]`;
  put(
    path.join(tables, 'COLLECT-00.toc'),
    `(${literal([
      ['base_library.zip', `${root}/work/scratch/base_library.zip`, 'DATA'],
      ['rich-1.2.3.dist-info/METADATA', `${site}/rich-1.2.3.dist-info/METADATA`, 'DATA'],
      ['rich/speed.so', `${site}/rich/speed.so`, 'EXTENSION'],
      ['themes/dark.json', `${root}/work/source/themes/dark.json`, 'DATA'],
      ['libodd.so', `${root}/elsewhere/libodd.so`, 'BINARY'],
      ['libodd.so.1', 'libodd.so', 'SYMLINK'],
      ['kit', `${root}/work/scratch/kit`, 'EXECUTABLE'],
    ])},)`,
  );
  put(
    path.join(tables, 'PYZ-00.toc'),
    `('${root}/PYZ-00.pyz', ${literal([
      ['os', `${stdlib}/os.py`, 'PYMODULE'],
      ['rich', `${site}/rich/__init__.py`, 'PYMODULE'],
      ['kit', `${site}/kit/__init__.py`, 'PYMODULE'],
      ['pyi_hook', `${site}/nuitka/build/include/x.h`, 'PYMODULE'],
      ['namespace', '-', 'PYMODULE'],
    ])})`,
  );
  const answer = tell({ tables });
  expect(ownersOf(answer.files, 'place')).toEqual({
    'base_library.zip': 'python',
    'rich-1.2.3.dist-info/METADATA': 'distribution:rich',
    'rich/speed.so': 'distribution:rich',
    'themes/dark.json': 'application',
    'libodd.so': 'other',
    'libodd.so.1': 'other',
  });
  expect(ownersOf(answer.modules, 'name')).toEqual({ os: 'python', rich: 'distribution:rich', kit: 'application', pyi_hook: 'compiler' });
  expect(answer.distributions.map(({ name }) => name)).toEqual(['rich']);
});
