import { archiveLayouts, artifactBaseName, artifactFiles, checksumFileName, executableName } from '../../../core/job/artifact-name';
import { PLATFORM_IDS } from '../../../core/platform';
import { ArtifactFileSchema } from '../../../core/job/report';

const job = {
  name: 'kit',
  platform: 'linux-x86_64',
  binaries: [{ name: 'kit' }],
  package: { format: 'tar.gz', split: false, installers: [] },
} as const;

describe('names of artifacts', () => {
  test.each([
    ['linux-x86_64', 'kit-linux-x86_64', 'kit'],
    ['linux-arm64', 'kit-linux-arm64', 'kit'],
    ['macos-x86_64', 'kit-macos-x86_64', 'kit'],
    ['macos-arm64', 'kit-macos-arm64', 'kit'],
    ['windows-x86_64', 'kit-windows-x86_64', 'kit.exe'],
  ] as const)('%s', (platform, base, executable) => {
    expect(artifactBaseName('kit', platform)).toBe(base);
    expect(executableName('kit', platform)).toBe(executable);
  });

  test('one binary lies flat', () => {
    expect(archiveLayouts({ ...job, package: { ...job.package, installers: [] } })).toEqual([
      { file: 'kit-linux-x86_64.tar.gz', folder: 'kit-linux-x86_64', binaries: [{ name: 'kit', path: 'kit-linux-x86_64' }] },
    ]);
  });

  test('several have a folder each', () => {
    const binaries = [{ name: 'kit' }, { name: 'kitd' }];
    expect(archiveLayouts({ ...job, binaries, package: { ...job.package, installers: [] } })[0]?.binaries).toEqual([
      { name: 'kit', path: 'kit-linux-x86_64/kit' },
      { name: 'kitd', path: 'kit-linux-x86_64/kitd' },
    ]);
  });

  test('split makes an archive of each', () => {
    const split = { ...job, binaries: [{ name: 'a' }, { name: 'b' }], package: { format: 'zip' as const, split: true, installers: [] } };
    expect(archiveLayouts(split)).toEqual([
      { file: 'a-linux-x86_64.zip', folder: 'a-linux-x86_64', binaries: [{ name: 'a', path: 'a-linux-x86_64' }] },
      { file: 'b-linux-x86_64.zip', folder: 'b-linux-x86_64', binaries: [{ name: 'b', path: 'b-linux-x86_64' }] },
    ]);
    expect(artifactFiles(split)).toEqual([
      'SHA256SUMS',
      'a-linux-x86_64.cdx.json',
      'a-linux-x86_64.zip',
      'a-linux-x86_64.zip.sha256',
      'b-linux-x86_64.cdx.json',
      'b-linux-x86_64.zip',
      'b-linux-x86_64.zip.sha256',
    ]);
  });

  test('every name is one that a report may hold', () => {
    for (const platform of PLATFORM_IDS) {
      const base = artifactBaseName('a'.repeat(40), platform);
      expect(ArtifactFileSchema.parse(checksumFileName(`${base}.tar.gz`))).toContain(base);
    }
  });
});
