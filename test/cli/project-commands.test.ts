import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { runCli } from '../../cli/main';
import { loadProject, readSecrets, requestOf, selectPlatforms } from '../../cli/project/project';
import type { CliContext } from '../../cli/context';
import { BuildRequestSchema } from '../../core/build/build-request';
import type { Envelope } from '../../core/envelope';
import type { Host } from '../../core/host/host';
import { JobSchema, type Job } from '../../core/job/job';
import type { PlatformId } from '../../core/platform';
import type { Processes, ProcessRequest } from '../../core/ports/processes';
import type { SourceRequest } from '../../core/ports/source-packer';
import { parseRecipe } from '../../core/recipe/recipe-text';
import { SlipwayError } from '../../core/slipway-error';
import { createNodeFiles } from '../../local/machine/files-node';
import { createKeepingTerminal } from '../fakes/terminal';

const HOST: Host = { platform: 'linux-x86_64', cpuCount: 2, glibc: '2.36' };
const SHA256 = 'a'.repeat(64);
let directory: string;
let packed: SourceRequest[];
let planned: Job[];

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'slipway-project-'));
  packed = [];
  planned = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(contents: Readonly<Record<string, string>>): void {
  for (const [file, content] of Object.entries(contents)) {
    mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    writeFileSync(path.join(directory, file), content);
  }
}

/** A git that knows one commit; without answers there is no git on PATH. */
function gitThat(answers: Readonly<Record<string, string>> | undefined): Processes {
  const run = (request: ProcessRequest) => {
    const word = request.args.slice(2).join(' ');
    const key = Object.keys(answers ?? {}).find((start) => word.startsWith(start));
    return Promise.resolve({
      exitCode: key === undefined ? 128 : 0,
      signal: null,
      isTimedOut: false,
      stdout: answers?.[key ?? ''] ?? '',
      stderr: '',
      durationMs: 1,
    });
  };
  return {
    run,
    start: () => {
      throw new Error('not needed here');
    },
    find: () => Promise.resolve(answers === undefined ? undefined : '/usr/bin/git'),
  };
}

interface World {
  readonly git?: Readonly<Record<string, string>>;
  readonly globals?: Partial<CliContext['globals']>;
  readonly workingDirectory?: string;
  readonly planBuild?: CliContext['planBuild'];
  readonly services?: CliContext['services'];
  readonly host?: CliContext['host'];
}

function contextOf(world: World, terminal: CliContext['terminal']): CliContext {
  return {
    terminal,
    environment: { EMPTY: undefined },
    workingDirectory: world.workingDirectory ?? directory,
    globals: { json: false, quiet: false, ...world.globals },
    clock: { nowMs: () => Date.parse('2026-01-02T03:04:05Z'), sleep: () => Promise.resolve() },
    randomness: { bytes: (length) => new Uint8Array(length), uuid: () => '00000000-0000-4000-8000-000000000001' },
    files: () => Promise.resolve(createNodeFiles()),
    processes: () => Promise.resolve(gitThat(world.git)),
    sourcePacker: () =>
      Promise.resolve({
        select: (request) => {
          packed.push(request);
          const entry = { path: 'main.py', kind: 'file' as const, sizeBytes: 1_500, isExecutable: true };
          return Promise.resolve({ entries: [entry], warnings: ["'.env' looks like a secret"] });
        },
        pack: (request) => {
          packed.push(request);
          return Promise.resolve({
            sha256: SHA256,
            sizeBytes: 900,
            fileCount: 1,
            warnings: ["'.env' looks like a secret"],
            open: () => Readable.from([]),
          });
        },
      }),
    services:
      world.services ??
      (() => Promise.resolve({ builds: { platforms: () => Promise.resolve(['linux-x86_64']) } as never, distributions: {} as never })),
    host: world.host ?? (() => Promise.resolve(HOST)),
    deployer: () => Promise.reject(new Error('not needed here')),
    planBuild:
      world.planBuild ??
      ((job) => {
        planned.push(job);
        return Promise.resolve({
          platform: job.platform,
          tools: [{ name: 'C compiler', version: 'none', source: 'not found on this machine', isMissing: true, hint: 'apt install gcc' }],
          steps: [
            {
              name: 'compile',
              title: 'Compile kit',
              commands: [{ argv: ['python', '-m', 'nuitka', '--output-dir=a b'], cwd: 'work', env: { TOKEN: '$TOKEN' } }],
            },
            { name: 'sign', title: 'Sign', skipReason: 'signing is not configured', commands: [] },
          ],
          artifacts: ['kit-linux-x86_64.tar.gz'],
          warnings: ['beware'],
        });
      }),
    interrupted: new AbortController().signal,
  };
}

