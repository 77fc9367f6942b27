import fc from 'fast-check';
import { readPe } from '../../../core/inspection/pe';
import { peFile } from '../../fixtures/executables';

test.each([
  [
    { imports: ['KERNEL32.dll', 'python312.dll'] },
    { machine: 'x86_64', isDll: false, isConsole: true, imports: ['KERNEL32.dll', 'python312.dll'] },
  ],
  [
    { is64: false, machine: 0x14c, isConsole: false, imports: ['USER32.dll'] },
    { machine: 'x86', isConsole: false, imports: ['USER32.dll'] },
  ],
  [
    { isDll: true, machine: 0xaa64 },
    { machine: 'arm64', isDll: true, imports: [] },
  ],
  [{ imports: ['a.dll'], delayImports: ['late.dll', 'a.dll'] }, { imports: ['a.dll', 'late.dll'] }],
])('%j', (options, expected) => {
  expect(readPe(peFile(options))).toMatchObject({ ...expected, isDamaged: false });
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['a DOS program', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)])],
  ['text', Buffer.from('MZ is how it begins, and it goes on for a while without any header')],
])('%s is no PE file', (_what, bytes) => {
  expect(readPe(bytes)).toBeUndefined();
});

test('the certificate table of a signed file is told, and one that is cut off is none', () => {
  const bytes = peFile({ imports: ['KERNEL32.dll'], signatureBytes: 320 });
  expect(readPe(bytes)).toMatchObject({ signatureBytes: 320, isDamaged: false });
  expect(readPe(bytes.subarray(0, bytes.length - 1))?.signatureBytes).toBeUndefined();
  expect(readPe(peFile())?.signatureBytes).toBeUndefined();
});

test('a cut file is told as damaged', () => {
  const bytes = peFile({ imports: ['KERNEL32.dll'] });
  expect(readPe(bytes.subarray(0, bytes.length - 8))).toMatchObject({ machine: 'x86_64', isDamaged: true });
});

test('with any bytes changed, reading ends and throws nothing', () => {
  const sound = peFile({ imports: ['a.dll', 'b.dll'], delayImports: ['c.dll'] });
  const change = fc.tuple(fc.nat({ max: sound.length - 1 }), fc.nat({ max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
      const bytes = Uint8Array.from(sound);
      for (const [at, value] of changes) bytes[at] = value;
      readPe(bytes);
    }),
    { numRuns: 1_000 },
  );
});
