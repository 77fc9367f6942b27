/** Owns what `compiler: auto` means in a project: the decisions beside its slipway.yaml, read where a binary asks for them. */
import path from 'node:path';
import {
  DECISION_FILE,
  inapplicableDecisions,
  NO_DECISIONS,
  parseDecisions,
  type CompilerDecisions,
} from '../../core/comparison/compiler-decision';
import type { Files } from '../../core/ports/files';
import { modeOf } from '../../core/recipe/job-template';
import { binaryForPlatform, type Recipe } from '../../core/recipe/recipe';

export interface CompilerChoice {
  readonly decisions: CompilerDecisions;
  readonly warnings: readonly string[];
}

/**
 * A file that no binary asks for is not read: a damaged one keeps nobody from building who does not go by it.
 * @throws SlipwayError `decision-invalid`
 */
export async function chooseCompilers(files: Files, recipe: Recipe, projectDirectory: string): Promise<CompilerChoice> {
  const undecided = Object.entries(recipe.binaries).flatMap(([binary, entry]) =>
    recipe.platforms.flatMap((platform) => {
      const { python, sidecar } = binaryForPlatform(entry, platform);
      return python?.compiler === 'auto' ? [{ binary, platform, mode: modeOf(python, sidecar) }] : [];
    }),
  );
  if (undecided.length === 0) return { decisions: NO_DECISIONS, warnings: [] };
  const decisions = await readDecisions(files, projectDirectory);
  return { decisions, warnings: inapplicableDecisions(decisions, undecided) };
}

/** Where nothing was decided yet there is no file. @throws SlipwayError `decision-invalid` */
export async function readDecisions(files: Files, projectDirectory: string): Promise<CompilerDecisions> {
  const file = path.join(projectDirectory, DECISION_FILE);
  if ((await files.stat(file)) === undefined) return NO_DECISIONS;
  return parseDecisions(await files.readText(file), file);
}