async function slipway(argv: readonly string[], world: World = {}) {
  const terminal = createKeepingTerminal();
  const exitCode = await runCli({
    argv,
    version: '0.0.0',
    terminal,
    environment: {},
    context: (globals) => contextOf({ ...world, globals: { ...globals, ...world.globals } }, terminal),
  });
  const { out, err } = terminal;
  return { exitCode, out, err, envelope: () => JSON.parse(out) as Envelope & { readonly data: Record<string, unknown> } };
}

const load = (world: World = {}) => loadProject(contextOf(world, createKeepingTerminal()));

const RECIPE = `schema: 1
name: kit
version: "1.4.0"
binaries:
  kit: { python: { entry: main.py } }
platforms: [windows-x86_64, linux-x86_64]
checks:
  - { binary: kit, run: [--help] }
`;

const GIT = { 'rev-parse --verify --quiet HEAD:./': 't', 'log -1': `${'c'.repeat(40)} 1767323045`, status: '' };

describe('init', () => {
  test('writes a recipe that check accepts, and never another one', async () => {
    write({ 'pyproject.toml': '[project]\nname = "Kit"\nversion = "2.0"\n[project.scripts]\nkit = "kit:m"', 'uv.lock': '' });
    const made = await slipway(['init']);
    expect(made).toMatchObject({
      exitCode: 0,
      out: 'wrote slipway.yaml (a Python project, uv)\nnext: slipway check, then slipway start-build --wait\n',
    });
    const text = readFileSync(path.join(directory, 'slipway.yaml'), 'utf8');
    expect(parseRecipe(text, 'slipway.yaml')).toMatchObject({ name: 'kit', version: 'from-pyproject', platforms: ['linux-x86_64'] });
    expect(await slipway(['check'])).toMatchObject({ exitCode: 0, err: '' });

    const again = await slipway(['init']);
    expect(again).toMatchObject({ exitCode: 4, out: '' });
    expect(again.err).toContain('[file-exists]\nhint: run slipway check, or write another file: slipway init --config slipway.new.yaml');
    expect(readFileSync(path.join(directory, 'slipway.yaml'), 'utf8')).toBe(text);
    expect((await slipway(['init', '--config', 'slipway.new.yaml'])).exitCode).toBe(0);
  });

  test('of several at once exactly one writes', async () => {
    write({ 'main.py': '' });
    const codes = (await Promise.all(Array.from({ length: 8 }, () => slipway(['init', '--json'])))).map(({ exitCode }) => exitCode);
    expect(codes.sort()).toEqual([0, 4, 4, 4, 4, 4, 4, 4]);
  });

  test('a folder with nothing says what was looked for', async () => {
    const ran = await slipway(['init', 'sub', '--json']);
    expect(ran).toMatchObject({ exitCode: 3 });
    expect(ran.envelope()).toMatchObject({ ok: false, error: { code: 'project-not-found' } });
    expect((await slipway(['init'])).err).toContain('looked for pyproject.toml, setup.cfg, setup.py, package.json');
  });

  test('a version that cannot be had today does not keep the recipe from working', async () => {
    write({
      'pyproject.toml': '[project]\nname = "kit"\ndynamic = ["version"]\n[project.scripts]\nkit = "kit:m"\n[tool.setuptools_scm]\n',
    });
    expect((await slipway(['init'])).exitCode).toBe(0);
    expect(readFileSync(path.join(directory, 'slipway.yaml'), 'utf8')).toContain(
      'version: 0.1.0 # from-pyproject works once there is a git tag such as v0.1.0\n',
    );
    expect(await slipway(['check'])).toMatchObject({ exitCode: 0 });
  });
});

