/**
 * Owns `comparison.json`: what one run of `slipway compare` built, launched and measured, and what it decided. Everything that the
 * table, the page and the issue log say is said from it. Reading it back is for whoever keeps figures over time.
 */
import { z } from 'zod';
import { IdSchema } from '../identifier';
import { LaunchFaultSchema } from '../job/launch-fault';
import { BinaryReportSchema, StepResultSchema, ToolSchema } from '../job/report';
import { PlatformIdSchema } from '../platform';
import { VERDICT_CRITERIA } from './compiler-verdict';
import { VariantIdSchema } from './variant';

const LaunchSampleSchema = BinaryReportSchema.shape.launch.unwrap().shape.cold;
const CheckSummarySchema = BinaryReportSchema.shape.checks.element.pick({ title: true, kind: true, outcome: true, reason: true });

/** One launch, in the order in which they were made. */
const LaunchSchema = z.strictObject({
  isCold: z.boolean(),
  /** Launch to ready or to exit; absent where it failed. */
  ms: z.number().optional(),
  /** What went wrong: a name of the protocol's faults, or `failed` for a program that runs to its end. */
  fault: z.union([LaunchFaultSchema, z.literal('failed')]).optional(),
  evidence: z.string().optional(),
});
export type ComparedLaunch = z.infer<typeof LaunchSchema>;

const LaunchSeriesSchema = z.strictObject({
  planned: z.int(),
  /** Fewer than planned where the first ones all failed: more could not change the verdict. */
  attempted: z.int(),
  failed: z.int(),
  cold: LaunchSampleSchema.optional(),
  warm: LaunchSampleSchema.optional(),
  coldMethod: z.string(),
  each: z.array(LaunchSchema),
});
export type LaunchSeries = z.infer<typeof LaunchSeriesSchema>;

/** One binary as one variant made it. */
const ComparedProgramSchema = z.strictObject({
  variant: VariantIdSchema,
  /** The exact compiler command. */
  command: z.array(z.string()),
  folderBytes: z.int(),
  fileCount: z.int(),
  /** Of launches beside the timed ones: the highest sum over the process tree. */
  peakMemoryBytes: z.int().optional(),
  launches: LaunchSeriesSchema,
  checks: z.array(CheckSummarySchema),
});
export type ComparedProgram = z.infer<typeof ComparedProgramSchema>;

const VerdictSchema = z.strictObject({
  choice: z.enum(['nuitka', 'pyinstaller']).nullable(),
  criterion: z.enum(VERDICT_CRITERIA),
  reason: z.string(),
});

const ComparedBinarySchema = z.strictObject({
  name: z.string(),
  /** What the recipe asks for; the verdict is about it. */
  mode: z.enum(['standalone', 'onefile']),
  launch: z.strictObject({
    /** `ready`, `run --version`: what was launched. */
    title: z.string(),
    kind: z.enum(['ready', 'run']),
    args: z.array(z.string()),
    withinMs: z.int().optional(),
  }),
  programs: z.array(ComparedProgramSchema),
  verdict: VerdictSchema,
});
export type ComparedBinary = z.infer<typeof ComparedBinarySchema>;

const VariantFailureSchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  step: z.string().optional(),
  cause: z.string().optional(),
  logTail: z.array(z.string()),
});

/** One build. */
const ComparedVariantSchema = z.strictObject({
  variant: VariantIdSchema,
  outcome: z.enum(['built', 'build-failed', 'not-tried']),
  buildId: IdSchema.optional(),
  /** The build whose result was taken up again: an earlier run of the same comparison made it. */
  reusedFrom: IdSchema.optional(),
  /** The steps until there is an archive, without the checks. */
  buildSeconds: z.number().optional(),
  compileSeconds: z.number().optional(),
  archiveBytes: z.int().optional(),
  steps: z.array(StepResultSchema),
  tools: z.array(ToolSchema),
  warnings: z.array(z.string()),
  failure: VariantFailureSchema.optional(),
});
export type ComparedVariant = z.infer<typeof ComparedVariantSchema>;

const IssueSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  binary: z.string(),
  variant: VariantIdSchema,
  severity: z.enum(['blocker', 'high', 'medium', 'low']),
  symptoms: z.string(),
  logLines: z.array(z.string()),
  reproduction: z.array(z.string()),
  expected: z.string(),
  actual: z.string(),
  buildCommand: z.string(),
  launchCommand: z.string(),
  output: z.array(z.string()),
  exitCode: z.string(),
  suspectedCause: z.string(),
  mitigation: z.string(),
  followUps: z.array(z.string()),
});
export type PlatformIssue = z.infer<typeof IssueSchema>;

const ChecklistItemSchema = z.strictObject({
  section: z.string(),
  text: z.string(),
  /** Proved by this comparison; false: not proved here, with the reason in `evidence`. */
  isProved: z.boolean(),
  evidence: z.string(),
});
export type ChecklistItem = z.infer<typeof ChecklistItemSchema>;

export const ComparisonSchema = z.strictObject({
  schemaVersion: z.literal(1),
  name: z.string(),
  version: z.string(),
  platform: PlatformIdSchema,
  comparedAt: z.iso.datetime(),
  /** A claim. */
  requestedBy: z.string(),
  host: z.strictObject({
    /** In words: system, processors, C library. */
    description: z.string(),
    cpuCount: z.int(),
    /** Share of the processors that something else used just before the launches, 0 to 1. */
    busyShare: z.number().optional(),
  }),
  source: z.strictObject({ sha256: z.string(), gitCommit: z.string().optional(), isDirty: z.boolean().optional() }),
  variants: z.array(ComparedVariantSchema),
  binaries: z.array(ComparedBinarySchema),
  issues: z.array(IssueSchema),
  /** For binaries with a READY handshake: the spike's checklist, as far as launches can prove it. */
  checklist: z.array(z.strictObject({ binary: z.string(), items: z.array(ChecklistItemSchema) })),
  warnings: z.array(z.string()),
});
export type Comparison = z.infer<typeof ComparisonSchema>;

export function programOf({ programs }: ComparedBinary, variant: ComparedProgram['variant']): ComparedProgram | undefined {
  return programs.find((program) => program.variant === variant);
}

/** Checks that failed and are no matter of launches: those are judged by their rate. */
export function failedChecksOf({ checks }: ComparedProgram): readonly string[] {
  return checks.filter(({ kind, outcome }) => outcome === 'failed' && kind !== 'ready' && kind !== 'budget').map(({ title }) => title);
}
