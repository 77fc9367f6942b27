/** The whole command on real files, with a builder that builds at once and a bench on which nothing is launched. */
import '../allow-processes';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHash } from 'node:crypto';
import type { CliContext } from '../../cli/context';
import { runCli } from '../../cli/main';
import type { BuildRecord } from '../../core/build/build-record';
import type { BuildService } from '../../core/build/build-service';
import { startBuild } from '../../core/build/start/start-build';
import { parseDecisions, type CompilerDecisions } from '../../core/comparison/compiler-decision';
import { ComparisonSchema, type Comparison } from '../../core/comparison/comparison';
import type { TrialBench, TrialLaunch } from '../../core/comparison/trial-bench';
import { VARIANT_IDS, type VariantId } from '../../core/comparison/variant';
import type { Host } from '../../core/host/host';
import type { JobTicket } from '../../core/ports/build-runner';
import type { Job } from '../../core/job/job';
import type { BinaryReport } from '../../core/job/report';
import { SlipwayError } from '../../core/slipway-error';
import { createNodeFiles } from '../../local/machine/files-node';
import { createNodeProcesses } from '../../local/machine/processes-node';
import { createZipSourcePacker } from '../../local/source/source-packer-zip';
import { tarGzOf } from '../fakes/archives';
import { buildServiceOf, createBuildWorld, deliveryFor, EXITED, failedReport, stage, type BuildWorld } from '../fakes/builds';
import { createKeepingTerminal } from '../fakes/terminal';

const files = createNodeFiles();
const HOST: Host = { platform: 'linux-x86_64', cpuCount: 2, glibc: '2.36', distribution: ['debian'] };

const RECIPE = `schema: 1
name: kit
version: "1.4.0"
binaries:
  kit:
    python: { entry: main.py, compiler: auto, dependencies: { requirements: requirements.txt } }
platforms: [linux-x86_64, windows-x86_64]
checks:
  - { binary: kit, run: [--version] }
  - { binary: kit, args: [--db, "{tmp}/db"], ready: { line: READY, within: 2s, launches: 3 } }
budgets: { archive: 1B, glibc: "2.30" }
secrets: { TOKEN: { env: KIT_TOKEN } }
`;

let world: BuildWorld;
let directory: string;
let scratch: string;
/** By variant: how each launch ends; by default ready in 50 ms. */
let launches: Partial<Record<VariantId, (number: number) => TrialLaunch>>;
/** Variants that no builder can build. */
let failing: Partial<Record<VariantId, string>>;
/** Variants whose build goes on. */
let endless: Set<VariantId>;
/** What was launched, in order. */
let launched: string[];
let started: Job[];

