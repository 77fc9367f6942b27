/**
 * Owns `slipway-compilers.json`: which compiler `slipway compare` chose for each binary on each platform, and on what evidence.
 * It lies beside slipway.yaml, is committed with it, and is what `compiler: auto` means. It never travels with the source: a decision
 * is resolved before a build is asked for, and evidence that changes must not make another source of it.
 */
import { z } from 'zod';
import { PLATFORM_IDS, PlatformIdSchema, type PlatformId } from '../platform';
import type { PythonCompiler } from '../recipe/compiler-options';
import { SlipwayError } from '../slipway-error';
import type { BinaryMode } from './variant';

export const DECISION_FILE = 'slipway-compilers.json';

/** Where a comparison is written to where nothing else is said. */
export const COMPARISON_FOLDER = 'slipway-comparison';

const LaunchCountSchema = z.strictObject({ planned: z.int(), attempted: z.int(), failed: z.int() });

const TriedCompilerSchema = z.strictObject({
  version: z.string(),
  /** Absent where no program was made. */
  launches: LaunchCountSchema.optional(),
  /** Launch to ready or to exit, the median; absent where no launch succeeded. */
  coldMs: z.number().optional(),
  warmMs: z.number().optional(),
});

const DecisionSchema = z.strictObject({
  compiler: z.enum(['nuitka', 'pyinstaller']),
  /** What it was decided for; in the other mode it says nothing. */
  mode: z.enum(['standalone', 'onefile']),
  /** Why, in a word for programs and in a sentence for people. */
  criterion: z.string(),
  reason: z.string(),
  decidedAt: z.iso.datetime(),
  /** Who ran the comparison: a claim. */
  decidedBy: z.string(),
  nuitka: TriedCompilerSchema,
  pyinstaller: TriedCompilerSchema,
  python: z.string(),
  /** The machine, in words. */
  host: z.string(),
  source: z.strictObject({ sha256: z.string(), gitCommit: z.string().optional(), isDirty: z.boolean().optional() }),
});
export type CompilerDecision = z.infer<typeof DecisionSchema>;

export const CompilerDecisionsSchema = z.strictObject({
  $schema: z.string().optional(),
  schemaVersion: z.literal(1),
  /** By binary, then by platform. */
  decisions: z.record(z.string(), z.partialRecord(PlatformIdSchema, DecisionSchema)),
});
export type CompilerDecisions = z.infer<typeof CompilerDecisionsSchema>;

export const NO_DECISIONS: CompilerDecisions = { schemaVersion: 1, decisions: {} };

/**
 * @param file as messages call it
 * @throws SlipwayError `decision-invalid`
 */
export function parseDecisions(text: string, file: string): CompilerDecisions {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, 'it is no JSON', cause);
  }
  const parsed = CompilerDecisionsSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`, parsed.error);
}

function invalid(file: string, what: string, cause: unknown): SlipwayError {
  return new SlipwayError('decision-invalid', `'${file}' does not say which compiler was chosen: ${what}`, {
    hint: 'bring back the committed file, or remove it and run slipway compare',
    details: { file },
    cause,
  });
}

/** The same decisions are the same text: binaries and platforms in order, so that a commit shows what was decided anew. */
export function formatDecisions({ decisions }: CompilerDecisions): string {
  const ordered = Object.fromEntries(
    Object.keys(decisions)
      .sort()
      .map((binary) => [
        binary,
        Object.fromEntries(PLATFORM_IDS.flatMap((id) => (decisions[binary]?.[id] === undefined ? [] : [[id, decisions[binary][id]]]))),
      ]),
  );
  return `${JSON.stringify({ schemaVersion: 1, decisions: ordered }, null, 2)}\n`;
}

/** The decisions with one more; those of other binaries and platforms stay. */
export function withDecision(
  { decisions }: CompilerDecisions,
  { binary, platform, decision }: { readonly binary: string; readonly platform: PlatformId; readonly decision: CompilerDecision },
): CompilerDecisions {
  return { schemaVersion: 1, decisions: { ...decisions, [binary]: { ...decisions[binary], [platform]: decision } } };
}

export interface DecisionWanted {
  readonly binary: string;
  readonly platform: PlatformId;
  readonly mode: BinaryMode;
}

/**
 * The decision that holds for a binary: of the same platform and mode alone. Compilers differ by platform in what they cannot do,
 * so that one platform's evidence is none for another.
 */
export function decisionFor({ decisions }: CompilerDecisions, { binary, platform, mode }: DecisionWanted): CompilerDecision | undefined {
  const decision = decisions[binary]?.[platform];
  return decision?.mode === mode ? decision : undefined;
}

/** What a person should know of binaries with `compiler: auto` that the file names and has no decision for. */
export function inapplicableDecisions(decisions: CompilerDecisions, wanted: readonly DecisionWanted[]): readonly string[] {
  const warnings: string[] = [];
  const elsewhere = new Map<string, PlatformId[]>();
  for (const { binary, platform, mode } of wanted) {
    const known = decisions.decisions[binary];
    if (known === undefined || known[platform]?.mode === mode) continue;
    const other = known[platform];
    if (other === undefined) elsewhere.set(binary, [...(elsewhere.get(binary) ?? []), platform]);
    else
      warnings.push(`${undecided(binary, [platform])}: ${DECISION_FILE} has a decision for mode: ${other.mode}, and not for mode: ${mode}`);
  }
  for (const [binary, platforms] of elsewhere) {
    const known = PLATFORM_IDS.filter((id) => decisions.decisions[binary]?.[id] !== undefined).join(', ');
    const where = platforms.length === 1 ? `a ${platforms[0] ?? ''} machine` : 'a machine of each';
    warnings.push(`${undecided(binary, platforms)}: ${DECISION_FILE} has a decision for ${known} only; run slipway compare on ${where}`);
  }
  return warnings;
}

function undecided(binary: string, platforms: readonly PlatformId[]): string {
  return `'${binary}' is compiled with Nuitka on ${platforms.join(', ')}`;
}

/** What a job keeps of a decision: enough to say where its compiler comes from, and whether it still holds. */
export interface JobDecision {
  readonly decidedAt: string;
  readonly reason: string;
  /** Versions that were compared. */
  readonly nuitka: string;
  readonly pyinstaller: string;
}

export function jobDecisionOf({ decidedAt, reason, nuitka, pyinstaller }: CompilerDecision): JobDecision {
  return { decidedAt, reason, nuitka: nuitka.version, pyinstaller: pyinstaller.version };
}

/**
 * A decision is held to although a compiler is a newer one by now: what was chosen on evidence stays until there is other evidence.
 * @returns what a person should know then
 */
export function outdatedDecision(
  binary: string,
  decision: JobDecision,
  versions: Readonly<Record<PythonCompiler, string>>,
): string | undefined {
  const changed = (['nuitka', 'pyinstaller'] as const).filter((compiler) => decision[compiler] !== versions[compiler]);
  if (changed.length === 0) return undefined;
  const told = changed.map((compiler) => `${compiler} ${decision[compiler]}, now ${versions[compiler]}`).join('; ');
  return `the compiler of '${binary}' was chosen with other versions: ${told}; run slipway compare to choose anew`;
}
