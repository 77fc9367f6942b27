import { distributionsWith, requirementTexts } from '../../../../core/distribution/page/requirement-text';

const by = (version: string) => ({ version, setBy: 'fieldkit' });

test.each<[string, readonly string[]]>([
  ['2.17', ['Debian 8', 'Ubuntu 14.04', 'RHEL 7', 'Fedora 35', 'Amazon Linux 2']],
  ['2.28', ['Debian 10', 'Ubuntu 20.04', 'RHEL 8', 'Fedora 35', 'Amazon Linux 2023']],
  ['2.34', ['Debian 12', 'Ubuntu 22.04', 'RHEL 9', 'Fedora 35', 'Amazon Linux 2023']],
  ['2.36', ['Debian 12', 'Ubuntu 24.04', 'RHEL 10', 'Fedora 37']],
  ['2.42', ['Fedora 43']],
  ['2.99', []],
])('glibc %s', (glibc, distributions) => {
  expect(distributionsWith(glibc)).toEqual(distributions);
});

test.each([
  ['linux-x86_64', { glibc: by('2.34') }, ['glibc 2.34 or newer: Debian 12, Ubuntu 22.04, RHEL 9, Fedora 35, Amazon Linux 2023 and later']],
  ['linux-x86_64', { glibc: by('2.99') }, ['glibc 2.99 or newer']],
  ['linux-x86_64', { glibcxx: by('3.4.30') }, ['libstdc++ with GLIBCXX 3.4.30: GCC 12 or newer']],
  ['linux-x86_64', { glibcxx: by('3.4.99') }, ['libstdc++ with GLIBCXX 3.4.99 or newer']],
  ['linux-x86_64', { cpuBaseline: 'x86-64-v3' }, ['a processor with x86-64-v3 (AVX2): Intel Core from 2013, AMD from 2015']],
  ['linux-x86_64', { cpuBaseline: 'x86-64-v9' }, ['a processor with x86-64-v9']],
  ['macos-arm64', { macos: by('11.0') }, ['macOS 11.0 (Big Sur) or newer']],
  ['macos-x86_64', { macos: by('10.15') }, ['macOS 10.15 (Catalina) or newer']],
  ['macos-x86_64', { macos: by('99.1') }, ['macOS 99.1 or newer']],
  ['windows-x86_64', {}, ['Windows on x86-64; no lowest version is recorded']],
] as const)('%s %j', (platform, requires, texts) => {
  expect(requirementTexts(requires, platform)).toEqual(texts);
});
