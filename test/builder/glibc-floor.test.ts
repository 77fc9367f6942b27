import { planBuild } from '../../builder/plan';
import type { Host, PythonInstallation } from '../../core/host/host';
import type { JobPython } from '../../core/job/job';
import { binaryOf, HOST, jobOf } from './fake-build';

const found: PythonInstallation = { path: '/opt/python/bin/python3.12', version: '3.12.1', provider: 'uv' };
const old: PythonInstallation = { ...found, glibc: { version: '2.17', file: '/opt/python/lib/libpython3.12.so.1.0' } };
const recent: PythonInstallation = { ...found, glibc: { version: '2.35', file: '/opt/python/lib/libpython3.12.so.1.0' } };

const planOf = (glibc: string | undefined, python: PythonInstallation, change: Partial<JobPython> = {}, host: Partial<Host> = {}) =>
  planBuild(jobOf({ budgets: glibc === undefined ? {} : { glibc }, binaries: [binaryOf('kit', change)] }), {
    ...HOST,
    python,
    pythonGlibc: python.glibc?.version ?? '2.17',
    ...host,
  });
const stepOf = (plan: ReturnType<typeof planOf>, name: string) => plan.steps.find((step) => step.name === name)?.commands ?? [];

describe('a budget below the glibc of the host', () => {
  const plan = planOf('2.28', old, { dependencies: { lock: 'uv.lock', extras: [], groups: [] } });
  const [compile] = stepOf(plan, 'compile');

  test('compiles by zig for that glibc and for every x86-64 processor', () => {
    expect(compile?.argv).toEqual(expect.arrayContaining(['--zig', '--target-arch=x86_64']));
    expect(compile?.env).toMatchObject({ CFLAGS: '-target x86_64-linux-gnu.2.28', LDFLAGS: '-target x86_64-linux-gnu.2.28' });
    expect(compile?.env).not.toHaveProperty('CCACHE_DIR');
  });

  test('keeps what zig has compiled in the job: nothing bounds its cache', () => {
    expect(compile?.env).toMatchObject({
      ZIG_GLOBAL_CACHE_DIR: '$JOB/work/scratch/kit/zig',
      ZIG_LOCAL_CACHE_DIR: '$JOB/work/scratch/kit/zig',
    });
  });

  test('takes wheels of that age, and leaves the lock and the compiler as they are', () => {
    const told = stepOf(plan, 'toolchain').map(({ argv }) => [argv[1], argv.includes('--python-platform') && argv.at(-1)]);
    expect(told).toEqual([
      ['venv', false],
      ['lock', false],
      ['sync', 'x86_64-manylinux_2_28'],
      ['sync', 'x86_64-manylinux_2_28'],
      ['pip', false],
    ]);
  });

  test('names zig among the tools, and no compiler of the host', () => {
    expect(plan.tools.map(({ name }) => name)).toEqual(['uv', 'python', 'nuitka', 'zig']);
    expect(planOf('2.28', old, {}, { ccachePath: '/usr/bin/ccache' }).tools.map(({ name }) => name)).not.toContain('ccache');
  });
});

test.each<[string, Partial<JobPython>, readonly string[]]>([
  ['the processor that the recipe names stands', { options: ['--target-arch=x86_64_v3'] }, ['--target-arch=x86_64_v3']],
  ['zig that the recipe names is told the target too', { options: ['--zig'] }, ['--target-arch=x86_64']],
])('%s', (_, change, expected) => {
  const [compile] = stepOf(planOf('2.28', old, change), 'compile');
  expect(compile?.argv.filter((argument) => argument.startsWith('--target-arch'))).toEqual(expected);
  expect(compile?.argv.filter((argument) => argument === '--zig')).toEqual(['--zig']);
  expect(compile?.env.CFLAGS).toBe('-target x86_64-linux-gnu.2.28');
});

test('arm64 has a target and a processor of its own, in the words of zig', () => {
  const job = jobOf({ platform: 'linux-arm64', budgets: { glibc: '2.31' } });
  const plan = planBuild(job, { ...HOST, platform: 'linux-arm64', python: old });
  const [compile] = stepOf(plan, 'compile');
  expect(compile?.argv).toContain('--target-arch=generic');
  expect(compile?.env.CFLAGS).toBe('-target aarch64-linux-gnu.2.31');
  expect(JSON.stringify(stepOf(plan, 'toolchain'))).toContain('aarch64-manylinux_2_31');
});

test.each<[string, string | undefined, Partial<Host>]>([
  ['no budget', undefined, {}],
  ["the host's own glibc", '2.36', {}],
  ['a host that is older', '2.28', { glibc: '2.17' }],
])('%s: the compiler of the host links', (_, glibc, host) => {
  const [compile] = stepOf(planOf(glibc, old, {}, host), 'compile');
  expect(compile?.argv).not.toContain('--zig');
  expect(compile?.argv).toContain('--target-arch=x86-64');
  expect(compile?.env).not.toHaveProperty('CFLAGS');
});

test('PyInstaller links nothing: the Python and the wheels decide', () => {
  const plan = planOf('2.28', old, { compiler: 'pyinstaller' });
  expect(plan.tools.map(({ name }) => name)).not.toContain('zig');
  expect(JSON.stringify(stepOf(plan, 'toolchain'))).toContain('x86_64-manylinux_2_28');
});

describe('the ways that a plan tells', () => {
  const waysOf = (...of: Parameters<typeof planOf>) =>
    (planOf(...of).glibcFloors ?? []).map(({ way, version, isChosen, missing }) => [way, version, isChosen, missing !== undefined]);

  test.each<[string, Parameters<typeof planOf>, unknown]>([
    [
      'an old Python',
      ['2.28', old],
      [
        ['host toolchain', '2.34', false, false],
        ['low floor', '2.28', true, false],
      ],
    ],
    [
      'a Python that is too new',
      ['2.28', recent],
      [
        ['host toolchain', '2.35', false, false],
        ['low floor', '2.28', true, true],
      ],
    ],
    [
      'no budget',
      [undefined, recent],
      [
        ['host toolchain', '2.35', true, false],
        ['low floor', '2.17', false, true],
      ],
    ],
    [
      'PyInstaller with a Python that is too new',
      ['2.28', recent, { compiler: 'pyinstaller' }],
      [
        ['host toolchain', '2.35', false, false],
        ['low floor', '2.28', true, true],
      ],
    ],
  ])('%s', (_, of, expected) => {
    expect(waysOf(...of)).toEqual(expected);
  });

  test('a Python that is too new is not the one that the commands name', () => {
    const plan = planOf('2.28', recent);
    expect(plan.tools.find(({ name }) => name === 'python')?.source).toBe('found on the machine, or fetched by uv');
    expect(JSON.stringify(stepOf(plan, 'toolchain'))).not.toContain(recent.path);
  });

  test('modules that would raise the floor are named once each, with the file that asks for most', () => {
    const moduleGlibc = [
      { version: '2.36', file: '/lib/libssl.so.3', module: '_ssl' },
      { version: '2.34', file: '/lib/libcrypto.so.3', module: '_ssl' },
      { version: '2.33', file: '/lib/libz.so.1', module: 'zlib' },
      { version: '2.17', file: '/p/math.so', module: 'math' },
    ];
    expect(planOf('2.28', { ...old, moduleGlibc }).warnings).toEqual([
      'a program that uses one of these modules of Python 3.12.1 needs more than glibc 2.28: zlib (/lib/libz.so.1: 2.33), _ssl (/lib/libssl.so.3: 2.36)',
    ]);
  });
});
