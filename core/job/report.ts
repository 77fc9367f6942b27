/**
 * Owns `out/report.json`: what a builder says that it did.
 * It is a claim by a process that ran foreign code: `settle-build.ts` believes nothing that it cannot hash again.
 */
import { z } from 'zod';
import { IdSchema } from '../identifier';
import { LaunchFaultSchema } from './launch-fault';
import { PlatformIdSchema } from '../platform';

const Sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
const SampleSchema = z.strictObject({ count: z.int(), minMs: z.number(), medianMs: z.number(), p90Ms: z.number(), maxMs: z.number() });

/** `sbom`: what is in an archive, CycloneDX. */
export const REPORT_ARTIFACT_KINDS = ['archive', 'checksum', 'checksums', 'installer', 'sbom'] as const;

/** A plain file name: it becomes a key and a name on somebody's disk. */
export const ArtifactFileSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);

export const ReportArtifactSchema = z.strictObject({
  file: ArtifactFileSchema,
  kind: z.enum(REPORT_ARTIFACT_KINDS),
  sizeBytes: z.int(),
  sha256: Sha256Schema,
});

export const StepResultSchema = z.strictObject({
  name: z.string(),
  outcome: z.enum(['done', 'skipped', 'failed']),
  /** Why the step was skipped. */
  reason: z.string().optional(),
  seconds: z.number(),
});

/** Of a `ready` check: how many launches kept to the protocol to their end, and how fast those were ready. */
const LaunchesSchema = z.strictObject({
  attempted: z.int(),
  succeeded: z.int(),
  /** Launches that ran at once; absent where one came after the other. */
  concurrent: z.int().optional(),
  /** Launch to ready, of all that succeeded. */
  readyMs: SampleSchema.optional(),
  /** The same of those that were launched with none of their pages in memory, and of the others. */
  coldReadyMs: SampleSchema.optional(),
  warmReadyMs: SampleSchema.optional(),
  /** Of one launch that was measured besides: the highest sum over its process tree. */
  peakMemoryBytes: z.int().optional(),
  /** What went wrong, the most frequent first, each with the evidence of its first time. */
  faults: z.array(z.strictObject({ fault: LaunchFaultSchema, count: z.int(), evidence: z.string() })).optional(),
});

const CheckResultSchema = z.strictObject({
  /** What a person recognizes the check by: `run --version`, `script checks/data.mjs`, `built-in: read-only folder`. */
  title: z.string(),
  kind: z.enum(['run', 'ready', 'script', 'built-in', 'budget']),
  outcome: z.enum(['passed', 'failed', 'skipped']),
  /** Why it failed or was skipped, with the evidence; for a passed one, what it noticed. */
  reason: z.string().optional(),
  durationMs: z.number(),
  launches: LaunchesSchema.optional(),
});

export const ToolSchema = z.strictObject({ name: z.string(), version: z.string(), detail: z.string().optional() });

/** A demand that the binaries make on the system, with the file that sets it. */
const RequirementSchema = z.strictObject({ version: z.string(), setBy: z.string() });

export const RequiresSchema = z.strictObject({
  glibc: RequirementSchema.optional(),
  glibcxx: RequirementSchema.optional(),
  macos: RequirementSchema.optional(),
  cpuBaseline: z.string().optional(),
});

const SecretFindingSchema = z.strictObject({
  kind: z.string(),
  /** Inside the package, forward slashes. */
  file: z.string(),
  offset: z.int(),
  /** The first characters and a length, never the secret. */
  preview: z.string(),
});

export const BinaryReportSchema = z.strictObject({
  name: z.string(),
  compiler: z.enum(['nuitka', 'pyinstaller', 'node']),
  mode: z.enum(['standalone', 'onefile']),
  /** The exact compiler command, credentials redacted. */
  command: z.array(z.string()),
  folderBytes: z.int(),
  fileCount: z.int(),
  launch: z
    .strictObject({
      cold: SampleSchema,
      warm: SampleSchema,
      /** What was launched, what counted as its end, and how it was made cold: for a person. */
      method: z.string().optional(),
    })
    .optional(),
  peakMemoryBytes: z.int().optional(),
  requires: RequiresSchema,
  /** Libraries that the system must have: named by the binaries, not shipped. */
  systemLibraries: z.array(z.string()),
  checks: z.array(CheckResultSchema),
  secretsFound: z.array(SecretFindingSchema),
});

const FailureSchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  step: z.string(),
  /** The diagnosed cause in one sentence, where a signature knew one. */
  cause: z.string().optional(),
  logTail: z.array(z.string()),
});

export const ReportSchema = z.strictObject({
  schemaVersion: z.literal(1),
  buildId: IdSchema,
  name: z.string(),
  version: z.string(),
  platform: PlatformIdSchema,
  attempt: z.int(),
  outcome: z.enum(['succeeded', 'failed']),
  failure: FailureSchema.optional(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  source: z.strictObject({ sha256: Sha256Schema, gitCommit: z.string().optional() }),
  steps: z.array(StepResultSchema),
  tools: z.array(ToolSchema),
  binaries: z.array(BinaryReportSchema),
  warnings: z.array(z.string()),
  artifacts: z.array(ReportArtifactSchema),
  signed: z.literal('none'),
  cache: z.enum(['used', 'none']),
});

export type Report = z.infer<typeof ReportSchema>;
export type ReportArtifact = z.infer<typeof ReportArtifactSchema>;
export type BinaryReport = z.infer<typeof BinaryReportSchema>;
export type StepResult = z.infer<typeof StepResultSchema>;
export type CheckResult = z.infer<typeof CheckResultSchema>;
export type Launches = z.infer<typeof LaunchesSchema>;
export type Requires = z.infer<typeof RequiresSchema>;
export type SecretFinding = z.infer<typeof SecretFindingSchema>;
export type LaunchSample = z.infer<typeof SampleSchema>;
export type Tool = z.infer<typeof ToolSchema>;
export type Failure = z.infer<typeof FailureSchema>;
