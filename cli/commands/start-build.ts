/** `slipway start-build`: packs the project's source, asks for a build, and returns its id at once. */
import { buildStatus, isOpen, jobsOf, type BuildRecord, type JobRecord } from '../../core/build/build-record';
import type { PlatformId } from '../../core/platform';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import { openTarget, type OpenTarget } from '../target-services';
import { describeBuild, startProblemOf } from '../show/build-text';
import type { CliCommand } from '../command';
import type { CliContext, CommandResult } from '../context';
import { readerOf } from '../show/distribution-text';
import { closingResult, waitForBuild } from '../follow-build';
import { listOption, textOption } from '../option-values';
import type { Project } from '../project/project';
import { withTypedPlace } from '../typed-place';

type Options = Readonly<Record<string, unknown>>;

export const command: CliCommand = {
  define(command) {
    command
      .option('--platform <list>', 'names separated by commas, all (of slipway.yaml) or native (this machine)')
      .option('--wait', 'follow the build to its end; the exit code is then the one of the build')
      .option('--no-cache', 'build although the result of an equal build is stored')
      .option('--retry <build>', 'run again what failed of a build, from the same source')
      .option('--require-clean', 'refuse source that is not committed')
      .addHelpText(
        'after',
        '\nPrints the id of the build. The build goes on when this command or its terminal ends:\n' +
          'follow it with slipway status ID --watch, read slipway logs ID, end it with slipway cancel ID.',
      );
  },
  async run(context, _args, options) {
    const opened = await openTarget(context);
    const retried = textOption(options, 'retry');
    const record = retried === undefined ? await startProject(context, opened, options) : await retry(context, opened, retried, options);
    if (options.wait !== true) return started(context, record);
    if (!context.globals.quiet && isOpen(buildStatus(record))) context.terminal.note(`build ${record.buildId} started\n`);
    return closingResult(context, opened, isOpen(buildStatus(record)) ? await waitForBuild(context, opened, record) : record);
  },
};

/** The id alone is on standard output, so that a script can keep it. */
function started(context: CliContext, record: BuildRecord): CommandResult {
  const { buildId } = record;
  if (!context.globals.quiet) {
    for (const [platform, job] of jobsOf(record)) noteFailedStart(context, platform, job);
    if (isOpen(buildStatus(record)))
      context.terminal.note(
        withTypedPlace(`follow it with slipway status ${buildId} --watch, end it with slipway cancel ${buildId}\n`, context.globals),
      );
    else context.terminal.note(`${describeBuild(record, readerOf(context))}\n`);
  }
  return { data: { build: record }, text: buildId };
}

/** A job whose start is put off is tried again by the deployment; one that has failed is not. */
function noteFailedStart({ terminal }: CliContext, platform: PlatformId, job: JobRecord): void {
  const problem = job.cause ?? startProblemOf(job);
  if (problem === undefined) return;
  const what = job.cause === undefined ? 'could not be started yet, and is tried again' : 'was not started';
  const hint = problem.hint === undefined ? '' : `hint: ${problem.hint}\n`;
  terminal.note(`warning: ${platform} ${what}: ${problem.message} [${problem.code}]\n${hint}`);
}

