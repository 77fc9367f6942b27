/** Owns the way from what was built and launched to a {@link Comparison}: the facts in rows, the verdicts, and what follows from them. Pure. */
import { buildChecklist } from './validation-checklist';
import type { BuildManifest } from '../build/build-manifest';
import type { BuildRecord } from '../build/build-record';
import type { BinaryReport } from '../job/report';
import type { PlatformId } from '../platform';
import { ERROR_CODES, isErrorCode } from '../slipway-error';
import {
  failedChecksOf,
  programOf,
  type ComparedBinary,
  type ComparedProgram,
  type ComparedVariant,
  type Comparison,
  type LaunchSeries,
} from './comparison';
import { judgeCompilers, type TrialOutcome } from './compiler-verdict';
import { findIssues } from './platform-issue';
import { variantOf, type BinaryMode, type VariantId } from './variant';

/** What became of one variant's build. */
export interface BuiltVariant {
  readonly variant: VariantId;
  readonly record?: BuildRecord;
  readonly manifest?: BuildManifest;
  readonly failure?: NonNullable<ComparedVariant['failure']>;
}

/** What the launches of one binary showed. */
export interface LaunchedBinary {
  readonly name: string;
  readonly mode: BinaryMode;
  readonly launch: ComparedBinary['launch'];
  readonly variants: readonly { readonly variant: VariantId; readonly series: LaunchSeries; readonly peakMemoryBytes?: number }[];
}

export interface ComparisonFacts extends Pick<
  Comparison,
  'name' | 'version' | 'platform' | 'comparedAt' | 'requestedBy' | 'host' | 'source' | 'warnings'
> {
  readonly planned: number;
  readonly builds: readonly BuiltVariant[];
  readonly binaries: readonly LaunchedBinary[];
}

export function drawComparison(facts: ComparisonFacts): Comparison {
  const { planned, builds, binaries, ...known } = facts;
  const variants = builds.map((build) => comparedVariant(build, facts.platform));
  const compared = binaries.map((binary) => comparedBinary(binary, builds, variants, { planned, platform: facts.platform }));
  const drawn = { schemaVersion: 1 as const, ...known, variants, binaries: compared };
  return {
    ...drawn,
    warnings: [...facts.warnings, ...compared.flatMap(sharedFailures)],
    issues: [...findIssues(drawn)],
    checklist: compared.flatMap((binary) =>
      binary.launch.kind === 'ready' ? [{ binary: binary.name, items: [...buildChecklist(binary)] }] : [],
    ),
  };
}

/** Steps whose time is the compiler's and what is done with its result; tools are fetched once, and checks are the project's. */
const BUILD_STEPS: ReadonlySet<string> = new Set(['compile', 'assemble', 'pack', 'checksum']);

function comparedVariant({ variant, record, manifest, failure }: BuiltVariant, platform: PlatformId): ComparedVariant {
  const job = record?.jobs[platform];
  const result = manifest?.platforms[platform];
  const steps = result?.steps ?? [];
  const seconds = (names: ReadonlySet<string>) =>
    round(steps.filter(({ name }) => names.has(name)).reduce((sum, step) => sum + step.seconds, 0));
  const archive = job?.artifacts.find(({ kind }) => kind === 'archive');
  return {
    variant,
    outcome: failure === undefined ? 'built' : isCompilersFault(failure.code) ? 'build-failed' : 'not-tried',
    ...(record === undefined ? {} : { buildId: record.buildId }),
    ...(job?.reusedFrom === undefined ? {} : { reusedFrom: job.reusedFrom }),
    ...(failure !== undefined || steps.length === 0
      ? {}
      : { buildSeconds: seconds(BUILD_STEPS), compileSeconds: seconds(new Set(['compile'])) }),
    ...(archive === undefined ? {} : { archiveBytes: archive.sizeBytes }),
    steps,
    tools: result?.tools ?? [],
    warnings: result?.warnings ?? [],
    ...(failure === undefined ? {} : { failure }),
  };
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}

/** Codes by which a compiler, or what it made, is to blame although their class says otherwise. */
const BLAMED: ReadonlySet<string> = new Set(['package-collision', 'package-changed']);
/** Codes of the class "build failed" by which it is not: the environment is made before a compiler starts. */
const NOT_BLAMED: ReadonlySet<string> = new Set([
  'environment-failed',
  'dependency-unresolved',
  'dependency-build-failed',
  'builder-lost',
  'start-lost',
]);

/** A missing tool, a full disk or a stale lock say nothing about a compiler; a person mends them, and compares again. */
function isCompilersFault(code: string): boolean {
  if (BLAMED.has(code)) return true;
  if (!isErrorCode(code) || NOT_BLAMED.has(code)) return false;
  return ['buildFailed', 'checkFailed', 'timedOut'].includes(ERROR_CODES[code]);
}

function comparedBinary(
  { name, mode, launch, variants: launched }: LaunchedBinary,
  builds: readonly BuiltVariant[],
  variants: readonly ComparedVariant[],
  { planned, platform }: { readonly planned: number; readonly platform: PlatformId },
): ComparedBinary {
  const programs = launched.flatMap(({ variant, series, peakMemoryBytes }): readonly ComparedProgram[] => {
    const manifest = builds.find((build) => build.variant === variant)?.manifest;
    const report = manifest?.platforms[platform]?.binaries.find((binary) => binary.name === name);
    return [{ variant, ...reported(report), ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }), launches: series }];
  });
  const partial = { name, mode, launch, programs };
  const outcomeOf = (compiler: 'nuitka' | 'pyinstaller'): TrialOutcome => {
    const { id } = variantOf(compiler, mode);
    const built = variants.find(({ variant }) => variant === id);
    const program = programs.find(({ variant }) => variant === id);
    if (built?.outcome !== 'built' || program === undefined) {
      return {
        kind: built?.outcome === 'build-failed' ? 'build-failed' : 'not-tried',
        reason: built?.failure?.message ?? 'it was not built',
      };
    }
    const { attempted, failed } = program.launches;
    return { kind: 'built', launches: { planned, attempted, failed }, failedChecks: failedChecksOf(program) };
  };
  const verdict = judgeCompilers({ planned, nuitka: outcomeOf('nuitka'), pyinstaller: outcomeOf('pyinstaller') });
  return { ...partial, verdict };
}

function reported(report: BinaryReport | undefined): Pick<ComparedProgram, 'command' | 'folderBytes' | 'fileCount' | 'checks'> {
  if (report === undefined) return { command: [], folderBytes: 0, fileCount: 0, checks: [] };
  const { command, folderBytes, fileCount } = report;
  const checks = report.checks.map(({ title, kind, outcome, reason }) => ({
    title,
    kind,
    outcome,
    ...(reason === undefined ? {} : { reason }),
  }));
  return { command, folderBytes, fileCount, checks };
}

/** What is chosen and yet would not pass: a start-build would fail, whichever compiler makes it. */
function sharedFailures(binary: ComparedBinary): readonly string[] {
  const { choice } = binary.verdict;
  if (choice === null) return [];
  const chosen = programOf(binary, variantOf(choice, binary.mode).id);
  return (chosen === undefined ? [] : failedChecksOf(chosen)).map(
    (title) => `'${binary.name}' fails the check '${title}' whichever compiler makes it: slipway start-build will fail with it`,
  );
}
