/**
 * Owns `in/job.json`: everything that one platform's build needs to know beside its source.
 * It is written by whoever starts the build and read by the builder, which knows nothing else.
 */
import { z } from 'zod';
import { IdSchema } from '../identifier';
import { PlatformIdSchema } from '../platform';

const Sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** Where vendored wheels lie in the source archive, relative to its root; dependencies come from there alone when it is there. */
export const VENDOR_DIRECTORY = '.slipway/wheels';

const PythonPlanSchema = z.strictObject({
  script: z.string().optional(),
  entry: z.string().optional(),
  module: z.string().optional(),
  /** The project's own distribution name (`[project] name`), whose metadata goes into the binary; where absent, the builder finds it out. */
  distribution: z.string().optional(),
  version: z.string(),
  dependencies: z.strictObject({
    lock: z.string().optional(),
    requirements: z.string().optional(),
    extras: z.array(z.string()),
    groups: z.array(z.string()),
  }),
  vendor: z.enum(['auto', 'always', 'never']),
  compiler: z.enum(['nuitka', 'pyinstaller', 'auto']),
  /** Where `compiler: auto` was decided by `slipway compare`: `compiler` is then what was chosen. */
  decision: z.strictObject({ decidedAt: z.string(), reason: z.string(), nuitka: z.string(), pyinstaller: z.string() }).optional(),
  mode: z.enum(['standalone', 'onefile']),
  include: z.strictObject({
    packages: z.array(z.string()),
    modules: z.array(z.string()),
    packageData: z.array(z.string()),
    metadata: z.array(z.string()),
    data: z.array(z.strictObject({ from: z.string(), to: z.string() })),
  }),
  exclude: z.strictObject({ packages: z.array(z.string()), modules: z.array(z.string()) }),
  options: z.array(z.string()),
});

const NodePlanSchema = z.strictObject({
  entry: z.string(),
  /** A long-term line such as `24`, or an exact version. */
  version: z.string(),
  assets: z.array(z.union([z.string(), z.strictObject({ from: z.string(), to: z.string() })])),
  dependencies: z.strictObject({ lock: z.string().optional(), dev: z.boolean() }).optional(),
  external: z.array(z.string()).optional(),
  dynamic: z.array(z.string()).optional(),
});

const JobBinarySchema = z.strictObject({
  name: z.string(),
  python: PythonPlanSchema.optional(),
  node: NodePlanSchema.optional(),
  sidecar: z.strictObject({ host: z.literal('tauri'), form: z.enum(['resources', 'onefile']) }).optional(),
  icon: z.string().optional(),
  console: z.boolean(),
});

const JobRunCheckSchema = z.strictObject({
  kind: z.literal('run'),
  binary: z.string(),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  stdin: z.string(),
  timeoutMs: z.int(),
  exitCode: z.int(),
  stdout: z.string().optional(),
  stdoutMatches: z.string().optional(),
  stderrMatches: z.string().optional(),
});

const JobReadyCheckSchema = z.strictObject({
  kind: z.literal('ready'),
  binary: z.string(),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  line: z.string().optional(),
  jsonKey: z.string().optional(),
  withinMs: z.int(),
  launches: z.int(),
  concurrent: z.int().optional(),
});

const JobScriptCheckSchema = z.strictObject({
  kind: z.literal('script'),
  binary: z.string(),
  /** A file of the project, relative to its folder. */
  script: z.string(),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  timeoutMs: z.int(),
});

export const JobSchema = z.strictObject({
  schemaVersion: z.literal(1),
  buildId: IdSchema,
  name: z.string(),
  title: z.string().optional(),
  publisher: z.string().optional(),
  description: z.string().optional(),
  homepage: z.string().optional(),
  license: z.string().optional(),
  version: z.string(),
  platform: PlatformIdSchema,
  attempt: z.int().min(1),
  /** When the build was asked for; archives carry the source's time instead, so equal inputs give equal bytes. */
  createdAt: z.iso.datetime(),
  source: z.strictObject({
    sha256: Sha256Schema,
    sizeBytes: z.int(),
    git: z.strictObject({ commit: z.string(), isDirty: z.boolean() }).optional(),
    /** Seconds since 1970 that every timestamp in the artifacts is set to (SOURCE_DATE_EPOCH): the commit's time, or 1980-01-01. */
    epochSeconds: z.int(),
    /** The folder of slipway.yaml inside the archive, `.` unless `source.root` is a parent. Recipe paths are relative to it. */
    projectPath: z.string(),
  }),
  binaries: z.array(JobBinarySchema).min(1),
  checks: z.array(z.discriminatedUnion('kind', [JobRunCheckSchema, JobReadyCheckSchema, JobScriptCheckSchema])),
  budgets: z.strictObject({
    archiveBytes: z.int().optional(),
    coldStartMs: z.int().optional(),
    peakMemoryBytes: z.int().optional(),
    glibc: z.string().optional(),
    buildMs: z.int().optional(),
  }),
  package: z.strictObject({ format: z.enum(['tar.gz', 'zip']), split: z.boolean(), installers: z.array(z.enum(['script'])) }),
  /** Names of environment variables whose values are secret: handed to tools, redacted everywhere else. */
  secretNames: z.array(z.string()),
  /** Of a comparison: the variant that is tried. Failed checks and budgets are recorded then and fail nothing; no compiler's cache is used. */
  trial: z.string().min(1).optional(),
});

export type Job = z.infer<typeof JobSchema>;
export type JobBinary = z.infer<typeof JobBinarySchema>;
export type JobPython = z.infer<typeof PythonPlanSchema>;
export type JobNode = z.infer<typeof NodePlanSchema>;
export type JobRunCheck = z.infer<typeof JobRunCheckSchema>;
export type JobReadyCheck = z.infer<typeof JobReadyCheckSchema>;
export type JobScriptCheck = z.infer<typeof JobScriptCheckSchema>;
export type JobCheck = Job['checks'][number];
