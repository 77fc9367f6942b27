/** Owns what can be wrong between the Node programs of a slipway.yaml and the npm project that they are part of. */
import path from 'node:path';
import type { Files } from '../ports/files';
import type { SlipwayError } from '../slipway-error';
import { FOREIGN_LOCK_FILES, hasNpmDependencies, NPM_LOCK_FILES, npmLockMissing, npmLockProblem } from '../project/npm-lock';
import { binaryForPlatform, type Recipe } from './recipe';
import type { KeyPath } from './recipe-issues';

type ReadingFiles = Pick<Files, 'stat' | 'readText'>;

interface NpmUse {
  readonly path: KeyPath;
  readonly lock: string | undefined;
  readonly isDevWanted: boolean;
}

/** A lock that is missing, stale or of another tool, each once; a named lock that is not there is told elsewhere. */
export async function npmProblems(
  files: ReadingFiles,
  recipe: Recipe,
  directory: string,
): Promise<readonly { readonly path: KeyPath; readonly error: SlipwayError }[]> {
  const uses = new Map(npmUses(recipe).map((use) => [`${use.lock ?? ''} ${use.isDevWanted}`, use]));
  const found = await Promise.all(
    [...uses.values()].map(async (use) => {
      const error = await lockProblem(files, directory, use);
      return error === undefined ? [] : [{ path: use.path, error }];
    }),
  );
  const problems = found.flat();
  return problems.filter(({ error }, index) => problems.findIndex((other) => other.error.message === error.message) === index);
}

function npmUses(recipe: Recipe): readonly NpmUse[] {
  return Object.entries(recipe.binaries).flatMap(([name, entry]) =>
    recipe.platforms.flatMap((platform) => {
      const { node } = binaryForPlatform(entry, platform);
      return node === undefined
        ? []
        : [{ path: ['binaries', name, 'node'], lock: node.dependencies.lock, isDevWanted: node.dependencies.dev }];
    }),
  );
}

async function lockProblem(files: ReadingFiles, directory: string, { lock, isDevWanted }: NpmUse): Promise<SlipwayError | undefined> {
  const folder = lock === undefined ? directory : path.join(directory, path.dirname(lock));
  const packageJson = await readIfThere(files, path.join(folder, 'package.json'));
  if (packageJson === undefined) return undefined; // The build says so, where anything is imported from elsewhere.
  for (const name of lock === undefined ? NPM_LOCK_FILES : [path.basename(lock)]) {
    const text = await readIfThere(files, path.join(folder, name));
    if (text !== undefined) return npmLockProblem(packageJson, text, lock ?? name);
  }
  if (lock !== undefined || !hasNpmDependencies(packageJson, isDevWanted)) return undefined;
  for (const foreign of FOREIGN_LOCK_FILES) {
    if ((await files.stat(path.join(folder, foreign))) !== undefined) return npmLockMissing(foreign);
  }
  return npmLockMissing(undefined);
}

async function readIfThere(files: ReadingFiles, file: string): Promise<string | undefined> {
  return (await files.stat(file))?.kind === 'file' ? files.readText(file) : undefined;
}
