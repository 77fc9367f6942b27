/**
 * Owns the way from a recipe to what each platform's job will hold: overrides merged, checks chosen, words like `auto` resolved.
 * `{version}`, `{name}` and `{tmp}` stay in checks: the builder fills them in.
 */
import type { JobTemplate } from '../build/build-request';
import { type CompilerDecisions, decisionFor, jobDecisionOf } from '../comparison/compiler-decision';
import type { Variant } from '../comparison/variant';
import type { JobBinary, JobCheck, JobPython } from '../job/job';
import { PLATFORMS, type PlatformId } from '../platform';
import { sortCompilerOptions } from './compiler-options';
import { binaryForPlatform, type BinarySpec, type Check, type PythonSpec, type Recipe } from './recipe';

export interface JobTemplateFacts {
  /** Resolved; see `project-version.ts`. */
  readonly version: string;
  /** The distribution that a script of the project belongs to: `[project] name`. */
  readonly distribution?: string;
  /** What `compiler: auto` means, see `compiler-decision.ts`. */
  readonly decisions?: CompilerDecisions;
  /** Of a comparison: compiler and mode of every Python program, whatever the recipe says. */
  readonly variant?: Variant;
}

/** The job of each platform of the recipe, without what only the build's start knows. Pure. */
export function jobTemplates(recipe: Recipe, facts: JobTemplateFacts): Readonly<Partial<Record<PlatformId, JobTemplate>>> {
  return Object.fromEntries(recipe.platforms.map((platform) => [platform, jobTemplate(recipe, platform, facts)]));
}

function jobTemplate(recipe: Recipe, platform: PlatformId, facts: JobTemplateFacts): JobTemplate {
  const { budgets } = recipe;
  return withoutUndefined({
    schemaVersion: 1,
    name: recipe.name,
    title: recipe.title,
    publisher: recipe.publisher,
    description: recipe.description,
    homepage: recipe.homepage,
    license: recipe.license,
    version: facts.version,
    binaries: Object.keys(recipe.binaries).map((name) => jobBinary(recipe, name, platform, facts)),
    checks: recipe.checks.filter((check) => check.platforms?.includes(platform) ?? true).map(jobCheck),
    budgets: withoutUndefined({
      archiveBytes: budgets.archive,
      coldStartMs: budgets['cold-start'],
      peakMemoryBytes: budgets['peak-memory'],
      glibc: PLATFORMS[platform].os === 'linux' ? budgets.glibc : undefined,
      buildMs: budgets.build,
    }),
    package: {
      format: recipe.package.format === 'auto' ? PLATFORMS[platform].archiveFormat : recipe.package.format,
      split: recipe.package.split,
      installers: recipe.package.installers,
    },
    secretNames: Object.keys(recipe.secrets).sort(),
  });
}

function jobBinary(recipe: Recipe, name: string, platform: PlatformId, facts: JobTemplateFacts): JobBinary {
  const { python, node, sidecar, icon, console } = binaryForPlatform(recipe.binaries[name] ?? {}, platform);
  return withoutUndefined({
    name,
    python:
      python === undefined ? undefined : jobPython({ ...python, mode: modeOf(python, sidecar) }, { ...facts, binary: name, platform }),
    node: node === undefined ? undefined : { ...node, dependencies: withoutUndefined(node.dependencies) },
    sidecar,
    icon,
    console,
  });
}

/** The form that a host takes decides: as a folder of resources, or as one file. */
export function modeOf(python: Pick<PythonSpec, 'mode'>, sidecar: BinarySpec['sidecar']): PythonSpec['mode'] {
  if (sidecar === undefined) return python.mode;
  return sidecar.form === 'onefile' ? 'onefile' : 'standalone';
}

interface PythonFacts extends JobTemplateFacts {
  readonly binary: string;
  readonly platform: PlatformId;
}

/** Where nothing was decided `auto` stays: the builder warns of it. */
function chosenCompiler(
  python: PythonSpec,
  { decisions, variant, binary, platform }: PythonFacts,
): Pick<JobPython, 'compiler' | 'mode' | 'options' | 'decision'> {
  const { compiler, mode, options } = python;
  if (variant !== undefined) {
    return { compiler: variant.compiler, mode: variant.mode, options: [...sortCompilerOptions(variant.compiler, options).own] };
  }
  if (compiler !== 'auto') return { compiler, mode, options };
  const decision = decisions === undefined ? undefined : decisionFor(decisions, { binary, platform, mode });
  const own = [...sortCompilerOptions(decision?.compiler ?? 'nuitka', options).own];
  if (decision === undefined) return { compiler, mode, options: own };
  return { compiler: decision.compiler, mode, options: own, decision: jobDecisionOf(decision) };
}

function jobPython(python: PythonSpec, facts: PythonFacts): JobPython {
  const { include } = python;
  const { compiler, mode, options, decision } = chosenCompiler(python, facts);
  return withoutUndefined({
    script: python.script,
    entry: python.entry,
    module: python.module,
    // Of an entry or a module the builder finds out whom it belongs to, once it is installed.
    distribution: python.script === undefined ? undefined : facts.distribution,
    version: python.version,
    dependencies: withoutUndefined(python.dependencies),
    vendor: python.vendor,
    compiler,
    decision,
    mode,
    include: {
      packages: include.packages,
      modules: include.modules,
      packageData: include['package-data'],
      metadata: include.metadata,
      data: include.data,
    },
    exclude: python.exclude,
    options,
  });
}

function jobCheck(check: Check): JobCheck {
  if ('run' in check) {
    return withoutUndefined({
      kind: 'run',
      binary: check.binary,
      args: check.run,
      env: check.env,
      stdin: check.stdin,
      timeoutMs: check.timeout,
      exitCode: check.exit,
      stdout: check.stdout,
      stdoutMatches: check['stdout-matches'],
      stderrMatches: check['stderr-matches'],
    });
  }
  if ('script' in check) {
    const { binary, script, args, env, timeout } = check;
    return { kind: 'script', binary, script, args, env, timeoutMs: timeout };
  }
  const { line, json, within, launches, concurrent } = check.ready;
  return withoutUndefined({
    kind: 'ready',
    binary: check.binary,
    args: check.args,
    env: check.env,
    line,
    jsonKey: json,
    withinMs: within,
    launches,
    concurrent,
  });
}

/** A template is hashed and compared: a key that says nothing must not be there. */
function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}