async function startProject(context: CliContext, opened: OpenTarget, options: Options): Promise<BuildRecord> {
  const { loadProject, readSecrets, requestOf, secretsAtHand, selectPlatforms } = await import('../project/project');
  const { withVendoredSource } = await import('../project/vendored-source');
  const { buildablePlatforms } = await import('../../core/job/foreign-platform');
  const { builds, target } = opened;
  const project = await loadProject(context);
  if (options.requireClean === true) requireClean(project);
  const wanted = listOption(options, 'platform', '--platform');
  const own = await builds.platforms();
  const buildable = buildablePlatforms(own, project.templates);
  const platforms = selectPlatforms({
    recipe: project.recipe,
    wanted,
    target,
    buildable,
    ...(own[0] === undefined ? {} : { native: own[0] }),
  });
  await sayWhatComes(context, opened, project, platforms);
  const secrets = (target === 'local' ? readSecrets : secretsAtHand)(project.recipe, context.environment);
  const packer = await context.sourcePacker();
  const source = await withVendoredSource(context, project, platforms, secrets, (request) => packer.pack(request));
  try {
    if (!context.globals.quiet) for (const warning of source.warnings) context.terminal.note(`warning: ${warning}\n`);
    const request = requestOf(project, { requestId: context.randomness.uuid(), platforms, requestedBy: requester(context), source });
    return await builds.start(request, () => source.open(), { useCache: options.cache !== false, secrets });
  } finally {
    await source.discard?.();
  }
}

/** Which platforms are left out, and what the others will cost; only where it is a deployment that builds. */
async function sayWhatComes(
  context: CliContext,
  { deployment, builds }: OpenTarget,
  { recipe }: Project,
  platforms: readonly PlatformId[],
): Promise<void> {
  if (deployment === undefined || context.globals.quiet) return;
  const [{ estimateCost, describeEstimate }, { newestSuccess }] = await Promise.all([
    import('../show/build-cost'),
    import('../project/newest-success'),
  ]);
  const left = recipe.platforms.filter((platform) => !platforms.includes(platform));
  if (left.length > 0) context.terminal.note(`note: ${left.join(', ')} of slipway.yaml: not built by this deployment, or not asked for\n`);
  const earlier = await newestSuccess(builds, recipe.name);
  context.terminal.note(`${describeEstimate(estimateCost(deployment, platforms, earlier))}\n`);
}

function requireClean({ git, sourceRoot }: Project): void {
  if (git === undefined) {
    throw new SlipwayError('source-not-clean', `'${sourceRoot}' is in no git repository`, {
      hint: 'commit the source, or leave out --require-clean',
    });
  }
  if (git.isDirty) {
    throw new SlipwayError('source-not-clean', `'${sourceRoot}' has changes that are not committed`, {
      hint: 'see git status; commit them, or leave out --require-clean',
    });
  }
}

/** A claim that helps people; nobody is trusted by it. */
function requester({ environment }: CliContext): string {
  return environment.USER ?? environment.USERNAME ?? environment.LOGNAME ?? 'unknown';
}

async function retry(context: CliContext, { builds, name, target }: OpenTarget, reference: string, options: Options): Promise<BuildRecord> {
  for (const key of ['platform', 'requireClean']) {
    if (options[key] !== undefined) {
      throw new SlipwayError('bad-usage', `--retry takes platforms and source of the build that it retries`, {
        hint: 'leave out --platform and --require-clean',
      });
    }
  }
  const earlier = await builds.status(reference, name);
  return builds.retry(earlier.buildId, context.randomness.uuid(), {
    useCache: false, // Who retries wants it run: an older success of the same inputs would be no answer.
    secrets: target === 'local' ? await secretsForRetry(context, earlier.name) : {},
  });
}

/** Where the project is at hand its slipway.yaml says which variables hold the secrets; elsewhere they have their own names. */
async function secretsForRetry(context: CliContext, name: string): Promise<Readonly<Record<string, string>>> {
  const [{ findRecipeFile }, { readRecipe }, { readSecrets }] = await Promise.all([
    import('../project/recipe-file'),
    import('../../core/recipe/recipe-text'),
    import('../project/project'),
  ]);
  try {
    const file = await findRecipeFile(context);
    const { recipe } = readRecipe(await (await context.files()).readText(file), file);
    return recipe.name === name ? readSecrets(recipe, context.environment) : {};
  } catch (thrown) {
    if (isSlipwayError(thrown) && (thrown.code === 'recipe-not-found' || thrown.code === 'recipe-invalid')) return {};
    throw thrown;
  }
}
