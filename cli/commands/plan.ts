/** `slipway plan`: what a build would do, with every command, before anything is fetched or compiled. */
import type { BuildPlan } from '../../core/build/build-plan';
import type { Job } from '../../core/build/job';
import type { PlatformId } from '../../core/platform';
import { formatSize } from '../../core/quantity';
import type { CliCommand } from '../command';
import type { CliContext, CommandResult } from '../context';
import { collect, listOption } from '../option-values';
import { loadProject, requestOf, selectPlatforms, type Project } from '../project';
import { describeFiles, describePlan } from '../project-text';

/** A plan is of no build: its id is never stored. */
const PLAN_BUILD_ID = '0000000000000000';
const PLAN_REQUEST_ID = '00000000-0000-4000-8000-000000000000';

export const command: CliCommand = {
  define(command) {
    command
      .option('--platform <names>', 'the platforms to plan, with commas, or all, or native (the default)', collect)
      .option('--files', 'list what the source archive would hold')
      .addHelpText('after', '\nA plan is made on the machine that would build: --platform with another one ends with exit code 6.');
  },
  async run(context, _args, options) {
    const project = await loadProject(context);
    const host = await context.host(pythonVersionOf(project));
    const platforms = selectPlatforms({
      recipe: project.recipe,
      wanted: listOption(options, 'platform', '--platform'),
      target: 'local',
      buildable: [host.platform],
    });
    const packer = await context.sourcePacker();
    const source = await packer.pack(project.sourceRequest);
    const entries = options.files === true ? (await packer.select(project.sourceRequest)).entries : undefined;
    const request = requestOf(project, { requestId: PLAN_REQUEST_ID, platforms, requestedBy: 'plan', source });
    const plans: BuildPlan[] = [];
    for (const platform of platforms) {
      const template = request.jobs[platform];
      if (template === undefined) continue;
      const job: Job = { ...template, ...planned(context, platform), source: request.source };
      plans.push(await context.planBuild(job, host));
    }
    const elsewhere = project.recipe.platforms.filter((platform) => !platforms.includes(platform));
    return render(project, { plans, elsewhere, source, ...(entries === undefined ? {} : { entries }) });
  },
};

function planned(context: CliContext, platform: PlatformId): Pick<Job, 'buildId' | 'attempt' | 'createdAt' | 'platform'> {
  return { buildId: PLAN_BUILD_ID, attempt: 1, createdAt: new Date(context.clock.nowMs()).toISOString(), platform };
}

/** The interpreter of the first binary is what the host is asked for. */
function pythonVersionOf({ templates }: Project): string | undefined {
  return Object.values(templates)
    .flatMap(({ binaries }) => binaries)
    .find(({ python }) => python !== undefined)?.python?.version;
}

interface Planned {
  readonly plans: readonly BuildPlan[];
  /** Platforms of the recipe that need another machine. */
  readonly elsewhere: readonly PlatformId[];
  readonly source: Awaited<ReturnType<Awaited<ReturnType<CliContext['sourcePacker']>>['pack']>>;
  readonly entries?: Parameters<typeof describeFiles>[0];
}

function render(project: Project, { plans, elsewhere, source, entries }: Planned): CommandResult {
  const { recipe, version } = project;
  const warnings = [...new Set([...project.warnings, ...source.warnings])].filter(
    (warning) => !plans.some((plan) => plan.warnings.includes(warning)),
  );
  return {
    data: {
      name: recipe.name,
      version,
      versionOrigin: project.versionOrigin,
      git: project.git ?? null,
      source: {
        sha256: source.sha256,
        sizeBytes: source.sizeBytes,
        fileCount: source.fileCount,
        ...(entries === undefined ? {} : { files: entries }),
      },
      plans,
      elsewhere,
      cost: { amount: 0, reason: 'it runs on this machine' },
      warnings,
    },
    text: [
      ...plans.flatMap((plan) => [`plan of ${recipe.name} ${version} for ${plan.platform}`, describePlan(plan)]),
      `source: ${source.fileCount} files, ${formatSize(source.sizeBytes)} packed, sha256 ${source.sha256}`,
      ...(entries === undefined ? [] : [describeFiles(entries)]),
      ...(elsewhere.length === 0 ? [] : [`not planned here: ${elsewhere.join(', ')}: each needs a machine of its own kind`]),
      'cost: none, it runs on this machine',
      ...warnings.map((warning) => `warning: ${warning}`),
    ].join('\n'),
  };
}
