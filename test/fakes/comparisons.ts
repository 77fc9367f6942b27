/** Comparisons as tests need them: one binary, four variants, with what matters changed. */
import type { BuildManifest } from '../../core/build/build-manifest';
import type { BuildRecord } from '../../core/build/build-record';
import type { ComparedLaunch, Comparison, LaunchSeries } from '../../core/comparison/comparison';
import { drawComparison, type BuiltVariant, type ComparisonFacts, type LaunchedBinary } from '../../core/comparison/draw-comparison';
import { VARIANT_IDS, type VariantId } from '../../core/comparison/variant';
import { summarizeLaunches } from '../../core/inspection/launch-statistics';
import type { BinaryReport } from '../../core/job/report';

const SHA256 = 'a'.repeat(64);
/** A thousand milliseconds, more or less, by variant. */
const BASE_MS: Readonly<Record<VariantId, number>> = {
  'nuitka-standalone': 60,
  'nuitka-onefile': 190,
  'pyinstaller-onedir': 55,
  'pyinstaller-onefile': 300,
};

export interface FakeVariant {
  /** How many of the launches fail, the last ones. */
  readonly failed?: number;
  readonly fault?: ComparedLaunch['fault'];
  readonly evidence?: string;
  readonly failure?: NonNullable<BuiltVariant['failure']>;
  readonly failedChecks?: readonly string[];
}

export interface FakeComparison {
  readonly planned?: number;
  readonly mode?: LaunchedBinary['mode'];
  readonly kind?: 'ready' | 'run';
  readonly variants?: Readonly<Partial<Record<VariantId, FakeVariant>>>;
  readonly facts?: Partial<ComparisonFacts>;
}

export const COMPILE_FAILURE: NonNullable<BuiltVariant['failure']> = {
  code: 'compile-failed',
  message: "compiling 'kit' failed with exit code 1 after 12.0s",
  hint: 'the compiler says why in the last lines of the log',
  step: 'compile',
  cause: 'Nuitka says: cannot find module kit',
  logTail: ['$ work/environments/kit/bin/python -m nuitka --mode=standalone', 'FATAL: cannot find module kit'],
};

export function fakeComparison(options: FakeComparison = {}): Comparison {
  const { planned = 20, mode = 'standalone', kind = 'ready', variants = {}, facts = {} } = options;
  const built = VARIANT_IDS.filter((id) => variants[id]?.failure === undefined);
  return drawComparison({
    name: 'kit',
    version: '1.4.0',
    platform: 'linux-x86_64',
    comparedAt: '2026-11-21T17:00:00.000Z',
    requestedBy: 'tester',
    host: { description: 'linux-x86_64, debian, 2 processors, glibc 2.36, gcc 12.2.0', cpuCount: 2, busyShare: 0.03 },
    source: { sha256: SHA256, gitCommit: 'b'.repeat(40), isDirty: true },
    warnings: [],
    planned,
    builds: VARIANT_IDS.map((id, index) => builtVariant(id, index, variants[id])),
    binaries: [
      {
        name: 'kit',
        mode,
        launch: {
          title: kind === 'ready' ? 'ready --db {tmp}/db' : 'run --version',
          kind,
          args: ['--db', '{tmp}/db'],
          ...(kind === 'ready' ? { withinMs: 10_000 } : {}),
        },
        variants: built.map((id) => ({
          variant: id,
          series: seriesOf(id, planned, variants[id]),
          peakMemoryBytes: 20_000_000 + BASE_MS[id] * 10_000,
        })),
      },
    ],
    ...facts,
  });
}

function seriesOf(
  id: VariantId,
  planned: number,
  { failed = 0, fault = 'not-ready-in-time', evidence = 'nothing came' }: FakeVariant = {},
): LaunchSeries {
  const each = Array.from({ length: planned }, (_, index): ComparedLaunch => {
    const isCold = index < Math.min(5, planned / 4);
    if (index >= planned - failed) return { isCold, fault, evidence: `${evidence} (${index})` };
    return { isCold, ms: BASE_MS[id] + (isCold ? 40 : 0) + (index % 7) };
  });
  const times = (isCold: boolean) =>
    summarizeLaunches(each.flatMap((launch) => (launch.isCold === isCold && launch.ms !== undefined ? [launch.ms] : [])));
  const [cold, warm] = [times(true), times(false)];
  return {
    planned,
    attempted: planned,
    failed,
    ...(cold === undefined ? {} : { cold }),
    ...(warm === undefined ? {} : { warm }),
    coldMethod: "the folder's pages dropped from memory before each launch",
    each,
  };
}

function builtVariant(id: VariantId, index: number, { failure, failedChecks = [] }: FakeVariant = {}): BuiltVariant {
  const buildId = `000000000000000${index + 1}`;
  const isBuilt = failure === undefined;
  const compiler = id.startsWith('nuitka') ? 'nuitka' : 'pyinstaller';
  const archive = {
    file: 'kit-linux-x86_64.tar.gz',
    platform: 'linux-x86_64',
    kind: 'archive',
    sizeBytes: 9_000_000 + index * 400_000,
    sha256: SHA256,
    versionId: '1',
  } as const;
  const report: Partial<BinaryReport> = {
    name: 'kit',
    command: ['work/environments/kit/bin/python', '-m', compiler, '--name=kit kit'],
    folderBytes: 25_000_000 + index * 1_000_000,
    fileCount: 40 + index,
    checks: [
      { title: 'run --help', kind: 'run', outcome: 'passed', durationMs: 60 },
      { title: 'built-in: read-only folder', kind: 'built-in', outcome: 'skipped', durationMs: 0 },
      ...failedChecks.map((title) => ({
        title,
        kind: title.startsWith('ready') ? ('ready' as const) : ('run' as const),
        outcome: 'failed' as const,
        reason: 'exited with exit code 3',
        durationMs: 60,
      })),
    ],
  };
  const record: Partial<BuildRecord> = {
    buildId,
    jobs: {
      'linux-x86_64': {
        status: isBuilt ? 'succeeded' : 'failed',
        attempt: 1,
        nonce: '0'.repeat(32),
        isCancelRequested: false,
        cache: 'none',
        artifacts: isBuilt ? [archive] : [],
      },
    },
  };
  const manifest: Partial<BuildManifest> = {
    platforms: {
      'linux-x86_64': {
        status: isBuilt ? 'succeeded' : 'failed',
        steps: [
          { name: 'toolchain', outcome: 'done', seconds: 30 },
          { name: 'compile', outcome: isBuilt ? 'done' : 'failed', seconds: 60 + index },
          { name: 'pack', outcome: 'done', seconds: 1.5 },
          { name: 'check', outcome: 'done', seconds: 45 },
        ],
        tools: [
          { name: 'python', version: '3.12.1' },
          { name: compiler, version: compiler === 'nuitka' ? '4.3.3' : '6.22.3' },
        ],
        binaries: isBuilt ? [report as BinaryReport] : [],
        warnings: [],
        cache: 'none',
      },
    },
  };
  return { variant: id, record: record as BuildRecord, manifest: manifest as BuildManifest, ...(failure === undefined ? {} : { failure }) };
}
