import { planBuild } from '../../builder/plan';
import { STEP_NAMES } from '../../builder/steps/steps';
import { hostOfMachine } from '../../core/deployment/build-machine-host';
import { MACHINES_OF, REMOTE_PLATFORM_IDS } from '../../core/deployment/build-machines';
import type { Host } from '../../core/host/host';
import type { Job, JobPython } from '../../core/job/job';
import { binaryOf, HOST, jobOf } from './fake-build';
import { pinnedVersion } from '../../toolchain/pins';

function compileOf(change: Partial<JobPython>, job: Partial<Job> = {}, host: Partial<Host> = {}) {
  const plan = planBuild(jobOf({ binaries: [binaryOf('kit', change)], ...job }), { ...HOST, ...host });
  return plan.steps.find(({ name }) => name === 'compile')?.commands ?? [];
}

const options = (change: Partial<JobPython>, job: Partial<Job> = {}, host: Partial<Host> = {}) =>
  compileOf(change, job, host)[0]?.argv ?? [];

describe('the plan of a build that a deployment would run', () => {
  test.each(REMOTE_PLATFORM_IDS)('of %s is made without its machine', (platform) => {
    const host = hostOfMachine(platform, MACHINES_OF[platform]);
    const plan = planBuild(jobOf({ platform }), host);
    expect(plan.tools.filter(({ isMissing }) => isMissing)).toEqual([]);
    expect(plan.tools.map(({ name }) => name)).toContain(platform === 'windows-x86_64' ? 'zig' : 'gcc');
    expect(plan.steps.find(({ name }) => name === 'compile')?.commands[0]?.argv).toContain(`--jobs=${host.cpuCount}`);
  });

  test('goes the way to a glibc below that of its image, and refuses what no way reaches before a minute is paid for', () => {
    const host = hostOfMachine('linux-x86_64', MACHINES_OF['linux-x86_64']);
    expect(planBuild(jobOf({ budgets: { glibc: '2.28' } }), host).glibcFloors?.find(({ isChosen }) => isChosen)).toMatchObject({
      way: 'low floor',
      version: '2.28',
      missing: expect.stringContaining('uv fetches one') as string,
    });
    expect(() => planBuild(jobOf({ budgets: { glibc: '2.12' } }), host)).toThrow(
      expect.objectContaining({ code: 'glibc-floor-unreachable', details: { wanted: '2.12', reachable: '2.17', binary: 'kit' } }) as Error,
    );
  });
});

