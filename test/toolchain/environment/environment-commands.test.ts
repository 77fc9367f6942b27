import type { JobPython } from '../../../core/job/job';
import {
  dependencySource,
  environmentCommands,
  environmentLayout,
  type EnvironmentFacts,
  PLAN_FACTS,
} from '../../../toolchain/environment/environment-commands';
import { jobPython } from '../../fakes/job-python';
import { planPythonEnvironment } from '../../../toolchain/environment/python-environment';

const python = (dependencies: Partial<JobPython['dependencies']>, more: Partial<JobPython> = {}): JobPython =>
  jobPython({ dependencies: { extras: [], groups: [], ...dependencies }, vendor: 'never', ...more });
const request = (dependencies: Partial<JobPython['dependencies']>, more: Partial<JobPython> = {}) => ({
  projectDirectory: '/src',
  environmentDirectory: '/env',
  python: python(dependencies, more),
  interpreter: { path: '/py/bin/python3', version: '3.12.1', provider: 'pyenv' },
  compiler: 'nuitka' as const,
  version: '1.4.0',
  secretNames: ['UV_INDEX_CORP_PASSWORD'],
});
const commands = (dependencies: Partial<JobPython['dependencies']>, facts: Partial<EnvironmentFacts> = {}, more: Partial<JobPython> = {}) =>
  environmentCommands(request(dependencies, more), { ...PLAN_FACTS, hasProject: true, ...facts }).map(
    ({ purpose, args, indexes }) => `${purpose}: ${args.join(' ')}${indexes === undefined ? '' : ` [${indexes.join(' ')}]`}`,
  );

const VENV = 'environment: venv --no-project --clear --python /py/bin/python3 /env';
const PROJECT = 'project: pip install --python /env/bin/python --no-deps .';
const BY_HASH = '--index-strategy unsafe-best-match';

test.each<[string, Partial<JobPython['dependencies']>, Partial<EnvironmentFacts>, readonly string[]]>([
  [
    'uv.lock',
    { lock: 'uv.lock', extras: ['x'], groups: ['g'] },
    {},
    [
      'lock: lock --check --python /py/bin/python3',
      'dependencies: sync --frozen --no-default-groups --no-editable --python /py/bin/python3 --extra x --group g --no-install-workspace',
      'project: sync --frozen --no-default-groups --no-editable --python /py/bin/python3 --extra x --group g',
    ],
  ],
  [
    'uv.lock of another index',
    { lock: 'uv.lock' },
    { isMirrored: true, indexes: ['https://corp.example/s'] },
    [
      'lock: lock --check --python /py/bin/python3',
      'lock: export --frozen --no-default-groups --no-editable --no-emit-project --no-header --no-annotate --quiet --format requirements.txt --python /py/bin/python3 --output-file /env/slipway/dependencies.txt',
      `dependencies: pip install --python /env/bin/python --no-deps ${BY_HASH} --requirements /env/slipway/dependencies.txt [https://corp.example/s]`,
      PROJECT,
    ],
  ],
  [
    'poetry.lock',
    { lock: 'poetry.lock' },
    { indexes: ['corp=https://corp.example/s'] },
    [
      `dependencies: pip install --python /env/bin/python --no-deps ${BY_HASH} --requirements /env/slipway/dependencies.txt [corp=https://corp.example/s]`,
      PROJECT,
    ],
  ],
  [
    'an old poetry.lock',
    { lock: 'poetry.lock', extras: ['x'] },
    { isSelection: false },
    [
      `dependencies: pip install --python /env/bin/python ${BY_HASH} --constraints /env/slipway/dependencies.txt --requirements pyproject.toml --extra x`,
      PROJECT,
    ],
  ],
  [
    'pylock.toml',
    { lock: 'pylock.app.toml' },
    {},
    ['dependencies: pip install --python /env/bin/python --no-deps --preview-features pylock --requirements pylock.app.toml', PROJECT],
  ],
  [
    'requirements',
    { requirements: 'reqs/prod.txt' },
    {},
    ['dependencies: pip install --python /env/bin/python --requirements reqs/prod.txt', PROJECT],
  ],
  [
    'requirements with hashes',
    { requirements: 'r.txt' },
    { isHashed: true },
    [`dependencies: pip install --python /env/bin/python --require-hashes ${BY_HASH} --requirements r.txt`, PROJECT],
  ],
  [
    'nothing locked',
    { extras: ['x'], groups: ['g'] },
    {},
    ['dependencies: pip install --python /env/bin/python --requirements pyproject.toml --extra x --group g', PROJECT],
  ],
  [
    'a program that is compiled where it stands',
    { extras: ['x'] },
    { hasProject: false },
    ['dependencies: pip install --python /env/bin/python --requirements pyproject.toml --extra x'],
  ],
  ['a single script', {}, { hasProject: false, hasManifest: false }, []],
])('%s', (_, dependencies, facts, expected) => {
  expect(commands(dependencies, facts)).toEqual([VENV, ...expected]);
});

