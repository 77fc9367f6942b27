/** `slipway check`: proves a slipway.yaml against its folder, without building anything. */
import type { JobTemplate } from '../../core/build/build-request';
import type { CliCommand } from '../command';
import { loadProject } from '../project/project';
import { describeBinary, jobPlatforms } from '../show/project-text';

export const command: CliCommand = {
  define(command) {
    command.addHelpText(
      'after',
      '\nReads slipway.yaml, resolves the version, and proves that every file, script and lock it names is there and goes into the source archive.',
    );
  },
  async run(context) {
    const project = await loadProject(context);
    const packer = await context.sourcePacker();
    const { entries, warnings } = await packer.select(project.sourceRequest);
    const all = [...project.warnings, ...warnings];
    const platforms = jobPlatforms(project.templates);
    return {
      data: {
        recipe: project.recipePath,
        name: project.recipe.name,
        version: project.version,
        versionOrigin: project.versionOrigin,
        git: project.git ?? null,
        source: { fileCount: entries.length, sizeBytes: entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) },
        platforms: Object.fromEntries(platforms.map(([platform, template]) => [platform, summaryOf(template)])),
        warnings: all,
      },
      text: [
        `${project.recipe.name} ${project.version} is ready to build (version from ${project.versionOrigin})`,
        ...platforms.flatMap(([platform, template]) => [
          `  ${platform}`,
          ...template.binaries.map((binary) => `    ${describeBinary(binary)}`),
          `    ${checkCount(template)}, packed as ${template.package.format}`,
        ]),
        `  source: ${entries.length} files below ${project.sourceRoot}`,
        ...all.map((warning) => `warning: ${warning}`),
      ].join('\n'),
    };
  },
};

function checkCount({ checks }: JobTemplate): string {
  return checks.length === 1 ? '1 check' : `${checks.length} checks`;
}

function summaryOf(template: JobTemplate): unknown {
  return { binaries: template.binaries, checkCount: template.checks.length, budgets: template.budgets, package: template.package };
}
