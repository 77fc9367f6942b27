import { PLATFORM_IDS, PLATFORMS } from '../../../core/platform';
import { binaryPath, fragmentText, resourceFolders, sidecarNameProblem, sidecarOfBinary } from '../../../core/sidecar/tauri-layout';

test.each(PLATFORM_IDS)('%s: the name of an executable says whose it is', (platform) => {
  const file = binaryPath('kit', platform).replace('binaries/', '');
  expect(file).toBe(`kit-${PLATFORMS[platform].triple}${PLATFORMS[platform].os === 'windows' ? '.exe' : ''}`);
  expect(sidecarOfBinary(file, platform)).toBe('kit');
  for (const other of PLATFORM_IDS) if (other !== platform) expect(sidecarOfBinary(file, other)).toBeUndefined();
  expect(sidecarOfBinary(file.slice('kit'.length), platform)).toBeUndefined();
});

test('the launcher looks where Tauri puts resources, then where Slipway does', () => {
  expect(resourceFolders('kit', 'linux-arm64')).toEqual([
    'resources/kit/aarch64-unknown-linux-gnu',
    '../lib/*/resources/kit/aarch64-unknown-linux-gnu',
    '../resources/kit/aarch64-unknown-linux-gnu',
    '../resources/kit',
  ]);
  expect(resourceFolders('kit', 'macos-x86_64')[1]).toBe('../Resources/resources/kit/x86_64-apple-darwin');
  expect(resourceFolders('kit', 'windows-x86_64')).toEqual([
    'resources/kit/x86_64-pc-windows-msvc',
    '../resources/kit/x86_64-pc-windows-msvc',
    '../resources/kit',
  ]);
});

test('the fragment names all sidecars, and resources of those that have any', () => {
  const text = fragmentText(
    [
      { name: 'store', form: 'resources' },
      { name: 'kit', form: 'onefile' },
    ],
    'windows-x86_64',
  );
  expect(JSON.parse(text)).toEqual({
    bundle: {
      externalBin: ['binaries/kit', 'binaries/store'],
      resources: { 'resources/store/': 'resources/store/x86_64-pc-windows-msvc/' },
    },
  });
  expect(JSON.parse(fragmentText([{ name: 'kit', form: 'onefile' }], 'macos-arm64'))).toEqual({
    bundle: { externalBin: ['binaries/kit'] },
  });
});

test('a name that Tauri would take apart is none', () => {
  expect(sidecarNameProblem('kit')).toBeUndefined();
  expect(sidecarNameProblem('kit-x86_64')).toBeUndefined();
  expect(sidecarNameProblem('kit-x86_64-apple-darwin-2')).toContain("'-x86_64-apple-darwin'");
});