beforeEach(() => {
  world = createBuildWorld();
  [launches, failing, endless, launched, started] = [{}, {}, new Set(), [], []];
  directory = mkdtempSync(path.join(tmpdir(), 'slipway-compare-'));
  scratch = path.join(directory, '.home', 'comparison');
  writeFileSync(path.join(directory, 'slipway.yaml'), RECIPE);
  writeFileSync(path.join(directory, 'main.py'), 'print("hello")\n');
  writeFileSync(path.join(directory, 'server.mjs'), '');
  writeFileSync(path.join(directory, 'requirements.txt'), '');
  mkdirSync(path.join(directory, 'deep'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const variantOf = (job: Job) => job.trial as VariantId;

/** Stores what a builder would: an archive that can be unpacked, and a report with evidence. */
async function build(record: BuildRecord): Promise<void> {
  const ticket = world.ticket(record);
  const { job } = ticket;
  started.push(job);
  if (endless.has(variantOf(job))) return world.runner.show('linux-x86_64', { state: 'running' });
  await deliver(ticket);
  world.runner.show('linux-x86_64', EXITED);
}

async function deliver(ticket: JobTicket): Promise<void> {
  const { job } = ticket;
  const code = failing[variantOf(job)];
  if (code !== undefined) {
    const report = failedReport(ticket);
    const failure = { code, message: `${job.trial ?? ''} failed with exit code 1`, step: 'compile', logTail: [] };
    return stage(world.artifacts, ticket, { report: { ...report, failure } });
  }
  const folder = `${job.name}-linux-x86_64`;
  const programs = job.binaries.map(({ name }) => (job.binaries.length === 1 ? name : `${name}/${name}`));
  const archive = await tarGzOf(
    programs.map((program) => ({ path: `${folder}/${program}`, content: Buffer.from(`made by ${job.trial ?? ''}`), mode: 0o755 })),
  );
  const report = (name: string): BinaryReport => ({
    name,
    compiler: 'nuitka',
    mode: 'standalone',
    command: ['python', '-m', job.trial ?? ''],
    folderBytes: 1000,
    fileCount: 1,
    requires: {},
    systemLibraries: [],
    checks: [{ title: 'run --version', kind: 'run', outcome: 'passed', durationMs: 5 }],
    secretsFound: [],
  });
  const delivered = deliveryFor(ticket, {
    binaries: job.binaries.map(({ name }) => report(name)),
    tools: ['python', 'nuitka', 'pyinstaller'].map((name) => ({ name, version: '1.2.3' })),
    artifacts: [
      { file: `${folder}.tar.gz`, kind: 'archive', sizeBytes: archive.length, sha256: createHash('sha256').update(archive).digest('hex') },
    ],
  });
  await stage(world.artifacts, ticket, { files: { [`${folder}.tar.gz`]: archive }, report: delivered.report });
}

function builds(): BuildService {
  return {
    ...buildServiceOf(world),
    start: async (request, open, options) => {
      const record = await startBuild(world, request, open, options);
      if (Object.values(record.jobs).every(({ status }) => status === 'queued')) await build(record);
      return record;
    },
  };
}

/** Launches nothing, and sees that what would be launched is there. */
function bench(change: Partial<TrialBench> = {}): TrialBench {
  const counts = new Map<string, number>();
  return {
    exclusively: async (action) => {
      mkdirSync(scratch, { recursive: true });
      try {
        return await action(scratch);
      } finally {
        rmSync(scratch, { recursive: true });
      }
    },
    awaitQuiet: () => Promise.resolve(0.01),
    launcher: (job, program) => {
      const variant = variantOf(job);
      expect(readFileSync(program.executable, 'utf8')).toBe(`made by ${variant}`);
      return Promise.resolve({
        title: 'ready',
        kind: 'ready',
        args: [],
        withinMs: 2_000,
        coldMethod: 'by magic',
        launch: ({ isCold, measuresMemory }) => {
          launched.push(`${measuresMemory ? 'memory' : isCold ? 'cold' : 'warm'} ${variant}`);
          if (measuresMemory) return Promise.resolve({ durationMs: 50, peakMemoryBytes: 1_000_000 });
          const number = (counts.get(variant) ?? 0) + 1;
          counts.set(variant, number);
          return Promise.resolve(launches[variant]?.(number) ?? { durationMs: 50 });
        },
        end: () => Promise.resolve(),
      });
    },
    ...change,
  };
}

interface RunOptions {
  readonly from?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly trialBench?: Partial<TrialBench>;
  readonly interrupt?: AbortController;
  readonly onSleep?: () => void;
}

async function slipway(argv: readonly string[], options: RunOptions = {}) {
  const terminal = createKeepingTerminal();
  const environment = { PATH: process.env.PATH ?? '', HOME: directory, USER: 'tester', KIT_TOKEN: 'x', ...options.environment };
  const unused = () => Promise.reject(new Error('not needed here'));
  const exitCode = await runCli({
    argv,
    version: '0.0.0',
    terminal,
    environment,
    context: (globals): CliContext => ({
      terminal,
      environment,
      workingDirectory: path.join(directory, options.from ?? '.'),
      globals,
      clock: {
        nowMs: () => world.clock.nowMs(),
        sleep: async (durationMs) => {
          options.onSleep?.();
          // What was delivered meanwhile arrives: a clock that never lets go would starve it.
          await new Promise((resolve) => setImmediate(resolve));
          await world.clock.sleep(durationMs);
        },
      },
      randomness: world.randomness,
      files: () => Promise.resolve(files),
      processes: () => Promise.resolve(createNodeProcesses()),
      sourcePacker: () =>
        Promise.resolve(
          createZipSourcePacker({
            files,
            directory: path.join(directory, '.home', 'sources'),
            homeDirectory: path.join(directory, '.home'),
            nodePlatform: process.platform,
            now: () => world.clock.nowMs(),
          }),
        ),
      services: (target) => {
        expect(target).toBe('local');
        return Promise.resolve({ builds: builds(), distributions: {} as never });
      },
      host: () => Promise.resolve(HOST),
      planBuild: unused,
      deployer: unused,
      trialBench: () => Promise.resolve(bench(options.trialBench)),
      interrupted: (options.interrupt ?? new AbortController()).signal,
    }),
  });
  return { exitCode, out: terminal.out, err: terminal.err };
}

function comparisonIn(folder = 'slipway-comparison'): Comparison {
  return ComparisonSchema.parse(JSON.parse(readFileSync(path.join(directory, folder, 'comparison.json'), 'utf8')));
}

function decisions(): CompilerDecisions['decisions'] {
  return parseDecisions(readFileSync(path.join(directory, 'slipway-compilers.json'), 'utf8'), 'it').decisions;
}

const broken = (fewest: number) => (number: number) =>
  number > fewest ? { durationMs: 0, fault: 'not-ready-in-time' as const, evidence: 'nothing came' } : { durationMs: 50 };

describe('a comparison', () => {
  test('builds four ways, launches in turns, decides, and writes it down', async () => {
    const ran = await slipway(['compare']);
    expect({ exitCode: ran.exitCode, err: ran.err.split('\n').filter((line) => line.includes('error')) }).toEqual({ exitCode: 0, err: [] });
    expect(ran.out).toContain('* Nuitka standalone');
    expect(ran.out).toContain('decision for mode: standalone: Nuitka: 0 of 20 launches');
    expect(started.map(variantOf)).toEqual([...VARIANT_IDS]);
    expect(started.map(({ binaries }) => binaries[0]?.python)).toMatchObject([
      { compiler: 'nuitka', mode: 'standalone' },
      { compiler: 'nuitka', mode: 'onefile' },
      { compiler: 'pyinstaller', mode: 'standalone' },
      { compiler: 'pyinstaller', mode: 'onefile' },
    ]);
    for (const { checks, budgets, package: packed } of started) {
      expect({ checks: checks.length, budgets, packed }).toEqual({
        checks: 2,
        budgets: { glibc: '2.30' },
        packed: { format: 'tar.gz', split: false, installers: [] },
      });
    }
    expect(
      comparisonIn().binaries[0]?.programs.map(({ launches: { attempted, each } }) => [
        attempted,
        each.filter(({ isCold }) => isCold).length,
      ]),
    ).toEqual(VARIANT_IDS.map(() => [20, 5]));
    expect(decisions().kit?.['linux-x86_64']).toMatchObject({
      compiler: 'nuitka',
      mode: 'standalone',
      decidedBy: 'tester',
      criterion: 'nuitka-holds',
      nuitka: { version: '1.2.3', launches: { planned: 20, attempted: 20, failed: 0 }, coldMs: 50, warmMs: 50 },
      pyinstaller: { version: '1.2.3' },
      python: '1.2.3',
      host: 'linux-x86_64, debian, 2 processors, glibc 2.36',
      source: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    });
    expect(readdirSync(path.join(directory, 'slipway-comparison'))).toEqual(['comparison.html', 'comparison.json', 'comparison.md']);
    expect(existsSync(scratch)).toBe(false);
  });

  test('in each round every variant is launched once, and another one begins', async () => {
    await slipway(['compare', '--launches', '5']);
    const rounds = Array.from({ length: 5 }, (_, round) => launched.slice(round * 4, round * 4 + 4));
    for (const round of rounds) expect(round.map((launch) => launch.split(' ')[1]).sort()).toEqual([...VARIANT_IDS].sort());
    expect(rounds.map(([first]) => first)).toEqual([
      'cold nuitka-standalone',
      'cold nuitka-onefile',
      'warm pyinstaller-onedir',
      'warm pyinstaller-onefile',
      'warm nuitka-standalone',
    ]);
    expect(launched.slice(20).every((launch) => launch.startsWith('memory '))).toBe(true);
  });

  test('what it writes makes no other source: the next build is the same, by what was decided', async () => {
    launches['nuitka-standalone'] = broken(17);
    await slipway(['compare']);
    const [first] = started;
    await slipway(['compare']);
    expect(decisions().kit?.['linux-x86_64']).toMatchObject({ compiler: 'pyinstaller', criterion: 'nuitka-launches-failed' });
    expect(comparisonIn().source.sha256).toBe(first?.source.sha256);
    const checked = await slipway(['check']);
    expect(checked.out).toContain('pyinstaller standalone (by slipway compare)');
    expect(checked.out).toContain(
      "warning: 'kit' is compiled with Nuitka on windows-x86_64: slipway-compilers.json has a decision for linux-x86_64 only",
    );
  });

  test('the second takes up what the first has built; --no-cache builds anew', async () => {
    await slipway(['compare']);
    expect(started).toHaveLength(4);
    await slipway(['compare']);
    expect(started).toHaveLength(4);
    expect(comparisonIn().variants.every(({ reusedFrom }) => reusedFrom !== undefined)).toBe(true);
    await slipway(['compare', '--no-cache']);
    expect(started).toHaveLength(8);
  });

  test('its builds are never what latest means', async () => {
    await slipway(['compare']);
    const { exitCode, err } = await slipway(['status']);
    expect({ exitCode, err }).toMatchObject({ exitCode: 3, err: expect.stringContaining("there is no build of 'kit' yet") as string });
    expect((await slipway(['builds'])).out).toContain('succeeded (trial)');
    expect((await slipway(['download', 'latest'])).exitCode).toBe(3);
  });

  test('prints one envelope with everything in it, and works from another folder', async () => {
    const ran = await slipway(['compare', '--json', '--into', '../out'], { from: 'deep' });
    const { ok, data } = JSON.parse(ran.out) as {
      ok: boolean;
      data: { comparison: Comparison; decisions: string; reports: Record<string, string> };
    };
    expect(ok).toBe(true);
    expect(ComparisonSchema.parse(data.comparison)).toEqual(comparisonIn('out'));
    expect(data.decisions).toBe(path.join(directory, 'slipway-compilers.json'));
    expect(Object.values(data.reports).every((file) => existsSync(file))).toBe(true);
  });
});

describe('the verdict', () => {
  test.each([
    [18, 'nuitka'],
    [17, 'pyinstaller'],
  ])('%i good launches of 20 choose %s', async (good, compiler) => {
    launches['nuitka-standalone'] = broken(good);
    const ran = await slipway(['compare']);
    expect(ran.exitCode).toBe(0);
    expect(decisions().kit?.['linux-x86_64']?.compiler).toBe(compiler);
    expect(ran.out).toContain('issue kit-linux-x86_64-20260301-1');
  });

  test('a variant that never starts is given up after five launches', async () => {
    launches['nuitka-standalone'] = broken(0);
    await slipway(['compare']);
    expect(comparisonIn().binaries[0]?.programs[0]?.launches).toMatchObject({ planned: 20, attempted: 5, failed: 5 });
    expect(launched).not.toContain('memory nuitka-standalone');
    expect(decisions().kit?.['linux-x86_64']?.compiler).toBe('pyinstaller');
  });

  test('a variant that fails is a row with its reason, and the others go on', async () => {
    failing = { 'nuitka-standalone': 'compile-failed', 'pyinstaller-onefile': 'compile-failed' };
    const ran = await slipway(['compare']);
    expect(ran.exitCode).toBe(0);
    expect(started).toHaveLength(4);
    expect(ran.out).toContain('Nuitka standalone does not build: nuitka-standalone failed with exit code 1');
    expect(decisions().kit?.['linux-x86_64']).toMatchObject({ compiler: 'pyinstaller', criterion: 'nuitka-build-failed' });
    expect(readFileSync(path.join(directory, 'slipway-comparison/comparison.md'), 'utf8')).toContain(
      '### Issue kit-linux-x86_64-20260301-1: Nuitka standalone does not build',
    );
  });

  test('without a C compiler nothing is decided, and an earlier decision stays', async () => {
    await slipway(['compare']);
    const before = decisions();
    failing = { 'nuitka-standalone': 'compiler-missing', 'nuitka-onefile': 'compiler-missing' };
    const ran = await slipway(['compare', '--no-cache']);
    expect(ran.exitCode).toBe(0);
    expect(ran.out).toContain('nothing decided: kit; an earlier decision stays');
    expect(decisions()).toEqual(before);
  });

  test('few launches show figures and decide nothing', async () => {
    const ran = await slipway(['compare', '--launches', '3']);
    expect(ran.out).toContain('decision for mode: standalone: none: 3 launches are too few for a verdict');
    expect(existsSync(path.join(directory, 'slipway-compilers.json'))).toBe(false);
  });

  test('where nothing can be built it ends with 10, and what is known is written', async () => {
    failing = Object.fromEntries(VARIANT_IDS.map((id) => [id, 'compile-failed']));
    const ran = await slipway(['compare', '--json']);
    expect(ran.exitCode).toBe(10);
    expect(JSON.parse(ran.out)).toMatchObject({ ok: false, error: { code: 'comparison-failed' } });
    expect(comparisonIn().issues).toHaveLength(4);
    expect(comparisonIn().binaries[0]?.verdict.choice).toBeNull();
    expect(launched).toEqual([]);
  });
});

describe('which binaries', () => {
  const withNode = (binaries: string) =>
    writeFileSync(
      path.join(directory, 'slipway.yaml'),
      `schema: 1\nname: kit\nversion: "1"\nbinaries:\n${binaries}platforms: [linux-x86_64]\n`,
    );
  const PYTHON = '  kit: { python: { entry: main.py } }\n  other: { python: { entry: main.py } }\n';
  const NODE = '  store: { node: { entry: server.mjs } }\n';

  test('Node programs are left out of a mixed project', async () => {
    withNode(PYTHON + NODE);
    await slipway(['compare', '--launches', '1']);
    expect(started.map(({ binaries }) => binaries.map(({ name }) => name))).toEqual(VARIANT_IDS.map(() => ['kit', 'other']));
    expect(comparisonIn().binaries.map(({ name }) => name)).toEqual(['kit', 'other']);
  });

  test('--binary compares one', async () => {
    withNode(PYTHON);
    const ran = await slipway(['compare', '--binary', 'other']);
    expect(Object.keys(decisions())).toEqual(['other']);
    expect(ran.out).toContain('slipway.yaml names the compiler of other itself');
  });

  test.each([
    [NODE, [], "'kit' has Node programs only", 'nothing-to-compare'],
    [PYTHON + NODE, ['--binary', 'store'], "'store' is a Node program", 'nothing-to-compare'],
    [PYTHON, ['--binary', 'othr'], "there is no binary 'othr', did you mean 'other'?", 'bad-usage'],
  ])('%s with %j is refused before anything is built', async (recipe, args, told, code) => {
    withNode(recipe);
    const { exitCode, err } = await slipway(['compare', ...args]);
    expect(exitCode).toBe(2);
    expect(err).toContain(told);
    expect(err).toContain(`[${code}]`);
    expect(started).toEqual([]);
  });
});

describe('what is refused before anything is built', () => {
  test.each([
    [['--launches', '0'], "'0' is no number of launches", 2],
    [['--launches', '2.5'], "'2.5' is no number of launches", 2],
    [['--target', 'aws'], '--target aws compares nothing', 2],
    [['--into', 'main.py'], 'is no folder', 4],
  ])('%j', async (args, told, exit) => {
    const { exitCode, err } = await slipway(['compare', ...args]);
    expect({ exitCode, err }).toEqual({ exitCode: exit, err: expect.stringContaining(told) as string });
    expect(started).toEqual([]);
  });

  test('a file of decisions that cannot be read: it would be lost', async () => {
    writeFileSync(path.join(directory, 'slipway.yaml'), RECIPE.replace('compiler: auto', 'compiler: nuitka'));
    writeFileSync(path.join(directory, 'slipway-compilers.json'), '{');
    const { exitCode, err } = await slipway(['compare']);
    expect({ exitCode, err }).toEqual({ exitCode: 2, err: expect.stringContaining('[decision-invalid]') as string });
    expect(started).toEqual([]);
    expect((await slipway(['check'])).exitCode).toBe(0);
  });

  test('a secret that is not set, and another comparison on this machine', async () => {
    expect((await slipway(['compare'], { environment: { KIT_TOKEN: '' } })).err).toContain('[secret-missing]');
    const exclusively = () => Promise.reject(new SlipwayError('comparison-running', 'another slipway compare runs on this machine'));
    expect((await slipway(['compare'], { trialBench: { exclusively } })).exitCode).toBe(4);
    expect(started).toEqual([]);
  });
});

describe('interrupted', () => {
  test('while it builds: the build goes on, and the next run joins it', async () => {
    endless.add('pyinstaller-onedir');
    const interrupt = new AbortController();
    let sleeps = 0;
    const ran = await slipway(['compare'], { interrupt, onSleep: () => void (++sleeps > 3 && interrupt.abort()) });
    expect(ran.exitCode).toBe(130);
    expect(ran.err).toContain('run slipway compare again: it goes on from there');
    expect(started.map(variantOf)).toEqual(VARIANT_IDS.slice(0, 3));
    expect(existsSync(path.join(directory, 'slipway-compilers.json'))).toBe(false);

    endless.clear();
    const [open] = (await builds().list({ limit: 1 })).filter(({ trial }) => trial === 'pyinstaller-onedir');
    let delivered: Promise<void> | undefined;
    const again = await slipway(['compare'], { onSleep: () => void (open !== undefined && (delivered ??= build(open))) });
    expect(again.exitCode).toBe(0);
    // Once more when its builder was through, and the one that was not begun.
    expect(started.map(variantOf)).toEqual([...VARIANT_IDS.slice(0, 3), 'pyinstaller-onedir', 'pyinstaller-onefile']);
    expect(comparisonIn().variants[2]).toMatchObject({ buildId: open?.buildId, outcome: 'built' });
  });

  test('while it launches: nothing is decided, and the builds are kept', async () => {
    const interrupt = new AbortController();
    launches['nuitka-standalone'] = (number) => {
      if (number === 7) interrupt.abort();
      return { durationMs: 50 };
    };
    const ran = await slipway(['compare'], { interrupt });
    expect(ran.exitCode).toBe(130);
    expect(ran.err).toContain('the launches were broken off, and nothing is decided');
    expect(existsSync(scratch)).toBe(false);
    await slipway(['compare']);
    expect(started).toHaveLength(4);
  });

  test('a build of other source that was left running is ended first', async () => {
    endless.add('nuitka-standalone');
    const interrupt = new AbortController();
    await slipway(['compare'], { interrupt, onSleep: () => interrupt.abort() });
    endless.clear();
    writeFileSync(path.join(directory, 'main.py'), 'print("other")\n');
    const end = () => {
      if (started.length === 1)
        world.runner.show('linux-x86_64', { state: 'ended', end: 'cancelled', endedAt: '2026-03-01T00:02:00.000Z' });
    };
    const ran = await slipway(['compare'], { onSleep: end });
    expect(ran.err).toContain('of an earlier comparison still runs and is cancelled');
    expect(world.runner.cancelled.size).toBe(1);
    expect(ran.exitCode).toBe(0);
    expect(started).toHaveLength(5);
  });
});

test('what a program prints of the secrets that it was built with is in no report', async () => {
  launches['nuitka-standalone'] = () => ({ durationMs: 0, fault: 'exited-before-ready', evidence: 'cannot log in with hunter2-of-kit' });
  const ran = await slipway(['compare'], { environment: { KIT_TOKEN: 'hunter2-of-kit' } });
  const reports = ['json', 'md', 'html'].map((kind) => readFileSync(path.join(directory, `slipway-comparison/comparison.${kind}`), 'utf8'));
  for (const text of [ran.out, ran.err, ...reports]) expect(text).not.toContain('hunter2');
  expect(reports[1]).toContain('cannot log in with');
});

test('a machine that is busy is warned of', async () => {
  const ran = await slipway(['compare', '--launches', '1'], { trialBench: { awaitQuiet: () => Promise.resolve(0.6) } });
  expect(ran.out).toContain('the machine was busy with something else when the launches began (60 % of its processors)');
});
