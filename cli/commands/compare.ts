/** `slipway compare`: the project's Python programs built by both compilers, launched in turns, and one of them chosen by the rule. */
import path from 'node:path';
import type { Comparison } from '../../core/comparison/comparison';
import { COMPARISON_FOLDER } from '../../core/comparison/compiler-decision';
import { LAUNCHES_FOR_VERDICT } from '../../core/comparison/compiler-verdict';
import type { PlatformId } from '../../core/platform';
import { binaryForPlatform } from '../../core/recipe/recipe';
import { nearestOf } from '../../core/recipe/recipe-issues';
import { SlipwayError } from '../../core/slipway-error';
import type { CliCommand } from '../command';
import { recordDecisions, type RecordedDecisions } from '../compare/record-decisions';
import { runComparison } from '../compare/run-comparison';
import type { CliContext, CommandResult } from '../context';
import { collect, listOption, numberOption, textOption } from '../option-values';
import { readDecisions } from '../project/compiler-choice';
import { loadProject, selectPlatforms, type Project } from '../project/project';
import { comparisonMarkdown } from '../show/comparison-markdown';
import { comparisonPage } from '../show/comparison-page';
import { describeComparison } from '../show/comparison-text';

const MOST_LAUNCHES = 1000;

export const command: CliCommand = {
  define(command) {
    command
      .option('--binary <names>', 'these binaries only, with commas', collect)
      .option('--launches <n>', `how often each is launched (default ${LAUNCHES_FOR_VERDICT}, the fewest that give a verdict)`)
      .option('--into <dir>', `where comparison.json, .md and .html go (default: ${COMPARISON_FOLDER})`)
      .option('--no-cache', 'build anew what an earlier comparison has built of the same source')
      .addHelpText(
        'after',
        '\nBuilds with Nuitka and PyInstaller, as a folder and as one file, on this machine and one after the other; then launches them\n' +
          'in turns. What is decided is written to slipway-compilers.json beside slipway.yaml: commit it, and compiler: auto goes by it.\n' +
          'Leave the machine alone meanwhile. What was built is kept when it is interrupted; run the command again to go on.',
      );
  },
  async run(context, _args, options) {
    if (context.globals.target === 'aws') {
      throw new SlipwayError('bad-usage', '--target aws compares nothing: launches are measured on this machine', {
        hint: 'run slipway compare on a machine of each platform; builds of a deployment go by what is decided there',
      });
    }
    const planned = readLaunches(numberOption(options, 'launches', '--launches'));
    const into = path.resolve(context.workingDirectory, textOption(options, 'into') ?? COMPARISON_FOLDER);
    const project = await loadProject(context);
    const host = await context.host(pythonVersionOf(project));
    selectPlatforms({ recipe: project.recipe, wanted: ['native'], target: 'local', buildable: [host.platform] });
    const names = chooseBinaries(project, host.platform, listOption(options, 'binary', '--binary'));
    const files = await context.files();
    // Before an hour of building: what will be written can be.
    await readDecisions(files, project.projectDirectory);
    await requireFolder(context, into);
    if (context.trialBench === undefined) throw new SlipwayError('internal', 'there is no place to compare in');
    const [bench, { builds }] = [await context.trialBench(), await context.services('local')];
    const request = { project, host, names, planned, requestedBy: requester(context), useCache: options.cache !== false };
    return bench.exclusively(async (directory) => {
      const comparison = await runComparison(context, builds, bench, request, directory);
      const recorded = await recordDecisions(files, project.projectDirectory, comparison);
      await writeReports(context, into, comparison);
      return render(context, project, { comparison, recorded, into });
    });
  },
};

function readLaunches(planned = LAUNCHES_FOR_VERDICT): number {
  if (Number.isInteger(planned) && planned >= 1 && planned <= MOST_LAUNCHES) return planned;
  throw new SlipwayError('bad-usage', `'${planned}' is no number of launches`, {
    hint: `use --launches with 1 to ${MOST_LAUNCHES}; fewer than ${LAUNCHES_FOR_VERDICT} give figures and no verdict`,
  });
}

