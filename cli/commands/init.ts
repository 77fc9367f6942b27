/** `slipway init`: writes a slipway.yaml that works for the project in a folder. Never overwrites. */
import path from 'node:path';
import { detectProject, type DetectedProject } from '../../core/project/detect-project';
import { resolveVersion, type VersionPorts } from '../../core/project/project-version';
import { appName, recipeTemplate, type RecipeTemplateFacts } from '../../core/recipe/recipe-template';
import { isSlipwayError, SlipwayError } from '../../core/slipway-error';
import { RECIPE_FILE } from '../project/recipe-file';
import type { CliCommand } from '../command';
import type { CliContext } from '../context';
import { definedVariables } from '../project/project';

export const command: CliCommand = {
  define(command) {
    command
      .argument('[dir]', 'the folder of the project', '.')
      .addHelpText(
        'after',
        '\nKnows uv, Poetry, Hatch, PDM, flit and setuptools projects, plain Python files, and a package.json with programs.',
      );
  },
  async run(context, [directoryArgument]) {
    const { directory, file } = target(context, directoryArgument);
    const files = await context.files();
    if ((await files.stat(file)) !== undefined) throw alreadyThere(context, file);
    const detected = await detectProject(files, directory);
    const native = await nativePlatform(context);
    const text = recipeTemplate({ ...detected, ...(await chooseVersion(context, detected, directory)), native });
    try {
      await files.create(file, text);
    } catch (thrown) {
      if (isSlipwayError(thrown) && thrown.code === 'file-exists') throw alreadyThere(context, file, thrown);
      throw thrown;
    }
    const shown = path.relative(context.workingDirectory, file) || file;
    const what = detected.python === undefined ? 'node' : detected.python.tool;
    return {
      data: { file, project: what, recipe: text },
      text: `wrote ${shown} (${describe(what)})\nnext: slipway check, then slipway start-build --wait`,
    };
  },
};

function describe(what: string): string {
  return what === 'plain' ? 'a Python program' : what === 'node' ? 'a Node program' : `a Python project, ${what}`;
}

function target(context: CliContext, directoryArgument: string | undefined): { readonly directory: string; readonly file: string } {
  const { config } = context.globals;
  const named =
    directoryArgument === undefined || directoryArgument === '.' ? undefined : path.resolve(context.workingDirectory, directoryArgument);
  if (config === undefined) {
    const directory = named ?? context.workingDirectory;
    return { directory, file: path.join(directory, RECIPE_FILE) };
  }
  const file = path.resolve(context.workingDirectory, config);
  const directory = path.dirname(file);
  if (named !== undefined && named !== directory) {
    throw new SlipwayError('bad-usage', `'${config}' is not in '${directoryArgument ?? ''}'`, {
      hint: `paths of a recipe are relative to its own folder: --config ${path.join(directoryArgument ?? '', path.basename(file))}`,
    });
  }
  return { directory, file };
}

function alreadyThere(context: CliContext, file: string, cause?: unknown): SlipwayError {
  const shown = path.relative(context.workingDirectory, file) || file;
  return new SlipwayError('file-exists', `'${shown}' is there already, and init never overwrites`, {
    hint: `run slipway check, or write another file: slipway init --config ${path.join(path.dirname(shown), 'slipway.new.yaml')}`,
    details: { path: file },
    ...(cause === undefined ? {} : { cause }),
  });
}

async function nativePlatform(context: CliContext): Promise<RecipeTemplateFacts['native']> {
  const services = await context.services('local');
  const [native] = await services.builds.platforms();
  return native ?? 'linux-x86_64';
}

/** A version that cannot be had today must not keep the recipe from working: it gets one that a person will change. */
async function chooseVersion(
  context: CliContext,
  detected: DetectedProject,
  directory: string,
): Promise<Pick<RecipeTemplateFacts, 'version' | 'versionNote'>> {
  const ports: VersionPorts = {
    files: await context.files(),
    processes: await context.processes(),
    environment: definedVariables(context.environment),
  };
  const python = detected.python?.project;
  const name = appName(python?.name ?? detected.node?.name ?? detected.folderName);
  const sources =
    detected.python === undefined ? ['from-package-json'] : python === undefined ? ['from-git-tag'] : ['from-pyproject', 'from-git-tag'];
  const reasons: string[] = [];
  for (const version of sources) {
    try {
      await resolveVersion(ports, { version, name, projectDirectory: directory, python });
      return { version };
    } catch (thrown) {
      if (!isSlipwayError(thrown)) throw thrown;
      reasons.push(thrown.code === 'version-unresolved' ? thrown.message : 'there is a git tag such as v0.1.0');
    }
  }
  return { version: '0.1.0', versionNote: noteOf(sources[0] ?? 'from-git-tag', reasons[0] ?? '') };
}

function noteOf(source: string, reason: string): string {
  return reason.startsWith('there is a git tag') ? `${source} works once ${reason}` : `not ${source}: ${reason}`;
}
