/**
 * Owns what stays of a job that is settled: always its log and how it ended; of the newest failed ones also `in/` and `work/`,
 * so that somebody can look into them.
 */
import path from 'node:path';
import type { Files } from '../../core/ports/files';
import { hasCode } from '../../core/build/stored-build';
import { jobDirectory, jobsDirectory, parseJobFolder, type JobPlace } from './job-directory';

/** Work folders of compilers are large: hundreds of megabytes each. */
const FAILED_JOBS_KEPT = 2;

export async function releaseJob(files: Files, homeDirectory: string, place: JobPlace, outcome: 'succeeded' | 'failed'): Promise<void> {
  const directory = jobDirectory(homeDirectory, place);
  await files.remove(directory.out);
  if (outcome === 'succeeded') await removeWork(files, directory.root);
  else await removeOlderWork(files, homeDirectory);
}

async function removeWork(files: Files, root: string): Promise<void> {
  await files.remove(path.join(root, 'work'));
  await files.remove(path.join(root, 'in'));
}

async function removeOlderWork(files: Files, homeDirectory: string): Promise<void> {
  const kept: { readonly root: string; readonly endedAtMs: number }[] = [];
  for (const buildId of await foldersIn(files, jobsDirectory(homeDirectory))) {
    for (const folder of await foldersIn(files, path.join(jobsDirectory(homeDirectory), buildId))) {
      const parsed = parseJobFolder(folder);
      if (parsed === undefined) continue;
      const directory = jobDirectory(homeDirectory, { buildId, ...parsed });
      const end = await files.stat(directory.end); // Only what has ended; a running job's folder is never touched.
      if (end !== undefined && (await files.stat(path.join(directory.root, 'in'))) !== undefined) {
        kept.push({ root: directory.root, endedAtMs: end.modifiedAtMs });
      }
    }
  }
  kept.sort((a, b) => b.endedAtMs - a.endedAtMs);
  for (const { root } of kept.slice(FAILED_JOBS_KEPT)) await removeWork(files, root);
}

async function foldersIn(files: Files, directory: string): Promise<readonly string[]> {
  try {
    return (await files.list(directory)).filter((entry) => entry.kind === 'directory').map((entry) => entry.name);
  } catch (thrown) {
    if (hasCode(thrown, 'file-not-found')) return [];
    throw thrown;
  }
}