describe('check', () => {
  test('tells what would be built, in words and as data', async () => {
    write({ 'slipway.yaml': RECIPE, 'main.py': '' });
    const ran = await slipway(['check']);
    expect(ran.out).toContain('kit 1.4.0 is ready to build (version from slipway.yaml)\n');
    expect(ran.out).toContain('    kit: main.py, Python 3.12, nuitka standalone, dependencies not locked\n    1 check, packed as zip\n');
    expect(ran.out).toContain("warning: '.env' looks like a secret\n");
    expect((await slipway(['check', '--json'])).envelope()).toMatchObject({
      ok: true,
      data: { name: 'kit', version: '1.4.0', git: null, source: { fileCount: 1 }, platforms: { 'linux-x86_64': { checkCount: 1 } } },
    });
  });

  const SCRIPT = RECIPE.replace('entry: main.py', 'script: kti');
  const PYPROJECT = '[project]\nname = "kit"\nversion = "1"\n[project.scripts]\nkit = "kit:m"\n';
  test.each<[string, Readonly<Record<string, string>>, string, string]>([
    [
      'an entry that is not there',
      { 'slipway.yaml': RECIPE },
      'entry-not-found',
      "slipway.yaml:5:27: binaries.kit.python.entry: there is no file 'main.py'",
    ],
    ['an entry that is a folder', { 'slipway.yaml': RECIPE, 'main.py/x': '' }, 'entry-not-found', "'main.py' is a folder"],
    [
      'a script that does not exist',
      { 'slipway.yaml': SCRIPT, 'pyproject.toml': PYPROJECT },
      'script-not-found',
      "there is no script 'kti' in [project.scripts], did you mean 'kit'?",
    ],
    ['a script without a project', { 'slipway.yaml': SCRIPT }, 'script-not-found', 'no pyproject.toml beside slipway.yaml'],
    [
      'a lock that is not there',
      { 'slipway.yaml': RECIPE.replace('main.py', 'main.py, dependencies: { lock: uv.lock }'), 'main.py': '' },
      'lock-missing',
      "there is no file 'uv.lock'",
    ],
    [
      'a lock that nothing installs from',
      { 'slipway.yaml': RECIPE.replace('main.py', 'main.py, dependencies: { lock: Pipfile.lock }'), 'main.py': '', 'Pipfile.lock': '' },
      'lock-unsupported',
      "no way to install from 'Pipfile.lock'",
    ],
    [
      'an extra that does not exist',
      {
        'slipway.yaml': RECIPE.replace('main.py', 'main.py, dependencies: { extras: [fast] }'),
        'main.py': '',
        'pyproject.toml': PYPROJECT,
      },
      'recipe-invalid',
      "there is no extra 'fast' in pyproject.toml: it has none",
    ],
    [
      'a module that cannot be run',
      { 'slipway.yaml': RECIPE.replace('entry: main.py', 'module: kit'), 'src/kit/__init__.py': '' },
      'module-not-runnable',
      'there is no src/kit/__main__.py',
    ],
    [
      'data that is not there',
      { 'slipway.yaml': RECIPE.replace('main.py', 'main.py, include: { data: [{ from: themes, to: themes }] }'), 'main.py': '' },
      'data-not-found',
      "there is no 'themes'",
    ],
    [
      'an option of the compiler that is refused',
      { 'slipway.yaml': RECIPE.replace('main.py', 'main.py, options: [--onefile]'), 'main.py': '' },
      'compiler-option-refused',
      "'--onefile' is refused",
    ],
    [
      'a version that is not there',
      { 'slipway.yaml': RECIPE.replace('"1.4.0"', 'from-pyproject'), 'main.py': '' },
      'version-unresolved',
      'slipway.yaml:3:10: version: ',
    ],
    [
      'a pyproject.toml with a mistake',
      { 'slipway.yaml': RECIPE, 'main.py': '', 'pyproject.toml': 'x' },
      'pyproject-invalid',
      'pyproject.toml:1:',
    ],
    ['a recipe with a mistake', { 'slipway.yaml': `${RECIPE}nmae: x` }, 'recipe-invalid', "did you mean 'name'?"],
  ])('%s', async (_what, contents, code, message) => {
    write(contents);
    const ran = await slipway(['check', '--json']);
    expect(ran.exitCode).toBe(2);
    expect(ran.envelope()).toMatchObject({
      ok: false,
      error: { code, message: expect.stringContaining(message) as string, hint: expect.any(String) as string },
    });
  });

  test('several at once are told at once, each with its own code', async () => {
    write({ 'slipway.yaml': RECIPE.replace('"1.4.0"', 'from-pyproject').replace('main.py', 'main.py, dependencies: { lock: uv.lock }') });
    const ran = await slipway(['check', '--json']);
    expect(ran.exitCode).toBe(2);
    expect(ran.envelope()).toMatchObject({
      error: {
        code: 'recipe-invalid',
        details: {
          problems: [
            { line: 3, code: 'version-unresolved' },
            { code: 'entry-not-found' },
            { code: 'lock-missing', hint: 'make it: uv lock' },
          ],
        },
      },
    });
  });

  test('without a recipe, with the wrong one, from below one', async () => {
    expect(await slipway(['check'])).toMatchObject({
      exitCode: 3,
      err: expect.stringContaining('[recipe-not-found]\nhint: run slipway init') as string,
    });
    expect((await slipway(['check', '--config', 'gone.yaml'])).err).toContain("there is no file 'gone.yaml' [recipe-not-found]");
    write({ 'slipway.yaml': RECIPE, 'main.py': '', 'deep/er/x': '' });
    expect((await slipway(['check'], { workingDirectory: path.join(directory, 'deep/er') })).exitCode).toBe(0);
    expect(await slipway(['check', '--app', 'other'])).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('[app-mismatch]') as string,
    });
    expect((await slipway(['check', '--app', 'kit'])).exitCode).toBe(0);
  });
});

