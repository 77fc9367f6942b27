/**
 * Owns how a package's demands on a system are told: as the systems that meet them, by tables that only ever grow at their ends.
 * A demand beyond a table is told by its number alone.
 */
import { PLATFORMS, type PlatformId } from '../../platform';
import { compareDottedVersions } from '../../quantity';
import type { Requires } from '../../job/report';
import { ARCH_NAMES, OS_NAMES } from './platform-names';

/**
 * The glibc of each release, oldest first.
 * As of 2025-11 by https://github.com/mayeut/pep600_compliance, which looks into the distributions themselves.
 */
const DISTRIBUTIONS: readonly { readonly name: string; readonly releases: readonly (readonly [release: string, glibc: string])[] }[] = [
  {
    name: 'Debian',
    releases: [
      ['8', '2.19'],
      ['9', '2.24'],
      ['10', '2.28'],
      ['11', '2.31'],
      ['12', '2.36'],
      ['13', '2.41'],
    ],
  },
  {
    name: 'Ubuntu',
    releases: [
      ['14.04', '2.19'],
      ['16.04', '2.23'],
      ['18.04', '2.27'],
      ['20.04', '2.31'],
      ['22.04', '2.35'],
      ['24.04', '2.39'],
    ],
  },
  {
    name: 'RHEL',
    releases: [
      ['7', '2.17'],
      ['8', '2.28'],
      ['9', '2.34'],
      ['10', '2.39'],
    ],
  },
  {
    name: 'Fedora',
    releases: [
      ['35', '2.34'],
      ['36', '2.35'],
      ['37', '2.36'],
      ['38', '2.37'],
      ['39', '2.38'],
      ['40', '2.39'],
      ['41', '2.40'],
      ['42', '2.41'],
      ['43', '2.42'],
    ],
  },
  {
    name: 'Amazon Linux',
    releases: [
      ['2', '2.26'],
      ['2023', '2.34'],
    ],
  },
];

/** https://gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html */
const GCC_OF_GLIBCXX: readonly (readonly [glibcxx: string, gcc: string])[] = [
  ['3.4.21', '5'],
  ['3.4.22', '6'],
  ['3.4.24', '7'],
  ['3.4.25', '8'],
  ['3.4.28', '9'],
  ['3.4.29', '11'],
  ['3.4.30', '12'],
  ['3.4.32', '13'],
  ['3.4.33', '14'],
];

/** https://support.apple.com/109033 */
const MACOS_NAMES: Readonly<Record<string, string>> = {
  '10.13': 'High Sierra',
  '10.14': 'Mojave',
  '10.15': 'Catalina',
  '11': 'Big Sur',
  '12': 'Monterey',
  '13': 'Ventura',
  '14': 'Sonoma',
  '15': 'Sequoia',
  '26': 'Tahoe',
};

/** The levels of the x86-64 psABI, with the first processors that have all of one: https://gitlab.com/x86-psABIs/x86-64-ABI */
const CPU_LEVELS: Readonly<Record<string, string>> = {
  'x86-64': 'any 64-bit x86 processor',
  'x86-64-v2': 'a processor with x86-64-v2: Intel from 2009, AMD from 2011',
  'x86-64-v3': 'a processor with x86-64-v3 (AVX2): Intel Core from 2013, AMD from 2015',
  'x86-64-v4': 'a processor with x86-64-v4 (AVX-512): Intel Xeon from 2017, AMD from 2022',
};

/** What the system must have, a demand a line. Never empty. */
export function requirementTexts(requires: Requires, platform: PlatformId): readonly string[] {
  const { glibc, glibcxx, macos, cpuBaseline } = requires;
  const { os, arch } = PLATFORMS[platform];
  const texts = [
    ...(glibc === undefined ? [] : [glibcText(glibc.version)]),
    ...(glibcxx === undefined ? [] : [glibcxxText(glibcxx.version)]),
    ...(macos === undefined ? [] : [macosText(macos.version)]),
    ...(cpuBaseline === undefined ? [] : [CPU_LEVELS[cpuBaseline] ?? `a processor with ${cpuBaseline}`]),
  ];
  return texts.length === 0 ? [`${OS_NAMES[os]} on ${ARCH_NAMES[os][arch]}; no lowest version is recorded`] : texts;
}

/** Exported for tests of the table. */
export function distributionsWith(glibc: string): readonly string[] {
  return DISTRIBUTIONS.flatMap(({ name, releases }) => {
    const first = releases.find(([, has]) => compareDottedVersions(has, glibc) >= 0);
    return first === undefined ? [] : [`${name} ${first[0]}`];
  });
}

function glibcText(version: string): string {
  const known = distributionsWith(version);
  return known.length === 0 ? `glibc ${version} or newer` : `glibc ${version} or newer: ${known.join(', ')} and later`;
}

function glibcxxText(version: string): string {
  const gcc = GCC_OF_GLIBCXX.find(([glibcxx]) => compareDottedVersions(glibcxx, version) >= 0)?.[1];
  return `libstdc++ with GLIBCXX ${version}${gcc === undefined ? '' : `: GCC ${gcc}`} or newer`;
}

function macosText(version: string): string {
  const [major = '', minor = '0'] = version.split('.');
  const name = MACOS_NAMES[major === '10' ? `10.${minor}` : major];
  return `macOS ${version}${name === undefined ? '' : ` (${name})`} or newer`;
}
