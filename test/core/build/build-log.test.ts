import { formatPhase, lastPhase, parsePhase } from '../../../core/build/build-log';

test('what is written is read', () => {
  const marker = { step: 2, stepCount: 8, name: 'compile', title: 'Compile fieldkit with Nuitka' };
  expect(formatPhase(marker)).toBe('==> [2/8] compile  Compile fieldkit with Nuitka');
  expect(parsePhase(formatPhase(marker))).toEqual(marker);
});

/** Any program of a build may print a line of this form; a number that JSON does not keep would make the record unreadable. */
const FORGED = [`==> [${'9'.repeat(400)}/8] compile  x`, '==> [99999999999999999999/8] compile  x', `==> [1/8] ${'a'.repeat(41)}  x`];

test.each(['==> compile', 'say ==> [1/2] compile  x', '==> [1/2] COMPILE  x', '', ...FORGED])('%j is no marker', (line) => {
  expect(parsePhase(line)).toBeUndefined();
});

test('a title has an end', () => {
  expect(parsePhase(`==> [1/8] compile  ${'x'.repeat(100_000)}`)?.title).toBe('x'.repeat(200));
});

test('the newest marker counts, also between Windows line ends', () => {
  expect(lastPhase('==> [1/8] toolchain  a\r\nnoise\r\n==> [2/8] compile  b\r\nnoise')?.name).toBe('compile');
  expect(lastPhase('noise')).toBeUndefined();
});