describe('the plan of a build', () => {
  test('has every step in order, the skipped ones with their reason', () => {
    const plan = planBuild(jobOf(), HOST);
    expect(plan.steps.map(({ name }) => name)).toEqual([...STEP_NAMES]);
    expect(plan.steps.filter(({ skipReason }) => skipReason !== undefined).map(({ name }) => name)).toEqual(['sign']);
    expect(plan.artifacts).toEqual([
      'SHA256SUMS',
      'kit-linux-x86_64.cdx.json',
      'kit-linux-x86_64.tar.gz',
      'kit-linux-x86_64.tar.gz.sha256',
    ]);
  });

  test('names the exact Nuitka command', () => {
    const include = {
      packages: ['a'],
      modules: ['b.c'],
      packageData: ['certifi'],
      metadata: ['typer'],
      data: [{ from: 'themes', to: 'kit/themes' }],
    };
    const python = { distribution: 'kit', include, exclude: { packages: ['tkinter'], modules: ['x.y'] }, options: ['--lto=no'] };
    expect(compileOf(python)).toEqual([
      {
        argv: [
          'environments/kit/bin/python',
          '-m',
          'nuitka',
          '--mode=standalone',
          '--assume-yes-for-downloads',
          '--progress-bar=none',
          '--jobs=2',
          '--output-dir=compile/kit',
          '--output-filename=kit.bin',
          '--report=scratch/kit/compilation-report.xml',
          '--static-libpython=no',
          '--target-arch=x86-64',
          '--include-package=a',
          '--include-module=b.c',
          '--include-package-data=certifi',
          '--include-distribution-metadata=kit',
          '--include-distribution-metadata=typer',
          '--include-raw-dir=data/kit=.',
          '--nofollow-import-to=tkinter',
          '--nofollow-import-to=x.y',
          '--lto=no',
          'entry/kit/_slipway_main.py',
        ],
        cwd: 'work',
        env: {
          SOURCE_DATE_EPOCH: '1767322245',
          PYTHONHASHSEED: '0',
          NUITKA_CACHE_DIR: '$JOB/work/cache/nuitka',
          NUITKA_CACHE_DIR_DOWNLOADS: '$SLIPWAY_HOME/cache/nuitka-downloads',
        },
      },
    ]);
  });

  test('names the exact PyInstaller command', () => {
    const include = {
      packages: ['a'],
      modules: ['b.c'],
      packageData: ['certifi'],
      metadata: ['typer'],
      data: [{ from: 'themes', to: 'kit/themes' }],
    };
    const argv = options({ compiler: 'pyinstaller', distribution: 'kit', include, exclude: { packages: [], modules: ['x.y'] } });
    expect(argv.slice(1)).toEqual([
      ...['-m', 'PyInstaller', '--onedir', '--noconfirm', '--clean', '--name=kit'],
      ...['--distpath=compile/kit/onedir', '--workpath=scratch/kit/onedir', '--strip'],
      ...['--collect-submodules=a', '--hidden-import=a', '--hidden-import=b.c', '--collect-data=certifi'],
      ...['--copy-metadata=kit', '--copy-metadata=typer', '--add-data=data/kit:.', '--exclude-module=x.y'],
      'entry/kit/_slipway_main.py',
    ]);
  });

  test('Windows: names, resources, separators', () => {
    const windows: Partial<Host> = { platform: 'windows-x86_64', cCompiler: { path: 'C:\\cl.exe', kind: 'msvc', version: '19.4' } };
    const job: Partial<Job> = {
      platform: 'windows-x86_64',
      version: '1.4.0rc2',
      title: 'Field Kit',
      publisher: 'Acme',
      package: { format: 'zip', split: false, installers: [] },
    };
    const binaries = [{ ...binaryOf('kit'), icon: 'art/kit.ico', console: false }];
    const argv = options({}, { ...job, binaries }, windows);
    expect(argv[0]).toBe('environments/kit/Scripts/python.exe');
    expect(argv).toEqual(
      expect.arrayContaining([
        '--output-filename=kit.exe',
        '--msvc=latest',
        '--windows-console-mode=disable',
        '--windows-icon-from-ico=source/art/kit.ico',
        '--company-name=Acme',
        '--product-name=Field Kit',
        '--product-version=1.4.0.0',
        '--file-version=1.4.0.0',
      ]),
    );
    const packed = options(
      {},
      {
        ...job,
        binaries: [
          binaryOf('kit', {
            compiler: 'pyinstaller',
            include: { packages: [], modules: [], packageData: [], metadata: [], data: [{ from: 'a', to: 'a' }] },
          }),
        ],
      },
      windows,
    );
    expect(packed).toEqual(expect.arrayContaining(['--add-data=data/kit;.', '--console', '--version-file=scratch/kit/version-info.txt']));
    expect(packed).not.toContain('--strip');
  });

  test.each([
    [{ cCompiler: { path: '/usr/bin/clang', kind: 'clang' as const, version: '14' } }, '--clang'],
    [{ cCompiler: { path: '/opt/zig', kind: 'zig' as const, version: '0.13' } }, '--zig'],
  ])('the C compiler of the host: %j', (host, option) => {
    expect(options({}, {}, host)).toContain(option);
  });

  test('a gcc of another name is told by CC', () => {
    const host = { cCompiler: { path: '/usr/bin/gcc-12', kind: 'gcc' as const, version: '12' } };
    expect(compileOf({}, {}, host)[0]?.env).toMatchObject({ CC: '/usr/bin/gcc-12' });
  });

  test('ccache is used where it is, below the job', () => {
    expect(compileOf({}, {}, { ccachePath: '/usr/bin/ccache' })[0]?.env).toMatchObject({
      NUITKA_CCACHE_BINARY: '/usr/bin/ccache',
      CCACHE_DIR: '$JOB/work/cache/ccache',
      CCACHE_BASEDIR: '$JOB',
    });
  });

  test('an entry file is searched with its neighbours, in a project below the root', () => {
    const source = { ...jobOf().source, projectPath: 'apps/kit' };
    const binaries = [binaryOf('kit', { entry: 'tools/run.py' })];
    const command = planBuild(jobOf({ source, binaries }), HOST).steps.find(({ name }) => name === 'compile')?.commands[0];
    expect(command?.env.PYTHONPATH).toBe('$JOB/work/source/apps/kit/tools');
    expect(command?.argv.at(-1)).toBe('entry/kit/run.py');
  });

  test('binaries with equal dependencies share an environment, others do not', () => {
    const binaries = [binaryOf('a'), binaryOf('b'), binaryOf('c', { compiler: 'pyinstaller' }), binaryOf('d', { version: '3.11' })];
    const argv = planBuild(jobOf({ binaries }), HOST)
      .steps.find(({ name }) => name === 'compile')
      ?.commands.map((command) => command.argv[0]);
    expect(argv).toEqual(['a', 'a', 'c', 'd'].map((name) => `environments/${name}/bin/python`));
  });

  test('a missing C compiler is told with the command that gets it; PyInstaller needs none', () => {
    const bare: Host = { platform: HOST.platform, cpuCount: 2 };
    expect(planBuild(jobOf(), bare).tools.find(({ isMissing }) => isMissing)).toMatchObject({
      name: 'C compiler',
      hint: expect.stringContaining('gcc') as string,
    });
    expect(
      planBuild(jobOf({ binaries: [binaryOf('kit', { compiler: 'pyinstaller' })] }), bare).tools.some(({ isMissing }) => isMissing),
    ).toBe(false);
  });

  test('asks this machine for no C compiler where the options bring one', () => {
    const bare: Host = { platform: HOST.platform, cpuCount: 2 };
    const zig = binaryOf('kit', { options: ['--zig'] });
    const tools = planBuild(jobOf({ binaries: [zig] }), bare).tools;
    expect(tools.filter(({ isMissing }) => isMissing)).toEqual([]);
    expect(tools).toContainEqual({
      name: 'zig',
      version: pinnedVersion('ziglang'),
      source: 'pinned, from the package index',
      isMissing: false,
    });
    const both = planBuild(jobOf({ binaries: [zig, binaryOf('other', {})] }), bare).tools;
    expect(both.filter(({ isMissing }) => isMissing).map(({ name }) => name)).toEqual(['C compiler']);
  });

  test.each([
    ['without a C compiler', '3.14', undefined],
    ['with a MinGW that is none for this Python', '3.13', { path: 'C:\\gcc.exe', kind: 'mingw' as const, version: '12' }],
  ])('brings zig to a Windows machine %s, and tells Nuitka', (_, version, cCompiler) => {
    const windows: Host = { platform: 'windows-x86_64', cpuCount: 2, ...(cCompiler === undefined ? {} : { cCompiler }) };
    const plan = planBuild(jobOf({ platform: 'windows-x86_64', binaries: [binaryOf('kit', { version })] }), windows);
    expect(plan.tools.filter(({ isMissing }) => isMissing)).toEqual([]);
    expect(plan.tools.map(({ name }) => name)).toEqual(['uv', 'python', 'nuitka', 'zig']);
    const argv = plan.steps.find(({ name }) => name === 'compile')?.commands[0]?.argv ?? [];
    expect(argv.filter((argument) => /^--(zig|mingw64|msvc)/.test(argument))).toEqual(['--zig']);
  });

  test.each([
    [{ mode: 'onefile' as const }, 'Defender'],
    [{ compiler: 'auto' as const }, 'compare'],
    [{ options: ['--include-module=x'] }, 'include.modules'],
  ])('%j is warned about', (python, told) => {
    expect(planBuild(jobOf({ binaries: [binaryOf('kit', python)] }), HOST).warnings.join()).toContain(told);
  });
});

