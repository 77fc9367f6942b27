import '../../allow-processes';
import path from 'node:path';
import { buffer as wholeOf } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { ZipFile } from 'yazl';
import { inspectBinary } from '../../../builder/inspect/inspect-binary';
import { files, makeJob, openWorkshop, type Workshop } from '../checks/check-fixtures';
import { compiledBlob, PLANTED } from '../../fixtures/planted-secrets';
import { elfFile, frozenProgram } from '../../fixtures/executables';

let workshop: Workshop;
beforeEach(async () => {
  workshop = await openWorkshop();
});
afterEach(() => workshop.close());

const elf = (glibc: string) =>
  elfFile({
    interpreter: '/lib64/ld-linux-x86-64.so.2',
    needed: ['libc.so.6', 'libz.so.1'],
    versions: { 'libc.so.6': [`GLIBC_${glibc}`] },
  });

async function replaceExecutable(executable: string, bytes: Uint8Array) {
  await files.write(executable, bytes, { mode: 0o755 });
}

test('sizes, demands and libraries of a folder', async () => {
  const binary = await workshop.program('', { 'lib/a.so': elf('2.33'), 'data/x.bin': Buffer.alloc(1000) });
  await replaceExecutable(binary.executable, elf('2.17'));
  await files.link('a.so', path.join(binary.directory, 'lib', 'a-link.so'));
  const inspection = await inspectBinary(workshop.context, makeJob(), binary);
  expect(inspection).toMatchObject({
    folderBytes: 1000 + elf('2.33').length * 2,
    fileCount: 4,
    requires: { glibc: { version: '2.33', setBy: 'lib/a.so' } },
    systemLibraries: ['libc.so.6', 'libz.so.1'],
    secretsFound: [],
    checks: [
      { title: 'built-in: files are for linux-x86_64', outcome: 'passed' },
      { title: 'built-in: libraries of the system', outcome: 'passed', reason: 'a bare system may lack libz.so.1' },
    ],
  });
});

test('a binary for another machine is a failed check', async () => {
  const binary = await workshop.program('');
  await replaceExecutable(binary.executable, elf('2.17'));
  const { checks } = await inspectBinary(workshop.context, makeJob({ platform: 'linux-arm64' }), binary);
  expect(checks[0]).toMatchObject({ title: 'built-in: files are for linux-arm64', outcome: 'failed', reason: 'tool is for x86_64' });
});

test('an executable that no system loads is a failed check', async () => {
  const binary = await workshop.program('');
  await replaceExecutable(binary.executable, Buffer.from('rubbish'));
  const { checks } = await inspectBinary(workshop.context, makeJob(), binary);
  expect(checks[0]?.reason).toBe('tool is no program that a system could load');
});

test('one file is packed: demands and secrets are those of the folder before', async () => {
  const binary = await workshop.program('');
  await replaceExecutable(binary.executable, elf('2.34'));
  const inspectDirectory = path.join(workshop.context.jobDirectory, 'unpacked');
  await files.write(path.join(inspectDirectory, 'tool'), elf('2.17'));
  await files.write(path.join(inspectDirectory, 'deep', 'lib.so'), elf('2.35'));
  await files.write(path.join(inspectDirectory, 'deep', 'settings.ini'), `${PLANTED[0]?.text}\n`);
  const inspection = await inspectBinary(workshop.context, makeJob(), { ...binary, inspectDirectory });
  expect(inspection.requires.glibc).toEqual({ version: '2.35', setBy: 'deep/lib.so' });
  expect(inspection.secretsFound).toEqual([expect.objectContaining({ kind: PLANTED[0]?.kind, file: 'deep/settings.ini' })]);
  expect(inspection.fileCount).toBe(1);
});

test('one file packed by PyInstaller tells the demands of what is in it', async () => {
  const binary = await workshop.program('');
  const library = { name: 'libpython3.12.so.1.0', content: Buffer.from(elf('2.38')), isPacked: true };
  await replaceExecutable(binary.executable, Buffer.concat([elf('2.14'), frozenProgram([library])]));
  const { requires } = await inspectBinary(workshop.context, makeJob(), binary);
  expect(requires.glibc).toEqual({ version: '2.38', setBy: 'tool!/libpython3.12.so.1.0' });
});

test('every planted kind is found: in a file of its own, in a compiled program, in a zip and in a gzip file', async () => {
  const others: Record<string, Uint8Array> = {};
  for (const [index, { text }] of PLANTED.entries()) others[`conf/${index}.txt`] = Buffer.from(`# settings\n${text}\n`);
  const zip = new ZipFile();
  for (const [index, { text }] of PLANTED.entries()) zip.addBuffer(Buffer.from(`# settings\n${text}\n`), `${index}.py`);
  zip.end();
  others['library.zip'] = await wholeOf(zip.outputStream);
  others['settings.gz'] = gzipSync(`# settings\n${PLANTED[0]?.text}\n`);
  const binary = await workshop.program('', others);
  await replaceExecutable(
    binary.executable,
    Buffer.concat([elf('2.17'), ...PLANTED.map(({ text }) => compiledBlob(`# settings\n${text}\n`, 'nuitka'))]),
  );
  const { secretsFound } = await inspectBinary(workshop.context, makeJob(), binary);

  const kindsIn = (test: (file: string) => boolean) => new Set(secretsFound.filter(({ file }) => test(file)).map(({ kind }) => kind));
  const planted = new Set(PLANTED.map(({ kind }) => kind));
  expect(planted.size).toBeGreaterThanOrEqual(20);
  expect(kindsIn((file) => file === 'tool')).toEqual(planted);
  expect(kindsIn((file) => file.startsWith('library.zip!/'))).toEqual(planted);
  for (const [index, { kind }] of PLANTED.entries())
    expect([index, ...kindsIn((file) => file === `conf/${index}.txt`)]).toEqual([index, kind]);
  expect(kindsIn((file) => file === 'settings.gz!')).toEqual(new Set([PLANTED[0]?.kind]));
});

test('the secrets of the job are found by value', async () => {
  const binary = await workshop.program('', { 'conf.txt': 'url = https://u:correct-horse@host/' });
  const context = { ...workshop.context, environment: { CORP_TOKEN: 'correct-horse' } };
  const { secretsFound } = await inspectBinary(context, makeJob({ secretNames: ['CORP_TOKEN', 'NOT_SET'] }), binary);
  expect(secretsFound).toEqual([{ kind: 'job-secret', file: 'conf.txt', offset: 16, preview: 'value of CORP_TOKEN (13 characters)' }]);
});
