/**
 * Owns what CodeBuild's cache brought back: it is shared by all builds of a project, so nothing in it is believed.
 * Only plain files are kept whose name says their digest and whose content has it; whoever uses one proves it again.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Files } from '../../core/ports/files';

/** A file that Slipway fetched is called by its SHA-256, one of the npm registry by its SHA-512. */
const PINNED = /^([0-9a-f]{64}|[0-9a-f]{128})$/;
const SHA512_DIGITS = 128;
/** An archive of Python that uv keeps in UV_PYTHON_CACHE_DIR is called by the first 9 digits of its SHA-256 (uv 0.13). */
const PYTHON_ARCHIVE = /^([0-9a-f]{9})-[A-Za-z0-9._-]+$/;
/** Where they lie below the downloads. */
export const PYTHON_ARCHIVES = 'python';

/** @returns how many files were kept and removed */
export async function restoreDownloads(files: Files, directory: string): Promise<{ readonly kept: number; readonly removed: number }> {
  const tally = { kept: 0, removed: 0 };
  await sift(files, directory, PINNED, tally, [PYTHON_ARCHIVES]);
  await sift(files, path.join(directory, PYTHON_ARCHIVES), PYTHON_ARCHIVE, tally, []);
  return tally;
}

async function sift(
  files: Files,
  directory: string,
  pattern: RegExp,
  tally: { kept: number; removed: number },
  folders: readonly string[],
): Promise<void> {
  if ((await files.stat(directory)) === undefined) return;
  for (const { name, kind } of await files.list(directory)) {
    if (kind === 'directory' && folders.includes(name)) continue;
    const file = path.join(directory, name);
    const digest = pattern.exec(name)?.[1];
    if (kind === 'file' && digest !== undefined && (await digestOf(files, file, digest.length)).startsWith(digest)) tally.kept++;
    else {
      await files.remove(file);
      tally.removed++;
    }
  }
}

async function digestOf(files: Files, file: string, digits: number): Promise<string> {
  const hash = createHash(digits === SHA512_DIGITS ? 'sha512' : 'sha256');
  for await (const chunk of files.openRead(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
