import { baselineOption, toldBaseline } from '../../../core/host/glibc-floor';

test.each([
  [['--mode=standalone', '--target-arch=x86_64'], 'x86-64'],
  [['--target-arch=x86-64'], 'x86-64'],
  [['--target-arch=x86-64', '--target-arch=x86_64_v3'], 'x86-64-v3'],
  [['--target-arch=x86-64-v2'], 'x86-64-v2'],
  [['--target-arch=armv8-a'], undefined],
  [['--target-arch=znver4'], undefined],
  [[], undefined],
])('the level that %j tells is %s', (command, level) => {
  expect(toldBaseline(command)).toBe(level);
});

test('no level is told to a compiler of another system, nor to none', () => {
  expect(baselineOption('windows-x86_64', 'zig')).toBeUndefined();
  expect(baselineOption('macos-arm64', 'clang')).toBeUndefined();
  expect(baselineOption('linux-x86_64', undefined)).toBeUndefined();
  expect(baselineOption('linux-arm64', 'gcc')).toBe('--target-arch=armv8-a');
});