describe('plan', () => {
  beforeEach(() => write({ 'slipway.yaml': RECIPE, 'main.py': '' }));

  test('hands a whole job to the planner and prints what it answers', async () => {
    const ran = await slipway(['plan', '--files'], { git: GIT });
    expect(ran.exitCode).toBe(0);
    expect(JobSchema.parse(planned[0])).toMatchObject({
      platform: 'linux-x86_64',
      version: '1.4.0',
      source: { sha256: SHA256, epochSeconds: 1767323045, projectPath: '.', git: { commit: 'c'.repeat(40), isDirty: false } },
    });
    for (const line of [
      'plan of kit 1.4.0 for linux-x86_64',
      '  missing: C compiler: apt install gcc',
      '     in work',
      "     $ TOKEN=$TOKEN python -m nuitka '--output-dir=a b'",
      '  2. sign: skipped, signing is not configured',
      '  kit-linux-x86_64.tar.gz',
      '  1.5 kB  main.py (executable)',
      'warning: beware',
      "warning: '.env' looks like a secret",
      'not planned here: windows-x86_64: each needs a machine of its own kind',
    ]) {
      expect(ran.out.split('\n')).toContain(line);
    }
  });

  test('the same as data', async () => {
    const { data } = (await slipway(['plan', '--json'])).envelope();
    expect(data).toMatchObject({
      source: { sha256: SHA256, fileCount: 1 },
      plans: [{ platform: 'linux-x86_64' }],
      elsewhere: ['windows-x86_64'],
    });
    expect(data.source).not.toHaveProperty('files');
  });

  test('an application of Node programs is planned for all of its platforms, on any machine', async () => {
    const node = 'schema: 1\nname: kit\nversion: "1.4.0"\nbinaries: { kit: { node: { entry: main.mjs } } }\n';
    write({ 'slipway.yaml': `${node}platforms: [windows-x86_64, macos-arm64, linux-x86_64]\n`, 'main.mjs': '' });
    const native = await slipway(['plan']);
    expect(native.out).toContain('not planned here: windows-x86_64, macos-arm64: not asked for; this machine builds them too');
    planned = [];
    expect((await slipway(['plan', '--platform', 'all'])).exitCode).toBe(0);
    expect(planned.map(({ platform }) => platform)).toEqual(['linux-x86_64', 'macos-arm64', 'windows-x86_64']);
  });

  test('another platform cannot be planned here, and what the planner refuses comes through', async () => {
    const windows = await slipway(['plan', '--platform', 'windows-x86_64']);
    expect(windows).toMatchObject({ exitCode: 6, out: '' });
    expect(windows.err).toContain(
      "'windows-x86_64' cannot be built on this machine, which builds linux-x86_64 [platform-not-buildable-here]",
    );
    const planBuild = () => Promise.reject(new SlipwayError('glibc-floor-unreachable', 'too low', { hint: 'raise it' }));
    expect(await slipway(['plan'], { planBuild })).toMatchObject({
      exitCode: 6,
      err: 'error: too low [glibc-floor-unreachable]\nhint: raise it\n',
    });
    expect((await slipway(['plan', '--platform', 'linux'])).exitCode).toBe(2);
  });
});

