import { sbomText, type SbomFacts, type SbomPart } from '../../../core/provenance/sbom';
import { filesNamed, readSbom, sbomProblems } from '../../fakes/cyclonedx';

const digest = (letter: string) => letter.repeat(64);

const part = (ref: string, change: Partial<SbomPart> = {}): SbomPart => ({ ref, type: 'library', name: ref, dependsOn: [], ...change });

const RICH = part('pkg:pypi/rich@14.0.0', {
  name: 'rich',
  version: '14.0.0',
  purl: 'pkg:pypi/rich@14.0.0',
  description: 'Render rich text',
  license: { expression: 'MIT OR Apache-2.0' },
  hashes: [{ alg: 'SHA-256', content: digest('1') }],
  homepage: 'https://github.com/Textualize/rich',
  distribution: { url: 'https://files.pythonhosted.org/rich-14.0.0-py3-none-any.whl', hashes: [{ alg: 'SHA-256', content: digest('1') }] },
  properties: { 'record-sha256': digest('2') },
  dependsOn: ['pkg:pypi/pygments@2.19.1', 'pkg:pypi/not-shipped@1'],
});
const PYGMENTS = part('pkg:pypi/pygments@2.19.1', { version: '2.19.1', license: { names: ['BSD License', 'another'] } });
const PYTHON = part('pkg:generic/python@3.12.1', {
  type: 'platform',
  version: '3.12.1',
  cpe: 'cpe:2.3:a:python:python:3.12.1:*:*:*:*:*:*:*',
});
const LIBRARY = part('library:libodd.so', { type: 'file', hashes: [{ alg: 'SHA-256', content: digest('3') }] });

function facts(change: Partial<SbomFacts> = {}): SbomFacts {
  return {
    application: {
      name: 'kit',
      version: '1.4.0',
      publisher: 'Corp',
      description: 'A kit',
      license: 'MIT',
      homepage: 'https://kit.example',
    },
    archive: { file: 'kit-linux-x86_64.tar.gz', sha256: digest('a') },
    parts: [RICH, PYTHON, PYGMENTS, LIBRARY],
    files: [
      { path: 'kit', isNative: true, sha256: digest('b') },
      { path: 'themes/dark.json', isNative: false },
      { path: 'rich/speed.so', isNative: true, sha256: digest('c'), owner: RICH.ref },
      { path: 'rich/data.txt', isNative: false, owner: RICH.ref },
      { path: 'libodd.so', isNative: true, sha256: digest('3'), owner: LIBRARY.ref },
      { path: 'libpython3.12.so', isNative: true, sha256: digest('d'), owner: PYTHON.ref },
    ],
    inside: [
      { owner: PYGMENTS.ref, path: 'kit', symbol: 'pygments' },
      { owner: PYGMENTS.ref, path: 'kit', symbol: 'pygments' },
      { owner: RICH.ref, path: 'kit', symbol: 'rich' },
    ],
    tools: [{ name: 'nuitka', version: '4.3.3' }],
    epochSeconds: 1_767_322_245,
    ...change,
  };
}

test('it fits the schema of CycloneDX 1.6, with everything in it that there is', async () => {
  expect(await sbomProblems(sbomText(facts()))).toEqual([]);
});

test('and with as little as there can be; a time that is not known is none', async () => {
  const { archive } = facts();
  const text = sbomText({ application: { name: 'kit', version: '1' }, archive, parts: [part('a')], files: [], inside: [], tools: [] });
  expect(await sbomProblems(text)).toEqual([]);
  expect(readSbom(text).metadata.timestamp).toBeUndefined();
});

test('the validator finds what is wrong', async () => {
  expect(await sbomProblems(sbomText(facts()).replace('"type": "platform"', '"type": "planet"'))).not.toEqual([]);
  expect(await sbomProblems(sbomText(facts()).replace('"bomFormat"', '"bomFromat"'))).not.toEqual([]);
});

test('every file is named once, by the part that it belongs to or by the application', () => {
  const sbom = readSbom(sbomText(facts()));
  expect(filesNamed(sbom)).toEqual(
    facts()
      .files.map(({ path }) => path)
      .sort(),
  );
  expect(sbom.metadata.component.evidence?.occurrences).toEqual([{ location: 'kit' }, { location: 'themes/dark.json' }]);
  const rich = sbom.components.find(({ name }) => name === 'rich');
  expect(rich?.evidence?.occurrences).toEqual([
    { location: 'rich/data.txt' },
    { location: 'rich/speed.so' },
    { location: 'kit', symbol: 'rich' },
  ]);
  expect(rich?.components).toEqual([
    { 'bom-ref': 'file:rich/speed.so', type: 'file', name: 'rich/speed.so', hashes: [{ alg: 'SHA-256', content: digest('c') }] },
  ]);
});

test('the application is bound to the archive by its digest', () => {
  const { component } = readSbom(sbomText(facts())).metadata;
  expect(component).toMatchObject({ name: 'kit', version: '1.4.0', hashes: [{ alg: 'SHA-256', content: digest('a') }] });
  expect(component.properties).toEqual([{ name: 'slipway:archive', value: 'kit-linux-x86_64.tar.gz' }]);
});

test('a part hangs on what needs it, and on the application where nothing does; what does not ship is not needed', () => {
  const { dependencies } = readSbom(sbomText(facts()));
  expect(dependencies).toEqual([
    { ref: 'application', dependsOn: ['library:libodd.so', 'pkg:generic/python@3.12.1', 'pkg:pypi/rich@14.0.0'] },
    { ref: 'library:libodd.so' },
    { ref: 'pkg:generic/python@3.12.1' },
    { ref: 'pkg:pypi/pygments@2.19.1' },
    { ref: 'pkg:pypi/rich@14.0.0', dependsOn: ['pkg:pypi/pygments@2.19.1'] },
  ]);
});

test('parts that need each other in a circle hang on the application all the same', () => {
  const circle = [part('a', { dependsOn: ['b'] }), part('b', { dependsOn: ['c'] }), part('c', { dependsOn: ['a', 'c'] })];
  expect(readSbom(sbomText(facts({ parts: circle }))).dependencies).toEqual([
    { ref: 'application', dependsOn: ['a'] },
    { ref: 'a', dependsOn: ['b'] },
    { ref: 'b', dependsOn: ['c'] },
    { ref: 'c', dependsOn: ['a'] },
  ]);
});

test('the same content is the same text, in whatever order it was found; other content has another number', () => {
  const { parts, files, inside } = facts();
  const text = sbomText(facts());
  expect(sbomText(facts({ parts: [...parts].reverse(), files: [...files].reverse(), inside }))).toBe(text);
  const other = readSbom(sbomText(facts({ archive: { file: 'kit-linux-x86_64.tar.gz', sha256: digest('e') } })));
  expect(readSbom(text).serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(other.serialNumber).not.toBe(readSbom(text).serialNumber);
  expect(readSbom(text).metadata.timestamp).toBe('2026-01-02T02:50:45.000Z');
});
