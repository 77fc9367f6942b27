/**
 * Unzips a source as CodeBuild does, as far as we may count on it: every file is a plain one that nobody may execute,
 * and a link is a file that holds where it led. What needs more travels in a zip of its own (docs/decisions/008).
 */
import { buffer } from 'node:stream/consumers';
import { fromBufferPromise } from 'yauzl';

export interface PlainFile {
  /** Relative, forward slashes. */
  readonly path: string;
  readonly content: Buffer;
}

/** @throws Error for what is no zip, and for names that lead out of the folder */
export async function unzipSource(zip: Buffer): Promise<readonly PlainFile[]> {
  const archive = await fromBufferPromise(zip, { lazyEntries: true });
  const files: PlainFile[] = [];
  for await (const entry of archive.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue;
    files.push({ path: entry.fileName, content: await buffer(await archive.openReadStreamPromise(entry)) });
  }
  return files;
}
