import type { Host, PythonInstallation } from '../../../core/host/host';
import { compilerHint, headersHint, parseOsRelease, pythonHint, toolHint } from '../../../core/host/host-hint';
import { examineHost } from '../../../core/host/host-examination';

const python: PythonInstallation = { path: '/usr/bin/python3', version: '3.12.1', provider: 'system', hasHeaders: true };
const whole: Host = {
  platform: 'linux-x86_64',
  cpuCount: 2,
  glibc: '2.36',
  cCompiler: { path: '/usr/bin/gcc', kind: 'gcc', version: '12.2.0' },
  ccachePath: '/usr/bin/ccache',
  python,
  pythonGlibc: '2.35',
  pythons: [python],
  distribution: ['debian'],
  git: { path: '/usr/bin/git', version: '2.39.5' },
  node: { path: '/usr/bin/node', version: '20.19.0' },
  freeBytes: 80e9,
  homeDirectory: '/home/me/.slipway',
};
const without = (...keys: readonly (keyof Host)[]): Host =>
  Object.fromEntries(Object.entries(whole).filter(([key]) => !keys.includes(key as keyof Host))) as unknown as Host;
const item = (host: Host, name: string) => examineHost(host).items.find((entry) => entry.name === name);

test('Node programs are made for every platform, and it is said which are run', () => {
  expect(item(whole, 'Node apps')).toMatchObject({
    state: 'ready',
    detail: 'made and run for linux-x86_64; made and inspected, not run, for linux-arm64, macos-x86_64, macos-arm64, windows-x86_64',
  });
});

test('a whole host can build, and every item is ready', () => {
  const examination = examineHost(whole);
  expect(examination.canBuild).toBe(true);
  expect(new Set(examination.items.map(({ state }) => state))).toEqual(new Set(['ready']));
});

test.each<[string, Host, string, string, boolean, RegExp | undefined]>([
  ['no Python', without('python', 'pythons', 'pythonGlibc'), 'Python', 'missing', false, /pyenv install 3\.12/],
  ['a Python without headers', { ...whole, pythons: [{ ...python, hasHeaders: false }] }, 'Python', 'missing', false, /python3\.12-dev/],
  ['no C compiler', without('cCompiler'), 'C compiler', 'missing', false, /apt-get install -y gcc libc6-dev/],
  [
    'no C compiler on Alpine',
    { ...without('cCompiler'), distribution: ['alpine'] },
    'C compiler',
    'missing',
    false,
    /apk add gcc musl-dev/,
  ],
  ['no ccache', without('ccachePath'), 'ccache', 'advised', true, /apt-get install -y ccache/],
  ['no git', without('git'), 'git', 'advised', true, /apt-get install -y git/],
  ['another C library', without('glibc'), 'glibc', 'advised', true, undefined],
  ['a full disk', { ...whole, freeBytes: 1e9 }, 'disk', 'low', true, /SLIPWAY_HOME/],
])('%s', (_, host, name, state, canBuild, hint) => {
  expect(item(host, name)).toMatchObject({ name, state });
  expect(item(host, name)?.hint ?? '').toMatch(hint ?? /^$/);
  expect(examineHost(host).canBuild).toBe(canBuild);
});

test.each<[string, Partial<Host>, string]>([
  [
    'no Python was measured',
    {},
    'with budgets.glibc zig links for an older one, and a Python that uv fetches or SLIPWAY_PYTHON names reaches 2.17',
  ],
  [
    'none is old enough',
    { pythons: [{ ...python, glibc: { version: '2.35', file: '/usr/bin/python3' } }] },
    'with budgets.glibc zig links for an older one: Python 3.12.1 (system) reaches 2.35, a Python that uv fetches or SLIPWAY_PYTHON names reaches 2.17',
  ],
  [
    'one is',
    {
      pythons: [
        { ...python, glibc: { version: '2.35', file: '/usr/bin/python3' } },
        { ...python, version: '3.13.2', provider: 'uv', glibc: { version: '2.17', file: '/p/python3' } },
      ],
    },
    'with budgets.glibc zig links for an older one: Python 3.13.2 (uv) reaches 2.17',
  ],
])('each way to a glibc floor is told with what it reaches: %s', (_, change, lowWay) => {
  expect(item({ ...whole, ...change }, 'glibc')?.detail).toBe(
    `2.36; programs that are built here need 2.35 or later, because Python 3.12.1 does; ${lowWay}`,
  );
});

test.each([
  ['ID=ubuntu\nID_LIKE=debian\n', ['ubuntu', 'debian']],
  ['NAME="x"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\n', ['opensuse-leap', 'suse', 'opensuse']],
  ['', []],
])('parseOsRelease(%j)', (text, expected) => {
  expect(parseOsRelease(text)).toEqual(expected);
});

test.each([
  ['linux-x86_64', ['linuxmint', 'ubuntu', 'debian'], /sudo apt-get install/],
  ['linux-arm64', ['amzn', 'fedora'], /sudo dnf install/],
  ['linux-x86_64', ['manjaro', 'arch'], /sudo pacman/],
  ['linux-x86_64', ['opensuse-tumbleweed'], /sudo zypper/],
  ['linux-x86_64', ['unheard-of'], /install gcc or clang/],
  ['macos-arm64', [], /xcode-select --install/],
  ['windows-x86_64', [], /BuildTools.*--zig/],
] as const)('the command for a C compiler on %s %j', (platform, distribution, expected) => {
  expect(compilerHint(platform, distribution)).toMatch(expected);
});

test.each([
  [pythonHint('macos-arm64', '3.12.1', []), /brew install python@3\.12, or pyenv install 3\.12\.1/],
  [pythonHint('windows-x86_64', '3.12', []), /winget install Python\.Python\.3\.12/],
  [pythonHint('linux-x86_64', '3.12', ['fedora']), /dnf install -y python3\.12 python3\.12-devel/],
  [headersHint('linux-x86_64', '3.11.2', ['debian']), /python3\.11-dev/],
  [headersHint('linux-x86_64', '3.11.2', ['suse']), /python311-devel/],
  [headersHint('windows-x86_64', '3.11.2', []), /python\.org/],
  [toolHint('git', 'windows-x86_64', []), /winget install Git\.Git/],
  [toolHint('ccache', 'macos-arm64', []), /brew install ccache/],
])('%s', (hint, expected) => {
  expect(hint).toMatch(expected);
});
