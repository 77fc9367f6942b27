/**
 * One host makes a Node program for all five platforms. What it can run it runs: its own in the builder, the Windows one here, under Wine.
 * Of the others the bytes are looked at: format and machine of launcher and runtime, the bundle, and that they come out the same again.
 */
import '../allow-network';
import '../allow-processes';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unpackArchive } from '../../cli/fetch/unpack-archive';
import { runBuild } from '../../builder/run-build';
import { formatOf, machinesOf, readExecutable } from '../../builder/inspect/executable-file';
import type { Job } from '../../core/job/job';
import { PLATFORM_IDS, PLATFORMS, type PlatformId } from '../../core/platform';
import { nodeConnections } from '../../local/machine/connections-node';
import { createNodeFiles } from '../../local/machine/files-node';
import { nodeClock } from '../../local/machine/clock-node';
import { readMachine } from '../../local/machine/machine';
import { toolchainOf } from '../../local/machine/toolchain-machine';
import { nodeRuntimePackage } from '../../toolchain/node/npm-pins';
import { jobOf, makeWorkplace, type Workplace } from '../builder/fake-build';
import { prepareWine, type Wine } from './wine';

/** Debian 12's Wine 8 ends Node 24 and later at its start. */
const LINE = '22';
const SOURCE = {
  'package.json': JSON.stringify({ name: 'measure', dependencies: { ms: '2.1.3' } }),
  'package-lock.json': JSON.stringify({
    name: 'measure',
    lockfileVersion: 3,
    packages: {
      '': { name: 'measure', dependencies: { ms: '2.1.3' } },
      'node_modules/ms': {
        version: '2.1.3',
        integrity: 'sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==',
      },
    },
  }),
  'main.mjs': [
    "import { readFileSync } from 'node:fs';",
    "import ms from 'ms';",
    "const unit = readFileSync(new URL('./data/unit.txt', import.meta.url), 'utf8').trim();",
    'console.log(ms(Number(process.argv[2])), unit, process.platform, process.version);',
    'process.exitCode = 3;',
  ].join('\n'),
  'data/unit.txt': 'Einheit: größer\n',
};

const places: Workplace[] = [];
const scratch = mkdtempSync(path.join(tmpdir(), 'slipway-node-platforms-'));
afterAll(() => {
  for (const place of places) place.remove();
  rmSync(scratch, { recursive: true, force: true });
});

interface Built {
  readonly report: Awaited<ReturnType<typeof runBuild>>;
  /** The unpacked archive. */
  readonly folder: string;
}

async function build(platform: PlatformId, name: string): Promise<Built> {
  const machine = readMachine();
  const node = {
    entry: 'main.mjs',
    version: LINE,
    assets: [{ from: 'data', to: 'data' }],
    dependencies: { dev: false },
    external: [],
    dynamic: [],
  };
  const job: Job = jobOf({
    name: 'measure',
    platform,
    binaries: [{ name: 'measure', console: true, node }],
    checks: [
      {
        kind: 'run',
        binary: 'measure',
        args: ['172800000'],
        env: {},
        stdin: '',
        timeoutMs: 60_000,
        exitCode: 3,
        stdoutMatches: '^2d Einheit: größer',
      },
    ],
    package: { format: PLATFORMS[platform].archiveFormat, split: false, installers: [] },
  });
  const { place } = await makeWorkplace(job, SOURCE);
  places.push(place);
  const toolchain = toolchainOf(machine, (line) => void place.lines.push(line));
  const report = await runBuild({ ...toolchain, clock: nodeClock, connections: nodeConnections, jobDirectory: place.jobDirectory });
  if (report.failure !== undefined) throw new Error(`${platform}: ${report.failure.message}\n${place.lines.slice(-30).join('\n')}`);
  const archive = report.artifacts.find(({ kind }) => kind === 'archive')?.file ?? '';
  const unpacked = path.join(scratch, name);
  await unpackArchive(createNodeFiles(), path.join(place.jobDirectory, 'out', archive), unpacked);
  return { report, folder: path.join(unpacked, archive.replace(/\.tar\.gz$|\.zip$/, '')) };
}

const digestOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
const builds = new Map<PlatformId, Built>();

beforeAll(async () => {
  for (const platform of PLATFORM_IDS) builds.set(platform, await build(platform, platform));
}, 900_000);

function builtFor(platform: PlatformId): Built {
  const built = builds.get(platform);
  if (built === undefined) throw new Error(`${platform} was not built`);
  return built;
}

test.each(PLATFORM_IDS)('%s: launcher and runtime are programs of it, and what did not run is not called checked', (platform) => {
  const { report, folder } = builtFor(platform);
  const { os, arch, executableSuffix } = PLATFORMS[platform];
  for (const file of [`measure${executableSuffix}`, `lib/measure/node${executableSuffix}`]) {
    const executable = readExecutable(file, readFileSync(path.join(folder, file)));
    expect([file, executable && formatOf(executable), executable && machinesOf(executable)]).toEqual([file, os, [arch]]);
  }
  const checks = report.binaries[0]?.checks ?? [];
  expect(checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  const ran = checks.find(({ title }) => title === 'run 172800000');
  const native = readMachine().platform;
  if (platform === native) expect(ran?.outcome).toBe('passed');
  else expect(ran).toMatchObject({ outcome: 'skipped', reason: `not run: built on ${native} for ${platform}` });
  const runtime = checks.find(({ title }) => title === 'built-in: Node is as it came');
  expect(runtime).toMatchObject({ outcome: 'passed' });
  if (os !== 'linux') expect(runtime?.reason).toMatch(/signature is in place/);
  if (os === 'linux') expect(report.binaries[0]?.requires.glibc?.version).toMatch(/^2\.\d+$/);
  if (os === 'macos') expect(report.binaries[0]?.requires.macos?.version).toMatch(/^\d+/);
});

test('the bundle is the same for all of them', () => {
  const digests = PLATFORM_IDS.map((platform) => digestOf(path.join(builtFor(platform).folder, 'lib/measure/measure.mjs')));
  expect(new Set(digests).size).toBe(1);
});

test('a second build, in another folder, has the same bytes', async () => {
  const first = builtFor('windows-x86_64').report;
  const { report } = await build('windows-x86_64', 'again');
  expect(report.artifacts).toEqual(first.artifacts);
}, 300_000);

describe('under Wine', () => {
  let wine: Wine;
  beforeAll(() => {
    wine = prepareWine();
  }, 600_000);
  afterAll(() => wine.stop());

  test('the Windows program runs, finds what lies beside it, and hands its exit code on', async () => {
    const { folder } = builtFor('windows-x86_64');
    const work = path.join(scratch, 'work');
    mkdirSync(work);
    const result = await wine.run(path.join(folder, 'measure.exe'), ['172800000'], {
      cwd: work,
      environment: {},
      outputFile: path.join(scratch, 'output.txt'),
      timeoutMs: 120_000,
    });
    const { version } = nodeRuntimePackage(LINE, 'windows-x86_64');
    expect([result.output.trim(), result.exitCode]).toEqual([`2d Einheit: größer win32 v${version}`, 3]);
  }, 180_000);
});
