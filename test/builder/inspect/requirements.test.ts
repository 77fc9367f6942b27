import type { ExecutableFile } from '../../../builder/inspect/executable-file';
import { summarizeRequirements } from '../../../builder/inspect/requirements';
import { readElf } from '../../../core/inspection/elf';
import { readMachO } from '../../../core/inspection/mach-o';
import { readPe } from '../../../core/inspection/pe';
import { elfFile, type ElfOptions, fatFile, machOFile, type MachOOptions, peFile, type PeOptions } from '../../fixtures/executables';

const elf = (file: string, options: ElfOptions = {}): ExecutableFile => ({ file, ...optional('elf', readElf(elfFile(options))) });
const machO = (file: string, options: MachOOptions = {}): ExecutableFile => ({ file, ...optional('machO', readMachO(machOFile(options))) });
const pe = (file: string, options: PeOptions = {}): ExecutableFile => ({ file, ...optional('pe', readPe(peFile(options))) });

function optional<Name extends string, T>(name: Name, facts: T | undefined): Record<Name, T> {
  if (facts === undefined) throw new Error('the fixture does not read');
  return { [name]: facts } as Record<Name, T>;
}

const libc = (...versions: readonly string[]) => ({ 'libc.so.6': versions.map((version) => `GLIBC_${version}`) });

describe('linux', () => {
  const on = (...executables: readonly ExecutableFile[]) => summarizeRequirements('linux-x86_64', 'tool', executables, ['data.txt']);

  test('the highest version wins, by number, with the file that sets it', () => {
    const { requires } = on(
      elf('tool', { versions: libc('2.2.5', '2.9') }),
      elf('lib/_ssl.so', { versions: libc('2.28') }),
      elf('z.so', { versions: libc('2.28') }),
    );
    expect(requires).toEqual({ glibc: { version: '2.28', setBy: 'lib/_ssl.so' } });
  });

  test.each([
    ['private symbols', ['PRIVATE'], undefined],
    ['packed relocations', ['2.2.5', 'ABI_DT_RELR'], '2.36'],
    ['three numbers', ['2.3.4', '2.3'], '2.3.4'],
  ])('%s', (_what, versions, expected) => {
    expect(on(elf('tool', { versions: libc(...versions) })).requires.glibc?.version).toBe(expected);
  });

  test('what is shipped is no demand on the system', () => {
    const tool = elf('tool', {
      needed: ['libstdc++.so.6', 'libc.so.6'],
      versions: { 'libstdc++.so.6': ['GLIBCXX_3.4.30'], ...libc('2.17') },
    });
    expect(on(tool)).toMatchObject({
      requires: { glibcxx: { version: '3.4.30', setBy: 'tool' } },
      systemLibraries: ['libc.so.6', 'libstdc++.so.6'],
    });
    const shipped = on(tool, elf('libs/libstdc++-1234.so.6', { soname: 'libstdc++.so.6', versions: libc('2.18') }));
    expect(shipped.requires).toEqual({ glibc: { version: '2.18', setBy: 'libs/libstdc++-1234.so.6' } });
    expect(shipped.systemLibraries).toEqual(['libc.so.6']);
  });

  test('a link may stand for a library', () => {
    const tool = elf('tool', { needed: ['libfoo.so.1'] });
    expect(summarizeRequirements('linux-x86_64', 'tool', [tool], ['lib/libfoo.so.1']).systemLibraries).toEqual([]);
  });

  test('the highest CPU level of all files', () => {
    expect(on(elf('tool'), elf('a.so', { isaNeeded: 0b111 }), elf('b.so', { isaNeeded: 0b11 })).requires.cpuBaseline).toBe('x86-64-v3');
  });

  test.each<[string, ExecutableFile, readonly string[]]>([
    ['fitting', elf('a.so'), []],
    [
      'an extension for another machine',
      elf('_foo.cpython-312-aarch64-linux-gnu.so', { machine: 183 }),
      ['_foo.cpython-312-aarch64-linux-gnu.so is for arm64'],
    ],
    ['a library for another machine', elf('libfoo.so', { machine: 183 }), ['libfoo.so is for arm64']],
    ['carried for other machines on purpose', elf('prebuilds/linux-arm64/addon.node', { machine: 183 }), []],
    ['carried for 32 bit on purpose', elf('attach_linux_x86.so', { machine: 3, is64: false }), []],
    ["another system's library", pe('w64.exe'), []],
  ])('%s', (_what, executable, misfits) => {
    expect(on(elf('tool'), executable).misfits).toEqual(misfits);
  });

  test.each<[string, ExecutableFile, string]>([
    ['for another machine', elf('tool', { machine: 183 }), 'tool is for arm64'],
    ['of another system', pe('tool'), 'tool is a program for windows'],
  ])('an executable %s never fits', (_what, executable, misfit) => {
    expect(on(executable).misfits).toEqual([misfit]);
  });

  test('a damaged library is told', () => {
    const bytes = elfFile({ needed: ['libc.so.6'] });
    const damaged = readElf(bytes.slice(0, bytes.length - 40));
    expect(on(elf('tool'), { file: 'a.so', ...optional('elf', damaged) }).misfits).toEqual([
      'a.so is damaged: it refers to bytes behind its end',
    ]);
  });

  test('demands of files for other machines do not count', () => {
    expect(
      on(elf('tool', { versions: libc('2.17') }), elf('arm64/a.so', { machine: 183, versions: libc('2.99') })).requires.glibc?.version,
    ).toBe('2.17');
  });
});

