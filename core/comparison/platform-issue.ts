/**
 * Owns the entries of the issue log (section 3 of the packaging spike) that a comparison fills by itself: one for each variant that
 * was not built, and one for each program that failed launches or checks. What only a person can know is not guessed at.
 */
import { diagnoseFailure } from '../job/failure-diagnosis';
import type { PlatformId } from '../platform';
import {
  failedChecksOf,
  type ComparedBinary,
  type ComparedProgram,
  type ComparedVariant,
  type Comparison,
  type PlatformIssue,
} from './comparison';
import { allowedFailures } from './compiler-verdict';
import { titleOf, variantOf } from './variant';

type Drawn = Pick<Comparison, 'name' | 'comparedAt' | 'variants' | 'binaries' | 'platform'>;
type Draft = Omit<PlatformIssue, 'id'>;

const MOST_LOG_LINES = 20;
const UNKNOWN_CAUSE = 'no known signature fits; see the log';

export function findIssues(drawn: Drawn): readonly PlatformIssue[] {
  const drafts = [
    ...drawn.variants.filter(({ failure }) => failure !== undefined).map((variant) => buildIssue(drawn, variant)),
    ...drawn.binaries.flatMap((binary) => binary.programs.flatMap((program) => programIssues(drawn, binary, program))),
  ];
  const day = drawn.comparedAt.slice(0, 10).replaceAll('-', '');
  return drafts.map((draft, index) => ({ id: `${drawn.name}-${drawn.platform}-${day}-${index + 1}`, ...draft }));
}

function buildIssue({ binaries }: Drawn, { variant, outcome, failure, buildId }: ComparedVariant): Draft {
  const names = binaries.map(({ name }) => name).join(', ');
  const logLines = failure?.logTail.slice(-MOST_LOG_LINES) ?? [];
  const concerned = binaries.filter(({ mode }) => isOfMode(variant, mode));
  return {
    title: `${titleOf(variant)} ${outcome === 'not-tried' ? 'could not be tried' : 'does not build'}`,
    binary: names,
    variant,
    severity: concerned.length === 0 ? 'low' : outcome === 'not-tried' ? 'medium' : 'blocker',
    symptoms: `${failure?.message ?? ''}${failure?.step === undefined ? '' : `, in step ${failure.step}`}`,
    logLines,
    reproduction: ['slipway compare', ...(buildId === undefined ? [] : [`slipway logs ${buildId}`])],
    expected: 'an archive',
    actual: `no archive: [${failure?.code ?? ''}]`,
    buildCommand: commandIn(logLines) ?? 'in the log of the build',
    launchCommand: 'none: there is nothing to launch',
    output: logLines,
    exitCode: exitCodeIn(failure?.message ?? '') ?? 'not told',
    suspectedCause: failure?.cause ?? diagnoseFailure(logLines.join('\n'))?.cause ?? UNKNOWN_CAUSE,
    mitigation: mitigationOf(concerned),
    followUps: [failure?.hint ?? 'read the log and mend what it names', 'run slipway compare again'],
  };
}

function programIssues(drawn: Drawn, binary: ComparedBinary, program: ComparedProgram): readonly Draft[] {
  return [launchIssue(drawn, binary, program), checkIssue(drawn, binary, program)].filter((draft) => draft !== undefined);
}

function launchIssue(drawn: Drawn, binary: ComparedBinary, program: ComparedProgram): Draft | undefined {
  const { planned, attempted, failed, each } = program.launches;
  if (failed === 0) return undefined;
  // Of each fault the first evidence: the others mostly say the same.
  const faults = new Map<string, string>();
  for (const { fault, evidence = '' } of each) if (fault !== undefined && !faults.has(fault)) faults.set(fault, evidence);
  const output = [...faults].map(([fault, evidence]) => `${fault}: ${evidence}`);
  const counted = [...faults.keys()].map((fault) => `${each.filter((launch) => launch.fault === fault).length} × ${fault}`);
  const isTooMany = failed > allowedFailures(planned);
  return {
    ...originOf(drawn, binary, program),
    title: `${failed} of ${attempted} launches of ${binary.name} by ${titleOf(program.variant)} fail`,
    severity: isOfMode(program.variant, binary.mode) ? (isTooMany ? 'high' : 'medium') : 'low',
    symptoms: counted.join(', '),
    logLines: output,
    expected: `${binary.launch.title} succeeds ${planned} times; ${allowedFailures(planned)} failures are allowed`,
    actual: `${failed} of ${attempted} failed`,
    output,
    exitCode: exitCodeIn(output.join('\n')) ?? 'not told',
    suspectedCause: diagnoseFailure(output.join('\n'))?.cause ?? UNKNOWN_CAUSE,
    followUps: ['find what the launches that failed have in common', 'run slipway compare again'],
  };
}