describe('what cannot be built here', () => {
  test.each([
    ['another platform', jobOf({ platform: 'windows-x86_64' }), HOST, 'platform-not-buildable-here'],
    [
      'a line of Node that is not pinned',
      jobOf({ binaries: [{ name: 'kit', console: true, node: { entry: 'a.mjs', version: '19', assets: [] } }] }),
      HOST,
      'node-version-unknown',
    ],
    ['refused options', jobOf({ binaries: [binaryOf('kit', { options: ['--run'] })] }), HOST, 'compiler-option-refused'],
    ['names that differ by case', jobOf({ binaries: [binaryOf('kit'), binaryOf('Kit')] }), HOST, 'package-collision'],
  ] as const)('%s', (_, job, host, code) => {
    expect(() => planBuild(job, host)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test.each([
    ['2.28', { options: ['--clang'] }, {}, '2.34'],
    ['2.33', { options: ['--clang'] }, { glibc: '2.39' }, '2.34'],
    ['2.16', {}, {}, '2.17'],
    ['2.16', { compiler: 'pyinstaller' as const }, {}, '2.17'],
  ])('a floor of %s with %j on %j', (glibc, python, host, reachable) => {
    const job = jobOf({ budgets: { glibc }, binaries: [binaryOf('kit', python)] });
    expect(() => planBuild(job, { ...HOST, ...host })).toThrow(
      expect.objectContaining({ code: 'glibc-floor-unreachable', details: { wanted: glibc, reachable, binary: 'kit' } }) as Error,
    );
  });

  test.each([
    ['the reachable floor', '2.34', {}, {}],
    ['an older host', '2.28', { glibc: '2.28' }, {}],
    ['PyInstaller, which links nothing', '2.17', {}, { compiler: 'pyinstaller' as const }],
    ['an interpreter of another version says nothing', '2.34', { pythonGlibc: '2.36' }, { version: '3.11' }],
  ])('%s passes', (_, glibc, host, python) => {
    const job = jobOf({ budgets: { glibc }, binaries: [binaryOf('kit', python)] });
    expect(planBuild(job, { ...HOST, ...host }).warnings).toEqual([]);
  });
});