describe('macos', () => {
  const on = (...executables: readonly ExecutableFile[]) => summarizeRequirements('macos-arm64', 'tool', executables);

  test('the newest minimum, of the slices for this machine', () => {
    const fat = fatFile([
      { cpu: 0x01000007, bytes: machOFile({ cpu: 0x01000007, minimumMacos: [13, 0, 0] }) },
      { cpu: 0x0100000c, bytes: machOFile({ minimumMacos: [11, 0, 0] }) },
    ]);
    const { requires, misfits } = on(machO('tool', { minimumMacos: [10, 15, 0] }), {
      file: 'lib.dylib',
      ...optional('machO', readMachO(fat)),
    });
    expect(requires).toEqual({ macos: { version: '11.0', setBy: 'lib.dylib' } });
    expect(misfits).toEqual([]);
  });

  test('libraries by absolute name are the system’s, whatever is shipped', () => {
    const tool = machO('tool', { libraries: ['/usr/lib/libz.1.dylib', '@rpath/libfoo.dylib', '@rpath/libbar.dylib'] });
    expect(on(tool, machO('libs/libfoo.dylib', { id: '@rpath/libfoo.dylib' }), machO('libz.1.dylib')).systemLibraries).toEqual([
      '/usr/lib/libz.1.dylib',
      '@rpath/libbar.dylib',
    ]);
  });

  test('an Intel program does not fit Apple silicon', () => {
    expect(on(machO('tool', { cpu: 0x01000007 })).misfits).toEqual(['tool is for x86_64']);
  });
});

describe('windows', () => {
  const on = (...executables: readonly ExecutableFile[]) => summarizeRequirements('windows-x86_64', 'tool.exe', executables);

  test('imports without regard to case, without API sets, without what is shipped', () => {
    const tool = pe('tool.exe', { imports: ['KERNEL32.dll', 'Python312.DLL', 'api-ms-win-crt-runtime-l1-1-0.dll', 'VCRUNTIME140.dll'] });
    expect(on(tool, pe('python312.dll', { isDll: true }))).toMatchObject({
      requires: {},
      systemLibraries: ['kernel32.dll', 'vcruntime140.dll'],
      misfits: [],
    });
  });

  test('launchers that packages carry for 32 bit are no misfits, a DLL is', () => {
    const x86 = { machine: 0x14c, is64: false };
    expect(on(pe('tool.exe'), pe('setuptools/cli.exe', x86)).misfits).toEqual([]);
    expect(on(pe('tool.exe'), pe('foo.pyd', x86)).misfits).toEqual(['foo.pyd is for x86']);
  });
});
