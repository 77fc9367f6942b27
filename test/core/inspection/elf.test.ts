import '../../allow-processes';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readElf } from '../../../core/inspection/elf';
import { elfFile } from '../../fixtures/executables';
import { startProcessorClock } from '../../fakes/processor-time';

const LAYOUTS = [
  { is64: true, isLittleEndian: true },
  { is64: true, isLittleEndian: false },
  { is64: false, isLittleEndian: true },
  { is64: false, isLittleEndian: false },
];

describe.each(LAYOUTS)('64 bit $is64, little-endian $isLittleEndian', (layout) => {
  test('a program', () => {
    const versions = { 'libc.so.6': ['GLIBC_2.2.5', 'GLIBC_2.34'], 'libstdc++.so.6': ['GLIBCXX_3.4.29'] };
    const bytes = elfFile({
      ...layout,
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      needed: ['libstdc++.so.6', 'libc.so.6'],
      runpath: '$ORIGIN',
      versions,
    });
    expect(readElf(bytes)).toEqual({
      bits: layout.is64 ? 64 : 32,
      isLittleEndian: layout.isLittleEndian,
      machine: 'x86_64',
      isExecutable: true,
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      needed: ['libstdc++.so.6', 'libc.so.6'],
      runpath: '$ORIGIN',
      versionNeeds: [
        { library: 'libc.so.6', version: 'GLIBC_2.2.5' },
        { library: 'libc.so.6', version: 'GLIBC_2.34' },
        { library: 'libstdc++.so.6', version: 'GLIBCXX_3.4.29' },
      ],
      isDamaged: false,
    });
  });

  test('a library', () => {
    expect(readElf(elfFile({ ...layout, machine: 183, soname: 'libfoo.so.1' }))).toMatchObject({
      machine: 'arm64',
      isExecutable: false,
      soname: 'libfoo.so.1',
      needed: [],
      versionNeeds: [],
    });
  });
});

test.each([
  [0b0001, undefined],
  [0b0011, 'x86-64-v2'],
  [0b0111, 'x86-64-v3'],
  [0b1111, 'x86-64-v4'],
])('ISA levels %i mean %s', (isaNeeded, expected) => {
  expect(readElf(elfFile({ isaNeeded }))?.cpuBaseline).toBe(expected);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['a script', Buffer.from('#!/bin/sh\nexit 0\n'.repeat(9))],
  ['a magic number alone', Buffer.from('\x7fELF')],
  ['an unknown class', Buffer.concat([Buffer.from('\x7fELF\x07\x01'), Buffer.alloc(80)])],
])('%s is no ELF file', (_what, bytes) => {
  expect(readElf(bytes)).toBeUndefined();
});

describe('hostile files', () => {
  const sound = elfFile({
    interpreter: '/lib/ld.so',
    needed: ['liba.so', 'libc.so.6'],
    versions: { 'libc.so.6': ['GLIBC_2.2.5', 'GLIBC_2.34'] },
    isaNeeded: 3,
  });

  test('cut anywhere, they are told as damaged or as no ELF file', () => {
    for (let length = 0; length < sound.length; length++) {
      const facts = readElf(sound.slice(0, length));
      expect(facts === undefined || facts.isDamaged || facts.needed.length === 2).toBe(true);
    }
    expect(readElf(sound.slice(0, sound.length - 60))?.isDamaged).toBe(true);
  });

  test('with any bytes changed, reading ends and throws nothing', () => {
    const change = fc.tuple(fc.nat({ max: sound.length - 1 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
        const bytes = Uint8Array.from(sound);
        for (const [at, value] of changes) bytes[at] = value;
        const tookMs = startProcessorClock();
        readElf(bytes);
        expect(tookMs()).toBeLessThan(500);
      }),
      { numRuns: 2_000 },
    );
  });

  test('version records that lead back to themselves do not hang it', () => {
    const bytes = Buffer.from(elfFile({ needed: [], versions: { 'libc.so.6': ['GLIBC_2.34'] } }));
    const marker = Buffer.from([1, 0, 1, 0]);
    const record = bytes.indexOf(marker, 64 + 2 * 56);
    bytes.writeUInt16LE(65_535, record + 2);
    bytes.writeUInt32LE(0, record + 16 + 12);
    bytes.writeUInt32LE(1, record + 12);
    expect(readElf(bytes)).toBeDefined();
  });
});

/** What `readelf` says, in the same shape. */
function askReadelf(file: string) {
  const { stdout } = spawnSync('readelf', ['--wide', '--version-info', '--dynamic', '--program-headers', file], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  });
  let library = '';
  const versionNeeds = (stdout.split('Version needs section')[1] ?? '').split('\n').flatMap((line) => {
    library = /File: (\S+)/.exec(line)?.[1] ?? library;
    const version = /Name: (\S+)\s+Flags/.exec(line)?.[1];
    return version === undefined ? [] : [{ library, version }];
  });
  return {
    needed: [...stdout.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map((match) => match[1]),
    versionNeeds,
    soname: /\(SONAME\).*\[(.*)\]/.exec(stdout)?.[1],
    interpreter: /interpreter: (.*)\]/.exec(stdout)?.[1],
  };
}

const hasReadelf = process.platform === 'linux' && spawnSync('readelf', ['--version']).status === 0;
const SYSTEM_FILES = ['/bin/ls', '/bin/bash', '/lib/x86_64-linux-gnu/libstdc++.so.6', '/lib64/libstdc++.so.6', process.execPath].filter(
  (file) => existsSync(file),
);
if (!hasReadelf) console.warn('skipped: comparison with readelf, which is not installed');

(hasReadelf ? test.each(SYSTEM_FILES) : test.skip.each(SYSTEM_FILES))('readelf says the same of %s', (file) => {
  const facts = readElf(readFileSync(file));
  expect(facts?.isDamaged).toBe(false);
  const { needed, versionNeeds, soname, interpreter } = facts ?? {};
  expect({ needed, versionNeeds, soname, interpreter }).toEqual(askReadelf(file));
});
