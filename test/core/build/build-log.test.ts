import { formatPhase, lastPhase, parsePhase } from '../../../core/build/build-log';

test('what is written is read', () => {
  const marker = { step: 2, stepCount: 8, name: 'compile', title: 'Compile fieldkit with Nuitka' };
  expect(formatPhase(marker)).toBe('==> [2/8] compile  Compile fieldkit with Nuitka');
  expect(parsePhase(formatPhase(marker))).toEqual(marker);
});

test.each(['==> compile', 'say ==> [1/2] compile  x', '==> [1/2] COMPILE  x', ''])('%j is no marker', (line) => {
  expect(parsePhase(line)).toBeUndefined();
});

test('the newest marker counts, also between Windows line ends', () => {
  expect(lastPhase('==> [1/8] toolchain  a\r\nnoise\r\n==> [2/8] compile  b\r\nnoise')?.name).toBe('compile');
  expect(lastPhase('noise')).toBeUndefined();
});
