/** `slipway plan`: what a build would do, with every command, before anything is fetched or compiled. */
import type { BuildPlan } from '../../core/job/build-plan';
import type { Job } from '../../core/job/job';
import type { PlatformId } from '../../core/platform';
import { formatSize } from '../../core/quantity';
import { readApplication } from '../project/application';
import type { CliCommand } from '../command';
import type { CliContext, CommandResult } from '../context';
import { collect, listOption } from '../option-values';
import { deployedMachines, thisMachine, type PlanMachines } from '../project/plan-machines';
import { loadProject, requestOf, type Project } from '../project/project';
import { describeFiles, describePlan } from '../show/project-text';

/** A plan is of no build: its id is never stored. */
const PLAN_BUILD_ID = '0000000000000000';
const PLAN_REQUEST_ID = '00000000-0000-4000-8000-000000000000';

export const command: CliCommand = {
  define(command) {
    command
      .option('--platform <names>', 'the platforms to plan, with commas, or all, or native', collect)
      .option('--files', 'list what the source archive would hold')
      .addHelpText(
        'after',
        '\nWithout a target a plan is made on the machine that would build: --platform with another one ends with exit code 6,\n' +
          'but for an application of nothing but Node programs, which any machine builds for all.\n' +
          'With --target aws it is of the machines of the deployment, with what they cost; nothing is sent there.',
      );
  },
  async run(context, _args, options) {
    const project = await loadProject(context);
    const application = await readApplication(context);
    const wanted = listOption(options, 'platform', '--platform');
    const machines =
      application.target === 'aws'
        ? await deployedMachines(context, application, project, wanted)
        : await thisMachine(context, project, wanted);
    const { platforms } = machines;
    const packer = await context.sourcePacker();
    const source = await packer.pack(project.sourceRequest);
    const entries = options.files === true ? (await packer.select(project.sourceRequest)).entries : undefined;
    const request = requestOf(project, { requestId: PLAN_REQUEST_ID, platforms, requestedBy: 'plan', source });
    const plans: BuildPlan[] = [];
    for (const platform of platforms) {
      const template = request.jobs[platform];
      if (template === undefined) continue;
      const job: Job = { ...template, ...planned(context, platform), source: request.source };
      plans.push(await context.planBuild(job, machines.hostOf(platform)));
    }
    await source.discard?.();
    return render(project, { machines, plans, source, ...(entries === undefined ? {} : { entries }) });
  },
};

function planned(context: CliContext, platform: PlatformId): Pick<Job, 'buildId' | 'attempt' | 'createdAt' | 'platform'> {
  return { buildId: PLAN_BUILD_ID, attempt: 1, createdAt: new Date(context.clock.nowMs()).toISOString(), platform };
}

interface Planned {
  readonly machines: PlanMachines;
  readonly plans: readonly BuildPlan[];
  readonly source: Awaited<ReturnType<Awaited<ReturnType<CliContext['sourcePacker']>>['pack']>>;
  readonly entries?: Parameters<typeof describeFiles>[0];
}

function render(project: Project, { machines, plans, source, entries }: Planned): CommandResult {
  const { recipe, version } = project;
  const elsewhere = recipe.platforms.filter((platform) => !machines.platforms.includes(platform));
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
      cost: machines.cost,
      ...machines.data,
      warnings,
    },
    text: [
      ...plans.flatMap((plan) => [
        `plan of ${recipe.name} ${version} for ${plan.platform}`,
        ...machines.machineLines(plan.platform),
        describePlan(plan),
      ]),
      `source: ${source.fileCount} files, ${formatSize(source.sizeBytes)} packed, sha256 ${source.sha256}`,
      ...(entries === undefined ? [] : [describeFiles(entries)]),
      ...(elsewhere.length === 0 ? [] : [`not planned here: ${elsewhere.join(', ')}: ${machines.elsewhere}`]),
      ...machines.lines,
      ...warnings.map((warning) => `warning: ${warning}`),
    ].join('\n'),
  };
}
