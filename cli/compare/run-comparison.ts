/** Owns one comparison from its source to what it shows: builds first, then the launches on a machine that does nothing else. */
import { drawComparison, type LaunchedBinary } from '../../core/comparison/draw-comparison';
import type { Comparison, LaunchSeries } from '../../core/comparison/comparison';
import { QUIET_SHARE, type TrialBench } from '../../core/comparison/trial-bench';
import { binaryForPlatform } from '../../core/recipe/recipe';
import { sortCompilerOptions } from '../../core/recipe/compiler-options';
import type { BuildService } from '../../core/build/build-service';
import type { Host } from '../../core/host/host';
import { redact } from '../../core/redaction';
import type { CliContext } from '../context';
import { readSecrets, type Project } from '../project/project';
import { withVendoredSource } from '../project/vendored-source';
import { prepareTrial, unpackedTrial, type PreparedTrial } from './prepare-trials';
import { launchTrials } from './trial-launches';
import { buildTrials, type TrialBuild, type TrialPlan } from './trial-builds';

export interface ComparisonRequest {
  readonly project: Project;
  readonly host: Host;
  /** The binaries that are compared. */
  readonly names: readonly string[];
  readonly planned: number;
  readonly requestedBy: string;
  readonly useCache: boolean;
}

/** @throws SlipwayError `interrupted`, `secret-missing`, and what packing says; a variant that fails is a row */
export async function runComparison(
  context: CliContext,
  builds: BuildService,
  bench: TrialBench,
  request: ComparisonRequest,
  directory: string,
): Promise<Comparison> {
  const { project, host, names, requestedBy, useCache } = request;
  const { platform } = host;
  const secrets = readSecrets(project.recipe, context.environment);
  const packer = await context.sourcePacker();
  const source = await withVendoredSource(context, project, [platform], secrets, (wanted) => packer.pack(wanted));
  try {
    const plan: TrialPlan = { project, platform, names, source, secrets, requestedBy, useCache };
    const trials = await buildTrials(context, builds, plan);
    const { binaries, busyShare } = await launchAll(context, builds, bench, { request, plan, trials, directory });
    return drawComparison({
      name: project.recipe.name,
      version: project.version,
      platform,
      comparedAt: new Date(context.clock.nowMs()).toISOString(),
      requestedBy,
      host: { description: describeHost(host), cpuCount: host.cpuCount, ...(busyShare === undefined ? {} : { busyShare }) },
      source: { sha256: source.sha256, ...gitOf(project) },
      planned: request.planned,
      builds: trials.map(({ variant, ...trial }) => ({ variant: variant.id, ...trial })),
      binaries,
      warnings: [...leftOut(request), ...busyWarnings(busyShare)],
    });
  } finally {
    await source.discard?.();
  }
}

interface LaunchPlan {
  readonly request: ComparisonRequest;
  readonly plan: TrialPlan;
  readonly trials: readonly TrialBuild[];
  readonly directory: string;
}

async function launchAll(
  context: CliContext,
  builds: BuildService,
  bench: TrialBench,
  { request, plan, trials, directory }: LaunchPlan,
): Promise<{ readonly binaries: readonly LaunchedBinary[]; readonly busyShare: number | undefined }> {
  const files = await context.files();
  const prepared: PreparedTrial[] = [];
  for (const trial of trials.filter(({ failure }) => failure === undefined)) {
    const ready = await prepareTrial(files, builds, trial, plan, directory);
    if (ready !== undefined) prepared.push(ready);
  }
  const busyShare = prepared.length === 0 ? undefined : await bench.awaitQuiet();
  const binaries: LaunchedBinary[] = [];
  for (const name of request.names) {
    if (!context.globals.quiet && prepared.length > 0) context.terminal.note(`launching ${name} ${request.planned} times by each\n`);
    const launched = await launchTrials(
      context,
      bench,
      prepared.map((trial) => unpackedTrial(trial, name)),
      request.planned,
    );
    const wanted = request.project.templates[plan.platform]?.binaries.find((binary) => binary.name === name);
    const mode = wanted?.python?.mode ?? 'standalone';
    const launch = launched[0]?.launch ?? { title: 'nothing was launched', kind: 'run', args: [] };
    binaries.push({
      name,
      mode,
      launch: { ...launch, args: [...launch.args] },
      variants: launched.map(({ variant, series, peakMemoryBytes }) => ({
        variant,
        series: withoutSecrets(series, Object.values(plan.secrets)),
        ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
      })),
    });
  }
  return { binaries, busyShare };
}

/** What a program printed is quoted, and it may have been built with them. */
function withoutSecrets(series: LaunchSeries, secrets: readonly string[]): LaunchSeries {
  const each = series.each.map((launch) =>
    launch.evidence === undefined ? launch : { ...launch, evidence: redact(launch.evidence, secrets) },
  );
  return { ...series, each };
}

/** Who runs the comparison reads it on another machine, later. */
function describeHost({ platform, cpuCount, glibc, distribution, cCompiler }: Host): string {
  return [
    platform,
    ...(distribution?.[0] === undefined ? [] : [distribution[0]]),
    `${cpuCount} processors`,
    ...(glibc === undefined ? [] : [`glibc ${glibc}`]),
    ...(cCompiler === undefined ? [] : [`${cCompiler.kind} ${cCompiler.version}`]),
  ].join(', ');
}

function gitOf({ git }: Project): { readonly gitCommit?: string; readonly isDirty?: boolean } {
  return git === undefined ? {} : { gitCommit: git.commit, isDirty: git.isDirty };
}

function busyWarnings(busyShare: number | undefined): readonly string[] {
  if (busyShare === undefined || busyShare <= QUIET_SHARE) return [];
  return [
    `the machine was busy with something else when the launches began (${Math.round(busyShare * 100)} % of its processors): times are too long, ratios less so`,
  ];
}

/** Options are a compiler's own; the other one is tried without. */
function leftOut({ project, host, names }: ComparisonRequest): readonly string[] {
  return names.flatMap((name) => {
    const options = binaryForPlatform(project.recipe.binaries[name] ?? {}, host.platform).python?.options ?? [];
    return (['nuitka', 'pyinstaller'] as const).flatMap((compiler) => {
      const { foreign } = sortCompilerOptions(compiler, options);
      return foreign.length === 0
        ? []
        : [`'${name}' is tried with ${compiler} without options that it does not know: ${foreign.join(' ')}`];
    });
  });
}
