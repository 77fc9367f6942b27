/**
 * Owns the meaning of slipway.yaml: its keys, defaults and the rules inside one value.
 * Reading the text with positions belongs to `recipe-text.ts`, rules between values to `recipe-rules.ts`, what one platform gets
 * to `job-template.ts`.
 * `schemas/recipe.schema.json` is generated from here.
 */
import { z } from 'zod';
import { PlatformIdSchema, type PlatformId } from '../platform';
import { USUAL_NODE_VERSION } from '../project/node-lines';
import { DurationMsSchema, SizeBytesSchema } from '../quantity';

/** It goes into keys, policies and file names. */
export const AppNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected a lower-case name such as field-kit: letters, digits and dashes, at most 40, a letter first');

export const BinaryNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected a file name without spaces: letters, digits, dot, dash, underscore, at most 64');
const PathSchema = z.string().min(1);
const GlibcVersionSchema = z.string().regex(/^2\.\d+$/, 'expected a glibc version in quotes such as "2.28"');
const ModuleNameSchema = z.string().regex(/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/, 'expected a dotted Python module name');
const PythonVersionSchema = z.string().regex(/^3\.\d+(\.\d+)?$/, 'expected a Python version in quotes such as "3.12"');

const DataFileSchema = z.strictObject({ from: PathSchema, to: PathSchema });

export const PythonDependenciesSchema = z.strictObject({
  /** uv.lock, poetry.lock, pdm.lock or pylock.toml, relative to the project folder. */
  lock: PathSchema.optional(),
  requirements: PathSchema.optional(),
  extras: z.array(z.string()).default([]),
  groups: z.array(z.string()).default([]),
});

export const ENTRY_KEYS = ['script', 'entry', 'module'] as const;
export const DEPENDENCY_LIST_KEYS = ['lock', 'requirements'] as const;
export const LANGUAGE_KEYS = ['python', 'node'] as const;
export const READY_KEYS = ['line', 'json'] as const;

/** What is wrong where one of several keys is to be there: none, or more than one. */
export function choiceProblem(value: Readonly<Record<string, unknown>>, keys: readonly string[], isRequired = true): string | undefined {
  const named = keys.filter((key) => value[key] !== undefined);
  if (named.length > 1) return `expected only one of ${keys.join(', ')}, got ${named.join(' and ')}`;
  return named.length === 0 && isRequired ? `expected one of the keys ${keys.join(', ')}` : undefined;
}

const PythonSpecSchema = z
  .strictObject({
    /** A name of `[project.scripts]`. */
    script: z.string().min(1).optional(),
    /** A Python file. */
    entry: PathSchema.optional(),
    /** A module or package run as `python -m`. */
    module: ModuleNameSchema.optional(),
    version: PythonVersionSchema.default('3.12'),
    dependencies: PythonDependenciesSchema.prefault({}),
    vendor: z.enum(['auto', 'always', 'never']).default('auto'),
    compiler: z.enum(['nuitka', 'pyinstaller', 'auto']).default('nuitka'),
    mode: z.enum(['standalone', 'onefile']).default('standalone'),
    include: z
      .strictObject({
        packages: z.array(ModuleNameSchema).default([]),
        modules: z.array(ModuleNameSchema).default([]),
        'package-data': z.array(ModuleNameSchema).default([]),
        /** Distribution names whose metadata `importlib.metadata` must find, beside the program's own. */
        metadata: z.array(z.string()).default([]),
        data: z.array(DataFileSchema).default([]),
      })
      .prefault({}),
    exclude: z
      .strictObject({ packages: z.array(ModuleNameSchema).default([]), modules: z.array(ModuleNameSchema).default([]) })
      .prefault({}),
    /** Raw compiler options, linted. */
    options: z.array(z.string()).default([]),
  })
  .check((context) => {
    const { value, issues } = context;
    const entry = choiceProblem(value, ENTRY_KEYS);
    if (entry !== undefined) issues.push({ code: 'custom', input: value, message: entry });
    const lists = choiceProblem(value.dependencies, DEPENDENCY_LIST_KEYS, false);
    if (lists !== undefined) issues.push({ code: 'custom', input: value.dependencies, path: ['dependencies'], message: lists });
  });

