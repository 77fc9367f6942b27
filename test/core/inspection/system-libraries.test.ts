import { beyondBaseSystem, isApiSet } from '../../../core/inspection/system-libraries';

test.each([
  [
    'linux',
    ['libc.so.6', 'libm.so.6', 'libpthread.so.0', 'ld-linux-x86-64.so.2', 'ld-linux-aarch64.so.1', 'libgcc_s.so.1', 'libdl.so.2'],
    [],
  ],
  [
    'linux',
    ['libz.so.1', 'libstdc++.so.6', 'libcrypt.so.1', 'libcap.so.2'],
    ['libz.so.1', 'libstdc++.so.6', 'libcrypt.so.1', 'libcap.so.2'],
  ],
  ['macos', ['/usr/lib/libSystem.B.dylib', '/System/Library/Frameworks/CoreFoundation.framework/Versions/A/CoreFoundation'], []],
  ['macos', ['/opt/homebrew/lib/libssl.3.dylib', '@rpath/libfoo.dylib'], ['/opt/homebrew/lib/libssl.3.dylib', '@rpath/libfoo.dylib']],
  ['windows', ['KERNEL32.dll', 'ws2_32.dll', 'winspool.drv'], []],
  ['windows', ['vcruntime140.dll', 'msvcp140.dll'], ['vcruntime140.dll', 'msvcp140.dll']],
] as const)('%s %j', (os, libraries, expected) => {
  expect(beyondBaseSystem(os, libraries)).toEqual(expected);
});

test('API sets are names, not files', () => {
  expect(isApiSet('api-ms-win-crt-runtime-l1-1-0.dll')).toBe(true);
  expect(isApiSet('apisetschema.dll')).toBe(false);
});
