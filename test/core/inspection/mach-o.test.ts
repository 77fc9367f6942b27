import fc from 'fast-check';
import { readMachO } from '../../../core/inspection/mach-o';
import { fatFile, machOFile } from '../../fixtures/executables';

const [X86_64, ARM64] = [0x01000007, 0x0100000c];

test('a thin program', () => {
  const bytes = machOFile({
    minimumMacos: [11, 0, 0],
    libraries: ['/usr/lib/libSystem.B.dylib', '@rpath/libfoo.dylib'],
    rpaths: ['@loader_path'],
  });
  expect(readMachO(bytes)).toEqual({
    slices: [
      {
        machine: 'arm64',
        isExecutable: true,
        minimumMacos: '11.0',
        libraries: ['/usr/lib/libSystem.B.dylib', '@rpath/libfoo.dylib'],
        rpaths: ['@loader_path'],
      },
    ],
    isDamaged: false,
  });
});

test.each([
  [[10, 9, 0], true, '10.9'],
  [[10, 13, 4], true, '10.13.4'],
  [[14, 2, 1], false, '14.2.1'],
] as const)('minimum %j, older command %s', (minimumMacos, isOldStyle, expected) => {
  expect(readMachO(machOFile({ minimumMacos, isOldStyle }))?.slices[0]?.minimumMacos).toBe(expected);
});

test('a code signature is told', () => {
  expect(readMachO(machOFile({ signatureBytes: 512 }))?.slices[0]?.signatureBytes).toBe(512);
  expect(readMachO(machOFile())?.slices[0]?.signatureBytes).toBeUndefined();
});

test('a universal library tells each machine', () => {
  const part = (cpu: number, major: number) => ({
    cpu,
    bytes: machOFile({ cpu, minimumMacos: [major, 0, 0], id: '@rpath/libfoo.1.dylib' }),
  });
  const facts = readMachO(fatFile([part(X86_64, 10), part(ARM64, 11)]));
  expect(facts?.slices.map(({ machine, minimumMacos, id, isExecutable }) => [machine, minimumMacos, id, isExecutable])).toEqual([
    ['x86_64', '10.0', '@rpath/libfoo.1.dylib', false],
    ['arm64', '11.0', '@rpath/libfoo.1.dylib', false],
  ]);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('just some text that is long enough')],
  ['a Java class', Buffer.concat([Buffer.from('cafebabe00000041', 'hex'), Buffer.alloc(100)])],
])('%s is no Mach-O file', (_what, bytes) => {
  expect(readMachO(bytes)).toBeUndefined();
});

test('a cut file is told as damaged', () => {
  const bytes = machOFile({ libraries: ['/usr/lib/libSystem.B.dylib'] });
  expect(readMachO(bytes.subarray(0, bytes.length - 30))?.isDamaged).toBe(true);
});

test('with any bytes changed, reading ends and throws nothing', () => {
  const sound = fatFile([{ cpu: ARM64, bytes: machOFile({ minimumMacos: [11, 0, 0], libraries: ['a', 'b'] }) }]);
  const change = fc.tuple(fc.nat({ max: sound.length - 1 }), fc.nat({ max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
      const bytes = Uint8Array.from(sound);
      for (const [at, value] of changes) bytes[at] = value;
      readMachO(bytes);
    }),
    { numRuns: 1_000 },
  );
});
