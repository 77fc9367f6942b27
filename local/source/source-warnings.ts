/** Owns what a person should know of a source before it leaves the machine: files that look like secrets, sizes, files that git tracks. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import posix from 'node:path/posix';
import { formatSize } from '../../core/quantity';
import { suspectSecret } from '../../core/source/secret-looking';
import { readTrackedPaths } from './git-layout';
import { peek } from './source-content';
import type { SourceTree, TreeFile } from './source-walk';

const LARGE_FILE_BYTES = 50e6;
const LARGE_SOURCE_BYTES = 500e6;
const SECRET_PEEK_BYTES = 64 << 10;
const MOST_WARNINGS_OF_A_KIND = 10;

/** One sentence for each file that looks like a secret; what the name leaves open is read. */
export function secretWarnings(files: readonly TreeFile[]): readonly string[] {
  const warnings: string[] = [];
  for (const file of files) {
    const suspicion = file.kind === 'file' ? suspectSecret(file.path) : undefined;
    if (suspicion === undefined) continue;
    if (suspicion.content !== undefined && !suspicion.content.test(peek(file, SECRET_PEEK_BYTES).toString('latin1'))) continue;
    warnings.push(`'${file.path}' looks like ${suspicion.what} and travels with the source: leave it out with .slipwayignore`);
  }
  return shortened(warnings, 'files that look like secrets');
}

/** One sentence for each large file, and one for a large source. */
export function sizeWarnings(files: readonly TreeFile[]): readonly string[] {
  const large = files.filter((file) => file.sizeBytes > LARGE_FILE_BYTES);
  const warnings = shortened(
    large.map((file) => `'${file.path}' has ${formatSize(file.sizeBytes)}: leave it out with .slipwayignore if the build does not read it`),
    'large files',
  );
  const totalBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  if (totalBytes <= LARGE_SOURCE_BYTES) return warnings;
  return [
    ...warnings,
    `the source has ${formatSize(totalBytes)} in ${files.length} files: leave out with .slipwayignore what the build does not read`,
  ];
}

/** git would have listed these, and a build that misses one would be a riddle. */
export function trackedWarnings({ gitTop, gitPrefix, exclusions }: SourceTree, root: string): readonly string[] {
  const isIgnoring = [...exclusions.values()].some(({ file }) => file !== undefined && !file.endsWith('.slipwayignore'));
  const tracked = gitTop === undefined || !isIgnoring ? undefined : readTrackedPaths(gitTop);
  if (tracked === undefined) return [];
  const left = tracked.filter((file) => file.startsWith(gitPrefix) && hasIgnoredAncestor(file.slice(gitPrefix.length), exclusions));
  const there = left.map((file) => file.slice(gitPrefix.length)).filter((file) => existsSync(path.join(root, file)));
  return shortened(
    there.map(
      (file) =>
        `'${file}' stays out although git tracks it, because an ignore file names it: add it to source.include if the build reads it`,
    ),
    'files that git tracks and an ignore file names',
  );
}

/** Kept out by a `.gitignore`: what `.slipwayignore` and the built-in list leave out is meant. */
function hasIgnoredAncestor(file: string, exclusions: SourceTree['exclusions']): boolean {
  for (let at = file; at !== '.' && at !== ''; at = posix.dirname(at)) {
    const source = exclusions.get(at)?.file;
    if (source !== undefined) return !source.endsWith('.slipwayignore');
  }
  return false;
}

function shortened(warnings: readonly string[], what: string): readonly string[] {
  if (warnings.length <= MOST_WARNINGS_OF_A_KIND) return warnings;
  return [...warnings.slice(0, MOST_WARNINGS_OF_A_KIND), `and ${warnings.length - MOST_WARNINGS_OF_A_KIND} more ${what}`];
}