const PackageNameSchema = z
  .string()
  .regex(/^(@[a-z0-9~][a-z0-9._~-]*\/)?[a-zA-Z0-9~][\w.~-]*$/, 'expected the name of an npm package such as "ws" or "@scope/name"');

const NodeSpecSchema = z.strictObject({
  entry: PathSchema,
  version: z
    .string()
    .regex(/^\d+(\.\d+\.\d+)?$/, 'expected a Node version in quotes such as "24"')
    .default(USUAL_NODE_VERSION),
  dependencies: z
    .strictObject({
      /** package-lock.json or npm-shrinkwrap.json, relative to the folder of slipway.yaml. Default: package-lock.json beside it. */
      lock: PathSchema.optional(),
      /** Whether packages of `devDependencies` may go into the bundle. */
      dev: z.boolean().default(false),
    })
    .prefault({}),
  /** Files, folders or globs; of the project, or of `node_modules`. */
  assets: z.array(z.union([PathSchema, DataFileSchema])).default([]),
  /** Packages that are left out although something imports them: the program gets along without. */
  external: z.array(PackageNameSchema).default([]),
  /** Packages whose imports of names that are computed at run time were looked at, and found to do no harm; `.` is the program itself. */
  dynamic: z.array(z.union([z.literal('.'), PackageNameSchema])).default([]),
});

const SidecarSchema = z.strictObject({ host: z.literal('tauri'), form: z.enum(['resources', 'onefile']).default('resources') });

/** What may stand under a binary, apart from `overrides`. */
export const BINARY_KEYS = {
  python: PythonSpecSchema.optional(),
  node: NodeSpecSchema.optional(),
  sidecar: SidecarSchema.optional(),
  /** A Windows icon, relative to the project folder. */
  icon: PathSchema.optional(),
  /** Whether a Windows program opens a console window. */
  console: z.boolean().default(true),
} as const;

/**
 * One binary with every default filled in.
 * Overrides are merged into the raw value before this parses it, so an override may hold any key, however deep.
 */
export const BinarySpecSchema = z.strictObject(BINARY_KEYS).check((context) => {
  const message = choiceProblem(context.value, LANGUAGE_KEYS);
  if (message !== undefined) context.issues.push({ code: 'custom', input: context.value, message });
});

const OverridesSchema = z.partialRecord(PlatformIdSchema, z.record(z.string(), z.unknown()));

/** A binary as written: raw, because it has no meaning before {@link binaryForPlatform} has merged its overrides. */
const BinaryEntrySchema = z.looseObject({ overrides: OverridesSchema.optional() });

export const ReadySchema = z
  .strictObject({
    /** The line that says the program is ready, READY for a sidecar. */
    line: z.string().min(1).optional(),
    /** The key of a JSON line whose value is the port, `port` for `{"port": N}`. */
    json: z.string().min(1).optional(),
    within: DurationMsSchema.default(10_000),
    launches: z.int().min(1).max(1000).default(1),
    concurrent: z.int().min(1).max(1000).optional(),
  })
  .check((context) => {
    const message = choiceProblem(context.value, READY_KEYS);
    if (message !== undefined) context.issues.push({ code: 'custom', input: context.value, message });
  });

const checkTarget = {
  binary: z.string(),
  env: z.record(z.string(), z.string()).default({}),
  platforms: z.array(PlatformIdSchema).optional(),
} as const;

/** Runs the binary to its end and judges exit code and output. `{version} {name} {tmp}` are filled in. */
export const RunCheckSchema = z.strictObject({
  ...checkTarget,
  run: z.array(z.string()),
  stdout: z.string().optional(),
  'stdout-matches': z.string().optional(),
  'stderr-matches': z.string().optional(),
  exit: z.int().min(0).max(255).default(0),
  timeout: DurationMsSchema.default(30_000),
  stdin: z.string().default(''),
});

/** Launches the binary, waits until it says that it is ready, and stops it. */
export const ReadyCheckSchema = z.strictObject({ ...checkTarget, args: z.array(z.string()).default([]), ready: ReadySchema });

/** Runs a program of the project, of the binary's own language, against the binary; it is no part of what ships. */
export const ScriptCheckSchema = z.strictObject({
  ...checkTarget,
  /** A JavaScript or TypeScript file for a Node program, a Python file for a Python program; relative to the folder of slipway.yaml. */
  script: PathSchema,
  /** The script's own arguments. */
  args: z.array(z.string()).default([]),
  timeout: DurationMsSchema.default(60_000),
});