describe('plan --target aws', () => {
  const machine = { project: 'p', timeoutMinutes: 120, queuedTimeoutMinutes: 480 };
  const deployment = {
    stage: 'prod',
    region: 'eu-central-1',
    account: '111122223333',
    slipwayVersion: '1.0.0',
    platforms: {
      'windows-x86_64': {
        ...machine,
        environment: 'WINDOWS_SERVER_2022_CONTAINER',
        computeType: 'BUILD_GENERAL1_MEDIUM',
        image: 'aws/codebuild/windows-base:2022-1.0',
      },
    },
  };
  const hosts: Host[] = [];
  const planBuild = (job: Job, host: Host) => {
    hosts.push(host);
    return Promise.resolve({ platform: job.platform, tools: [], steps: [], artifacts: ['kit-windows-x86_64.zip'], warnings: [] });
  };
  const services = () =>
    Promise.resolve({
      deployment: deployment as never,
      distributions: {} as never,
      // Whatever is not here is not called: nothing is sent to a deployment by a plan.
      builds: {
        platforms: () => Promise.resolve(['windows-x86_64']),
        status: () => Promise.reject(new SlipwayError('build-not-found', 'none yet')),
      } as never,
    });
  beforeEach(() => write({ 'slipway.yaml': `${RECIPE}secrets: { TOKEN: { env: MY_TOKEN } }\n`, 'main.py': '' }));

  test('is of the machines of the deployment, with what they cost, and this machine is not asked', async () => {
    const host = () => Promise.reject(new Error('not needed here'));
    const ran = await slipway(['plan', '--target', 'aws'], { planBuild, services, host });
    expect(ran.exitCode).toBe(0);
    expect(hosts.at(-1)).toEqual({ platform: 'windows-x86_64', cpuCount: 4 });
    for (const line of [
      'plan of kit 1.4.0 for windows-x86_64',
      'machine: BUILD_GENERAL1_MEDIUM of WINDOWS_SERVER_2022_CONTAINER ($0.018 a minute), aws/codebuild/windows-base:2022-1.0; ends after 120 min, waits at most 480 min for its turn',
      'built by stage prod in eu-central-1 of account 111122223333; nothing was sent there',
      'secret: TOKEN is read from the parameter /slipway/prod/apps/kit/secrets/TOKEN',
      'not planned here: linux-x86_64: not built by this deployment, or not asked for',
    ]) {
      expect(ran.out.split('\n')).toContain(line);
    }
    expect(ran.out).toMatch(/^cost: windows-x86_64 \$0\.018 a minute; list prices of us-east-1 as of \d{4}-\d\d-\d\d/m);
  });

  test('the same as data', async () => {
    const { data } = (await slipway(['plan', '--target', 'aws', '--json'], { planBuild, services })).envelope();
    expect(data).toMatchObject({
      deployment: { stage: 'prod', region: 'eu-central-1', account: '111122223333' },
      machines: { 'windows-x86_64': { computeType: 'BUILD_GENERAL1_MEDIUM' } },
      cost: { platforms: [{ platform: 'windows-x86_64', dollarsAMinute: 0.018 }] },
      elsewhere: ['linux-x86_64'],
    });
  });

  test('without a deployment there is nothing to plan with', async () => {
    const missing = () => Promise.reject(new SlipwayError('deployment-not-found', 'there is no stage', { hint: 'slipway deploy' }));
    expect(await slipway(['plan', '--target', 'aws'], { services: missing })).toMatchObject({ exitCode: 8, out: '' });
  });
});