function checkIssue(drawn: Drawn, binary: ComparedBinary, program: ComparedProgram): Draft | undefined {
  const titles = failedChecksOf(program);
  if (titles.length === 0) return undefined;
  const failed = program.checks.filter(({ title, outcome }) => outcome === 'failed' && titles.includes(title));
  const output = failed.map(({ title, reason = '' }) => `${title}: ${reason}`);
  return {
    ...originOf(drawn, binary, program),
    title: `${binary.name} by ${titleOf(program.variant)} fails ${titles.length === 1 ? 'a check' : `${titles.length} checks`}`,
    severity: isOfMode(program.variant, binary.mode) ? 'high' : 'low',
    symptoms: titles.join(', '),
    logLines: output,
    expected: 'every check of slipway.yaml passes',
    actual: `${titles.length} failed`,
    output,
    exitCode: exitCodeIn(output.join('\n')) ?? 'not told',
    suspectedCause: diagnoseFailure(output.join('\n'))?.cause ?? UNKNOWN_CAUSE,
    followUps: ['correct the program, what it includes, or the check', 'run slipway compare again'],
  };
}

/** What entries about a program that was built have in common. */
function originOf(
  { variants, name, platform }: Drawn,
  binary: ComparedBinary,
  program: ComparedProgram,
): Pick<Draft, 'binary' | 'variant' | 'reproduction' | 'buildCommand' | 'launchCommand' | 'mitigation'> {
  const buildId = variants.find(({ variant }) => variant === program.variant)?.buildId ?? 'BUILD';
  const launchCommand = `./${[binary.name, ...binary.launch.args].map(shellWord).join(' ')}`;
  return {
    binary: binary.name,
    variant: program.variant,
    reproduction: [
      `slipway download ${buildId} --platform ${platform} --unpack   (or slipway compare --binary ${binary.name})`,
      `in the folder ${name}-…: ${launchCommand}`,
    ],
    buildCommand: program.command.map(shellWord).join(' '),
    launchCommand,
    mitigation: mitigationOf(isOfMode(program.variant, binary.mode) ? [binary] : []),
  };
}

function isOfMode(variant: ComparedVariant['variant'], mode: ComparedBinary['mode']): boolean {
  return variantOf('nuitka', mode).id === variant || variantOf('pyinstaller', mode).id === variant;
}

function mitigationOf(binaries: readonly ComparedBinary[]): string {
  if (binaries.length === 0) return 'none needed: slipway.yaml asks for another mode';
  const told = binaries.map(({ name, verdict }) => `${name}: ${verdict.choice ?? 'no compiler'} chosen, ${verdict.reason}`);
  return told.join('; ');
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./{}$-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Builders print a command as `$ program arguments`. */
function commandIn(lines: readonly string[]): string | undefined {
  return [...lines]
    .reverse()
    .find((line) => line.startsWith('$ '))
    ?.slice(2);
}

function exitCodeIn(text: string): string | undefined {
  return /exit code (-?\d+)/.exec(text)?.[1] ?? /signal (SIG[A-Z]+)/.exec(text)?.[1];
}

/** The words of the template for a platform. */
export function platformWords(platform: PlatformId): { readonly platform: string; readonly arch: string } {
  const [os = '', arch = ''] = platform.split('-');
  const name = { linux: 'Linux', windows: 'Windows', macos: 'macOS' }[os] ?? os;
  return { platform: name, arch: arch === 'x86_64' ? 'x64' : arch };
}
