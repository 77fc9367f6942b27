import { packageFactsOf } from '../../../core/distribution/package-facts';
import type { BinaryReport } from '../../../core/job/report';

const binary = (name: string, requires: BinaryReport['requires'] = {}): BinaryReport => ({
  name,
  compiler: 'nuitka',
  mode: 'standalone',
  command: [],
  folderBytes: 1,
  fileCount: 1,
  requires,
  systemLibraries: [],
  checks: [],
  secretsFound: [],
});
const demand = (version: string, setBy: string) => ({ version, setBy });

test('one binary lies flat in its folder', () => {
  const archive = 'fieldkit-linux-x86_64.tar.gz';
  expect(packageFactsOf(archive, [archive], 'linux-x86_64', [binary('fieldkit')])).toEqual({
    folder: 'fieldkit-linux-x86_64',
    binaries: [{ name: 'fieldkit', path: 'fieldkit-linux-x86_64/fieldkit' }],
    requires: {},
    signed: 'none',
  });
});

test('several have a folder each, even where one has the name of the application', () => {
  const archive = 'fieldkit-windows-x86_64.zip';
  expect(packageFactsOf(archive, [archive], 'windows-x86_64', [binary('fieldkit'), binary('store')]).binaries).toEqual([
    { name: 'fieldkit', path: 'fieldkit-windows-x86_64/fieldkit/fieldkit.exe' },
    { name: 'store', path: 'fieldkit-windows-x86_64/store/store.exe' },
  ]);
});

test('with an archive each, an archive holds and demands what its own binary does', () => {
  const archives = ['fieldkit-linux-x86_64.tar.gz', 'store-linux-x86_64.tar.gz'];
  const built = [binary('fieldkit', { glibc: demand('2.28', 'fieldkit') }), binary('store', { glibc: demand('2.34', 'store') })];
  expect(packageFactsOf('store-linux-x86_64.tar.gz', archives, 'linux-x86_64', built)).toMatchObject({
    binaries: [{ name: 'store', path: 'store-linux-x86_64/store' }],
    requires: { glibc: demand('2.34', 'store') },
  });
});

test('of several demands the highest counts, as versions and not as text', () => {
  const archive = 'kit-linux-x86_64.tar.gz';
  const built = [
    binary('a', { glibc: demand('2.9', 'a'), glibcxx: demand('3.4.30', 'a'), cpuBaseline: 'x86-64-v2' }),
    binary('b', { glibc: demand('2.34', 'b'), glibcxx: demand('3.4.9', 'b'), cpuBaseline: 'x86-64-v3' }),
    binary('c', { macos: demand('11.0', 'c') }),
  ];
  expect(packageFactsOf(archive, [archive], 'linux-x86_64', built).requires).toEqual({
    glibc: demand('2.34', 'b'),
    glibcxx: demand('3.4.30', 'a'),
    macos: demand('11.0', 'c'),
    cpuBaseline: 'x86-64-v3',
  });
});