describe('a loaded project', () => {
  test('knows its source: root, named files, ignored files, time', async () => {
    write({
      'app/slipway.yaml': RECIPE.replace('binaries', 'source: { root: .., include: [web] }\nbinaries').replace(
        'main.py }',
        'main.py, dependencies: { lock: ../uv.lock } }, icon: k.ico',
      ),
      'app/main.py': '',
      'app/k.ico': '',
      'app/web/x': '',
      'app/pyproject.toml': '[project]\nname = "kit"\nversion = "1"',
      'uv.lock': '',
    });
    const project = await load({ workingDirectory: path.join(directory, 'app'), git: { ...GIT, status: ' M main.py' } });
    expect(project).toMatchObject({ projectPath: 'app', sourceRoot: directory, epochSeconds: 315_532_800, git: { isDirty: true } });
    expect(project.sourceRequest).toEqual({
      root: directory,
      include: ['web'],
      projectPath: 'app',
      required: [
        { path: 'web', namedBy: 'source.include[0]' },
        { path: 'main.py', namedBy: 'binaries.kit.python.entry' },
        { path: '../uv.lock', namedBy: 'binaries.kit.python.dependencies.lock' },
        { path: 'k.ico', namedBy: 'binaries.kit.icon' },
        { path: 'pyproject.toml', namedBy: 'binaries.kit.python' },
      ],
      forWindows: true,
      additions: [],
    });
  });

  test('becomes a request that every target can parse', async () => {
    write({ 'slipway.yaml': RECIPE, 'main.py': '' });
    const project = await load({ git: GIT });
    const facts = { requestId: '6f3bb8f2-5f0c-4c31-8d7a-0a6a3f0e3c11', requestedBy: 'me', source: { sha256: SHA256, sizeBytes: 9 } };
    const request = requestOf(project, { ...facts, platforms: ['linux-x86_64'] });
    expect(BuildRequestSchema.parse(request)).toEqual(request);
    expect(Object.keys(request.jobs)).toEqual(['linux-x86_64']);
  });
});

const recipe = parseRecipe(`${RECIPE}secrets: { A: { env: ONE }, B: { env: TWO }, C: { env: TWO } }`, 'slipway.yaml');

test.each<[readonly string[] | undefined, 'local' | 'aws', readonly PlatformId[], readonly PlatformId[] | string]>([
  [undefined, 'local', ['linux-x86_64'], ['linux-x86_64']],
  [undefined, 'aws', ['linux-x86_64', 'windows-x86_64'], ['linux-x86_64', 'windows-x86_64']],
  [['native'], 'local', ['windows-x86_64'], ['windows-x86_64']],
  [['windows-x86_64', 'linux-x86_64', 'linux-x86_64'], 'aws', ['linux-x86_64', 'windows-x86_64'], ['linux-x86_64', 'windows-x86_64']],
  [undefined, 'local', ['macos-arm64'], "this machine is 'macos-arm64', and the recipe builds windows-x86_64, linux-x86_64"],
  [['all'], 'local', ['linux-x86_64'], "'windows-x86_64' cannot be built on this machine, which builds linux-x86_64"],
  [['linux-arm64'], 'aws', ['linux-arm64'], "'linux-arm64' is not among the platforms of the recipe"],
  [['linux-x64'], 'local', ['linux-x86_64'], "unknown platform 'linux-x64', did you mean 'linux-x86_64'?"],
])('--platform %j for %s, which builds %j', (wanted, target, buildable, expected) => {
  const select = () => selectPlatforms({ recipe, wanted, target, buildable });
  if (typeof expected === 'string') expect(select).toThrow(expected);
  else expect(select()).toEqual(expected);
});

test('secrets are read by name, and all that are missing are told', () => {
  expect(readSecrets(recipe, { ONE: '1', TWO: '2' })).toEqual({ A: '1', B: '2', C: '2' });
  expect(() => readSecrets(recipe, { ONE: '', TWO: undefined })).toThrow(
    expect.objectContaining({ code: 'secret-missing', message: "secrets of slipway.yaml are not set: 'ONE', 'TWO'" }) as Error,
  );
});