test('vendored wheels are installed without any index', () => {
  const vendored = environmentCommands(
    { ...request({ lock: 'uv.lock' }), vendorDirectory: '/wheels' },
    { ...PLAN_FACTS, hasProject: true },
  );
  expect(vendored.map(({ args }) => args.join(' '))).toContain(
    'pip install --python /env/bin/python --no-deps --offline --requirements /env/slipway/dependencies.txt',
  );
});

test('only commands that build the application itself hear its version', () => {
  const tell = environmentCommands(request({}), { ...PLAN_FACTS, hasProject: true }).map(({ purpose, env }) => [
    purpose,
    env.SETUPTOOLS_SCM_PRETEND_VERSION,
  ]);
  expect(tell).toEqual([
    ['environment', undefined],
    ['dependencies', undefined],
    ['project', '1.4.0'],
  ]);
  const dynamic = environmentCommands(request({}), { ...PLAN_FACTS, hasProject: true, isMetadataDynamic: true });
  expect(dynamic[1]?.env.PDM_BUILD_SCM_VERSION).toBe('1.4.0');
});

test('a workspace member is named, and a lock in a folder below moves there', () => {
  expect(commands({ lock: 'back/uv.lock' }, {}, { distribution: 'kit' })[2]).toContain('--package kit');
  expect(environmentLayout(request({ lock: 'back/uv.lock' })).projectDirectory).toBe('/src/back');
  expect(environmentLayout(request({ lock: '../uv.lock' })).projectDirectory).toBe('/src');
});

test('Windows has other names', () => {
  const windows = {
    ...request({}),
    environmentDirectory: 'C:\\job\\env',
    interpreter: { path: 'C:\\py\\python.exe', version: '3.12.1', provider: 'python.org' },
  };
  expect(environmentLayout(windows)).toMatchObject({
    interpreter: 'C:\\job\\env\\Scripts\\python.exe',
    binDirectory: 'C:\\job\\env\\Scripts',
    compilerFile: 'C:\\job\\env\\slipway\\compiler.txt',
  });
});

test.each([
  ['pdm.lock', /pdm export/],
  ['Pipfile.lock', /use uv\.lock/],
])('refuses %s and says what works', (lock, hint) => {
  expect(() => dependencySource({ lock, extras: [], groups: [] })).toThrow(
    expect.objectContaining({ code: 'lock-unsupported', hint: expect.stringMatching(hint) as string }) as Error,
  );
});

test('the plan shows secrets by name, folders relative to the job, and the compiler last', () => {
  const plan = planPythonEnvironment({
    ...request({ lock: 'uv.lock' }),
    projectDirectory: '$JOB/work/source',
    environmentDirectory: '$JOB/work/env',
  });
  expect(plan.every(({ argv, env }) => argv[0] === 'uv' && env.UV_INDEX_CORP_PASSWORD === '$UV_INDEX_CORP_PASSWORD')).toBe(true);
  expect(plan[1]?.cwd).toBe('work/source');
  expect(plan.at(-1)).toMatchObject({
    cwd: 'work/env',
    argv: expect.arrayContaining(['--require-hashes', '$JOB/work/env/slipway/compiler.txt']) as string[],
  });
});
