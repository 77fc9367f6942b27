/** Owns how a comparison reads: the rows that the terminal, the Markdown and the page all show, and the terminal's own form of them. */
import { programOf, type ComparedBinary, type ComparedVariant, type Comparison } from '../../core/comparison/comparison';
import { titleOf, variantOf } from '../../core/comparison/variant';
import { formatDuration, formatSize } from '../../core/quantity';
import { tableLines } from './text-table';

/** What one variant of a binary came to, in words; a cell without a figure is a dash. */
export interface ComparisonRow {
  readonly title: string;
  /** Whether the verdict chose it. */
  readonly isChosen: boolean;
  readonly build: string;
  readonly archive: string;
  readonly unpacked: string;
  readonly cold: string;
  readonly warm: string;
  readonly warmP90: string;
  readonly memory: string;
  readonly failed: string;
  readonly checks: string;
  /** Of a variant that was not built. */
  readonly failure?: string;
}

export const COLUMNS = {
  build: 'build',
  archive: 'archive',
  unpacked: 'unpacked',
  cold: 'cold start',
  warm: 'warm start',
  warmP90: 'p90',
  memory: 'memory',
  failed: 'failed launches',
  checks: 'checks',
} as const;
const COLUMN_KEYS = Object.keys(COLUMNS) as readonly (keyof typeof COLUMNS)[];
const NONE = '–';

export function comparisonRows(comparison: Comparison, binary: ComparedBinary): readonly ComparisonRow[] {
  return comparison.variants.map((variant) => rowOf(variant, binary));
}

function rowOf(variant: ComparedVariant, binary: ComparedBinary): ComparisonRow {
  const program = programOf(binary, variant.variant);
  const { choice } = binary.verdict;
  const shown = <T>(value: T | undefined, text: (value: T) => string) => (value === undefined ? NONE : text(value));
  const failedChecks = program?.checks.filter(({ outcome }) => outcome === 'failed').length ?? 0;
  const judged = program?.checks.filter(({ outcome }) => outcome !== 'skipped').length ?? 0;
  return {
    title: titleOf(variant.variant),
    isChosen: choice !== null && variantOf(choice, binary.mode).id === variant.variant,
    build: shown(variant.buildSeconds, (seconds) => formatDuration(seconds * 1_000)),
    archive: shown(variant.archiveBytes, formatSize),
    unpacked: shown(program?.folderBytes, formatSize),
    cold: shown(program?.launches.cold?.medianMs, formatDuration),
    warm: shown(program?.launches.warm?.medianMs, formatDuration),
    warmP90: shown(program?.launches.warm?.p90Ms, formatDuration),
    memory: shown(program?.peakMemoryBytes, formatSize),
    failed: shown(program?.launches, ({ failed, attempted }) => `${failed} of ${attempted}`),
    checks: program === undefined ? NONE : failedChecks === 0 ? `${judged} passed` : `${failedChecks} of ${judged} failed`,
    ...(variant.failure === undefined ? {} : { failure: failureText(variant) }),
  };
}

function failureText({ outcome, failure }: ComparedVariant): string {
  const what = outcome === 'not-tried' ? 'could not be tried' : 'does not build';
  const cause = failure?.cause === undefined ? '' : ` (${failure.cause})`;
  return `${what}: ${failure?.message ?? ''}${cause}`;
}

/** The cells of a row, in the order of {@link COLUMNS}. */
export function cellsOf(row: ComparisonRow): readonly string[] {
  return COLUMN_KEYS.map((key) => row[key]);
}

export const COLUMN_TITLES: readonly string[] = COLUMN_KEYS.map((key) => COLUMNS[key]);

/** `20 launches each, 5 of them cold: from launch to ready`. */
export function launchText({ launch, programs }: ComparedBinary): string {
  const series = programs[0]?.launches;
  if (series === undefined) return 'nothing was launched';
  const cold = series.each.filter(({ isCold }) => isCold).length;
  const end = launch.kind === 'ready' ? 'from launch to ready' : `from launch to exit of '${launch.title}'`;
  return `${series.planned} launches each, ${cold === 0 ? 'none' : cold} of them cold, ${end}`;
}

/** `Nuitka`, and why. */
export function verdictText({ verdict }: ComparedBinary): string {
  const choice = verdict.choice === null ? 'none' : verdict.choice === 'nuitka' ? 'Nuitka' : 'PyInstaller';
  return `${choice}: ${verdict.reason}`;
}

/** What the command prints. */
export function describeComparison(comparison: Comparison): string {
  const { name, version, platform, host, binaries, warnings, issues } = comparison;
  return [
    `comparison of ${name} ${version} on ${platform} (${host.description})`,
    ...binaries.flatMap((binary) => ['', ...describeBinary(comparison, binary)]),
    ...(warnings.length === 0 ? [] : ['', ...warnings.map((warning) => `warning: ${warning}`)]),
    ...(issues.length === 0 ? [] : ['', ...issues.map(({ id, severity, title }) => `issue ${id} [${severity}]: ${title}`)]),
  ].join('\n');
}

function describeBinary(comparison: Comparison, binary: ComparedBinary): readonly string[] {
  const rows = comparisonRows(comparison, binary);
  const table = tableLines([['', ...COLUMN_TITLES], ...rows.map((row) => [`${row.isChosen ? '* ' : '  '}${row.title}`, ...cellsOf(row)])]);
  return [
    `${binary.name}: ${launchText(binary)}`,
    ...table.map((line) => `  ${line}`),
    ...rows.flatMap(({ title, failure }) => (failure === undefined ? [] : [`  ${title} ${failure}`])),
    `  decision for mode: ${binary.mode}: ${verdictText(binary)}`,
  ];
}