/** The Python programs of this platform, or those of them that were named. */
function chooseBinaries({ recipe }: Project, platform: PlatformId, wanted: readonly string[] | undefined): readonly string[] {
  const all = Object.keys(recipe.binaries);
  const isPython = (name: string) => binaryForPlatform(recipe.binaries[name] ?? {}, platform).python !== undefined;
  const unknown = wanted?.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    const nearest = nearestOf(unknown, all);
    throw new SlipwayError('bad-usage', `there is no binary '${unknown}'${nearest === undefined ? '' : `, did you mean '${nearest}'?`}`, {
      hint: `use --binary with ${all.join(', ')}`,
    });
  }
  const node = wanted?.find((name) => !isPython(name));
  const names = all.filter((name) => isPython(name) && (wanted?.includes(name) ?? true));
  if (node === undefined && names.length > 0) return names;
  const what = node === undefined ? `'${recipe.name}' has Node programs only` : `'${node}' is a Node program`;
  throw new SlipwayError('nothing-to-compare', `${what}: they come with the runtime that they name, and there is no compiler to choose`, {
    hint: node === undefined ? 'run slipway start-build' : 'leave it out of --binary',
  });
}

function pythonVersionOf({ templates }: Project): string | undefined {
  return Object.values(templates)
    .flatMap(({ binaries }) => binaries)
    .find(({ python }) => python !== undefined)?.python?.version;
}

async function requireFolder(context: CliContext, into: string): Promise<void> {
  const files = await context.files();
  const stat = await files.stat(into);
  if (stat === undefined) await files.makeDirectory(into);
  else if (stat.kind !== 'directory' && stat.kind !== 'link') {
    throw new SlipwayError('download-conflict', `'${into}' is no folder`, {
      hint: 'use --into with a folder: one that is not there is made',
    });
  }
}

/** A claim that helps people; nobody is trusted by it. */
function requester({ environment }: CliContext): string {
  return environment.USER ?? environment.USERNAME ?? environment.LOGNAME ?? 'unknown';
}

const REPORTS = {
  'comparison.json': (comparison: Comparison) => `${JSON.stringify(comparison, null, 2)}\n`,
  'comparison.md': comparisonMarkdown,
  'comparison.html': comparisonPage,
} as const;

async function writeReports(context: CliContext, into: string, comparison: Comparison): Promise<void> {
  const files = await context.files();
  for (const [name, rendered] of Object.entries(REPORTS)) await files.write(path.join(into, name), rendered(comparison));
}

interface Compared {
  readonly comparison: Comparison;
  readonly recorded: RecordedDecisions;
  readonly into: string;
}

/** @throws SlipwayError `comparison-failed` where not one variant was built: what is known of it is written all the same */
function render(context: CliContext, project: Project, { comparison, recorded, into }: Compared): CommandResult {
  const { variants } = comparison;
  const text = [describeComparison(comparison), '', ...closingLines(project, { comparison, recorded, into })].join('\n');
  const reports = Object.fromEntries(Object.keys(REPORTS).map((name) => [name, path.join(into, name)]));
  const data = { comparison, decisions: recorded.decided.length === 0 ? null : recorded.file, reports };
  if (variants.some(({ outcome }) => outcome === 'built')) return { data, text };
  context.terminal.note(`${text}\n`);
  const [first] = variants;
  throw new SlipwayError(
    'comparison-failed',
    `none of the ${variants.length} variants was built; the first: ${first?.failure?.message ?? ''}`,
    {
      hint: first?.failure?.hint ?? `see slipway logs ${first?.buildId ?? 'BUILD'}`,
      details: data,
    },
  );
}

function closingLines({ recipe, projectDirectory }: Project, { comparison, recorded, into }: Compared): readonly string[] {
  const { file, decided } = recorded;
  const goesBy = (name: string) => binaryForPlatform(recipe.binaries[name] ?? {}, comparison.platform).python?.compiler === 'auto';
  const others = decided.filter((name) => !goesBy(name));
  const undecided = comparison.binaries.filter(({ verdict }) => verdict.choice === null).map(({ name }) => name);
  return [
    `written: ${path.join(into, 'comparison.html')}, .md, .json`,
    ...(decided.length === 0 ? [] : [`decided: ${path.relative(projectDirectory, file)} (${decided.join(', ')}); commit it`]),
    ...(others.length === 0
      ? []
      : [`note: slipway.yaml names the compiler of ${others.join(', ')} itself; with compiler: auto it goes by the decision`]),
    ...(undecided.length === 0 ? [] : [`nothing decided: ${undecided.join(', ')}; an earlier decision stays`]),
  ];
}