/** Each kind of check by the key that makes it one. */
export const CHECK_SCHEMAS = { run: RunCheckSchema, ready: ReadyCheckSchema, script: ScriptCheckSchema } as const;
export const CHECK_KINDS = ['run', 'ready', 'script'] as const;

const CheckSchema = z.union([RunCheckSchema, ReadyCheckSchema, ScriptCheckSchema]);

const BudgetsSchema = z.strictObject({
  archive: SizeBytesSchema.optional(),
  'cold-start': DurationMsSchema.optional(),
  'peak-memory': SizeBytesSchema.optional(),
  glibc: GlibcVersionSchema.optional(),
  build: DurationMsSchema.optional(),
});

const PackageSchema = z.strictObject({
  format: z.enum(['auto', 'zip']).default('auto'),
  split: z.boolean().default(false),
  installers: z.array(z.enum(['script'])).default(['script']),
});

/** Where a secret's value is read when a build starts. Only its name is ever stored. */
const SecretSourceSchema = z.strictObject({ env: z.string().regex(/^[A-Za-z_]\w*$/, 'expected the name of an environment variable') });

const RecipeShapeSchema = z.strictObject({
  schema: z.literal(1),
  name: AppNameSchema,
  title: z.string().min(1).optional(),
  publisher: z.string().min(1).optional(),
  description: z.string().min(1).optional(),
  homepage: z.url().optional(),
  license: z.string().min(1).optional(),
  version: z.string().min(1).default('from-pyproject'),
  source: z.strictObject({ root: PathSchema.default('.'), include: z.array(PathSchema).default([]) }).prefault({}),
  binaries: z.record(BinaryNameSchema, BinaryEntrySchema),
  platforms: z.array(PlatformIdSchema).min(1),
  checks: z.array(CheckSchema).default([]),
  budgets: BudgetsSchema.prefault({}),
  package: PackageSchema.prefault({}),
  secrets: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'expected the name of an environment variable'), SecretSourceSchema).default({}),
  distribute: z
    .strictObject({ 'expires-hours': z.int().min(1).max(168).default(48), 'allowed-ips': z.array(z.string()).default([]) })
    .prefault({}),
  target: z.enum(['local', 'aws']).default('local'),
  aws: z.strictObject({ region: z.string().optional(), stage: z.string().default('prod'), profile: z.string().optional() }).prefault({}),
  signing: z.strictObject({}).default({}),
});

export const RecipeSchema = RecipeShapeSchema;

export type Recipe = z.infer<typeof RecipeSchema>;
export type BinaryEntry = z.infer<typeof BinaryEntrySchema>;
export type PythonSpec = z.infer<typeof PythonSpecSchema>;
export type BinarySpec = z.infer<typeof BinarySpecSchema>;
export type Check = z.infer<typeof CheckSchema>;
export type Budgets = z.infer<typeof BudgetsSchema>;

/** Keys of which one excludes the others: an override that names one of them drops the others. */
const EXCLUSIVE_KEYS: readonly (readonly string[])[] = [ENTRY_KEYS, DEPENDENCY_LIST_KEYS, LANGUAGE_KEYS];

/** A binary with the overrides of one platform merged in, as raw as it was written. Maps merge, everything else replaces. */
export function mergeOverrides(entry: Readonly<Record<string, unknown>>, platform: PlatformId): Record<string, unknown> {
  const { overrides, ...base } = entry;
  const override = isMap(overrides) ? overrides[platform] : undefined;
  return isMap(override) ? mergeMaps(base, override) : base;
}

function mergeMaps(base: Readonly<Record<string, unknown>>, override: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(override)) {
    for (const other of EXCLUSIVE_KEYS.find((keys) => keys.includes(key)) ?? []) if (!(other in override)) delete merged[other];
    const before = base[key];
    merged[key] = isMap(before) && isMap(value) ? mergeMaps(before, value) : value;
  }
  return merged;
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What one platform gets of a binary, every default filled in. The recipe was parsed by `parseRecipe`, so this cannot fail. */
export function binaryForPlatform(entry: BinaryEntry, platform: PlatformId): BinarySpec {
  return BinarySpecSchema.parse(mergeOverrides(entry, platform));
}
