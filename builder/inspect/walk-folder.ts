/** Owns the list of what lies in a folder. It follows no links. */
import path from 'node:path';
import type { FileStat, Files } from '../../core/ports/files';

export interface FolderEntry {
  /** Inside the folder, forward slashes. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  readonly stat: FileStat;
}

/** Everything below a folder, folders before what is in them, sorted by name. */
export async function walkFolder(files: Files, directory: string, prefix = ''): Promise<readonly FolderEntry[]> {
  const entries: FolderEntry[] = [];
  for (const { name } of await files.list(directory)) {
    const entry = path.join(directory, name);
    const stat = await files.stat(entry);
    if (stat === undefined) continue; // It went while the list was read.
    entries.push({ file: prefix + name, path: entry, stat });
    if (stat.kind === 'directory') entries.push(...(await walkFolder(files, entry, `${prefix}${name}/`)));
  }
  return entries;
}
