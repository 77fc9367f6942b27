/** Owns where the slipway.yaml of a command is: `--config`, else the nearest one upward. */
import path from 'node:path';
import { SlipwayError } from '../../core/slipway-error';
import type { CliContext } from '../context';

export const RECIPE_FILE = 'slipway.yaml';

/**
 * @returns absolute
 * @throws SlipwayError `recipe-not-found`
 */
export async function findRecipeFile(context: CliContext): Promise<string> {
  const found = await findRecipeFileIfAny(context);
  if (found !== undefined) return found;
  throw new SlipwayError('recipe-not-found', `no ${RECIPE_FILE} in '${context.workingDirectory}' or above it`, {
    hint: 'run slipway init in the project, or name one with --config FILE',
  });
}

/**
 * For commands that can do without one.
 * @throws SlipwayError `recipe-not-found` when `--config` names a file that is not there
 */
export async function findRecipeFileIfAny(context: CliContext): Promise<string | undefined> {
  const files = await context.files();
  const { config } = context.globals;
  const isFile = async (file: string) => ['file', 'link'].includes((await files.stat(file))?.kind ?? '');
  if (config !== undefined) {
    const file = path.resolve(context.workingDirectory, config);
    if (await isFile(file)) return file;
    throw new SlipwayError('recipe-not-found', `there is no file '${config}'`, {
      hint: 'name a slipway.yaml with --config, or run slipway init',
    });
  }
  for (let directory = path.resolve(context.workingDirectory); ; directory = path.dirname(directory)) {
    const candidate = path.join(directory, RECIPE_FILE);
    if (await isFile(candidate)) return candidate;
    if (path.dirname(directory) === directory) return undefined;
  }
}
